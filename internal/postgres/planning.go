package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// PlanNext brings the planned start of a mailing in line with the mailing as it is: it records the occurrences that
// passed unused, writes or moves the planned attempt and asks for its SendDue, or takes the plan back. It is safe to
// repeat: an attempt is unique per mailing and occurrence. It reports whether a start waits.
func (s *Store) PlanNext(ctx context.Context, mailing domain.ID) (waits bool, err error) {
	err = s.inTx(ctx, func(q *sqlc.Queries) error {
		row, err := q.MailingLock(ctx, mailing)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("lock mailing: %w", err)
		}
		waits, err = s.planLocked(ctx, q, &row, true)
		if err != nil {
			return err
		}
		return q.MailingPlanned(ctx, mailing)
	})
	if err != nil {
		return false, fmt.Errorf("plan mailing %s: %w", mailing, err)
	}
	return waits, nil
}

// planLocked is PlanNext on a mailing that is locked. hint asks for SendDue even when nothing has moved.
func (s *Store) planLocked(ctx context.Context, q *sqlc.Queries, row *sqlc.MailingLockRow, hint bool) (bool, error) {
	if row.DeletedAt != nil {
		return false, q.PlannedDeleteAll(ctx, row.ID)
	}
	status := domain.MailingStatus(row.Status)
	if row.OwnerBlocked || (status != domain.MailingScheduled && status != domain.MailingRunning) {
		return false, q.PlannedDelete(ctx, row.ID)
	}

	now := s.clock.Now()
	schedule := toSchedule(row.StartAt, row.EndAt, row.TimeZone, row.Periodicity)
	last, err := q.LastOccurrence(ctx, row.ID)
	if err != nil {
		return false, fmt.Errorf("read last occurrence: %w", err)
	}
	plan := schedule.Plan(domain.PlanState{Last: last, Since: row.SetAt, Active: row.ActiveAt}, now)

	running, isRunning, err := runningOf(ctx, q, row.ID)
	if err != nil {
		return false, err
	}
	if isRunning {
		if err := alignDeadline(ctx, q, running, schedule, row.SetAt); err != nil {
			return false, err
		}
	}

	planned, err := q.PlannedOccurrence(ctx, row.ID)
	hasPlanned := err == nil
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("read planned attempt: %w", err)
	}
	if hasPlanned && (planned.OccurrenceAt == nil || !planned.OccurrenceAt.Equal(plan.Occurrence)) {
		// It goes first: what it stood for may be among the missed.
		if err := q.PlannedDelete(ctx, row.ID); err != nil {
			return false, fmt.Errorf("remove planned attempt: %w", err)
		}
		hasPlanned = false
	}
	for _, at := range plan.Missed {
		err := q.MissedInsert(ctx, sqlc.MissedInsertParams{
			ID: domain.NewID(now), MailingID: row.ID, OwnerID: row.OwnerID, OccurrenceAt: at, Now: now,
			Reason: missedReason(at, row.ActiveAt),
		})
		if err != nil {
			return false, fmt.Errorf("record missed occurrence: %w", err)
		}
	}
	if plan.Occurrence.IsZero() {
		return false, s.finishUnlessBusy(ctx, q, row, isRunning, now)
	}

	if hasPlanned && !hint && planned.DueAt.Equal(plan.DueAt) {
		return true, nil
	}
	id := planned.ID
	if hasPlanned {
		err = q.PlannedMove(ctx, sqlc.PlannedMoveParams{ID: id, OccurrenceAt: &plan.Occurrence, DueAt: plan.DueAt, Now: now})
	} else {
		id = domain.NewID(now)
		err = q.PlannedInsert(ctx, sqlc.PlannedInsertParams{
			ID: id, MailingID: row.ID, OwnerID: row.OwnerID, Kind: string(domain.KindScheduled),
			OccurrenceAt: &plan.Occurrence, DueAt: plan.DueAt, Now: now,
		})
	}
	if err != nil {
		return false, fmt.Errorf("write planned attempt: %w", err)
	}
	return true, s.putAt(ctx, q, events.SendDue{MailingID: row.ID, AttemptID: id, DueAt: plan.DueAt}, plan.DueAt)
}

func missedReason(at, active time.Time) string {
	if at.Before(active) {
		return domain.TextHeldWhenDue
	}
	return domain.TextTooLate
}

// alignDeadline follows an edit of the schedule into the attempt being sent.
func alignDeadline(ctx context.Context, q *sqlc.Queries, a sqlc.Attempt, schedule domain.Schedule, set time.Time) error {
	started := orZero(a.StartedAt)
	if a.ResentAt != nil {
		started = *a.ResentAt
	}
	deadline := orNull(attemptDeadline(schedule, a.OccurrenceAt, started, set))
	if (deadline == nil) == (a.Deadline == nil) && (deadline == nil || deadline.Equal(*a.Deadline)) {
		return nil
	}
	if err := q.AttemptSetDeadline(ctx, sqlc.AttemptSetDeadlineParams{ID: a.ID, Deadline: deadline}); err != nil {
		return fmt.Errorf("set deadline of attempt %s: %w", a.ID, err)
	}
	return nil
}

