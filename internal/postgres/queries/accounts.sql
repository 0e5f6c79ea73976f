-- name: AccountInsert :execrows
INSERT INTO users (id, email, email_key, password_hash, role, name, language, created_at)
VALUES ($1, $2, $3, $4, 'user', $5, $6, $7)
ON CONFLICT (email_key) DO NOTHING;

-- name: AccountTold :one
-- Marks that the owner is told, at most once in a while: due says whether it is now. It writes either way, so that nobody
-- can tell by the time.
UPDATE users u SET told_at = CASE WHEN o.due THEN sqlc.arg(now)::timestamptz ELSE u.told_at END
FROM (SELECT l.id, coalesce(l.told_at < sqlc.arg(before)::timestamptz, true)::boolean AS due
      FROM users l WHERE l.email_key = sqlc.arg(email_key) FOR NO KEY UPDATE) o
WHERE u.id = o.id
RETURNING sqlc.embed(u), o.due;

-- name: AccountLock :one
SELECT * FROM users WHERE id = $1 FOR NO KEY UPDATE;

-- name: AccountConfirm :execrows
UPDATE users SET verified_at = coalesce(verified_at, sqlc.arg(now)::timestamptz) WHERE id = $1 AND email_key = $2;

-- name: AccountSetEmail :exec
UPDATE users SET email = $2, email_key = $3, verified_at = sqlc.arg(now)::timestamptz WHERE id = $1;

-- name: AccountSetPassword :exec
UPDATE users SET password_hash = $2 WHERE id = $1;

-- name: AccountRehash :exec
-- The same password with other parameters, unless it has been changed meanwhile.
UPDATE users SET password_hash = sqlc.arg(hash) WHERE id = $1 AND password_hash = sqlc.arg(was);

-- name: AccountSet :exec
UPDATE users SET name = $2, language = $3, time_zone = $4 WHERE id = $1;

-- name: AccountPasswordHash :one
SELECT password_hash FROM users WHERE id = $1;

-- name: AccountCodesLeft :one
SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL;

-- name: AccountRevokeKeys :exec
UPDATE api_keys SET revoked_at = sqlc.arg(now)::timestamptz WHERE user_id = $1 AND revoked_at IS NULL;

-- name: AccountPauseMailings :exec
-- In the order of ids, so that two who do it at once do not wait for each other.
UPDATE mailings SET status = 'paused', reason = $2, needs_plan = true, revision = revision + 1,
    updated_at = sqlc.arg(now)::timestamptz
WHERE id IN (
    SELECT m.id FROM mailings m
    WHERE m.owner_id = $1 AND m.deleted_at IS NULL AND m.status IN ('scheduled', 'running')
    ORDER BY m.id FOR NO KEY UPDATE);

-- name: AccountPauseHeld :exec
-- What a manager has disabled is not to start either when it is enabled again.
UPDATE mailings SET held_status = 'paused', updated_at = sqlc.arg(now)::timestamptz
WHERE id IN (
    SELECT m.id FROM mailings m
    WHERE m.owner_id = $1 AND m.deleted_at IS NULL AND m.status = 'disabled' AND m.held_status IN ('scheduled', 'running')
    ORDER BY m.id FOR NO KEY UPDATE);

-- name: AccountDeleteAt :exec
UPDATE users SET delete_at = sqlc.arg(at)::timestamptz WHERE id = $1;

-- name: AccountRestore :execrows
UPDATE users SET delete_at = NULL WHERE id = $1 AND delete_at > sqlc.arg(now)::timestamptz;

-- name: SessionEndByHash :many
DELETE FROM sessions WHERE hash = $1 RETURNING id, user_id;

-- name: AccountsToRemove :many
SELECT * FROM users WHERE delete_at <= sqlc.arg(now)::timestamptz ORDER BY delete_at LIMIT 100;

-- name: RemoveDeliveryTries :execrows
DELETE FROM delivery_tries t WHERE t.attempt_id = sqlc.arg(attempt)::uuid AND t.client_id IN (
    SELECT s.client_id FROM delivery_tries s WHERE s.attempt_id = sqlc.arg(attempt)::uuid LIMIT sqlc.arg(batch));

-- name: RemoveDeliveries :execrows
DELETE FROM deliveries d WHERE d.attempt_id = sqlc.arg(attempt)::uuid AND d.client_id IN (
    SELECT s.client_id FROM deliveries s WHERE s.attempt_id = sqlc.arg(attempt)::uuid LIMIT sqlc.arg(batch));

-- name: RemoveChunks :execrows
DELETE FROM chunks WHERE id IN (SELECT c.id FROM chunks c WHERE c.attempt_id = sqlc.arg(attempt)::uuid LIMIT sqlc.arg(batch) FOR UPDATE SKIP LOCKED);

-- name: RemovableAttempts :many
SELECT id FROM attempts WHERE owner_id = $1 LIMIT sqlc.arg(batch);

-- name: RemoveAttempt :exec
DELETE FROM attempts WHERE id = $1;

-- name: RemoveClients :execrows
DELETE FROM clients WHERE id IN (SELECT c.id FROM clients c WHERE c.owner_id = $1 ORDER BY c.id LIMIT sqlc.arg(batch) FOR UPDATE SKIP LOCKED);

-- name: RemoveSuppressions :execrows
DELETE FROM suppressions s WHERE s.owner_id = $1 AND s.email_key IN (
    SELECT l.email_key FROM suppressions l WHERE l.owner_id = $1 LIMIT sqlc.arg(batch) FOR UPDATE SKIP LOCKED);

-- name: RemoveRejects :execrows
DELETE FROM import_rejects r WHERE (r.import_id, r.line) IN (
    SELECT l.import_id, l.line FROM import_rejects l JOIN imports i ON i.id = l.import_id
    WHERE i.owner_id = $1 LIMIT sqlc.arg(batch) FOR UPDATE OF l SKIP LOCKED);

-- name: RemoveAccount :execrows
DELETE FROM users WHERE id = $1 AND delete_at <= sqlc.arg(now)::timestamptz;

-- name: UserByID :one
SELECT * FROM users WHERE id = $1;
