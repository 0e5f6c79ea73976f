// Package sender starts attempts that are due and sends their chunks, window by window, so that no recipient is lost
// and none is mailed twice (design: docs/adr/0003-the-window.md). Any number of senders may run.
package sender

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
)

// attempts is what the sender needs of the database to start and to end attempts.
type attempts interface {
	StartAttempt(ctx context.Context, attempt domain.ID) (domain.Start, error)
	CloseAttempt(ctx context.Context, attempt domain.ID) error
	PauseAttempt(ctx context.Context, attempt domain.ID, reason string) error
	Content(ctx context.Context, attempt domain.ID) (domain.Content, error)
	Recipients(ctx context.Context, keys []int64) (map[int64]domain.Recipient, error)
	Suppress(ctx context.Context, client int64, email, reason string) error
	SuppressFull(ctx context.Context, client int64, email, reason string) error
}

// ledger is what the sender needs of the database to send a chunk.
type ledger interface {
	LeaseChunk(ctx context.Context, chunk int64, token domain.ID, ttl time.Duration) (domain.Lease, error)
	AdvanceWindow(ctx context.Context, chunk int64, token domain.ID, ttl time.Duration, done []domain.Delivery, next domain.Window) (domain.Window, error)
	WindowOf(ctx context.Context, chunk int64, token domain.ID) (domain.Window, error)
	RenewLease(ctx context.Context, chunk int64, token domain.ID, ttl time.Duration) (allowed bool, err error)
	ReleaseChunk(ctx context.Context, chunk int64, token domain.ID, due time.Time, reason string) error
	RecordLate(ctx context.Context, chunk domain.Chunk, rows []domain.Delivery) (int, error)
	FinishChunk(ctx context.Context, chunk int64, token domain.ID, rows ...domain.Delivery) error
	OthersWait(ctx context.Context, attempt domain.ID) (bool, error)
}

// Provider takes messages. Deliver tries each at most once, in order, and returns a receipt for each; those it did not
// touch are a suffix, and then the error says why. When ctx ends it begins no more and finishes what it has begun.
type Provider interface {
	Name() string
	// Form is how it takes messages: it decides which of an envelope's two forms is filled in.
	Form() domain.Form
	Deliver(ctx context.Context, batch []domain.Envelope) ([]domain.Receipt, error)
}

// Template is a message compiled for one attempt. It is safe for concurrent use.
type Template interface {
	// Render appends the whole message for r to dst.
	Render(dst []byte, r domain.Recipient, at time.Time) ([]byte, error)
	// Parts returns what Render would put together.
	Parts(r domain.Recipient) (domain.Parts, error)
	// From is the address of the envelope's sender.
	From() string
}

// observer is told what a sender does, for its metrics. Its methods are called once a window or less, and are quick.
type observer interface {
	Delivered(provider string, outcome domain.Outcome, class domain.Class, n int)
	Started(late time.Duration)
	Window(took time.Duration)
}

// Config is how a sender works.
type Config struct {
	Workers int           // chunks at a time, for each provider
	Lease   time.Duration // how long a chunk stays a dead sender's
}

// Deps are the parts of a sender. Observer may be nil.
type Deps struct {
	Attempts  attempts
	Ledger    ledger
	Providers []Provider // the first takes the mailings that name none
	Compile   func(domain.Content) (Template, error)
	Clock     domain.Clock
	Log       zerolog.Logger
	Observer  observer
}

// Sender sends. Make it with New; its methods are safe for concurrent use.
type Sender struct {
	Deps
	cfg       Config
	templates templates
	sizes     sizes
	buffers   sync.Pool // of *[maxWindow][]byte, in which messages are rendered
	draining  chan struct{}
	drainOnce sync.Once
}

// New returns a sender on its parts.
func New(cfg Config, d Deps) *Sender {
	if d.Observer == nil {
		d.Observer = nobody{}
	}
	return &Sender{Deps: d, cfg: cfg, templates: templates{compile: d.Compile, read: d.Attempts.Content}, draining: make(chan struct{})}
}

const (
	// startWorkers is how many attempts one sender starts at a time.
	startWorkers = 16
	// Of the workers of a provider one in firstShare more is there for attempts that have just begun, so that these never
	// wait behind the chunks of large ones. There are leastFirst at least.
	firstShare = 4
	leastFirst = 2
)

// Handlers lists everything the sender subscribes to. Each provider has workers of its own (a bulkhead): one that is slow
// holds none that another needs. Their names are durable and never change.
func (s *Sender) Handlers() []events.Handler {
	handlers := []events.Handler{events.On("sender-send-due", events.OnSendDue, startWorkers, s.OnSendDue)}
	names := []string{""} // the default one, as mailings know it that name none
	for _, p := range s.Providers {
		names = append(names, p.Name())
	}
	for _, name := range names {
		token := events.ProviderToken(name)
		handlers = append(handlers,
			events.On("sender-first-"+token, events.OnChunkDue(events.LaneFirst, name), max(s.cfg.Workers/firstShare, leastFirst), s.OnChunkDue),
			events.On("sender-next-"+token, events.OnChunkDue(events.LaneNext, name), s.cfg.Workers, s.OnChunkDue),
		)
	}
	return handlers
}

// provider returns the one of that name, the default one for an empty name.
func (s *Sender) provider(name string) (Provider, bool) {
	for _, p := range s.Providers {
		if name == "" || p.Name() == name {
			return p, true
		}
	}
	return nil, false
}

// Drain begins a graceful stop: no message is begun any more, those on the wire are finished and recorded, and chunks
// go back for other senders. It returns at once; the handlers return when that is done.
func (s *Sender) Drain() { s.drainOnce.Do(func() { close(s.draining) }) }

func (s *Sender) isDraining() bool {
	select {
	case <-s.draining:
		return true
	default:
		return false
	}
}
