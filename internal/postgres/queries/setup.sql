-- name: AnyUser :one
SELECT EXISTS (SELECT FROM users);

-- name: SetupTokenInsert :exec
INSERT INTO setup_tokens (hash, created_at) VALUES ($1, $2);

-- name: SetupTokenKnown :one
SELECT EXISTS (SELECT FROM setup_tokens WHERE hash = $1);

-- name: SetupTokensDelete :exec
DELETE FROM setup_tokens;

-- name: SetupInsert :execrows
-- The first administrator, if nobody has an account.
INSERT INTO users (id, email, email_key, password_hash, role, language, verified_at, created_at)
SELECT sqlc.arg(id)::uuid, sqlc.arg(email)::text, sqlc.arg(email_key)::text, sqlc.arg(password_hash)::text, 'admin', sqlc.arg(language)::text,
    sqlc.arg(now)::timestamptz, sqlc.arg(now)::timestamptz
WHERE vestnik_unused();
