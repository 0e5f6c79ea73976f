-- name: APIKeyInsert :exec
INSERT INTO api_keys (id, user_id, name, hash, prefix, scopes, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: APIKeyUser :one
SELECT sqlc.embed(u), k.id AS key_id, k.last_used_at, k.scopes
FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.hash = $1 AND k.revoked_at IS NULL;

-- name: APIKeyUsed :exec
UPDATE api_keys SET last_used_at = sqlc.arg(now)::timestamptz
WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < sqlc.arg(before)::timestamptz);

-- name: APIKeysLock :exec
-- One at a time makes keys for a user: how many there are, and what they are called, is counted and then relied on.
SELECT pg_advisory_xact_lock(hashtextextended('api_keys ' || sqlc.arg(user_id)::uuid, 0));

-- name: APIKeysOf :many
SELECT id, name, prefix, scopes, created_at, last_used_at FROM api_keys
WHERE user_id = $1 AND revoked_at IS NULL
ORDER BY created_at DESC, id DESC;

-- name: APIKeyRevoke :one
UPDATE api_keys SET revoked_at = sqlc.arg(now)::timestamptz WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL
RETURNING name;
