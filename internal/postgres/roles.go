package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// rolesLock serialises blocking and changes of roles; the number is arbitrary.
const rolesLock = 7_620_115

// BlockUser ends a user's sessions and stops all of the user's mailings: what is being sent stops within a window, nothing
// starts, and the planner takes the planned starts back within seconds. API keys are refused as long as it lasts. Blocking
// twice changes nothing. An unknown user is a NotFound error, one whom the actor may not block is Forbidden, and the last
// administrator is a Conflict.
func (s *Store) BlockUser(ctx context.Context, id domain.ID, reason string) error {
	err := s.changeUser(ctx, id, func(q *sqlc.Queries, u *domain.User, now time.Time) error {
		actor, _ := domain.ActorOf(ctx)
		if err := actor.MayBlock(u); err != nil || u.Blocked {
			return err
		}
		if err := s.spareLastAdmin(ctx, q, u); err != nil {
			return err
		}
		// Mailings first, then the user, as MailingLock does: the other way round they could wait for each other.
		if err := q.MailingsOfBlocked(ctx, sqlc.MailingsOfBlockedParams{OwnerID: id, Reason: domain.TextOwnerBlocked(reason), Now: now}); err != nil {
			return fmt.Errorf("hold mailings: %w", err)
		}
		if err := q.UserBlock(ctx, sqlc.UserBlockParams{ID: id, Reason: reason, Now: now}); err != nil {
			return err
		}
		if err := s.endSessions(ctx, q, id, domain.ID{}); err != nil {
			return err
		}
		if err := s.tell(ctx, q, u.Confirmed, noticeTo(*u, domain.NoticeBlocked, map[string]string{"reason": reason})); err != nil {
			return err
		}
		return s.audit(ctx, q, auditOfUser(domain.AuditUserBlock, u, reason, map[string]any{"blocked": false}, map[string]any{"blocked": true}))
	})
	if err != nil {
		return fmt.Errorf("block user %s: %w", id, err)
	}
	return nil
}

// UnblockUser takes BlockUser back, but for the sessions: what was being sent goes on where it stopped, and of the starts
// that passed meanwhile the latest of each mailing happens. The planner and its sweeper see to it within seconds.
// Unblocking who is not blocked changes nothing. An unknown user is a NotFound error, and one whom the actor may not unblock
// is Forbidden.
func (s *Store) UnblockUser(ctx context.Context, id domain.ID) error {
	err := s.changeUser(ctx, id, func(q *sqlc.Queries, u *domain.User, now time.Time) error {
		actor, _ := domain.ActorOf(ctx)
		if err := actor.MayUnblock(u); err != nil || !u.Blocked {
			return err
		}
		if err := q.MailingsOfUnblocked(ctx, sqlc.MailingsOfUnblockedParams{OwnerID: id, Now: now}); err != nil {
			return fmt.Errorf("release mailings: %w", err)
		}
		if err := q.UserUnblock(ctx, id); err != nil {
			return err
		}
		if err := s.tell(ctx, q, u.Confirmed, noticeTo(*u, domain.NoticeUnblocked, nil)); err != nil {
			return err
		}
		before := map[string]any{"blocked": true, "reason": u.BlockedReason}
		return s.audit(ctx, q, auditOfUser(domain.AuditUserUnblock, u, "", before, map[string]any{"blocked": false}))
	})
	if err != nil {
		return fmt.Errorf("unblock user %s: %w", id, err)
	}
	return nil
}

