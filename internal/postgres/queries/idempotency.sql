-- name: IdempotencyBegin :execrows
-- Takes the key, if it is free, has expired, or was left behind by a process that died.
INSERT INTO idempotency_keys AS k (user_id, key, request_hash, created_at) VALUES ($1, $2, $3, sqlc.arg(now))
ON CONFLICT (user_id, key) DO UPDATE
SET request_hash = excluded.request_hash, status = NULL, headers = NULL, body = NULL, created_at = excluded.created_at
WHERE k.created_at < sqlc.arg(expired) OR (k.status IS NULL AND k.created_at < sqlc.arg(abandoned));

-- name: IdempotencyGet :one
SELECT request_hash, status, headers, body FROM idempotency_keys WHERE user_id = $1 AND key = $2;

-- name: IdempotencyFinish :exec
UPDATE idempotency_keys SET status = $4, headers = $5, body = $6
WHERE user_id = $1 AND key = $2 AND request_hash = $3 AND status IS NULL;

-- name: IdempotencyForget :exec
DELETE FROM idempotency_keys WHERE user_id = $1 AND key = $2 AND request_hash = $3 AND status IS NULL;

-- name: IdempotencyPurge :execrows
DELETE FROM idempotency_keys WHERE created_at < sqlc.arg(expired);
