package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// ResendAttempt sends again to recipients of one of owner's attempts (anyone's when owner is zero) whose outcome is
// unknown or failed, within the same attempt: what it said, and each Message-ID, stay. An attempt that has ended runs
// again, until the deadline that a start now would have. Whoever asks second finds nobody left: each recipient goes out
// once. A Conflict says why nothing is sent again.
func (s *Store) ResendAttempt(ctx context.Context, owner, id domain.ID, r domain.Resend) (domain.Resent, error) {
	var out domain.Resent
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		found, err := q.AttemptForStart(ctx, id)
		if err != nil {
			return orNotFound(err, "attempt")
		}
		m, err := q.MailingLock(ctx, found.MailingID)
		if err != nil {
			return orNotFound(err, "attempt")
		}
		if !owner.IsZero() && m.OwnerID != owner {
			return domain.NewNotFound("attempt")
		}
		now := s.clock.Now()
		if err := s.mayResend(ctx, q, &m, id, now); err != nil {
			return err
		}
		b := &putBack{q: q, attempt: id, now: now, wanted: wanted(r.Outcomes), full: map[int32][]int64{}}
		if err := b.all(ctx, r.ClientIDs); err != nil {
			return err
		}
		out.Resent, out.LeftOut = int(b.unknown+b.failed), b.leftOut
		if err := s.releaseFree(ctx, q, id, now); err != nil {
			return err
		}
		return s.reopen(ctx, q, &m, id, now)
	})
	if err != nil {
		return domain.Resent{}, asIs(err, "send attempt %s again", id)
	}
	out.Attempt, err = s.AnyAttempt(ctx, id)
	return out, err
}

// mayResend refuses what would send although it must not, or keep another attempt of the mailing from running.
func (s *Store) mayResend(ctx context.Context, q *sqlc.Queries, m *sqlc.MailingLockRow, attempt domain.ID, now time.Time) error {
	switch {
	case m.DeletedAt != nil:
		return domain.NewConflict("mailing_deleted", "the mailing has been deleted, and nothing is sent for it any more")
	case m.Status == string(domain.MailingPaused):
		return domain.NewConflict("mailing_paused", "the mailing is paused"+because(m.Reason)+"; resume it first")
	case m.Status == string(domain.MailingDisabled):
		return domain.NewConflict("mailing_disabled", "the mailing is disabled"+because(m.Reason)+"; a manager must enable it first")
	case m.OwnerBlocked:
		return domain.NewConflict("owner_blocked", "the mailing's owner is blocked")
	case m.OwnerUnconfirmed:
		return errMayNotSend(domain.UserUnconfirmed)
	case m.EndAt != nil && !m.EndAt.After(now):
		return domain.NewConflict("mailing_end_past", "the mailing's end has passed; set an end ahead, or none")
	}
	a, err := q.AttemptLock(ctx, attempt)
	if err != nil {
		return orNotFound(err, "attempt")
	}
	switch domain.AttemptStatus(a.Status) {
	case domain.AttemptRunning:
		if a.Deadline != nil && !a.Deadline.After(now) {
			return domain.NewConflict("attempt_ending", "the attempt's end has come just now; ask again in some seconds")
		}
		return nil
	case domain.AttemptFinished, domain.AttemptExpired:
	case domain.AttemptPlanned, domain.AttemptCancelled, domain.AttemptMissed:
		return nothingToResend("nobody has been sent to in an attempt that is " + a.Status)
	}
	return s.mayReopen(ctx, q, m, now)
}

// mayReopen keeps two attempts of a mailing from overlapping.
func (s *Store) mayReopen(ctx context.Context, q *sqlc.Queries, m *sqlc.MailingLockRow, now time.Time) error {
	_, running, err := runningOf(ctx, q, m.ID)
	if err != nil {
		return err
	}
	if running {
		return domain.NewConflict("mailing_running", "another attempt of the mailing is being sent; ask again when it has ended")
	}
	waiting, err := q.ManualPlannedOf(ctx, m.ID)
	if err != nil {
		return fmt.Errorf("look for a start by hand: %w", err)
	}
	next, err := s.currentPlan(ctx, q, m)
	if err != nil {
		return err
	}
	if len(waiting) > 0 || (next != nil && !next.DueAt.After(now)) {
		return domain.NewConflict("mailing_running", "another attempt of the mailing is about to start; ask again when it has ended")
	}
	return nil
}

// releaseFree puts out as many waiting chunks as there is room for.
func (s *Store) releaseFree(ctx context.Context, q *sqlc.Queries, attempt domain.ID, now time.Time) error {
	busy, err := q.ChunksOutstanding(ctx, sqlc.ChunksOutstandingParams{AttemptID: attempt, Now: now})
	if err != nil {
		return fmt.Errorf("count outstanding chunks: %w", err)
	}
	// One at least: all that are outstanding may be done before this is committed, and then none of them releases ours.
	for range max(domain.OutstandingChunks-int(busy), 1) {
		if _, err := s.releaseNext(ctx, q, attempt); err != nil {
			return err
		}
	}
	return nil
}

// reopen makes the attempt and its mailing run, as a start by hand at now would.
func (s *Store) reopen(ctx context.Context, q *sqlc.Queries, m *sqlc.MailingLockRow, attempt domain.ID, now time.Time) error {
	schedule := toSchedule(m.StartAt, m.EndAt, m.TimeZone, m.Periodicity)
	err := q.AttemptReopen(ctx, sqlc.AttemptReopenParams{ID: attempt, Now: now, Deadline: orNull(attemptDeadline(schedule, nil, now, m.SetAt))})
	if err != nil {
		return fmt.Errorf("set running again: %w", err)
	}
	m.Status = string(domain.MailingRunning)
	if err := saveMailing(ctx, q, m, now); err != nil {
		return err
	}
	return s.put(ctx, q, events.MailingChanged{MailingID: m.ID, OwnerID: m.OwnerID, Revision: int(m.Revision) + 1, Change: "resent"})
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

func nothingToResend(why string) error { return domain.NewConflict("nothing_to_resend", why) }

// asIs leaves what the caller is told as it is and says of everything else what it came of.
func asIs(err error, format string, args ...any) error {
	if domain.KindOf(err) != domain.Internal {
		return err
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}