// SetRole gives a user a role. One that the user has already changes nothing. A manager can neither pause nor resume his own
// mailings, so those that are scheduled or running are paused when somebody becomes one, if pause allows that; otherwise they
// are a Conflict, which names them. An unknown user is a NotFound error, and taking the role of the last administrator is a
// Conflict.
func (s *Store) SetRole(ctx context.Context, id domain.ID, role domain.Role, pause bool) error {
	err := s.changeUser(ctx, id, func(q *sqlc.Queries, u *domain.User, now time.Time) error {
		if u.Role == role {
			return nil
		}
		if err := s.spareLastAdmin(ctx, q, u); err != nil {
			return err
		}
		after := map[string]any{"role": role}
		if role == domain.RoleManager {
			paused, err := s.stopForRole(ctx, q, id, pause, now)
			if err != nil {
				return err
			}
			if paused > 0 {
				after["mailings_paused"] = paused
			}
		}
		if err := q.UserSetRole(ctx, sqlc.UserSetRoleParams{ID: id, Role: string(role)}); err != nil {
			return err
		}
		if role == domain.RoleManager { // once more: something may have been scheduled while this waited for the account
			if _, err := s.stopForRole(ctx, q, id, pause, now); err != nil {
				return err
			}
		}
		if err := s.endSessions(ctx, q, id, domain.ID{}); err != nil {
			return err
		}
		return s.audit(ctx, q, auditOfUser(domain.AuditUserRole, u, "", map[string]any{"role": u.Role}, after))
	})
	if err != nil {
		return fmt.Errorf("set the role of user %s: %w", id, err)
	}
	return nil
}

// namedMailings is how many mailings an error names.
const namedMailings = 5

// stopForRole pauses what goes out of a user who becomes a manager, and returns how many mailings that were.
func (s *Store) stopForRole(ctx context.Context, q *sqlc.Queries, owner domain.ID, pause bool, now time.Time) (int, error) {
	if pause {
		paused, err := q.OutgoingPause(ctx, sqlc.OutgoingPauseParams{OwnerID: owner, Reason: domain.TextOwnerManager, Now: now})
		if err != nil {
			return 0, fmt.Errorf("pause mailings: %w", err)
		}
		if err := q.AccountPauseHeld(ctx, sqlc.AccountPauseHeldParams{OwnerID: owner, Now: now}); err != nil {
			return 0, fmt.Errorf("pause disabled mailings: %w", err)
		}
		for _, m := range paused {
			if err := s.put(ctx, q, events.MailingChanged{MailingID: m.ID, OwnerID: owner, Revision: int(m.Revision), Change: "paused"}); err != nil {
				return 0, err
			}
		}
		return len(paused), nil
	}
	found, err := q.OutgoingOf(ctx, owner)
	if err != nil {
		return 0, fmt.Errorf("look for mailings that go out: %w", err)
	}
	if len(found) == 0 {
		return 0, nil
	}
	names := make([]string, 0, namedMailings+1)
	for _, m := range found[:min(len(found), namedMailings)] {
		names = append(names, strconv.Quote(m.Name))
	}
	if more := len(found) - namedMailings; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return 0, domain.NewConflict("mailings_go_out", "a manager can neither pause nor resume mailings of his own, and of this account there are scheduled or running: "+
		strings.Join(names, ", ")+"; have them paused with the change, or pause them first")
}

// changeUser lets fn change a user, while nobody else blocks anybody or changes a role.
func (s *Store) changeUser(ctx context.Context, id domain.ID, fn func(q *sqlc.Queries, u *domain.User, now time.Time) error) error {
	return s.inTx(ctx, func(q *sqlc.Queries) error {
		if err := q.RolesLock(ctx, rolesLock); err != nil {
			return fmt.Errorf("wait for others who change users: %w", err)
		}
		row, err := q.UserGet(ctx, id)
		if err != nil {
			return orNotFound(err, "user")
		}
		u := toUser(row)
		return fn(q, &u, s.stamp())
	})
}

// spareLastAdmin refuses to take away the only administrator who can sign in. The caller holds rolesLock.
func (s *Store) spareLastAdmin(ctx context.Context, q *sqlc.Queries, u *domain.User) error {
	if u.Role != domain.RoleAdmin || u.Blocked || u.DeleteAt != nil {
		return nil
	}
	others, err := q.AdminBesides(ctx, u.ID)
	if err != nil {
		return fmt.Errorf("look for other administrators: %w", err)
	}
	if !others {
		return domain.NewConflict("last_admin", "this is the last administrator: make somebody else one first")
	}
	return nil
}

func auditOfUser(action domain.AuditAction, u *domain.User, reason string, before, after map[string]any) domain.AuditEntry {
	return domain.AuditEntry{
		Action: action, TargetType: "user", TargetID: u.ID.String(), OwnerID: u.ID, Reason: reason, Before: before, After: after,
	}
}
