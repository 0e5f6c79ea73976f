package year_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/sender"
)

// mailbox is the mail service in memory. It counts what it has taken, by attempt and address, and has its moods.
type mailbox struct {
	clock  *handClock
	random *rand.Rand
	taken  map[string]map[string]int // attempt, address
	kill   func()                    // ends the sender on the spot
	deaths int
}

// Name implements sender's provider.
func (m *mailbox) Name() string { return "memory" }

// Deliver implements sender's provider.
func (m *mailbox) Deliver(_ context.Context, batch []domain.Envelope) ([]domain.Receipt, error) {
	receipts := make([]domain.Receipt, len(batch))
	switch m.random.IntN(100) {
	case 0:
		return receipts, &domain.Unreachable{Provider: "memory", Reason: "is away", RetryAfter: time.Duration(1+m.random.IntN(90)) * time.Minute}
	case 1: // the sender dies when half of the window is out
		for i := range len(batch) / 2 {
			m.take(batch[i])
		}
		m.deaths++
		m.kill()
		return receipts, context.Canceled
	}
	for i, e := range batch {
		r := domain.Receipt{Outcome: domain.Sent, Provider: "memory", At: m.clock.now, Reply: domain.Reply{Phase: domain.PhaseDot, Code: 250, Text: "OK"}}
		switch p := m.random.IntN(100); {
		case p < 6:
			r.Outcome, r.Reply = domain.Deferred, domain.Reply{Phase: domain.PhaseRcpt, Code: 451, Text: "later"}
		case p < 8:
			r.Outcome, r.Reply = domain.Failed, domain.Reply{Phase: domain.PhaseRcpt, Code: 550, Text: "no"}
		case p < 9:
			m.take(e)
			r.Outcome, r.Reply = domain.Unknown, domain.Reply{Phase: domain.PhaseDot, Text: "connection reset"}
		default:
			m.take(e)
		}
		receipts[i] = r
	}
	return receipts, nil
}

func (m *mailbox) Form() domain.Form { return domain.FormMIME }

func (m *mailbox) take(e domain.Envelope) {
	attempt := string(e.Data)
	if m.taken[attempt] == nil {
		m.taken[attempt] = map[string]int{}
	}
	m.taken[attempt][e.To]++
}

// template says which attempt it belongs to and nothing else.
type template string

func compile(c domain.Content) (sender.Template, error) { return template(c.AttemptID.String()), nil }

func (t template) Parts(domain.Recipient) (domain.Parts, error) { return domain.Parts{}, nil }

func (t template) Render(dst []byte, _ domain.Recipient, _ time.Time) ([]byte, error) {
	return slices.Concat(dst, []byte(t)), nil
}

func (template) From() string { return "vestnik@example.com" }
