package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

func TestRefusalsAreRecordedAndTriedAgainOrSuppressed(t *testing.T) {
	t.Parallel()
	r := newRig(t, 600, smtptest.SinkOptions{Refuse: func(recipient string, _ int) string {
		switch {
		case strings.HasPrefix(recipient, "client-7@"):
			return "550 5.1.1 no such user"
		case strings.HasPrefix(recipient, "client-8@"):
			return "451 4.2.0 later"
		default:
			return ""
		}
	}})
	r.run(t, app.Jobs{Planner: true, Sender: true})
	m := r.Mailing(nil)
	a := r.WaitFor(m.ID, 30*time.Second, "everyone's first try", func(a domain.Attempt) bool { return a.Totals.Sent == 598 })
	require.Equal(t, domain.AttemptRunning, a.Status, "an attempt with a client to be tried again is not over")
	require.Equal(t, 1, a.Totals.Failed)
	require.Equal(t, 1, a.Totals.Deferred)
	r.RequireLedger(a)
	require.Eventually(t, func() bool { // the chunks are finished a moment after their last outcomes are recorded
		return r.Int(`SELECT count(*) FROM chunks WHERE try = 2`) == 1
	}, 20*time.Second, 20*time.Millisecond, "a chunk for the later try")
	require.Equal(t, 1, r.Int(`SELECT count(*) FROM suppressions WHERE email_key = 'client-7@example.com'`))

	// The later try is a chunk of its own, due in four to six minutes. Its time is made to come.
	due := r.Int(`SELECT extract(epoch FROM due_at - now())::integer FROM chunks WHERE try = 2`)
	require.InDelta(t, 300, due, 65)
	r.Exec(`UPDATE chunks SET due_at = now() WHERE try = 2`)
	require.Eventually(t, func() bool {
		return r.Int(`SELECT tries FROM deliveries WHERE attempt_id = $1 AND outcome = 'deferred'`, a.ID) == 2
	}, 20*time.Second, 50*time.Millisecond, "the second try")

	// With the end before the third try, the client is expired.
	r.Exec(`UPDATE attempts SET deadline = now() WHERE id = $1`, a.ID)
	a = r.WaitEnd(m.ID, 20*time.Second)
	require.Equal(t, domain.AttemptExpired, a.Status)
	require.Equal(t, 1, a.Totals.Expired)
	r.RequireLedger(a)

	// The next mailing leaves the suppressed address alone.
	next := r.Mailing(nil)
	a = r.WaitFor(next.ID, 30*time.Second, "everyone's first try", func(a domain.Attempt) bool { return a.Totals.Sent == 598 })
	require.Equal(t, 1, a.Totals.Skipped)
	require.Zero(t, a.Totals.Failed)
	r.requireSink(t, r.sink)
}

func TestAnOutageSpendsNobodysTryAndEndsByItself(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1000, smtptest.SinkOptions{})
	addr := r.sink.Addr
	require.NoError(t, r.sink.Close())
	r.run(t, app.Jobs{Planner: true, Sender: true})
	m := r.Mailing(nil)
	a := r.WaitFor(m.ID, 30*time.Second, "the reason why nothing moves", func(a domain.Attempt) bool { return a.LastResponse != "" })
	require.Contains(t, a.LastResponse, "connect")
	require.Equal(t, domain.AttemptRunning, a.Status)
	require.Zero(t, r.Int(`SELECT count(*) FROM deliveries`), "nobody was touched")

	back := smtptest.NewSink(t, smtptest.SinkOptions{Addr: addr})
	a = r.WaitEnd(m.ID, time.Minute)
	require.Equal(t, domain.ResultSucceeded, a.Result)
	require.Equal(t, 1000, back.Count())
	require.Zero(t, r.Int(`SELECT count(*) FROM deliveries WHERE tries <> 1`))
	r.RequireLedger(a)
	r.requireSink(t, back)
}

func TestContentRefusedAgainAndAgainPausesTheMailing(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2000, smtptest.SinkOptions{Refuse: func(string, int) string { return "554 5.6.0 we do not like this" }})
	r.run(t, app.Jobs{Planner: true, Sender: true})
	m := r.Mailing(nil)
	require.Eventually(t, func() bool {
		got, err := r.Store.Mailing(t.Context(), r.Owner, m.ID)
		return err == nil && got.Status == domain.MailingPaused && strings.Contains(got.Reason, "we do not like this")
	}, 30*time.Second, 50*time.Millisecond, "the mailing is paused with the server's words")
}

func TestAMailboxThatIsFullThriceIsSuppressed(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3, smtptest.SinkOptions{Refuse: func(recipient string, _ int) string {
		if strings.HasPrefix(recipient, "client-2@") {
			return "552 5.2.2 mailbox full"
		}
		return ""
	}})
	r.run(t, app.Jobs{Planner: true, Sender: true})
	for mailing := 1; mailing <= 4; mailing++ {
		a := r.WaitEnd(r.Mailing(nil).ID, 30*time.Second)
		require.Equal(t, 2, a.Totals.Sent)
		if mailing <= domain.FullMailboxes {
			require.Equal(t, 1, a.Totals.Failed, "mailing %d", mailing)
		} else {
			require.Equal(t, 1, a.Totals.Skipped, "mailing %d", mailing)
		}
	}
}

func TestABurstOfRefusalsByPolicyPausesTheProvider(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2000, smtptest.SinkOptions{Refuse: func(string, int) string { return "550 5.7.1 we have had enough of you" }})
	r.run(t, app.Jobs{Planner: true, Sender: true})
	m := r.Mailing(nil)
	a := r.WaitFor(m.ID, 30*time.Second, "the reason of the pause", func(a domain.Attempt) bool {
		return strings.Contains(a.LastResponse, "policy refuses")
	})
	require.Equal(t, domain.AttemptRunning, a.Status)
	require.Less(t, a.Totals.Failed, 500, "the rest is spared")
	require.Zero(t, r.Int("SELECT count(*) FROM suppressions"))
}
