package postgres

import (
	"context"
	"fmt"

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
	return domain.User{ID: u.ID, Email: u.Email, Role: role}, nil
}

// UserByEmail returns the user with this address and the hash of the password, or a NotFound error.
func (s *Store) UserByEmail(ctx context.Context, email domain.Address) (domain.User, string, error) {
	u, err := s.q.UserByEmail(ctx, email.Key)
	if err != nil {
		return domain.User{}, "", orNotFound(err, "user")
	}
	return domain.User{ID: u.ID, Email: u.Email, Role: domain.Role(u.Role), Blocked: u.BlockedAt != nil}, u.PasswordHash, nil
}
