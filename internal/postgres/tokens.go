package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// The purposes of tokens.
const (
	tokenVerify       = "verify"
	tokenChangeEmail  = "change_email"
	tokenReset        = "reset"
	tokenSecondFactor = "second_factor"
)

// newToken is what issueToken makes one from.
type newToken struct {
	user     domain.ID
	purpose  string
	email    domain.Address // what is being confirmed; may be empty
	codeHash string         // of the digits that do the same; empty: there are none
	life     time.Duration  // how long it works
}

// issueToken makes a secret that works once and returns it; only its hash is kept. Earlier ones of the same user and
// purpose stop working.
func (s *Store) issueToken(ctx context.Context, q *sqlc.Queries, t newToken) (string, error) {
	now := s.stamp()
	if err := q.TokensVoid(ctx, sqlc.TokensVoidParams{UserID: t.user, Purpose: t.purpose, Now: now}); err != nil {
		return "", fmt.Errorf("void earlier tokens: %w", err)
	}
	secret, hash := newSecret("")
	err := q.TokenInsert(ctx, sqlc.TokenInsertParams{
		ID: domain.NewID(now), UserID: t.user, Purpose: t.purpose, Hash: hash, CodeHash: t.codeHash,
		Email: t.email.Display, EmailKey: t.email.Key,
		CreatedAt: now, ExpiresAt: now.Add(t.life),
	})
	if err != nil {
		return "", fmt.Errorf("insert token: %w", err)
	}
	return secret, nil
}

// useToken takes the token's single use, and returns what it is for; an error with the code token_unknown when it has
// been used, has expired or never was.
func (s *Store) useToken(ctx context.Context, q *sqlc.Queries, secret string, purposes ...string) (sqlc.Token, error) {
	t, err := q.TokenUse(ctx, sqlc.TokenUseParams{Hash: hashSecret(secret), Purposes: purposes, Now: s.stamp()})
	if errors.Is(err, pgx.ErrNoRows) {
		return sqlc.Token{}, errToken()
	}
	if err != nil {
		return sqlc.Token{}, fmt.Errorf("use token: %w", err)
	}
	return t, nil
}

func errToken() error {
	return &domain.Error{Kind: domain.Invalid, Code: "token_unknown", Message: "this link has been used or has expired: ask for a new one"}
}
