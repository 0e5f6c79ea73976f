package cli_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/natstest"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
)

func TestMigrateMakesStreamsWhereverNATSIsNamed(t *testing.T) {
	t.Parallel()
	s := settings(t, "VESTNIK_DATABASE_URL="+pgtest.URL(t, pgtest.Empty()))
	r := vestnik(t, s, "", "migrate").ok(t)
	require.Contains(t, r.out, "migrations to the database.")
	r = vestnik(t, s, "", "migrate").ok(t)
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
	s := settings(t, "VESTNIK_DATABASE_URL="+pgtest.URL(t), "VESTNIK_NATS_URL="+server.URL())
	r := vestnik(t, s, "", "migrate", "--wait", "1s")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, "the database is up to date, but the streams of NATS are not: NATS does not answer")
	require.NotContains(t, r.errors, server.URL(), "it holds a password")
}

func TestMigrateMakesNoDatabaseUnasked(t *testing.T) {
	t.Parallel()
	s := settings(t)
	r := vestnik(t, s, "", "migrate")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, "no `vestnik up` runs on data directory")
	require.Contains(t, r.errors, "or set VESTNIK_DATABASE_URL")
	require.NoDirExists(t, strings.TrimPrefix(s[0], "VESTNIK_DATA_DIR="))
}

func TestMigrateDoesNotWaitForADatabaseThatNobodyHasMade(t *testing.T) {
	t.Parallel()
	at, err := url.Parse(pgtest.URL(t))
	require.NoError(t, err)
	at.Path = "/nobody_made_this"
	r := vestnik(t, settings(t, "VESTNIK_DATABASE_URL="+at.String()), "", "migrate", "--wait", "1h")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, "PostgreSQL has no database \"nobody_made_this\": make it there, as by `createdb nobody_made_this`")
}
