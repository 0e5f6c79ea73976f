package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// slow makes a mailing to a few thousand take several seconds.
const slow = 20 * time.Millisecond

func startedSending(a domain.Attempt) bool { return a.Totals.Sent > 200 }

// quiet waits until the server has taken nothing for a while and returns when it took the last message.
func quiet(t *testing.T, sink *smtptest.Sink) (last time.Time) {
	t.Helper()
	require.Eventually(t, func() bool {
		last = time.Time{}
		for _, m := range sink.Messages() {
			if m.At.After(last) {
				last = m.At
			}
		}
		return time.Since(last) > 1500*time.Millisecond
	}, 30*time.Second, 100*time.Millisecond, "the server still takes messages")
	return last
}

func TestAStopReachesEverySenderWithinASecond(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(r *rig, m domain.Mailing) error{
		"pause": func(r *rig, m domain.Mailing) error {
			_, err := r.Store.PauseMailing(context.Background(), r.Owner, m.ID)
			return err
		},
		"disable": func(r *rig, m domain.Mailing) error {
			_, err := r.Store.DisableMailing(context.Background(), m.ID, "complaints")
			return err
		},
		"delete": func(r *rig, m domain.Mailing) error {
			return r.Store.DeleteMailing(context.Background(), r.Owner, m.ID, 0)
		},
		"block the owner": func(r *rig, _ domain.Mailing) error {
			_, err := r.Pool.Exec(context.Background(), "UPDATE users SET blocked_at = now() WHERE id = $1", r.Owner)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 4000, smtptest.SinkOptions{Latency: slow})
			r.run(t, app.Jobs{Planner: true, Sender: true})
			r.run(t, app.Jobs{Sender: true})
			m := r.Mailing(nil)
			started := r.WaitFor(m.ID, 30*time.Second, "its start", startedSending)
			require.NoError(t, stop(r, m))
			stopped := time.Now()
			last := quiet(t, r.sink)
			t.Logf("the last message left %s after the stop", last.Sub(stopped))
			require.Less(t, last.Sub(stopped), time.Second, "the last message left %s after the stop", last.Sub(stopped))
			require.Less(t, r.sink.Count(), 4000)

			if name == "delete" {
				var a domain.Attempt
				require.Eventually(t, func() bool {
					a, _ = r.Store.AnyAttempt(context.Background(), started.ID)
					return a.Status == domain.AttemptCancelled
				}, 10*time.Second, 50*time.Millisecond, "the attempt is cancelled")
				require.Zero(t, a.Totals.Unknown)
				require.Equal(t, toClients(r.sink), a.Totals.Sent)
				require.Equal(t, 4000, a.Totals.Sent+a.Totals.Skipped)
				r.RequireLedger(a)
				return
			}
			a, _ := r.Attempt(m.ID)
			require.Equal(t, domain.AttemptRunning, a.Status)
			require.Zero(t, a.Totals.Unknown)
			require.Equal(t, toClients(r.sink), a.Totals.Sent)
		})
	}
}

// toClients counts the messages that went to clients; notices to the owner are not among them.
func toClients(sink *smtptest.Sink) (n int) {
	for to, count := range sink.Recipients() {
		if strings.HasPrefix(to, "client-") {
			n += count
		}
	}
	return n
}

func TestResumingGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3000, smtptest.SinkOptions{Latency: slow})
	r.run(t, app.Jobs{Planner: true, Sender: true})
	m := r.Mailing(nil)
	r.WaitFor(m.ID, 30*time.Second, "its start", startedSending)
	_, err := r.Store.PauseMailing(t.Context(), r.Owner, m.ID)
	require.NoError(t, err)
	quiet(t, r.sink)
	resumed, err := r.Store.ResumeMailing(t.Context(), r.Owner, m.ID)
	require.NoError(t, err)
	require.Equal(t, domain.MailingRunning, resumed.Status)
	a := r.WaitEnd(m.ID, time.Minute)
	require.Equal(t, domain.ResultSucceeded, a.Result)
	require.Equal(t, 3000, a.Totals.Sent)
	require.Empty(t, r.sink.Duplicates())
	r.RequireLedger(a)
	r.requireSink(t, r.sink)
}

