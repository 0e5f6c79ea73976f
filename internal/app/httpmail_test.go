package app_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/httpmailtest"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// Two services of two kinds at once, each with the mailings that name it; the ids of deliveries stay the same on later tries.
func TestMailingsThroughHTTPAndSMTP(t *testing.T) {
	t.Parallel()
	const clients = 700
	r := newRig(t, clients, smtptest.SinkOptions{})
	var mu sync.Mutex
	var willing atomic.Bool
	keys := map[string]map[string]int{} // of each recipient
	service := httpmailtest.New(t, httpmailtest.Options{Token: "secret", Fault: func(q httpmailtest.Request) httpmailtest.Fault {
		if q.Message.To == "" {
			return httpmailtest.Fault{}
		}
		mu.Lock()
		defer mu.Unlock()
		if keys[q.Message.To] == nil {
			keys[q.Message.To] = map[string]int{}
		}
		keys[q.Message.To][q.Key]++
		if q.Message.To == "client-7@example.com" && !willing.Load() {
			return httpmailtest.Fault{Status: 425, Refuse: true}
		}
		return httpmailtest.Fault{}
	}})
	r.cfg.HTTPProvider, r.cfg.HTTPToken = service.URL+"#name=api&connections=4", "secret"
	r.run(t, app.Jobs{Planner: true, Sender: true})
	require.Eventually(t, func() bool {
		seen, err := r.Store.Providers(t.Context())
		return err == nil && len(seen) == 2
	}, 10*time.Second, 50*time.Millisecond)

	byAPI := r.Mailing(func(m *domain.Mailing) { m.ProviderID = "api" })
	bySMTP := r.Mailing(nil)
	a := r.WaitEnd(bySMTP.ID, 30*time.Second)
	require.Equal(t, clients, a.Totals.Sent)
	require.Equal(t, clients, r.sink.Count())

	a = r.WaitFor(byAPI.ID, 30*time.Second, "all but one", func(a domain.Attempt) bool { return a.Totals.Sent == clients-1 })
	require.Equal(t, 1, a.Totals.Deferred)
	willing.Store(true)
	require.Eventually(t, func() bool { return r.Int("SELECT count(*) FROM chunks WHERE try = 2") == 1 }, 10*time.Second, 50*time.Millisecond)
	r.Exec("UPDATE chunks SET due_at = now() WHERE status = 'pending'")
	a = r.WaitEnd(byAPI.ID, 30*time.Second)
	require.Equal(t, clients, a.Totals.Sent)
	require.Equal(t, domain.ResultSucceeded, a.Result)
	r.RequireLedger(a)
	require.Equal(t, clients, r.Int("SELECT count(*) FROM deliveries WHERE provider = 'api' AND outcome = 'sent'"))
	mu.Lock()
	defer mu.Unlock()
	require.Len(t, keys, clients)
	for to, used := range keys {
		require.Len(t, used, 1, "one key for %s on every try", to)
	}
}
