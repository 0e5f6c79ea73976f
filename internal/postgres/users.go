package postgres

import (
	"context"
	"fmt"
	"math"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// CreateUser opens an account; passwordHash comes from package password, empty for an account that cannot be signed in to
// with one. A scoped store makes none but those of the role user. An address that has an account already is a Conflict.
func (s *Store) CreateUser(ctx context.Context, email domain.Address, passwordHash string, role domain.Role, verified bool) (domain.User, error) {
	now := s.stamp()
	u := sqlc.UserInsertParams{
		ID: domain.NewID(now), Email: email.Display, EmailKey: email.Key, PasswordHash: passwordHash, Role: string(role), CreatedAt: now,
	}
	if verified {
		u.VerifiedAt = &now
	}
	err := s.inTx(asAuth(ctx), func(q *sqlc.Queries) error {
		if err := q.UserInsert(ctx, u); err != nil {
			return err
		}
		return s.audit(ctx, q, domain.AuditEntry{
			Action: domain.AuditUserRegister, TargetType: "user", TargetID: u.ID.String(), OwnerID: u.ID,
			After: map[string]any{"email": u.Email, "role": u.Role, "confirmed": verified},
		})
	})
	switch {
	case isUnique(err, "users_email_key_key"):
		return domain.User{}, domain.NewConflict("user_exists", "there is an account with this address already")
	case err != nil:
		return domain.User{}, fmt.Errorf("insert user: %w", err)
	}
	return domain.User{
		ID: u.ID, Email: u.Email, Role: role, Language: domain.English, TimeZone: "UTC", // the defaults of the table
		Confirmed: verified, HasPassword: passwordHash != "", CreatedAt: now,
	}, nil
}

// UserByEmail returns the user with this address and the hash of the password, or a NotFound error.
func (s *Store) UserByEmail(ctx context.Context, email domain.Address) (domain.User, string, error) {
	u, err := s.q.UserByEmail(asAuth(ctx), email.Key)
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

// Users returns a page of the users that the filter chooses, newest first, with up to domain.MaxCounted of their clients counted.
func (s *Store) Users(ctx context.Context, f domain.UserFilter, page domain.Page) ([]domain.UserOverview, error) {
	rows, err := s.q.UserOverviews(ctx, sqlc.UserOverviewsParams{
		After: page.After, Part: f.Part, Role: string(f.Role), Status: string(f.Status),
		PageSize: int32(page.Limit), //nolint:gosec // at most MaxPage
		CountTo:  domain.MaxCounted,
	})
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	out := make([]domain.UserOverview, 0, len(rows))
	for _, row := range rows {
		out = append(out, toOverview(row))
	}
	return out, nil
}

// UserOverview returns one user as managers see him, or a NotFound error.
func (s *Store) UserOverview(ctx context.Context, id domain.ID) (domain.UserOverview, error) {
	if id.IsZero() {
		return domain.UserOverview{}, domain.NewNotFound("user")
	}
	rows, err := s.q.UserOverviews(ctx, sqlc.UserOverviewsParams{ID: id, PageSize: 1, CountTo: math.MaxInt64})
	if err != nil {
		return domain.UserOverview{}, fmt.Errorf("read user %s: %w", id, err)
	}
	if len(rows) == 0 {
		return domain.UserOverview{}, domain.NewNotFound("user")
	}
	return toOverview(rows[0]), nil
}

func toOverview(row sqlc.UserOverviewsRow) domain.UserOverview {
	return domain.UserOverview{
		User: toUser(row.User), BlockedAt: orZero(row.User.BlockedAt), LastSeenAt: row.LastSeenAt,
		Clients: int(row.Clients), Mailings: int(row.Mailings), ActiveMailings: int(row.ActiveMailings),
	}
}

// MakeResetLink makes the secret of a link that sets a new password, which works once within an hour. With mail it goes to
// the user by mail, and none is returned. An unknown user is a NotFound error.
func (s *Store) MakeResetLink(ctx context.Context, id domain.ID, mail bool) (secret string, err error) {
	err = s.inTx(ctx, func(q *sqlc.Queries) error {
		u, err := q.UserGet(ctx, id)
		if err != nil {
			return orNotFound(err, "user")
		}
		if secret, err = s.issueToken(ctx, q, newToken{user: id, purpose: tokenReset, email: domain.Address{Display: u.Email, Key: u.EmailKey}, life: resetLife}); err != nil {
			return err
		}
		if mail {
			err := s.notify(ctx, q, domain.Notice{
				UserID: id, Email: u.Email, Kind: domain.NoticeReset, Language: domain.Language(u.Language), Data: map[string]string{"token": secret},
			})
			if err != nil {
				return err
			}
			secret = ""
		}
		return s.audit(ctx, q, domain.AuditEntry{
			Action: domain.AuditPasswordLink, TargetType: "user", TargetID: id.String(), OwnerID: id, After: map[string]any{"mailed": mail},
		})
	})
	if err != nil {
		return "", fmt.Errorf("make a link that sets a password: %w", err)
	}
	return secret, nil
}
