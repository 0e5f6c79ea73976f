package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// reschedule gives a mailing that is locked, and had the given status, another schedule. What passed unused under the
// old one is recorded as missed; what is being sent gets the deadline of the new one.
func (s *Store) reschedule(ctx context.Context, q *sqlc.Queries, row *sqlc.MailingLockRow, was domain.MailingStatus, next domain.Schedule) error {
	now := s.clock.Now()
	old := toSchedule(row.StartAt, row.EndAt, row.TimeZone, row.Periodicity)
	last, err := q.LastOccurrence(ctx, row.ID)
	if err != nil {
		return fmt.Errorf("read last occurrence: %w", err)
	}
	// Another end leaves the occurrences what they are: one that is due just now, or overdue, starts as it would have.
	goesOn := next.Start.Equal(old.Start) && next.Zone == old.Zone && next.Periodicity == old.Periodicity &&
		(old.End.IsZero() || old.End.After(now))
	since := now
	if goesOn {
		since = row.SetAt
	}
	plan := next.Plan(domain.PlanState{Last: last, Since: since, Active: now}, now)

	status := &row.Status
	if was == domain.MailingDisabled && row.HeldStatus != nil {
		was, status = domain.MailingStatus(*row.HeldStatus), row.HeldStatus
	}
	switch was {
	case domain.MailingFinished:
		switch {
		case !plan.Occurrence.IsZero():
			*status = string(domain.MailingScheduled)
		case !next.Start.Equal(old.Start): // another end alone is for a resend
			return domain.NewInvalid(domain.NewFault(domain.FaultHasRun, nil, "the mailing has run already; set a start ahead, or start it by hand").At("start_at"))
		}
	case domain.MailingScheduled, domain.MailingRunning, domain.MailingPaused:
		if goesOn {
			break // planning records what has passed, as ever
		}
		if err := recordPassed(ctx, q, row, plan, last, now, domain.TextScheduleChanged); err != nil {
			return err
		}
	case domain.MailingDraft, domain.MailingDisabled:
	}
	row.StartAt, row.EndAt = next.Start, orNull(next.End)
	row.TimeZone, row.Periodicity = next.Zone, string(next.Periodicity)
	if !goesOn {
		row.SetAt, row.ActiveAt = now, now
	}
	running, isRunning, err := runningOf(ctx, q, row.ID)
	if err != nil || !isRunning {
		return err
	}
	return alignDeadline(ctx, q, running, next, row.SetAt)
}

// recordPassed records as missed the occurrences of a mailing's schedule that passed unused, before another one, with its
// plan, takes its place; why is the reason for one that might have started still. A one-off has one start, which was
// moved; and what starts at once stands for all before it in a mailing that never ran.
func recordPassed(ctx context.Context, q *sqlc.Queries, row *sqlc.MailingLockRow, plan domain.Plan, last, now time.Time, why string) error {
	old := toSchedule(row.StartAt, row.EndAt, row.TimeZone, row.Periodicity)
	atOnce := !plan.Occurrence.IsZero() && !plan.Occurrence.After(now)
	if old.Periodicity == domain.Once || atOnce && last.IsZero() {
		return nil
	}
	active := row.ActiveAt
	if status := domain.MailingStatus(row.Status); row.OwnerBlocked || status == domain.MailingPaused || status == domain.MailingDisabled {
		active = now
	}
	gone := old.Plan(domain.PlanState{Last: last, Since: row.SetAt, Active: active}, now)
	passed := gone.Missed
	if !gone.Occurrence.IsZero() && !gone.Occurrence.After(now) {
		passed = append(passed, gone.Occurrence)
	}
	// It goes first: what it stands for may be among the missed.
	if err := q.PlannedDelete(ctx, row.ID); err != nil {
		return fmt.Errorf("remove planned attempt: %w", err)
	}
	for _, at := range passed {
		if atOnce && !at.Before(plan.Occurrence) {
			break
		}
		reason := missedReason(at, active)
		if at.Equal(gone.Occurrence) && !at.Before(active) {
			reason = why
		}
		err := q.MissedInsert(ctx, sqlc.MissedInsertParams{
			ID: domain.NewID(now), MailingID: row.ID, OwnerID: row.OwnerID, OccurrenceAt: at, Now: now, Reason: reason,
		})
		if err != nil {
			return fmt.Errorf("record missed occurrence: %w", err)
		}
	}
	return nil
}

// recordDeleted is recordPassed for a mailing that is about to be deleted: its reports stay, and they are to be whole.
func (s *Store) recordDeleted(ctx context.Context, q *sqlc.Queries, row *sqlc.MailingLockRow) error {
	was := domain.MailingStatus(row.Status)
	if was == domain.MailingDisabled && row.HeldStatus != nil {
		was = domain.MailingStatus(*row.HeldStatus)
	}
	if was == domain.MailingDraft || was == domain.MailingFinished {
		return nil
	}
	last, err := q.LastOccurrence(ctx, row.ID)
	if err != nil {
		return fmt.Errorf("read last occurrence: %w", err)
	}
	return recordPassed(ctx, q, row, domain.Plan{}, last, s.clock.Now(), "the mailing was deleted before it could start")
}
