-- name: APIKeyInsert :exec
INSERT INTO api_keys (id, user_id, name, hash, prefix, scopes, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: APIKeyUser :one
SELECT sqlc.embed(u), k.id AS key_id, k.last_used_at, k.scopes
FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.hash = $1 AND k.revoked_at IS NULL;

-- name: APIKeyUsed :exec
UPDATE api_keys SET last_used_at = sqlc.arg(now)::timestamptz
WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < sqlc.arg(before)::timestamptz);
