package postgres

import (
	"context"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// Unused reports whether nobody has an account.
func (s *Store) Unused(ctx context.Context) (bool, error) {
	used, err := s.q.AnyUser(asAuth(ctx))
	if err != nil {
		return false, fmt.Errorf("look for accounts: %w", err)
	}
	return !used, nil
}

// MakeSetupToken returns a secret with which the first administrator can be made, until one has been; empty when somebody
// has an account already. Only its hash is kept.
func (s *Store) MakeSetupToken(ctx context.Context) (secret string, err error) {
	err = s.inTx(asAuth(ctx), func(q *sqlc.Queries) error {
		used, err := q.AnyUser(ctx)
		if err != nil || used {
			return err
		}
		var hash []byte
		secret, hash = newSecret("")
		return q.SetupTokenInsert(ctx, sqlc.SetupTokenInsertParams{Hash: hash, CreatedAt: s.stamp()})
	})
	if err != nil {
		return "", fmt.Errorf("make a token for the first account: %w", err)
	}
	return secret, nil
}

// SetUp makes the first account: an administrator whose address is confirmed. Of those who do so at once one succeeds. proof
// is one of MakeSetupToken. A Conflict with the code already_set_up says that there is an account, a Forbidden error that the
// proof is worth nothing.
func (s *Store) SetUp(ctx context.Context, n domain.NewAccount, proof string) (domain.User, error) {
	now := s.stamp()
	u := sqlc.User{
		ID: domain.NewID(now), Email: n.Email.Display, EmailKey: n.Email.Key, PasswordHash: n.PasswordHash,
		Role: string(domain.RoleAdmin), Language: string(n.Language), TimeZone: "UTC", VerifiedAt: &now, CreatedAt: now,
	}
	err := s.inAccounts(ctx, func(a account) error {
		known, err := a.q.SetupTokenKnown(ctx, hashSecret(proof))
		if err != nil {
			return fmt.Errorf("look for the token: %w", err)
		}
		if !known {
			return s.refuseSetup(ctx, a)
		}
		made, err := a.q.SetupInsert(ctx, sqlc.SetupInsertParams{
			ID: u.ID, Email: u.Email, EmailKey: u.EmailKey, PasswordHash: u.PasswordHash, Language: u.Language, Now: now,
		})
		if err != nil {
			return fmt.Errorf("insert user: %w", err)
		}
		if made == 0 {
			return domain.ErrSetUp()
		}
		if err := a.q.SetupTokensDelete(ctx); err != nil {
			return fmt.Errorf("delete tokens: %w", err)
		}
		return s.auditAccount(ctx, a.q, &u, domain.AuditUserRegister, nil, map[string]any{"role": u.Role, "confirmed": true})
	})
	if err != nil {
		return domain.User{}, fmt.Errorf("make the first account: %w", err)
	}
	return toUser(u), nil
}

// refuseSetup says why a token is worth nothing: those that were good go with the first account.
func (s *Store) refuseSetup(ctx context.Context, a account) error {
	used, err := a.q.AnyUser(ctx)
	if err != nil {
		return fmt.Errorf("look for accounts: %w", err)
	}
	if used {
		return domain.ErrSetUp()
	}
	return &domain.Error{
		Kind: domain.Forbidden, Code: "setup_token_wrong",
		Message: "open the link that `vestnik up` prints, and a gateway says in its log, when it starts: the first account takes its token",
	}
}
