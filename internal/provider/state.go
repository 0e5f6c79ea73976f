package provider

import (
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// mostSlowed is how many slowed domains a State lists.
const mostSlowed = 20

// State is what a Guard shows.
type State struct {
	Breaker     string                // closed, open, half-open, or stopped (credentials)
	Rate        float64               // the limit, messages per second; 0 for none
	Shared      bool                  // all senders keep it together; false: each keeps its share
	Slowed      []domain.SlowedDomain // the 20 that are slowed most; nil for none
	LastError   string                // the last failure at the provider's level
	LastErrorAt time.Time
}

// State returns a snapshot.
func (g *Guard) State() State {
	s := State{Rate: g.settings.Rate, Shared: g.rate != nil && g.rate.isShared(), Slowed: g.slow.slowest(mostSlowed)}
	g.mu.Lock()
	defer g.mu.Unlock()
	s.Breaker, s.LastError, s.LastErrorAt = g.breaker.State().String(), g.lastError, g.lastAt
	if !g.stop.until.IsZero() {
		s.Breaker = "stopped"
	}
	return s
}
