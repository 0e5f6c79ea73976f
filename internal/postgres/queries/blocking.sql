-- name: RolesLock :exec
-- Whoever blocks somebody or changes a role waits here for the others who do, so that two cannot take away the last two
-- administrators from each other. It comes before every other lock.
SELECT pg_advisory_xact_lock(sqlc.arg(key)::bigint);

-- name: AdminBesides :one
-- Whether an administrator other than this one can sign in.
SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin' AND blocked_at IS NULL AND delete_at IS NULL AND id <> $1);

-- name: UserBlock :exec
UPDATE users SET blocked_at = sqlc.arg(now)::timestamptz, blocked_reason = sqlc.arg(reason) WHERE id = $1;

-- name: UserUnblock :exec
UPDATE users SET blocked_at = NULL, blocked_reason = '' WHERE id = $1;

-- name: UserSetRole :exec
UPDATE users SET role = $2 WHERE id = $1;

-- name: MailingsOfBlocked :exec
-- The mailings of an owner who is blocked: the planner takes their starts back.
UPDATE mailings SET needs_plan = true, reason = sqlc.arg(reason), updated_at = sqlc.arg(now)::timestamptz
WHERE owner_id = $1 AND deleted_at IS NULL AND status IN ('scheduled', 'running');

-- name: MailingsOfUnblocked :exec
-- The mailings of an owner who is no longer blocked: active from now on, so that what was held is not called late.
UPDATE mailings SET needs_plan = true, reason = '', active_at = sqlc.arg(now)::timestamptz, updated_at = sqlc.arg(now)::timestamptz
WHERE owner_id = $1 AND deleted_at IS NULL AND status IN ('scheduled', 'running');
