package fault_test

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

const (
	minute = time.Minute
	// pace makes 20,000 messages over twice ten connections take about twenty seconds.
	pace = 18 * time.Millisecond
)

func ended(a domain.Attempt) bool { return !a.FinishedAt.IsZero() }

func TestSeparateProcessesServeEveryoneOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1000, smtptest.SinkOptions{})
	for _, program := range []string{"planner", "sender", "sender"} {
		s.start(program)
	}
	api, key := s.gateway()
	due := time.Now().Add(10 * time.Second)
	now, later := s.post(api, key, time.Now()), s.post(api, key, due)
	for _, m := range []domain.ID{now, later} {
		a := s.WaitFor(m, minute, "its end", ended)
		require.Equal(t, domain.ResultSucceeded, a.Result)
		require.Equal(t, 1000, a.Totals.Sent)
		require.Zero(t, s.requireHonest(a, 2))
		t.Logf("%s: started %s late", m, a.Late())
		if m == later {
			require.False(t, a.StartedAt.Before(due), "started early")
			require.LessOrEqual(t, a.Late(), time.Second)
		}
	}
	require.NoError(t, s.sink.WaitFor(t.Context(), 2000))
	for recipient, n := range s.sink.Recipients() {
		require.Equal(t, 2, n, recipient)
	}
}

func TestKillNineOfARandomSenderEveryTwoSeconds(t *testing.T) {
	t.Parallel()
	s := newSite(t, 20_000, smtptest.SinkOptions{Latency: pace})
	s.start("gateway")
	s.start("planner")
	senders := []*proc{s.start("sender"), s.start("sender")}
	m := s.Mailing(nil)
	s.WaitFor(m.ID, minute, "its start", func(a domain.Attempt) bool { return a.Totals.Sent > 0 })

	kills := 0
	every := time.NewTicker(2 * time.Second)
	defer every.Stop()
	deadline := time.After(3 * minute)
	var a domain.Attempt
	for !ended(a) {
		select {
		case <-every.C:
			i := rand.IntN(len(senders)) //nolint:gosec // which one is of no consequence
			senders[i].kill()
			kills++
			senders[i] = s.start("sender")
		case <-deadline:
			require.Fail(t, "the attempt did not finish by itself")
		}
		a, _ = s.Attempt(m.ID)
	}
	unknown := s.requireHonest(a, 1)
	t.Logf("%d kills, %d sent, %d unknown, took %s", kills, a.Totals.Sent, unknown, a.FinishedAt.Sub(a.StartedAt))
	require.GreaterOrEqual(t, kills, 3, "the mailing was over before it was hurt")
	require.LessOrEqual(t, unknown, kills*workers*maxWindow, "at most the windows in flight at the kills")
	require.Equal(t, 20_000, a.Totals.Sent+a.Totals.Unknown)
}

func TestKillNineOfEverythingThenRestart(t *testing.T) {
	t.Parallel()
	s := newSite(t, 10_000, smtptest.SinkOptions{Latency: pace})
	programs := []string{"gateway", "planner", "sender", "sender"}
	startAll := func() (all []*proc) {
		for _, program := range programs {
			all = append(all, s.start(program))
		}
		return all
	}
	all := startAll()
	m := s.Mailing(nil)
	for round := 1; round <= 3; round++ {
		s.WaitFor(m.ID, minute, "more messages", func(a domain.Attempt) bool { return a.Totals.Sent > round*1500 })
		for _, p := range all {
			p.signal(syscall.SIGKILL)
		}
		for _, p := range all {
			p.kill()
		}
		all = startAll()
	}
	a := s.WaitFor(m.ID, 2*minute, "its end", ended)
	unknown := s.requireHonest(a, 1)
	t.Logf("3 kills of everything, %d sent, %d unknown, took %s", a.Totals.Sent, unknown, a.FinishedAt.Sub(a.StartedAt))
	require.LessOrEqual(t, unknown, 3*2*workers*maxWindow)
	require.Equal(t, 10_000, a.Totals.Sent+a.Totals.Unknown)
}