func TestAnEditMovesThePlannedStart(t *testing.T) {
	t.Parallel()
	r := newRig(t, 10, smtptest.SinkOptions{})
	r.run(t, app.Jobs{Planner: true, Sender: true})
	m := r.Mailing(func(m *domain.Mailing) { m.Schedule.Start = time.Now().Add(2 * time.Second) })
	r.WaitFor(m.ID, 10*time.Second, "its plan", func(a domain.Attempt) bool { return a.Status == domain.AttemptPlanned })
	moved := time.Now().Add(6 * time.Second)
	_, err := r.Store.UpdateMailing(t.Context(), r.Owner, m.ID, m.Revision, func(m *domain.Mailing) error {
		m.Schedule.Start = moved
		return nil
	})
	require.NoError(t, err)
	a := r.WaitEnd(m.ID, 20*time.Second)
	require.Equal(t, 10, a.Totals.Sent)
	require.False(t, a.StartedAt.Before(moved.Truncate(time.Microsecond)), "it started at its old time")
	require.LessOrEqual(t, a.Late(), time.Second)
	require.Equal(t, 10, r.sink.Count())
}

func TestTheEndComesWhileItIsBeingSent(t *testing.T) {
	t.Parallel()
	r := newRig(t, 5000, smtptest.SinkOptions{Latency: slow})
	r.run(t, app.Jobs{Planner: true, Sender: true})
	end := time.Now().Add(4 * time.Second)
	m := r.Mailing(func(m *domain.Mailing) { m.Schedule.End = end })
	a := r.WaitEnd(m.ID, 30*time.Second)
	require.Equal(t, domain.AttemptExpired, a.Status)
	require.Positive(t, a.Totals.Sent)
	require.Positive(t, a.Totals.Expired)
	require.Zero(t, a.Totals.Unknown)
	require.Equal(t, 5000, a.Totals.Sent+a.Totals.Expired)
	require.Equal(t, r.sink.Count(), a.Totals.Sent)
	require.Less(t, quiet(t, r.sink).Sub(end), time.Second)
	r.RequireLedger(a)
	r.requireSink(t, r.sink)
	require.Eventually(t, func() bool {
		m, err := r.Store.Mailing(t.Context(), r.Owner, m.ID)
		return err == nil && m.Status == domain.MailingFinished
	}, 10*time.Second, 50*time.Millisecond)
}

func TestStartInThePast(t *testing.T) {
	t.Parallel()
	r := newRig(t, 10, smtptest.SinkOptions{})
	r.run(t, app.Jobs{Planner: true, Sender: true})

	t.Run("the end ahead: it starts at once", func(t *testing.T) {
		t.Parallel()
		m := r.Mailing(func(m *domain.Mailing) {
			m.Schedule.Start, m.Schedule.End = time.Now().Add(-24*time.Hour), time.Now().Add(time.Hour)
		})
		a := r.WaitEnd(m.ID, 20*time.Second)
		require.Equal(t, domain.ResultSucceeded, a.Result)
		require.Less(t, a.StartedAt.Sub(m.CreatedAt), 2*time.Second)
		require.Less(t, a.Late(), 2*time.Second, "what began before it was created is not late")
	})
	t.Run("the end past: it is refused, and nothing is stored", func(t *testing.T) {
		t.Parallel()
		m := domain.Mailing{
			OwnerID: r.Owner, Name: "x", MessageID: r.Message, ListIDs: []domain.ID{r.List}, OnUnknown: domain.HoldUnknown,
			Schedule: domain.Schedule{Zone: "UTC", Periodicity: domain.Once, Start: time.Now().Add(-2 * time.Hour), End: time.Now().Add(-time.Hour)},
		}
		err := r.Store.CreateMailing(t.Context(), &m)
		require.Equal(t, domain.Invalid, domain.KindOf(err))
		require.ErrorContains(t, err, "end_at")
		require.Zero(t, r.Int("SELECT count(*) FROM mailings WHERE name = 'x'"))
	})
}

// A database that hangs cannot keep a process from ending.
func TestAStopEndsThoughTheDatabaseHangs(t *testing.T) {
	t.Parallel()
	r := newRig(t, 4000, smtptest.SinkOptions{Latency: slow})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- app.Run(ctx, r.cfg, app.Options{Jobs: app.Jobs{Planner: true, Sender: true}}, zerolog.Nop())
	}()
	m := r.Mailing(nil)
	r.WaitFor(m.ID, 30*time.Second, "its start", startedSending)
	tx, err := r.Pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(context.Background()) //nolint:errcheck // it only held a lock
	_, err = tx.Exec(t.Context(), "LOCK TABLE chunks IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	cancel()
	select {
	case err := <-ended:
		require.ErrorContains(t, err, "did not answer")
	case <-time.After(30 * time.Second):
		require.Fail(t, "it is still there after 30 seconds")
	}
}
