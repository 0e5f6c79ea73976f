package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

const (
	// deletionDelay is how long the owner of an account has to take its deletion back.
	deletionDelay = 30 * 24 * time.Hour
	// removalBatch is how many rows one transaction removes: a second's worth at most.
	removalBatch = 5000
)

// DeleteAccount has everything of the user removed in 30 days: his mailings pause at once, his keys end, and so do his
// sessions but the one named. Asking twice changes nothing. The last administrator is a Conflict.
func (s *Store) DeleteAccount(ctx context.Context, user, but domain.ID) (domain.User, error) {
	var out domain.User
	err := s.inAccounts(ctx, func(a account) error {
		// As whoever changes a role does, so that the last two administrators cannot both go.
		if err := a.q.RolesLock(ctx, rolesLock); err != nil {
			return fmt.Errorf("wait for others who change users: %w", err)
		}
		now := s.stamp()
		// Mailings first, then the user, as MailingLock does: the other way round they could wait for each other.
		if err := a.q.AccountPauseMailings(ctx, sqlc.AccountPauseMailingsParams{OwnerID: user, Reason: domain.TextAccountDeleting, Now: now}); err != nil {
			return fmt.Errorf("pause mailings: %w", err)
		}
		if err := a.q.AccountPauseHeld(ctx, sqlc.AccountPauseHeldParams{OwnerID: user, Now: now}); err != nil {
			return fmt.Errorf("pause disabled mailings: %w", err)
		}
		u, err := a.q.AccountLock(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		out = toUser(u)
		if u.DeleteAt != nil {
			return nil
		}
		if err := s.spareLastAdmin(ctx, a.q, &out); err != nil {
			return err
		}
		at := now.Add(deletionDelay)
		if err := a.q.AccountDeleteAt(ctx, sqlc.AccountDeleteAtParams{ID: user, At: at}); err != nil {
			return fmt.Errorf("mark the account: %w", err)
		}
		out.DeleteAt = &at
		if err := a.q.AccountRevokeKeys(ctx, sqlc.AccountRevokeKeysParams{UserID: user, Now: now}); err != nil {
			return fmt.Errorf("revoke keys: %w", err)
		}
		if err := s.endSessions(ctx, a.q, user, but); err != nil {
			return err
		}
		err = s.tell(ctx, a.q, u.VerifiedAt != nil, noticeTo(toUser(u), domain.NoticeDeleting, map[string]string{"delete_at": at.UTC().Format(time.RFC3339)}))
		if err != nil {
			return err
		}
		return s.auditAccount(ctx, a.q, &u, domain.AuditUserDelete, nil, map[string]any{"delete_at": at.UTC()})
	})
	if err != nil {
		return domain.User{}, fmt.Errorf("delete account %s: %w", user, err)
	}
	return out, nil
}

// RestoreAccount takes DeleteAccount back; mailings stay paused. An account that is not to be deleted stays as it is, and
// one whose time has come is a Conflict.
func (s *Store) RestoreAccount(ctx context.Context, user domain.ID) (domain.User, error) {
	var out domain.User
	err := s.inAccounts(ctx, func(a account) error {
		u, err := a.q.UserByID(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		if out = toUser(u); u.DeleteAt == nil {
			return nil
		}
		now := s.stamp()
		// Before the user, as in DeleteAccount. These are ones that were made at the moment of the deletion.
		if err := a.q.MailingsOfUnblocked(ctx, sqlc.MailingsOfUnblockedParams{OwnerID: user, Now: now}); err != nil {
			return fmt.Errorf("release mailings: %w", err)
		}
		restored, err := a.q.AccountRestore(ctx, sqlc.AccountRestoreParams{ID: user, Now: now})
		if err != nil {
			return fmt.Errorf("restore the account: %w", err)
		}
		if restored == 0 {
			return domain.NewConflict("account_removing", "the account is being removed; it is too late to take that back")
		}
		out.DeleteAt = nil
		return s.auditAccount(ctx, a.q, &u, domain.AuditUserRestore, map[string]any{"delete_at": u.DeleteAt.UTC()}, nil)
	})
	if err != nil {
		return domain.User{}, fmt.Errorf("restore account %s: %w", user, err)
	}
	return out, nil
}

// RemoveAccounts removes the accounts whose time has come, with everything they own. It
// goes on in batches until ctx ends, so no transaction is long; what is left of an account is removed the next time. Safe
// to repeat and to race.
func (s *Store) RemoveAccounts(ctx context.Context) error {
	users, err := s.q.AccountsToRemove(ctx, s.stamp())
	if err != nil {
		return fmt.Errorf("look for accounts to remove: %w", err)
	}
	var errs []error
	for i := range users {
		if err := s.removeAccount(ctx, &users[i]); err != nil {
			errs = append(errs, fmt.Errorf("remove account %s: %w", users[i].ID, err))
		}
	}
	return errors.Join(errs...)
}

func (s *Store) removeAccount(ctx context.Context, u *sqlc.User) error {
	if err := s.removeAttempts(ctx, u.ID); err != nil {
		return err
	}
	for _, remove := range []func() (int64, error){
		func() (int64, error) {
			return s.q.RemoveClients(ctx, sqlc.RemoveClientsParams{OwnerID: u.ID, Batch: removalBatch})
		},
		func() (int64, error) {
			return s.q.RemoveSuppressions(ctx, sqlc.RemoveSuppressionsParams{OwnerID: u.ID, Batch: removalBatch})
		},
		func() (int64, error) {
			return s.q.RemoveRejects(ctx, sqlc.RemoveRejectsParams{OwnerID: u.ID, Batch: removalBatch})
		},
	} {
		if err := untilNone(remove); err != nil {
			return err
		}
	}
	return s.inAccounts(ctx, func(a account) error {
		removed, err := a.q.RemoveAccount(ctx, sqlc.RemoveAccountParams{ID: u.ID, Now: s.stamp()})
		if err != nil || removed == 0 {
			return err
		}
		return s.audit(ctx, a.q, domain.AuditEntry{
			Action: domain.AuditUserRemoved, TargetType: "user", TargetID: u.ID.String(), OwnerID: u.ID,
			Before: map[string]any{"email": u.Email, "delete_at": u.DeleteAt.UTC()},
		})
	})
}

func (s *Store) removeAttempts(ctx context.Context, owner domain.ID) error {
	for {
		attempts, err := s.q.RemovableAttempts(ctx, sqlc.RemovableAttemptsParams{OwnerID: owner, Batch: 100})
		if err != nil || len(attempts) == 0 {
			return err
		}
		for _, id := range attempts {
			for _, remove := range []func() (int64, error){
				func() (int64, error) {
					return s.q.RemoveDeliveryTries(ctx, sqlc.RemoveDeliveryTriesParams{Attempt: id, Batch: removalBatch})
				},
				func() (int64, error) {
					return s.q.RemoveDeliveries(ctx, sqlc.RemoveDeliveriesParams{Attempt: id, Batch: removalBatch})
				},
				func() (int64, error) {
					return s.q.RemoveChunks(ctx, sqlc.RemoveChunksParams{Attempt: id, Batch: removalBatch})
				},
			} {
				if err := untilNone(remove); err != nil {
					return err
				}
			}
			if err := s.q.RemoveAttempt(ctx, id); err != nil {
				return err
			}
		}
	}
}

// untilNone repeats remove, a transaction each time, until it finds nothing.
func untilNone(remove func() (int64, error)) error {
	for {
		if n, err := remove(); err != nil || n == 0 {
			return err
		}
	}
}
