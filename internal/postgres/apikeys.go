package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// keyPrefix begins every API key, so that scanners for leaked secrets can tell one.
const keyPrefix = "vst_"

// keyShown is how much of a key may be shown, to tell keys apart.
const keyShown = len(keyPrefix) + 4

// keyUse is how exactly the last use of a key is recorded: one write a minute, however busy its program is.
const keyUse = time.Minute

// CreateAPIKey makes a key for the user, with every scope unless some are named, and returns it. It cannot be had again: only its hash is kept.
func (s *Store) CreateAPIKey(ctx context.Context, user domain.ID, name string, scopes ...domain.Scope) (string, error) {
	if len(scopes) == 0 {
		scopes = domain.Scopes()
	}
	key, hash := newSecret(keyPrefix)
	now := s.stamp()
	err := s.q.APIKeyInsert(ctx, sqlc.APIKeyInsertParams{
		ID: domain.NewID(now), UserID: user, Name: name, Hash: hash, Prefix: key[:keyShown], Scopes: texts(scopes), CreatedAt: now,
	})
	if err != nil {
		return "", fmt.Errorf("insert API key: %w", err)
	}
	return key, nil
}

// UserByAPIKey returns whose key this is, blocked users too, and what it may do; an Unauthorized error when it is
// nobody's or revoked.
func (s *Store) UserByAPIKey(ctx context.Context, key string) (domain.User, []domain.Scope, error) {
	ctx = asAuth(ctx)
	row, err := s.q.APIKeyUser(ctx, hashSecret(key))
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.User{}, nil, &domain.Error{Kind: domain.Unauthorized, Code: "unknown_api_key", Message: "this API key is not known, or has been revoked"}
	}
	if err != nil {
		return domain.User{}, nil, fmt.Errorf("look up API key: %w", err)
	}
	now := s.stamp()
	if before := now.Add(-keyUse); row.LastUsedAt == nil || row.LastUsedAt.Before(before) {
		if err := s.q.APIKeyUsed(ctx, sqlc.APIKeyUsedParams{ID: row.KeyID, Now: now, Before: before}); err != nil {
			return domain.User{}, nil, fmt.Errorf("record use of API key: %w", err)
		}
	}
	scopes := make([]domain.Scope, len(row.Scopes))
	for i, scope := range row.Scopes {
		scopes[i] = domain.Scope(scope)
	}
	return toUser(row.User), scopes, nil
}

// newSecret returns 256 random bits for a person's program or browser, and the hash to keep.
func newSecret(prefix string) (secret string, hash []byte) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // crypto/rand.Read never fails: it ends the program instead
	secret = prefix + base64.RawURLEncoding.EncodeToString(random[:])
	return secret, hashSecret(secret)
}

// hashSecret is what is kept of a secret of 256 random bits: SHA-256 without salt or stretching is enough for it.
func hashSecret(secret string) []byte {
	hash := sha256.Sum256([]byte(secret))
	return hash[:]
}
