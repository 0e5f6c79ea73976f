package planner

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/events"
)

// OnAttemptStarted plans the occurrence after the one that has begun. It is safe to repeat, as planning is.
func (p *Planner) OnAttemptStarted(ctx context.Context, e events.AttemptStarted) error {
	return p.plan(ctx, e.MailingID)
}

// OnAttemptFinished brings the plan in line after an attempt has ended. It is safe to repeat, as planning is.
func (p *Planner) OnAttemptFinished(ctx context.Context, e events.AttemptFinished) error {
	return p.plan(ctx, e.MailingID)
}
