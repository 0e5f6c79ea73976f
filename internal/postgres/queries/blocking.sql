-- name: UserBlocked :one
SELECT (blocked_at IS NOT NULL)::boolean AS blocked FROM users WHERE id = $1;

-- name: UserBlock :exec
UPDATE users SET blocked_at = coalesce(blocked_at, sqlc.arg(now)::timestamptz) WHERE id = $1;

-- name: UserUnblock :exec
UPDATE users SET blocked_at = NULL WHERE id = $1;

-- name: MailingsOfBlocked :exec
-- The mailings of an owner who is blocked: the planner takes their starts back.
UPDATE mailings SET needs_plan = true, updated_at = sqlc.arg(now)::timestamptz
WHERE owner_id = $1 AND deleted_at IS NULL AND status IN ('scheduled', 'running');

-- name: MailingsOfUnblocked :exec
-- The mailings of an owner who is no longer blocked: active from now on, so that what was held is not called late.
UPDATE mailings SET needs_plan = true, active_at = sqlc.arg(now)::timestamptz, updated_at = sqlc.arg(now)::timestamptz
WHERE owner_id = $1 AND deleted_at IS NULL AND status IN ('scheduled', 'running');
