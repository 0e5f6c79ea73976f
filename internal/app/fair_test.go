package app_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// few makes ten clients of their own, whom no list has, and returns them.
func (r *rig) few(t *testing.T, domainName string) []domain.ID {
	t.Helper()
	ids := make([]domain.ID, 10)
	for i := range ids {
		ids[i] = domain.NewID(time.Now())
		address := fmt.Sprintf("few-%d@%s", i, domainName)
		r.Exec(`INSERT INTO clients (uid, owner_id, email, email_key, created_at, updated_at) VALUES ($1, $2, $3, $3, now(), now())`,
			ids[i], r.Owner, address)
	}
	return ids
}

// A mailing to ten, started while others to 200,000 are being sent, has all its messages out within two seconds,
// whatever the mail service's speed.
func TestASmallMailingDoesNotWaitBehindLargeOnes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sink  smtptest.SinkOptions
		url   string
		large int
	}{
		"a fast service":                    {large: 1},
		"a slow service":                    {sink: smtptest.SinkOptions{Latency: 50 * time.Millisecond}, large: 1},
		"a slow service and five large":     {sink: smtptest.SinkOptions{Latency: 50 * time.Millisecond}, large: 5},
		"a service with a limit of its own": {url: "&rate=100", large: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 200_000, c.sink)
			r.cfg.SMTPURL += c.url
			r.cfg.Workers = 20
			r.run(t, app.Jobs{Planner: true, Sender: true})
			var large []domain.Mailing
			for range c.large {
				large = append(large, r.Mailing(nil))
			}
			for _, m := range large {
				r.WaitFor(m.ID, time.Minute, "the start of a large one", func(a domain.Attempt) bool { return a.Totals.Sent > 50 })
			}
			few := r.few(t, "example.com")
			began := time.Now()
			small := r.Mailing(func(m *domain.Mailing) { m.ClientIDs, m.ListIDs = few, nil })
			a := r.WaitEnd(small.ID, time.Minute)
			took := a.LastActivityAt.Sub(began)
			t.Logf("ten messages were out %s after the mailing was created", took)
			require.Equal(t, 10, a.Totals.Sent)
			require.Less(t, took, 2*time.Second)
			for _, m := range large {
				still, _ := r.Attempt(m.ID)
				require.Equal(t, domain.AttemptRunning, still.Status, "the large one was still being sent")
				_, err := r.Store.PauseMailing(t.Context(), r.Owner, m.ID)
				require.NoError(t, err)
			}
		})
	}
}

// A service that hangs keeps its own mailings waiting and nobody else's.
func TestAServiceThatHangsHoldsNoOtherUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3000, smtptest.SinkOptions{})
	hanging := smtptest.NewSink(t, smtptest.SinkOptions{Latency: time.Hour})
	r.cfg.SMTPURL += "&name=well,smtp://" + hanging.Addr + "?connections=10&name=hanging"
	r.cfg.Workers = 4 // and two for what has just begun
	r.run(t, app.Jobs{Planner: true, Sender: true})
	var seen []domain.ProviderState
	require.Eventually(t, func() bool {
		var err error
		seen, err = r.Store.Providers(t.Context())
		return err == nil && len(seen) == 2
	}, 10*time.Second, 50*time.Millisecond, "the sender tells of its services")
	require.Equal(t, []string{"hanging", "well"}, []string{seen[0].Name, seen[1].Name})
	require.True(t, seen[1].Default)
	require.False(t, seen[0].Default)

	stuck := r.Mailing(func(m *domain.Mailing) { m.ProviderID = "hanging" })
	require.Eventually(t, func() bool {
		seen, err := r.Store.Providers(t.Context())
		return err == nil && seen[0].Connections == 5
	}, 20*time.Second, 50*time.Millisecond, "every worker that can have a chunk of the one hangs")

	a := r.WaitEnd(r.Mailing(nil).ID, 20*time.Second)
	require.Equal(t, 3000, a.Totals.Sent)
	require.Less(t, a.FinishedAt.Sub(a.DueAt), 5*time.Second)
	a, _ = r.Attempt(stuck.ID)
	require.Equal(t, domain.AttemptRunning, a.Status)
	require.Zero(t, a.Totals.Sent)
	require.NoError(t, r.Store.DeleteMailing(context.Background(), r.Owner, stuck.ID, 0))
}

// A mailing whose service no sender has says so, and goes on when one has it.
func TestAMailingWaitsForTheServiceItNames(t *testing.T) {
	t.Parallel()
	r := newRig(t, 20, smtptest.SinkOptions{})
	require.NoError(t, r.Store.ReportProvider(t.Context(), domain.NewID(time.Now()), domain.ProviderState{
		Name: "other", Kind: domain.ProviderSMTP, Breaker: "closed", MaxConnections: 1,
	}))
	m := r.Mailing(func(m *domain.Mailing) { m.ProviderID = "other" })
	r.Exec("UPDATE provider_states SET reported_at = now() - interval '1 minute'")
	r.run(t, app.Jobs{Planner: true, Sender: true})
	r.WaitFor(m.ID, 20*time.Second, "the reason", func(a domain.Attempt) bool {
		return a.Status == domain.AttemptRunning && a.Reason == `no sender has the mail service "other"`
	})
	require.Zero(t, r.sink.Count())
	r.cfg.SMTPURL += "&name=other"
	r.run(t, app.Jobs{Sender: true})
	a := r.WaitEnd(m.ID, 20*time.Second)
	require.Equal(t, 20, a.Totals.Sent)
	require.Equal(t, "other", r.Text("SELECT DISTINCT provider FROM deliveries"))
}
