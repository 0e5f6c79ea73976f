package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

const (
	idempotencyLife = 24 * time.Hour
	// idempotencyAbandoned is after how long a request without an answer is taken for that of a process that died. It is
	// longer than any request may last.
	idempotencyAbandoned = 5 * time.Minute
)

// Codes of BeginIdempotent's errors.
const (
	CodeKeyReused = "idempotency_key_reused"
	CodeKeyInUse  = "request_in_progress"
)

// BeginIdempotent takes key for a request of user whose hash is given. status 0 says: go on, and end with
// FinishIdempotent or ForgetIdempotent. Another status, with headers and body, is the answer that was given to this
// request before. An Invalid error says that the key was used for another request, a Conflict that the first is still
// being answered.
func (s *Store) BeginIdempotent(ctx context.Context, user domain.ID, key string, hash []byte) (status int, headers map[string]string, body []byte, err error) {
	now := s.stamp()
	n, err := s.q.IdempotencyBegin(ctx, sqlc.IdempotencyBeginParams{
		UserID: user, Key: key, RequestHash: hash, Now: now,
		Expired: now.Add(-idempotencyLife), Abandoned: now.Add(-idempotencyAbandoned),
	})
	if err != nil {
		return 0, nil, nil, fmt.Errorf("take idempotency key: %w", err)
	}
	if n == 1 {
		return 0, nil, nil, nil
	}
	inUse := domain.NewConflict(CodeKeyInUse, "the first request with this Idempotency-Key is still being answered")
	row, err := s.q.IdempotencyGet(ctx, sqlc.IdempotencyGetParams{UserID: user, Key: key})
	switch {
	case errors.Is(err, pgx.ErrNoRows): // forgotten this instant: the client may try again
		return 0, nil, nil, inUse
	case err != nil:
		return 0, nil, nil, fmt.Errorf("read idempotency key: %w", err)
	case !bytes.Equal(row.RequestHash, hash):
		return 0, nil, nil, &domain.Error{Kind: domain.Invalid, Code: CodeKeyReused, Message: "this Idempotency-Key was used for another request"}
	case row.Status == nil:
		return 0, nil, nil, inUse
	}
	if err := json.Unmarshal(row.Headers, &headers); err != nil {
		return 0, nil, nil, fmt.Errorf("read headers of idempotency key: %w", err)
	}
	return int(*row.Status), headers, row.Body, nil
}

// FinishIdempotent keeps the answer to the request that took key.
func (s *Store) FinishIdempotent(ctx context.Context, user domain.ID, key string, hash []byte, status int, headers map[string]string, body []byte) error {
	encoded, err := json.Marshal(headers)
	if err != nil {
		return fmt.Errorf("encode headers: %w", err)
	}
	code := int32(status) //nolint:gosec // an HTTP status
	err = s.q.IdempotencyFinish(ctx, sqlc.IdempotencyFinishParams{
		UserID: user, Key: key, RequestHash: hash, Status: &code, Headers: encoded, Body: body,
	})
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// ForgetIdempotent frees key, because the request that took it came to nothing.
func (s *Store) ForgetIdempotent(ctx context.Context, user domain.ID, key string, hash []byte) error {
	if err := s.q.IdempotencyForget(ctx, sqlc.IdempotencyForgetParams{UserID: user, Key: key, RequestHash: hash}); err != nil {
		return fmt.Errorf("free idempotency key: %w", err)
	}
	return nil
}

// PurgeIdempotency deletes answers kept for longer than 24 hours and returns how many.
func (s *Store) PurgeIdempotency(ctx context.Context) (int64, error) {
	n, err := s.q.IdempotencyPurge(ctx, s.stamp().Add(-idempotencyLife))
	if err != nil {
		return 0, fmt.Errorf("purge idempotency keys: %w", err)
	}
	return n, nil
}
