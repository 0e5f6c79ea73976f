package cli_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/natstest"
)

func TestMigrateMakesStreamsWhereverNATSIsNamed(t *testing.T) {
	t.Parallel()
	s := settings(t)
	r := vestnik(t, s, "", "migrate").ok(t)
	require.Equal(t, "The database is up to date.\n"+
		"Left out the streams of NATS: VESTNIK_NATS_URL is not set; the processes make them when they start.\n", r.out)

	s = append(s, "VESTNIK_NATS_URL="+natstest.Start(t).URL())
	r = vestnik(t, s, "", "migrate").ok(t)
	require.Equal(t, "The database is up to date.\nMade the streams of NATS: EVENTS, SENDS, DEAD.\n", r.out)
	r = vestnik(t, s, "", "migrate").ok(t)
	require.Equal(t, "The database is up to date.\nThese streams of NATS are up to date: EVENTS, SENDS, DEAD.\n", r.out)
	require.JSONEq(t, `{"applied": 0, "streams_made": [], "streams_kept": ["EVENTS", "SENDS", "DEAD"]}`,
		vestnik(t, s, "", "migrate", "--json").ok(t).out)
	require.Equal(t, "There are no dead letters.\n", vestnik(t, s, "", "dead", "list").ok(t).out)
}

func TestMigrateSaysWhatItCouldNotReach(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t)
	server.Stop()
	s := settings(t, "VESTNIK_NATS_URL="+server.URL())
	r := vestnik(t, s, "", "migrate", "--wait", "1s")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, "the database is up to date, but the streams of NATS are not: NATS does not answer")
	require.NotContains(t, r.errors, server.URL(), "it holds a password")
}