func TestSIGTERMLeavesNothingUnknown(t *testing.T) {
	t.Parallel()
	s := newSite(t, 5_000, smtptest.SinkOptions{Latency: pace})
	s.start("planner")
	senders := []*proc{s.start("sender"), s.start("sender")}
	m := s.Mailing(nil)
	for round := 1; round <= 3; round++ {
		s.WaitFor(m.ID, minute, "more messages", func(a domain.Attempt) bool { return a.Totals.Sent > round*1000 })
		took := senders[round%2].stop(30 * time.Second)
		t.Logf("ended %s after SIGTERM", took)
		senders[round%2] = s.start("sender")
	}
	a := s.WaitFor(m.ID, minute, "its end", ended)
	require.Zero(t, s.requireHonest(a, 1))
	require.Equal(t, 5_000, a.Totals.Sent)
}

// A sender that is stopped for longer than its lease loses its chunks; when it goes on it must neither mail those whom
// others mailed meanwhile nor leave "unknown" where it knows better.
func TestASenderThatSleptThroughItsLease(t *testing.T) {
	t.Parallel()
	s := newSite(t, 5_000, smtptest.SinkOptions{Latency: pace})
	s.start("planner")
	sleeper := s.start("sender")
	m := s.Mailing(nil)
	s.WaitFor(m.ID, minute, "its start", func(a domain.Attempt) bool { return a.Totals.Sent > 500 })
	sleeper.signal(syscall.SIGSTOP)
	s.start("sender")
	a := s.WaitFor(m.ID, minute, "its end", ended)
	before := a.Totals.Unknown
	sleeper.signal(syscall.SIGCONT)
	a = s.WaitFor(m.ID, minute, "the truth about what was in flight", func(a domain.Attempt) bool { return a.Totals.Unknown == 0 })
	t.Logf("%d were unknown while it slept, %d after it told", before, a.Totals.Unknown)
	require.Positive(t, before, "it slept in the middle of its windows")
	require.Zero(t, s.requireHonest(a, 1))
	// Those it had not come to are known not to have been mailed; the attempt had ended, so nobody tries them again.
	require.Equal(t, 5_000, a.Totals.Sent+a.Totals.Failed)
	require.LessOrEqual(t, a.Totals.Failed, workers*maxWindow)
}

// A mail service that never answers the final dot cannot hold a sender for longer than it has: those on the wire are
// unknown, nobody else is.
func TestSIGTERMWhileTheMailServiceHangs(t *testing.T) {
	t.Parallel()
	s := newSite(t, 3_000, smtptest.SinkOptions{Latency: pace})
	s.start("planner")
	sender := s.start("sender")
	m := s.Mailing(nil)
	s.WaitFor(m.ID, minute, "its start", func(a domain.Attempt) bool { return a.Totals.Sent > 300 })
	s.sink.Pause()
	took := sender.stop(30 * time.Second)
	t.Logf("ended %s after SIGTERM", took)
	a, _ := s.Attempt(m.ID)
	require.LessOrEqual(t, a.Totals.Unknown, 10, "one a connection")
	require.Zero(t, s.Int(`SELECT count(*) FROM chunks WHERE window_to > window_from OR lease_token IS NOT NULL`), "every lease is released")
	s.sink.Resume()
	s.start("sender")
	a = s.WaitFor(m.ID, minute, "its end", func(a domain.Attempt) bool {
		// Who was cut off before his final dot is deferred, for five minutes; not so long here.
		s.Exec(`UPDATE chunks SET due_at = now() WHERE status = 'pending' AND due_at > now()`)
		return ended(a)
	})
	require.LessOrEqual(t, s.requireHonest(a, 1), 10)
	require.Equal(t, 3_000, a.Totals.Sent+a.Totals.Unknown)
}
