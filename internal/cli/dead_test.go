package cli_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/natstest"
	"github.com/vestnik-mail/vestnik/internal/standalone"
)

// letter is one of `vestnik dead`.
type letter struct {
	ID                                 uint64
	Subject, Consumer, Reason, Payload string
	Deliveries                         int
	At                                 time.Time
	Header                             map[string][]string
}

func deadList(t *testing.T, settings []string) []letter {
	t.Helper()
	var list struct{ Items []letter }
	require.NoError(t, json.Unmarshal([]byte(vestnik(t, settings, "", "dead", "list", "--json").ok(t).out), &list))
	require.NotNil(t, list.Items)
	return list.Items
}

func TestDeadLettersBesideAVestnikUp(t *testing.T) {
	t.Parallel()
	s := settings(t)
	u := startUp(t, s)
	require.Equal(t, "There are no dead letters.\n", vestnik(t, s, "", "dead", "list").ok(t).out)
	running, err := standalone.ReadRuntime(u.DataDir)
	require.NoError(t, err)
	nc, err := nats.Connect(running.NATSURL)
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	publish := func(subject, payload string) {
		t.Helper()
		m := nats.NewMsg(subject)
		m.Data = []byte(payload)
		m.Header.Set("X-Who", "not Vestnik\x1b[2J")
		_, err := nc.RequestMsg(m, patience)
		require.NoError(t, err)
	}
	publish("vestnik.due.send.rubbish", "{\"mailing_id\":\x1b]8;;\a")
	publish("vestnik.events.mailing.created.rubbish", `{"mailing_id": [1, 2]}`)
	var dead []letter
	require.Eventually(t, func() bool { dead = deadList(t, s); return len(dead) == 2 }, patience, 50*time.Millisecond)
	first, second := dead[0], dead[1]
	if first.Consumer != "sender-send-due" {
		first, second = second, first
	}
	require.Equal(t, "vestnik.due.send.rubbish", first.Subject)
	require.Equal(t, "planner-mailing-created", second.Consumer)
	require.Equal(t, 1, first.Deliveries)
	require.Contains(t, first.Reason, "cannot be decoded")

	table := vestnik(t, s, "", "dead", "list").ok(t).out
	require.Regexp(t, `ID +TIME +DELIVERIES +CONSUMER +SUBJECT +REASON\n`, table)
	require.Regexp(t, `\n\d +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +1 +sender-send-due +vestnik\.due\.send\.rubbish +send\.due\.v1 cannot be decoded`, table)

	shown := vestnik(t, s, "", "dead", "show", id(first)).ok(t).out
	require.Contains(t, shown, "  X-Who       not Vestnik·[2J\n", "nothing reaches the terminal raw")
	require.NotContains(t, shown, "\x1b")
	require.Contains(t, vestnik(t, s, "", "dead", "show", id(second)).ok(t).out, "{\n  \"mailing_id\": [\n")
	var whole letter
	require.NoError(t, json.Unmarshal([]byte(vestnik(t, s, "", "dead", "show", id(second), "--json").ok(t).out), &whole))
	require.JSONEq(t, `{"mailing_id": [1, 2]}`, whole.Payload)
	require.Contains(t, whole.Header, "X-Who")

	// What is published again cannot be handled this time either, and comes back under a new id.
	require.Equal(t, "Requeued 1 dead letter.\n", vestnik(t, s, "", "dead", "requeue", id(first)).ok(t).out)
	require.Eventually(t, func() bool { dead = deadList(t, s); return len(dead) == 2 && dead[1].ID == 3 }, patience, 50*time.Millisecond)
	require.Equal(t, first.Subject, dead[1].Subject)

	missing := vestnik(t, s, "", "dead", "drop", "--yes", id(first), id(second))
	require.Equal(t, 1, missing.status)
	require.Contains(t, missing.errors, "there is no dead letter "+id(first))
	require.Equal(t, "Dropped 1 dead letter.\n", missing.out, "the other one is dropped all the same")

	for _, answer := range []string{"", "\n", "no\n"} {
		refused := vestnik(t, s, answer, "dead", "drop", "--all")
		require.Equal(t, 1, refused.status)
		require.Contains(t, refused.errors, "Remove 1 dead letter for good? [y/N]")
		require.Contains(t, refused.errors, "nothing was done")
	}
	require.Len(t, deadList(t, s), 1)
	require.Equal(t, "Dropped 1 dead letter.\n", vestnik(t, s, "y\n", "dead", "drop", "--all").ok(t).out)
	require.JSONEq(t, `{"requeued":[]}`, vestnik(t, s, "", "dead", "requeue", "--all", "--yes", "--json").ok(t).out)
	require.JSONEq(t, `{"dropped":[]}`, vestnik(t, s, "", "dead", "drop", "--all", "--json").ok(t).out, "there is nothing to ask about")
}

func id(l letter) string {
	text, _ := json.Marshal(l.ID)
	return string(text)
}

func TestDeadLettersOfANATSThatIsNamed(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t)
	s := settings(t, "VESTNIK_NATS_URL="+server.URL())
	r := vestnik(t, s, "", "dead", "list")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, "`vestnik migrate` makes the streams")
	server.Stop()
	r = vestnik(t, s, "", "dead", "list")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, "NATS does not answer")
}

func TestMistakesWithDeadLetters(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"drop"}, {"requeue"}, {"drop", "1", "--all"}, {"show"}, {"show", "x"}, {"drop", "0"}, {"requeue", "-5"}} {
		r := vestnik(t, settings(t), "", append([]string{"dead"}, args...)...)
		require.Equal(t, 2, r.status, args)
		require.Empty(t, r.out)
	}
}
