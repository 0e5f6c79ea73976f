// Package planner turns what happens to mailings into planned starts, and sweeps up after lost events.
//
// Every handler is safe to repeat and to run in several processes: it asks the store to bring the plan in line with
// the row as it is, which the store does under a lock.
package planner

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
)

// store is what the planner needs of the database when an event comes.
type store interface {
	PlanNext(ctx context.Context, mailing domain.ID) (waits bool, err error)
	HintChunks(ctx context.Context, mailing domain.ID) error
	sweepStore
}

// schedules is what the planner needs of the broker.
type schedules interface {
	PurgeSchedule(ctx context.Context, subject string) error
}

// Planner plans. Make it with New; its methods are safe for concurrent use.
type Planner struct {
	store     store
	schedules schedules
	log       zerolog.Logger
}

// New returns a planner on its parts.
func New(s store, b schedules, log zerolog.Logger) *Planner {
	return &Planner{store: s, schedules: b, log: log}
}

// workers is how many events of a kind one planner handles at a time.
const workers = 8

// Handlers lists everything the planner subscribes to. The names are durable and never change.
func (p *Planner) Handlers() []events.Handler {
	return []events.Handler{
		events.On("planner-mailing-created", events.OnMailingCreated, workers, p.OnMailingCreated),
		events.On("planner-mailing-changed", events.OnMailingChanged, workers, p.OnMailingChanged),
		events.On("planner-attempt-started", events.OnAttemptStarted, workers, p.OnAttemptStarted),
		events.On("planner-attempt-finished", events.OnAttemptFinished, workers, p.OnAttemptFinished),
	}
}

// sweepEvery is how often the sweeper looks for what NATS should have woken and did not.
const sweepEvery = 2 * time.Second
