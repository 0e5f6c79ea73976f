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

const (
	// lettingGo is how long a start waits for the attempt before it to let go: about a window.
	lettingGo = 200 * time.Millisecond
	// anotherRunsWait is how long a start waits for an attempt that may go on. When it ends the planner asks at once.
	anotherRunsWait = 30 * time.Second
)

// StartAttempt begins a planned attempt whose time has come: takes the message and the audience as they are now, cuts
// the audience into chunks and puts out the first of them. It is safe to repeat and to race: the mailing's row is
// locked and only a planned attempt begins.
func (s *Store) StartAttempt(ctx context.Context, attempt domain.ID) (start domain.Start, err error) {
	err = s.inTx(ctx, func(q *sqlc.Queries) error {
		found, err := q.AttemptForStart(ctx, attempt)
		if errors.Is(err, pgx.ErrNoRows) {
			start.State = domain.NotWanted
			return nil
		}
		if err != nil {
			return fmt.Errorf("read attempt: %w", err)
		}
		mailing, err := q.MailingLock(ctx, found.MailingID)
		if err != nil {
			return fmt.Errorf("lock mailing: %w", err)
		}
		a, err := q.AttemptForStart(ctx, attempt) // again, now that nobody else can change it
		if errors.Is(err, pgx.ErrNoRows) {
			start.State = domain.NotWanted
			return nil
		}
		if err != nil {
			return fmt.Errorf("read attempt: %w", err)
		}
		start, err = s.startLocked(ctx, q, &mailing, a)
		return err
	})
	if err != nil {
		return domain.Start{}, fmt.Errorf("start attempt %s: %w", attempt, err)
	}
	return start, nil
}

func (s *Store) startLocked(ctx context.Context, q *sqlc.Queries, m *sqlc.MailingLockRow, a sqlc.AttemptForStartRow) (domain.Start, error) {
	now := s.clock.Now()
	if a.Status != string(domain.AttemptPlanned) || !mayStart(m) {
		return domain.Start{State: domain.NotWanted}, nil
	}
	if a.Kind == string(domain.KindScheduled) {
		current, err := s.currentPlan(ctx, q, m)
		if err != nil || current == nil {
			return domain.Start{State: domain.NotWanted}, err
		}
		a = *current
	}
	if wait := a.DueAt.Sub(now); wait > 0 {
		return domain.Start{State: domain.NotYet, Wait: wait}, nil
	}
	running, isRunning, err := runningOf(ctx, q, m.ID)
	if err != nil {
		return domain.Start{}, err
	}
	if isRunning {
		wait := anotherRunsWait
		if running.Deadline != nil {
			wait = min(wait, max(running.Deadline.Sub(now), lettingGo))
		}
		return domain.Start{State: domain.AnotherRuns, Wait: wait, Running: running.ID}, nil
	}
	if m.EndAt != nil && !m.EndAt.After(now) {
		if err := q.AttemptMiss(ctx, sqlc.AttemptMissParams{ID: a.ID, Now: now, Reason: domain.TextMailingEndFirst}); err != nil {
			return domain.Start{}, fmt.Errorf("record as missed: %w", err)
		}
		return domain.Start{State: domain.NotWanted}, q.MailingNeedsPlan(ctx, m.ID)
	}
	return domain.Start{State: domain.Began}, s.begin(ctx, q, m, a, now)
}

// currentPlan brings the plan in line with the mailing before it is acted on, and returns the attempt that is planned
// now, or nil. The event that brought us here may be older than the last edit; and after an outage it is the latest of
// the occurrences missed that runs, not the first whose event comes.
func (s *Store) currentPlan(ctx context.Context, q *sqlc.Queries, m *sqlc.MailingLockRow) (*sqlc.AttemptForStartRow, error) {
	if waits, err := s.planLocked(ctx, q, m, false); err != nil || !waits {
		return nil, err
	}
	planned, err := q.PlannedOccurrence(ctx, m.ID)
	if err != nil {
		return nil, fmt.Errorf("read planned attempt: %w", err)
	}
	a, err := q.AttemptForStart(ctx, planned.ID)
	if err != nil {
		return nil, fmt.Errorf("read planned attempt: %w", err)
	}
	return &a, nil
}

func mayStart(m *sqlc.MailingLockRow) bool {
	switch domain.MailingStatus(m.Status) {
	case domain.MailingScheduled, domain.MailingRunning, domain.MailingFinished:
		return m.DeletedAt == nil && !m.OwnerBlocked && !m.OwnerUnconfirmed // once he has confirmed, the sweeper asks again
	case domain.MailingDraft, domain.MailingPaused, domain.MailingDisabled:
	}
	return false
}

func (s *Store) begin(ctx context.Context, q *sqlc.Queries, m *sqlc.MailingLockRow, a sqlc.AttemptForStartRow, now time.Time) error {
	err := q.ContentInsert(ctx, sqlc.ContentInsertParams{AttemptID: a.ID, MailingName: m.Name, MessageID: m.MessageID})
	if err != nil {
		return fmt.Errorf("take the message: %w", err)
	}
	chunks, err := q.AudienceToChunks(ctx, sqlc.AudienceToChunksParams{
		MailingID: m.ID, AttemptID: a.ID, ChunkSize: domain.ChunkSize, Outstanding: domain.OutstandingChunks, Now: now,
	})
	if err != nil {
		return fmt.Errorf("take the audience: %w", err)
	}
	audience := 0
	for i, c := range chunks {
		audience += int(c.Size)
		if c.Status != "pending" {
			continue
		}
		due := events.ChunkDue{AttemptID: a.ID, ChunkID: c.ID, Provider: m.Provider, Lane: events.LaneNext}
		if i == 0 {
			due.Lane = events.LaneFirst
		}
		if err := s.put(ctx, q, due); err != nil {
			return err
		}
	}
	schedule := toSchedule(m.StartAt, m.EndAt, m.TimeZone, m.Periodicity)
	err = q.AttemptStart(ctx, sqlc.AttemptStartParams{
		ID: a.ID, Now: now, Audience: int32(audience), Provider: m.Provider,
		Deadline: orNull(attemptDeadline(schedule, a.OccurrenceAt, now, m.SetAt)),
	})
	if err != nil {
		return fmt.Errorf("set running: %w", err)
	}
	if err := q.MailingSetStatus(ctx, sqlc.MailingSetStatusParams{ID: m.ID, Status: string(domain.MailingRunning), Now: now}); err != nil {
		return fmt.Errorf("set mailing running: %w", err)
	}
	if err := q.MailingNeedsPlan(ctx, m.ID); err != nil {
		return fmt.Errorf("ask for the next plan: %w", err)
	}
	err = s.put(ctx, q, events.AttemptStarted{
		AttemptID: a.ID, MailingID: m.ID, OwnerID: m.OwnerID, Audience: audience, DueAt: a.DueAt, StartedAt: now,
	})
	if err != nil || audience > 0 {
		return err
	}
	return s.closeLocked(ctx, q, m, a.ID)
}
