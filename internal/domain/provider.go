package domain

import "time"

// ProviderKind is how a mail service is talked to.
type ProviderKind string

// The kinds of providers.
const (
	ProviderSMTP ProviderKind = "smtp"
	ProviderHTTP ProviderKind = "http"
)

// ProviderState is what one sender sees of one mail service, or what all senders see of it together.
type ProviderState struct {
	Name           string
	Kind           ProviderKind
	Default        bool    // it takes the mailings that name none
	Breaker        string  // closed, open, half-open, or stopped
	Rate           float64 // messages a second, all senders together; 0: no limit
	Connections    int     // open now
	Idle           int     // of them, unused
	MaxConnections int
	Reason         string // why it takes nothing; empty while it does
	LastError      string // the last failure of the service itself, not of a recipient
	LastErrorAt    time.Time
	Slowed         []SlowedDomain
	Senders        int // that have it now
	ReportedAt     time.Time
}

// SlowedDomain is a recipients' domain that asked for fewer messages.
type SlowedDomain struct {
	Domain string  `json:"domain"` // in lower case, as A-labels
	Rate   float64 `json:"rate"`   // messages a second, of one sender
}

// ProviderAlive is after how long without a word a sender is taken for gone.
const ProviderAlive = 10 * time.Second

// breakerRank orders states of breakers from the best to the worst.
func breakerRank(state string) int {
	switch state {
	case "closed":
		return 0
	case "half-open":
		return 1
	case "open":
		return 2
	default:
		return 3
	}
}

// MergeProviders makes of what senders see one state for each provider: the worst of the breakers, the sum of the
// connections, the latest error. The order of the providers stays.
func MergeProviders(seen []ProviderState) []ProviderState {
	var merged []ProviderState
	place := map[string]int{}
	for _, s := range seen {
		i, ok := place[s.Name]
		if !ok {
			place[s.Name] = len(merged)
			merged = append(merged, s)
			continue
		}
		m := &merged[i]
		if s.Senders > 0 && m.Senders == 0 { // what the living say goes before what the gone said
			s, *m = *m, s
		}
		if s.LastErrorAt.After(m.LastErrorAt) {
			m.LastError, m.LastErrorAt = s.LastError, s.LastErrorAt
		}
		if s.Senders == 0 {
			continue
		}
		m.Senders += s.Senders
		m.Connections += s.Connections
		m.MaxConnections += s.MaxConnections
		m.Default = m.Default || s.Default
		if breakerRank(s.Breaker) > breakerRank(m.Breaker) {
			m.Breaker, m.Reason = s.Breaker, s.Reason
		}
		m.Slowed = append(m.Slowed, s.Slowed...)
	}
	return merged
}
