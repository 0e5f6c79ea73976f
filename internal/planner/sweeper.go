package planner

import (
	"context"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// sweepStore is what the sweeper needs of the database.
type sweepStore interface {
	MailingsToPlan(ctx context.Context, patience time.Duration) ([]domain.ID, error)
	HintOverdue(ctx context.Context, patience time.Duration) ([]domain.ID, error)
	HintOrphans(ctx context.Context, patience time.Duration) (int, error)
	AttemptsToClose(ctx context.Context) ([]domain.ID, error)
	CloseAttempt(ctx context.Context, attempt domain.ID) error
	EnsurePartitions(ctx context.Context) error
	PurgeEnded(ctx context.Context) error
	NameUnserved(ctx context.Context) error
	ReleaseWaiting(ctx context.Context) error
	RemoveAccounts(ctx context.Context) error
	noticeStore
}

// noticeStore is what the sweeper needs of the queue of the service's own messages.
type noticeStore interface {
	HintNotices(ctx context.Context, patience time.Duration) (int, error)
	PurgeNotices(ctx context.Context) error
}

const (
	// planPatience is how long an event has to reach a planner before the sweeper plans without it.
	planPatience = 3 * time.Second
	// startPatience is how long a start may be overdue, or asked for in vain, before it is asked for again.
	startPatience = 3 * time.Second
	// chunkPatience is how long a chunk may wait for a free sender before it is asked for again. Asking leaves one
	// message in the stream however often it is done. With the sweep, the relay and a connection made anew it keeps the
	// loss of the NATS store, at the worst moment there is, under ten seconds.
	chunkPatience = 5 * time.Second
	// noticePatience is how long a message of the service itself may be overdue before senders are told of it again.
	noticePatience = 3 * time.Second
	// housekeepingEvery is how often partitions are looked after, and what is old, has ended or is to go is removed.
	housekeepingEvery = time.Hour
	// housekeepingAgain is when what did not go well is tried again.
	housekeepingAgain = time.Minute
)

// Sweep looks, every two seconds until ctx ends, for work that exists in PostgreSQL and that no event is going to
// wake. Losing the whole NATS store costs a few seconds and nothing else because of it. Any number may run.
func (p *Planner) Sweep(ctx context.Context) error {
	kept := make(chan struct{})
	go func() { // apart from the rest: a large account takes minutes
		defer close(kept)
		p.keepHouse(ctx)
	}()
	defer func() { <-kept }()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		p.SweepOnce(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// keepHouse looks after the house every hour until ctx ends, and after what did not go well in a minute. One part that fails
// does not keep the others from their turn.
func (p *Planner) keepHouse(ctx context.Context) {
	tick := time.NewTicker(housekeepingAgain)
	defer tick.Stop()
	parts := []struct {
		what string
		keep func(context.Context) error
		done time.Time
	}{
		{what: "partitions", keep: p.store.EnsurePartitions},
		{what: "sessions and tokens that have ended", keep: p.store.PurgeEnded},
		{what: "old messages of the service itself", keep: p.store.PurgeNotices},
		{what: "accounts to remove", keep: p.store.RemoveAccounts},
	}
	for {
		for i := range parts {
			if time.Since(parts[i].done) < housekeepingEvery {
				continue
			}
			err := parts[i].keep(ctx)
			p.report(ctx, err, parts[i].what)
			if err == nil {
				parts[i].done = time.Now()
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// SweepOnce makes one round. A step that fails is logged and left for the next round, and does not keep the others
// from theirs.
func (p *Planner) SweepOnce(ctx context.Context) {
	unplanned, err := p.store.MailingsToPlan(ctx, planPatience)
	p.report(ctx, err, "mailings to plan")
	overdue, err := p.store.HintOverdue(ctx, startPatience)
	p.report(ctx, err, "overdue starts")
	for _, mailing := range append(unplanned, overdue...) {
		if err := p.plan(ctx, mailing); err != nil && ctx.Err() == nil {
			p.log.Warn().Err(err).Stringer("mailing", mailing).Str("step", "plan").Msg("sweep")
		}
	}
	orphans, err := p.store.HintOrphans(ctx, chunkPatience)
	p.report(ctx, err, "orphaned chunks")
	notices, err := p.store.HintNotices(ctx, noticePatience)
	p.report(ctx, err, "overdue notices")
	p.report(ctx, p.store.ReleaseWaiting(ctx), "chunks that wait")
	p.report(ctx, p.store.NameUnserved(ctx), "attempts without a sender")
	over, err := p.store.AttemptsToClose(ctx)
	p.report(ctx, err, "attempts to close")
	for _, attempt := range over {
		if err := p.store.CloseAttempt(ctx, attempt); err != nil && ctx.Err() == nil {
			p.log.Warn().Err(err).Stringer("attempt", attempt).Str("step", "close").Msg("sweep")
		}
	}
	if n := len(unplanned) + len(overdue) + orphans + notices; n > 0 {
		p.log.Info().Int("unplanned", len(unplanned)).Int("overdue", len(overdue)).Int("chunks", orphans).Int("notices", notices).
			Msg("asked again for work that no event had woken")
	}
}

func (p *Planner) report(ctx context.Context, err error, step string) {
	if err != nil && ctx.Err() == nil {
		p.log.Warn().Err(err).Str("step", step).Msg("sweep")
	}
}
