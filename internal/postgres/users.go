package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// CreateUser opens an account; passwordHash comes from package password. An address that has one already is a Conflict.
func (s *Store) CreateUser(ctx context.Context, email domain.Address, passwordHash string, role domain.Role, verified bool) (domain.User, error) {
	now := s.stamp()
	u := sqlc.UserInsertParams{
		ID: domain.NewID(now), Email: email.Display, EmailKey: email.Key, PasswordHash: passwordHash, Role: string(role), CreatedAt: now,
	}
	if verified {
		u.VerifiedAt = &now
	}
	switch err := s.q.UserInsert(ctx, u); {
	case isUnique(err, "users_email_key_key"):
		return domain.User{}, domain.NewConflict("user_exists", "there is an account with this address already")
	case err != nil:
		return domain.User{}, fmt.Errorf("insert user: %w", err)
	}
	return domain.User{
		ID: u.ID, Email: u.Email, Role: role, Language: domain.English, TimeZone: "UTC", Confirmed: verified, HasPassword: passwordHash != "",
		CreatedAt: now,
	}, nil
}

// UserByEmail returns the user with this address and the hash of the password, or a NotFound error.
func (s *Store) UserByEmail(ctx context.Context, email domain.Address) (domain.User, string, error) {
	u, err := s.q.UserByEmail(ctx, email.Key)
	if err != nil {
		return domain.User{}, "", orNotFound(err, "user")
	}
	return toUser(u), u.PasswordHash, nil
}

func toUser(u sqlc.User) domain.User {
	return domain.User{
		ID: u.ID, Email: u.Email, Role: domain.Role(u.Role), Name: u.Name, Language: domain.Language(u.Language), TimeZone: u.TimeZone,
		Confirmed: u.VerifiedAt != nil, Blocked: u.BlockedAt != nil, BlockedReason: u.BlockedReason, HasPassword: u.PasswordHash != "",
		SecondFactor: u.TotpOn, DeleteAt: u.DeleteAt, CreatedAt: u.CreatedAt,
	}
}

// BlockUser stops all of a user's mailings: what is being sent stops within a window, nothing starts. Blocking twice is
// no error; an unknown user is a NotFound error. The planner takes the planned starts back within seconds.
func (s *Store) BlockUser(ctx context.Context, id domain.ID) error {
	return s.setBlocked(ctx, id, true, func(q *sqlc.Queries, now time.Time) error {
		// Mailings first, then the user, as MailingLock does: the other way round they could wait for each other.
		if err := q.MailingsOfBlocked(ctx, sqlc.MailingsOfBlockedParams{OwnerID: id, Now: now}); err != nil {
			return err
		}
		return q.UserBlock(ctx, sqlc.UserBlockParams{ID: id, Now: now})
	})
}

// UnblockUser takes BlockUser back: what was being sent goes on where it stopped, and of the starts that passed
// meanwhile the latest of each mailing happens. The planner and its sweeper see to it within seconds. Unblocking who is
// not blocked is no error and changes nothing; an unknown user is a NotFound error.
func (s *Store) UnblockUser(ctx context.Context, id domain.ID) error {
	return s.setBlocked(ctx, id, false, func(q *sqlc.Queries, now time.Time) error {
		if err := q.MailingsOfUnblocked(ctx, sqlc.MailingsOfUnblockedParams{OwnerID: id, Now: now}); err != nil {
			return err
		}
		return q.UserUnblock(ctx, id)
	})
}

func (s *Store) setBlocked(ctx context.Context, id domain.ID, blocked bool, set func(q *sqlc.Queries, now time.Time) error) error {
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		is, err := q.UserBlocked(ctx, id)
		if err != nil {
			return orNotFound(err, "user")
		}
		if is == blocked {
			return nil
		}
		return set(q, s.stamp())
	})
	if err != nil {
		return fmt.Errorf("block or unblock user %s: %w", id, err)
	}
	return nil
}
