package sender_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/sender"
)

// tally is an observer that adds up.
type tally struct {
	mu                     sync.Mutex
	outcomes               map[domain.Outcome]int
	calls, windows, starts int
	providers              map[string]bool
}

func (c *tally) Delivered(provider string, outcome domain.Outcome, class domain.Class, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outcomes[outcome] += n
	c.providers[provider+"/"+string(class)] = true
	c.calls++
}

func (c *tally) Started(time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.starts++ }
func (c *tally) Window(time.Duration)  { c.mu.Lock(); defer c.mu.Unlock(); c.windows++ }

func TestTheObserverIsToldOncePerWindowAndOutcome(t *testing.T) {
	t.Parallel()
	r := newRig(t, 60, nil)
	seen := &tally{outcomes: map[domain.Outcome]int{}, providers: map[string]bool{}}
	deps := r.Deps
	deps.Observer = seen
	watched := sender.New(sender.Config{Workers: 2, Lease: 2 * time.Second}, deps)
	r.Exec("DELETE FROM clients WHERE email = 'client-60@example.com'")
	r.mail.deliver = func(_ context.Context, batch []domain.Envelope) ([]domain.Receipt, error) {
		out := r.mail.accept(batch)
		for i := range out {
			if batch[i].To == "client-1@example.com" {
				out[i].Outcome, out[i].Class = domain.Failed, domain.ClassRecipient
			}
		}
		return out, nil
	}
	require.NoError(t, watched.OnChunkDue(t.Context(), r.chunk(t)))
	require.Equal(t, map[domain.Outcome]int{domain.Sent: 58, domain.Failed: 1, domain.Skipped: 1}, seen.outcomes)
	require.Equal(t, map[string]bool{"memory/": true, "memory/recipient": true, "/": true}, seen.providers)
	require.LessOrEqual(t, seen.calls, seen.windows+2, "neighbours that ended alike are one call")
	require.Zero(t, seen.starts)
}
