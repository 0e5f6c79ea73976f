-- name: OIDCLoginInsert :exec
INSERT INTO oidc_logins (hash, browser, nonce, verifier, return_to, created_at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: OIDCLoginTake :one
DELETE FROM oidc_logins WHERE hash = $1 RETURNING *;

-- name: IdentityUser :one
SELECT u.* FROM identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = $1 AND i.subject = $2 FOR UPDATE OF u;

-- name: IdentityInsert :exec
INSERT INTO identities (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4);

-- name: UserByEmailLock :one
SELECT * FROM users WHERE email_key = $1 FOR UPDATE;

-- name: UserTakeOver :one
-- Whoever registered the address never showed that it is theirs: nothing they could come back with remains.
WITH tokens_of AS (UPDATE tokens SET used_at = sqlc.arg(now)::timestamptz WHERE user_id = sqlc.arg(id) AND used_at IS NULL),
    keys_of AS (UPDATE api_keys SET revoked_at = sqlc.arg(now)::timestamptz WHERE user_id = sqlc.arg(id) AND revoked_at IS NULL),
    codes_of AS (DELETE FROM recovery_codes WHERE user_id = sqlc.arg(id)),
    identities_of AS (DELETE FROM identities WHERE user_id = sqlc.arg(id))
UPDATE users SET password_hash = '', verified_at = sqlc.arg(now)::timestamptz, name = sqlc.arg(name), totp_secret = NULL, totp_on = false,
    totp_step = 0, delete_at = NULL
WHERE users.id = sqlc.arg(id)
RETURNING users.*;

-- name: UserInsertVouched :one
INSERT INTO users (id, email, email_key, password_hash, role, name, language, verified_at, created_at)
VALUES ($1, $2, $3, '', 'user', $4, $5, sqlc.arg(now)::timestamptz, sqlc.arg(now)::timestamptz)
RETURNING *;

-- name: MailingsOfTakenOver :exec
-- What somebody else has planned is not to go out in the owner's name, nor when a manager enables it again. In the order of
-- ids, so that two who do it at once do not wait for each other.
UPDATE mailings SET status = CASE WHEN status = 'disabled' THEN status ELSE 'paused' END,
    held_status = CASE WHEN status = 'disabled' THEN 'paused' ELSE held_status END,
    reason = CASE WHEN status = 'disabled' THEN reason ELSE sqlc.arg(reason)::text END,
    needs_plan = true, revision = revision + 1, updated_at = sqlc.arg(now)::timestamptz
WHERE id IN (
    SELECT m.id FROM mailings m
    WHERE m.owner_id = $1 AND m.deleted_at IS NULL
        AND (m.status IN ('scheduled', 'running') OR m.status = 'disabled' AND m.held_status IN ('scheduled', 'running'))
    ORDER BY m.id FOR NO KEY UPDATE);

-- name: ActFor :exec
-- For the rest of the transaction the user is the one it is done for: see migration 8.
SELECT set_config('vestnik.user_id', sqlc.arg(user_id)::text, true);