// attemptDeadline is the earlier of the end and the next occurrence, so that two attempts never overlap. Occurrences from
// before the schedule was set do not count: they will not start.
func attemptDeadline(schedule domain.Schedule, occurrence *time.Time, started, set time.Time) time.Time {
	from := started
	if set.After(from) {
		from = set
	}
	if occurrence != nil && occurrence.After(from) {
		from = *occurrence
	}
	return schedule.Deadline(from)
}

// finishUnlessBusy ends a mailing that has no start to come, unless one is being sent or waits to be.
func (s *Store) finishUnlessBusy(ctx context.Context, q *sqlc.Queries, row *sqlc.MailingLockRow, running bool, now time.Time) error {
	waiting, err := q.ManualPlannedOf(ctx, row.ID)
	if err != nil {
		return fmt.Errorf("look for a start by hand: %w", err)
	}
	if running || len(waiting) > 0 {
		return nil
	}
	return q.MailingSetStatus(ctx, sqlc.MailingSetStatusParams{ID: row.ID, Status: string(domain.MailingFinished), Now: now})
}

func runningOf(ctx context.Context, q *sqlc.Queries, mailing domain.ID) (sqlc.Attempt, bool, error) {
	a, err := q.RunningOf(ctx, mailing)
	if errors.Is(err, pgx.ErrNoRows) {
		return sqlc.Attempt{}, false, nil
	}
	if err != nil {
		return sqlc.Attempt{}, false, fmt.Errorf("look for a running attempt: %w", err)
	}
	return a, true, nil
}

// MailingsToPlan returns mailings that changed more than patience ago and that no planner has looked at since.
func (s *Store) MailingsToPlan(ctx context.Context, patience time.Duration) ([]domain.ID, error) {
	return s.q.MailingsToPlan(ctx, s.clock.Now().Add(-patience))
}

// DueMailings returns the mailings with a start that is due, the longest waiting first.
func (s *Store) DueMailings(ctx context.Context) ([]domain.ID, error) {
	return s.q.MailingsDue(ctx, s.clock.Now())
}

// overdueAfter is how late a start may be before anyone wonders where its event is: NATS fires within half a second.
const overdueAfter = time.Second

// HintOverdue asks again for the starts that are overdue and were not asked for within patience. It returns the
// mailings whose plan may be out of date.
func (s *Store) HintOverdue(ctx context.Context, patience time.Duration) ([]domain.ID, error) {
	now := s.clock.Now()
	var mailings []domain.ID
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		late, err := q.OverdueAttempts(ctx, sqlc.OverdueAttemptsParams{
			Now: now, DueBefore: now.Add(-overdueAfter), HintedBefore: now.Add(-patience),
		})
		if err != nil {
			return err
		}
		for _, a := range late {
			if a.Kind == string(domain.KindScheduled) {
				mailings = append(mailings, a.MailingID)
				continue
			}
			if err := s.put(ctx, q, events.SendDue{MailingID: a.MailingID, AttemptID: a.ID, DueAt: a.DueAt}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for overdue attempts: %w", err)
	}
	return mailings, nil
}

// HintOrphans asks again for chunks that no sender has taken within patience, or whose sender let its lease run out.
// It returns how many.
func (s *Store) HintOrphans(ctx context.Context, patience time.Duration) (int, error) {
	n := 0
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		orphans, err := q.OrphanChunks(ctx, sqlc.OrphanChunksParams{Now: s.clock.Now(), Patience: patience, Alive: domain.ProviderAlive})
		if err != nil {
			return err
		}
		n = len(orphans)
		for _, c := range orphans {
			if err := s.put(ctx, q, events.ChunkDue{AttemptID: c.AttemptID, ChunkID: c.ID, Provider: c.Provider}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("look for orphaned chunks: %w", err)
	}
	return n, nil
}

// ReleaseWaiting puts out chunks of running attempts that have some waiting and none outstanding. Finishing a chunk puts the
// next one out; this is for the moment when that could not, because the next one's row was locked.
func (s *Store) ReleaseWaiting(ctx context.Context) error {
	now := s.clock.Now()
	attempts, err := s.q.AttemptsToRelease(ctx, now)
	if err != nil {
		return fmt.Errorf("look for attempts that stand still: %w", err)
	}
	for _, id := range attempts {
		if err := s.inTx(ctx, func(q *sqlc.Queries) error { return s.releaseFree(ctx, q, id, now) }); err != nil {
			return fmt.Errorf("put out the next chunks of attempt %s: %w", id, err)
		}
	}
	return nil
}

// HintChunks asks for the chunks of a mailing that was held and goes on.
func (s *Store) HintChunks(ctx context.Context, mailing domain.ID) error {
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		chunks, err := q.ChunksToHint(ctx, sqlc.ChunksToHintParams{MailingID: mailing, Now: s.clock.Now()})
		if err != nil {
			return err
		}
		for _, c := range chunks {
			if err := s.put(ctx, q, events.ChunkDue{AttemptID: c.AttemptID, ChunkID: c.ID, Provider: c.Provider}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("wake chunks of mailing %s: %w", mailing, err)
	}
	return nil
}

// AttemptsToClose returns running attempts that are over: all done, past their end, or of a deleted mailing.
func (s *Store) AttemptsToClose(ctx context.Context) ([]domain.ID, error) {
	return s.q.AttemptsToClose(ctx, s.clock.Now())
}
