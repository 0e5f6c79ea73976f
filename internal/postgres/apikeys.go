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

// keyUse is how exactly the last use of a key is recorded: one write a minute, however busy its program is.
const keyUse = time.Minute

// CreateAPIKey makes a key for the user and returns it. It cannot be had again: only its hash is kept. SHA-256 without
// salt or stretching is enough for 256 random bits.
func (s *Store) CreateAPIKey(ctx context.Context, user domain.ID, name string) (string, error) {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // crypto/rand.Read never fails: it ends the program instead
	key := keyPrefix + base64.RawURLEncoding.EncodeToString(secret[:])
	hash := sha256.Sum256([]byte(key))
	now := s.stamp()
	err := s.q.APIKeyInsert(ctx, sqlc.APIKeyInsertParams{ID: domain.NewID(now), UserID: user, Name: name, Hash: hash[:], CreatedAt: now})
	if err != nil {
		return "", fmt.Errorf("insert API key: %w", err)
	}
	return key, nil
}

// UserByAPIKey returns whose key this is, blocked users too; an Unauthorized error when it is nobody's or revoked.
func (s *Store) UserByAPIKey(ctx context.Context, key string) (domain.User, error) {
	hash := sha256.Sum256([]byte(key))
	row, err := s.q.APIKeyUser(ctx, hash[:])
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.User{}, &domain.Error{Kind: domain.Unauthorized, Code: "unknown_api_key", Message: "this API key is not known, or has been revoked"}
	}
	if err != nil {
		return domain.User{}, fmt.Errorf("look up API key: %w", err)
	}
	now := s.stamp()
	if before := now.Add(-keyUse); row.LastUsedAt == nil || row.LastUsedAt.Before(before) {
		if err := s.q.APIKeyUsed(ctx, sqlc.APIKeyUsedParams{ID: row.KeyID, Now: now, Before: before}); err != nil {
			return domain.User{}, fmt.Errorf("record use of API key: %w", err)
		}
	}
	return domain.User{ID: row.ID, Email: row.Email, Role: domain.Role(row.Role), Blocked: row.BlockedAt != nil}, nil
}
