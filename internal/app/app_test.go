package app_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/natstest"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/redistest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

func TestMain(m *testing.M) { pgtest.Run(m) }

// rig is a whole Vestnik in this process, on real servers.
type rig struct {
	*seedtest.World
	cfg  config.Config
	sink *smtptest.Sink
	nats *natstest.Server
	log  zerolog.Logger

	redis *redistest.Server
}

func newRig(t *testing.T, clients int, sink smtptest.SinkOptions) *rig {
	t.Helper()
	r := &rig{sink: smtptest.NewSink(t, sink), nats: natstest.Start(t), redis: redistest.Start(t), log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.InfoLevel)}
	url := pgtest.URL(t)
	r.World = seedtest.New(t, url, clients, domain.SystemClock{})
	cfg, err := config.Parse([]string{
		"VESTNIK_DATABASE_URL=" + url,
		"VESTNIK_NATS_URL=" + r.nats.URL(),
		"VESTNIK_REDIS_URL=" + r.redis.URL(),
		"VESTNIK_SMTP_URL=smtp://" + r.sink.Addr + "?connections=10",
		"VESTNIK_HTTP_ADDR=127.0.0.1:0",
		"VESTNIK_LEASE=2s",
		"VESTNIK_WORKERS=8",
	})
	require.NoError(t, err)
	r.cfg = cfg
	return r
}

// run starts a process with the given jobs; the test's end stops it.
func (r *rig) run(t *testing.T, jobs app.Jobs) {
	t.Helper()
	_, stop := r.serve(t, jobs)
	t.Cleanup(stop)
}

// serve is run for a test that asks the process, at addr, or stops it itself: stop returns when it has ended.
func (r *rig) serve(t *testing.T, jobs app.Jobs) (addr string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan struct{})
	listens := make(chan string, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- app.Run(ctx, r.cfg, app.Options{Jobs: jobs, Listens: func(addr string) { listens <- addr }, Ready: func() { close(ready) }}, r.log)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- err
		t.Fatalf("it ended before it was ready: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("it did not get ready")
	}
	return <-listens, stop
}

// requireSink checks that the mail server, the ledger and the owner's summary count the same messages.
func (r *rig) requireSink(t *testing.T, sink *smtptest.Sink) {
	t.Helper()
	require.Eventually(t, func() bool { // what was sent is recorded with its window's end
		return r.Int(`SELECT count(*) FROM deliveries WHERE outcome = 'sent'`) == sink.Count()
	}, 10*time.Second, 50*time.Millisecond, "the ledger and the mail server")
	s, err := r.Store.Summary(t.Context(), r.Owner, domain.LastDays(3, time.Now(), time.UTC), time.UTC)
	require.NoError(t, err)
	require.Equal(t, sink.Count(), s.Totals.Sent, "the summary and the mail server")
}

func TestMailingStartsByItselfAndReachesEveryoneOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1234, smtptest.SinkOptions{})
	r.run(t, app.Jobs{Planner: true, Sender: true})
	soon := time.Now().Add(3 * time.Second)
	now := r.Mailing(nil)
	later := r.Mailing(func(m *domain.Mailing) { m.Schedule.Start = soon })
	weekly := r.Mailing(func(m *domain.Mailing) { m.Schedule.Periodicity = domain.Weekly })

	for _, m := range []domain.Mailing{now, later, weekly} {
		a := r.WaitFor(m.ID, 30*time.Second, "an attempt that has ended", func(a domain.Attempt) bool {
			return a.Status == domain.AttemptFinished || (m.ID == weekly.ID && a.Status == domain.AttemptPlanned && a.DueAt.After(soon))
		})
		if m.ID == weekly.ID {
			continue
		}
		require.Equal(t, domain.ResultSucceeded, a.Result)
		require.Equal(t, 1234, a.Totals.Sent)
		require.Less(t, a.Late(), time.Second)
		require.False(t, a.StartedAt.Before(a.DueAt), "started early")
		r.RequireLedger(a)
	}
	require.NoError(t, r.sink.WaitFor(t.Context(), 3*1234))
	require.Equal(t, 3*1234, r.sink.Count())
	r.requireSink(t, r.sink)
	m, err := r.Store.Mailing(t.Context(), r.Owner, now.ID)
	require.NoError(t, err)
	require.Equal(t, domain.MailingFinished, m.Status)
	require.Eventually(t, func() bool {
		m, err := r.Store.Mailing(t.Context(), r.Owner, weekly.ID)
		return err == nil && m.Status == domain.MailingScheduled && m.NextAt.Sub(weekly.Schedule.Start) > 6*24*time.Hour
	}, 10*time.Second, 50*time.Millisecond, "the weekly mailing waits for its next week")
}
