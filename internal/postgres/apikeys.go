package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
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

// CreateAPIKey is AddAPIKey for whom the secret is enough; without scopes the key has every one.
func (s *Store) CreateAPIKey(ctx context.Context, user domain.ID, name string, scopes ...domain.Scope) (string, error) {
	if len(scopes) == 0 {
		scopes = domain.Scopes()
	}
	_, secret, err := s.AddAPIKey(ctx, user, name, scopes)
	return secret, err
}

// AddAPIKey makes a key for the user and returns it with its secret, which cannot be had again: only its hash is kept. A
// name that one of the user's keys has, and one key more than domain.MaxAPIKeys, are Conflicts.
func (s *Store) AddAPIKey(ctx context.Context, user domain.ID, name string, scopes []domain.Scope) (domain.APIKey, string, error) {
	secret, hash := newSecret(keyPrefix)
	now := s.stamp()
	key := domain.APIKey{ID: domain.NewID(now), Name: name, Prefix: secret[:keyShown], Scopes: domain.UniqueScopes(scopes), CreatedAt: now}
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		if err := q.APIKeysLock(ctx, user); err != nil {
			return err
		}
		others, err := q.APIKeysOf(ctx, user)
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(others, func(other sqlc.APIKeysOfRow) bool { return other.Name == name }):
			return domain.NewConflict("api_key_exists", "there is a key of this name already; revoke it first, or choose another name")
		case len(others) >= domain.MaxAPIKeys:
			return domain.NewConflict("too_many_api_keys", fmt.Sprintf("there are %d keys already, which is all there may be; revoke one first", len(others)))
		}
		err = q.APIKeyInsert(ctx, sqlc.APIKeyInsertParams{
			ID: key.ID, UserID: user, Name: name, Hash: hash, Prefix: key.Prefix, Scopes: texts(key.Scopes), CreatedAt: now,
		})
		if err != nil {
			return err
		}
		return s.audit(ctx, q, domain.AuditEntry{
			Action: domain.AuditKeyCreate, TargetType: "api_key", TargetID: key.ID.String(), OwnerID: user,
			After: map[string]any{"name": name, "prefix": key.Prefix, "scopes": key.Scopes},
		})
	})
	if err != nil {
		return domain.APIKey{}, "", fmt.Errorf("create API key: %w", err)
	}
	return key, secret, nil
}

// APIKeys returns the user's keys that work, newest first.
func (s *Store) APIKeys(ctx context.Context, user domain.ID) ([]domain.APIKey, error) {
	rows, err := s.q.APIKeysOf(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	out := make([]domain.APIKey, len(rows))
	for i, r := range rows {
		out[i] = domain.APIKey{
			ID: r.ID, Name: r.Name, Prefix: r.Prefix, Scopes: toScopes(r.Scopes), CreatedAt: r.CreatedAt, LastUsedAt: r.LastUsedAt,
		}
	}
	return out, nil
}

// RevokeAPIKey ends a key: it works for no request that comes after. One that is not the user's, or has been revoked, is a
// NotFound error.
func (s *Store) RevokeAPIKey(ctx context.Context, user, id domain.ID) error {
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		name, err := q.APIKeyRevoke(ctx, sqlc.APIKeyRevokeParams{ID: id, UserID: user, Now: s.stamp()})
		if err != nil {
			return orNotFound(err, "api_key")
		}
		return s.audit(ctx, q, domain.AuditEntry{
			Action: domain.AuditKeyRevoke, TargetType: "api_key", TargetID: id.String(), OwnerID: user,
			Before: map[string]any{"name": name},
		})
	})
	if err != nil {
		return fmt.Errorf("revoke API key %s: %w", id, err)
	}
	return nil
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
	return toUser(row.User), toScopes(row.Scopes), nil
}

func toScopes(names []string) []domain.Scope {
	scopes := make([]domain.Scope, len(names))
	for i, name := range names {
		scopes[i] = domain.Scope(name)
	}
	return scopes
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
