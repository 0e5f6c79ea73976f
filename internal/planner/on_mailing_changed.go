package planner

import (
	"context"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
)

// OnMailingCreated plans the first start. It is safe to repeat: an attempt is unique per mailing and occurrence.
func (p *Planner) OnMailingCreated(ctx context.Context, e events.MailingCreated) error {
	return p.plan(ctx, e.MailingID)
}

// OnMailingChanged brings the plan in line with the mailing, and wakes what was held. It is safe to repeat: the row
// decides, and a chunk that has a sender does not take another.
func (p *Planner) OnMailingChanged(ctx context.Context, e events.MailingChanged) error {
	if err := p.plan(ctx, e.MailingID); err != nil {
		return err
	}
	if e.Change == "resumed" || e.Change == "enabled" {
		return p.store.HintChunks(ctx, e.MailingID)
	}
	return nil
}

func (p *Planner) plan(ctx context.Context, mailing domain.ID) error {
	waits, err := p.store.PlanNext(ctx, mailing)
	if err != nil {
		return err
	}
	if waits {
		return nil
	}
	if err := p.schedules.PurgeSchedule(ctx, events.ScheduleOf(mailing)); err != nil {
		return fmt.Errorf("take back the start of mailing %s: %w", mailing, err)
	}
	// Another planner may have planned anew before the purge, which then took that start with it: ask for it again.
	_, err = p.store.PlanNext(ctx, mailing)
	return err
}
