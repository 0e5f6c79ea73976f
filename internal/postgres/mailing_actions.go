package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// PauseMailing holds one of owner's mailings: what is being sent stops within a window, nothing starts. Pausing twice
// is no error; a draft, disabled or finished one is a Conflict.
func (s *Store) PauseMailing(ctx context.Context, owner, id domain.ID) (domain.Mailing, error) {
	err := s.changeMailing(ctx, owner, id, func(_ *sqlc.Queries, row *sqlc.MailingLockRow) (string, error) {
		switch domain.MailingStatus(row.Status) {
		case domain.MailingPaused:
			return "", nil
		case domain.MailingScheduled, domain.MailingRunning:
			row.Status, row.Reason = string(domain.MailingPaused), ""
			return "paused", nil
		case domain.MailingDraft, domain.MailingDisabled, domain.MailingFinished:
		}
		return "", statusConflict(row, "paused")
	})
	if err != nil {
		return domain.Mailing{}, err
	}
	return s.Mailing(ctx, owner, id)
}

// ResumeMailing lets a paused mailing go on: what was being sent goes on where it stopped, and of the starts that
// passed meanwhile the latest happens now. Resuming what runs is no error.
func (s *Store) ResumeMailing(ctx context.Context, owner, id domain.ID) (domain.Mailing, error) {
	err := s.changeMailing(ctx, owner, id, func(q *sqlc.Queries, row *sqlc.MailingLockRow) (string, error) {
		switch domain.MailingStatus(row.Status) {
		case domain.MailingScheduled, domain.MailingRunning:
			return "", nil
		case domain.MailingPaused:
			return "resumed", s.activate(ctx, q, row)
		case domain.MailingDraft, domain.MailingDisabled, domain.MailingFinished:
		}
		return "", statusConflict(row, "resumed")
	})
	if err != nil {
		return domain.Mailing{}, err
	}
	return s.Mailing(ctx, owner, id)
}

// DisableMailing is a manager's stop of anybody's mailing; its owner reads the reason and cannot lift it. Disabling twice
// changes nothing, not even the reason.
func (s *Store) DisableMailing(ctx context.Context, id domain.ID, reason string) (domain.Mailing, error) {
	err := s.changeMailing(ctx, domain.ID{}, id, func(q *sqlc.Queries, row *sqlc.MailingLockRow) (string, error) {
		if row.Status == string(domain.MailingDisabled) {
			return "", nil
		}
		held := row.Status
		row.HeldStatus = &held
		row.Status, row.Reason = string(domain.MailingDisabled), reason
		if err := s.tellDisabled(ctx, q, row); err != nil {
			return "", err
		}
		return "disabled", s.audit(ctx, q, auditOfMailing(domain.AuditMailingDisable, row, reason,
			map[string]any{"status": held}, map[string]any{"status": row.Status}))
	})
	if err != nil {
		return domain.Mailing{}, err
	}
	return s.AnyMailing(ctx, id)
}

// tellDisabled writes to the owner of a mailing that somebody else disabled.
func (s *Store) tellDisabled(ctx context.Context, q *sqlc.Queries, row *sqlc.MailingLockRow) error {
	if actor, _ := domain.ActorOf(ctx); actor.ID == row.OwnerID {
		return nil
	}
	owner, err := q.UserGet(ctx, row.OwnerID)
	if err != nil {
		return fmt.Errorf("read the mailing's owner: %w", err)
	}
	u := toUser(owner)
	return s.tell(ctx, q, u.Confirmed, noticeTo(u, domain.NoticeMailingStopped, map[string]string{"mailing": row.Name, "reason": row.Reason}))
}

func auditOfMailing(action domain.AuditAction, row *sqlc.MailingLockRow, reason string, before, after map[string]any) domain.AuditEntry {
	return domain.AuditEntry{
		Action: action, TargetType: "mailing", TargetID: row.ID.String(), OwnerID: row.OwnerID, Reason: reason, Before: before, After: after,
	}
}

// EnableMailing takes DisableMailing back: the mailing is what it was before. Enabling twice changes nothing. A manager who
// owns the mailing and did not disable it gets a Forbidden error.
func (s *Store) EnableMailing(ctx context.Context, id domain.ID) (domain.Mailing, error) {
	err := s.changeMailing(ctx, domain.ID{}, id, func(q *sqlc.Queries, row *sqlc.MailingLockRow) (string, error) {
		if row.Status != string(domain.MailingDisabled) {
			return "", nil
		}
		if err := mayEnable(ctx, q, row); err != nil {
			return "", err
		}
		held := domain.MailingScheduled
		if row.HeldStatus != nil {
			held = domain.MailingStatus(*row.HeldStatus)
		}
		before := map[string]any{"status": row.Status, "reason": row.Reason}
		row.HeldStatus = nil
		if held == domain.MailingScheduled || held == domain.MailingRunning {
			if err := s.activate(ctx, q, row); err != nil {
				return "", err
			}
		} else {
			row.Status, row.Reason = string(held), ""
		}
		return "enabled", s.audit(ctx, q, auditOfMailing(domain.AuditMailingEnable, row, "", before, map[string]any{"status": row.Status}))
	})
	if err != nil {
		return domain.Mailing{}, err
	}
	return s.AnyMailing(ctx, id)
}

// mayEnable keeps managers from judging their own case.
func mayEnable(ctx context.Context, q *sqlc.Queries, row *sqlc.MailingLockRow) error {
	actor, _ := domain.ActorOf(ctx)
	if actor.ID != row.OwnerID || actor.Role == domain.RoleAdmin {
		return nil
	}
	by, err := q.AuditLastBy(ctx, sqlc.AuditLastByParams{TargetID: row.ID.String(), Action: string(domain.AuditMailingDisable)})
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("look who disabled mailing %s: %w", row.ID, err)
	}
	if err == nil && by == actor.ID {
		return nil
	}
	return &domain.Error{Kind: domain.Forbidden, Code: "disabled_by_another", Message: "somebody else disabled this mailing of yours: another manager or an administrator can enable it"}
}

