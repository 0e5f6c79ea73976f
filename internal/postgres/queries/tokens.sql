-- name: TokenInsert :exec
INSERT INTO tokens (id, user_id, purpose, hash, code_hash, email, email_key, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

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
-- name: TokensVoidAll :exec
UPDATE tokens SET used_at = sqlc.arg(now)::timestamptz
WHERE user_id = $1 AND purpose = ANY (sqlc.arg(purposes)::text[]) AND used_at IS NULL;

-- name: TokenUser :one
-- For whom a token is, while it is good; it is not used.
SELECT sqlc.embed(u) FROM tokens t JOIN users u ON u.id = t.user_id
WHERE t.hash = $1 AND t.purpose = $2 AND t.used_at IS NULL AND t.expires_at > sqlc.arg(now)::timestamptz;

-- name: TokenTryCode :one
-- Takes one of the tries of the latest code that was mailed to the address, that of the one who asks before others'. One
-- statement, so that however many ask at once nobody gets more.
UPDATE tokens t SET code_tries = t.code_tries + 1
WHERE t.id = (
    SELECT l.id FROM tokens l
    WHERE l.email_key = $1 AND l.code_hash <> '' AND l.used_at IS NULL AND l.purpose IN ('verify', 'change_email')
      AND l.expires_at > sqlc.arg(now)::timestamptz
    ORDER BY (l.user_id = sqlc.arg(asks)::uuid) DESC, l.created_at DESC, l.id DESC LIMIT 1
) AND t.code_tries < sqlc.arg(most)::integer
RETURNING t.id, t.code_hash;

-- name: TokenUseByID :one
-- As TokenUse, for one whose code was right.
UPDATE tokens SET used_at = sqlc.arg(now)::timestamptz
WHERE id = $1 AND used_at IS NULL AND expires_at > sqlc.arg(now)::timestamptz
RETURNING *;

-- name: TokenPendingEmail :many
SELECT email FROM tokens
WHERE user_id = $1 AND purpose = 'change_email' AND used_at IS NULL AND expires_at > sqlc.arg(now)::timestamptz
ORDER BY created_at DESC LIMIT 1;
