-- name: TokenInsert :exec
INSERT INTO tokens (id, user_id, purpose, hash, code_hash, email, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: TokensVoid :exec
-- What was sent before stops working: only the latest of a purpose does.
UPDATE tokens SET used_at = sqlc.arg(now)::timestamptz WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL;

-- name: TokenUse :one
-- One statement, so that of two who use it at once one gets it.
UPDATE tokens SET used_at = sqlc.arg(now)::timestamptz
WHERE hash = $1 AND purpose = ANY (sqlc.arg(purposes)::text[]) AND used_at IS NULL AND expires_at > sqlc.arg(now)::timestamptz
RETURNING *;

-- name: TokensPurge :execrows
DELETE FROM tokens WHERE expires_at < sqlc.arg(before)::timestamptz OR used_at < sqlc.arg(before)::timestamptz;

-- name: OIDCLoginsPurge :execrows
DELETE FROM oidc_logins WHERE created_at < sqlc.arg(before)::timestamptz;