// activate makes a held mailing go on from now.
func (s *Store) activate(ctx context.Context, q *sqlc.Queries, row *sqlc.MailingLockRow) error {
	_, running, err := runningOf(ctx, q, row.ID)
	if err != nil {
		return err
	}
	row.Status, row.Reason, row.ActiveAt = string(domain.MailingScheduled), "", s.clock.Now()
	if running {
		row.Status = string(domain.MailingRunning)
	}
	if row.OwnerBlocked {
		row.Reason = domain.TextOwnerBlocked(row.OwnerBlockedReason)
	}
	return nil
}

// StartMailing starts one of owner's mailings now (anyone's when owner is zero), as an attempt of its own, which belongs
// to the mailing's owner. A Conflict says why it cannot. It is recorded in the audit log unless the owner does it.
func (s *Store) StartMailing(ctx context.Context, owner, id domain.ID) (domain.Attempt, error) {
	now := s.clock.Now()
	attempt := domain.NewID(now)
	err := s.changeMailing(ctx, owner, id, func(q *sqlc.Queries, row *sqlc.MailingLockRow) (string, error) {
		switch domain.MailingStatus(row.Status) {
		case domain.MailingDraft, domain.MailingPaused, domain.MailingDisabled:
			return "", statusConflict(row, "started")
		case domain.MailingScheduled, domain.MailingRunning, domain.MailingFinished:
		}
		if row.OwnerBlocked {
			return "", domain.NewConflict("owner_blocked", "the mailing's owner is blocked")
		}
		if row.OwnerUnconfirmed {
			return "", errMayNotSend(domain.UserUnconfirmed)
		}
		if err := s.startOfAnothers(ctx, q, row, attempt); err != nil {
			return "", err
		}
		if row.EndAt != nil && !row.EndAt.After(now) {
			return "", domain.NewConflict("mailing_end_past", "the mailing's end has passed; set an end ahead, or none")
		}
		if _, running, err := runningOf(ctx, q, id); err != nil {
			return "", err
		} else if running {
			return "", domain.NewConflict("mailing_running", "the mailing is being sent already")
		}
		waiting, err := q.ManualPlannedOf(ctx, id)
		if err != nil {
			return "", fmt.Errorf("look for a start by hand: %w", err)
		}
		if len(waiting) > 0 {
			return "", domain.NewConflict("mailing_running", "the mailing is being started already")
		}
		err = q.AttemptInsertManual(ctx, sqlc.AttemptInsertManualParams{ID: attempt, MailingID: id, OwnerID: row.OwnerID, Now: now})
		if err != nil {
			return "", fmt.Errorf("insert attempt: %w", err)
		}
		return "started", s.put(ctx, q, events.SendDue{MailingID: id, AttemptID: attempt, DueAt: now})
	})
	if err != nil {
		return domain.Attempt{}, err
	}
	return s.AnyAttempt(ctx, attempt)
}

// startOfAnothers records a start by somebody other than the mailing's owner. Nobody has more sent than the owner may.
func (s *Store) startOfAnothers(ctx context.Context, q *sqlc.Queries, row *sqlc.MailingLockRow, attempt domain.ID) error {
	actor, _ := domain.ActorOf(ctx)
	if actor.ID == row.OwnerID {
		return nil
	}
	if !actor.ID.IsZero() {
		owner, err := q.UserGet(ctx, row.OwnerID)
		if err != nil {
			return fmt.Errorf("read the mailing's owner: %w", err)
		}
		u := toUser(owner)
		if u.MaySend() != nil {
			return errMayNotSend(u.Status())
		}
	}
	return s.audit(ctx, q, auditOfMailing(domain.AuditMailingStart, row, "", nil, map[string]any{"attempt_id": attempt}))
}

func errMayNotSend(owner domain.UserStatus) error {
	return domain.NewConflict("owner_may_not_send", "the mailing's owner may not send: the account is "+string(owner))
}

// DeleteMailing removes one of owner's mailings; its reports stay. What is being sent stops within a window, and
// those not reached count as skipped.
func (s *Store) DeleteMailing(ctx context.Context, owner, id domain.ID, revision int) error {
	return s.inTx(ctx, func(q *sqlc.Queries) error {
		row, err := q.MailingLock(ctx, id)
		if err != nil {
			return orNotFound(err, "mailing")
		}
		if row.DeletedAt != nil || row.OwnerID != owner {
			return domain.NewNotFound("mailing")
		}
		if revision != 0 && revision != int(row.Revision) {
			return &domain.Error{Kind: domain.Stale, Code: "stale_revision", Message: fmt.Sprintf(
				"the mailing has been changed meanwhile: it is at revision %d, not %d", row.Revision, revision)}
		}
		if err := s.recordDeleted(ctx, q, &row); err != nil {
			return err
		}
		if err := q.MailingDelete(ctx, sqlc.MailingDeleteParams{ID: id, Now: s.clock.Now()}); err != nil {
			return fmt.Errorf("delete mailing %s: %w", id, err)
		}
		return s.put(ctx, q, events.MailingChanged{MailingID: id, OwnerID: owner, Revision: int(row.Revision) + 1, Change: "deleted"})
	})
}

func statusConflict(row *sqlc.MailingLockRow, verb string) error {
	message := fmt.Sprintf("a mailing that is %s cannot be %s", row.Status, verb)
	if row.Reason != "" {
		message += " (" + row.Reason + ")"
	}
	return domain.NewConflict("mailing_"+row.Status, message)
}
