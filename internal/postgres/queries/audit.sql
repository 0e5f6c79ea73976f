-- name: AuditInsert :exec
INSERT INTO audit_log (at, actor_id, actor_email, action, target_type, target_id, owner_id, address, reason, before, after)
VALUES ($1, nullif(sqlc.arg(actor_id)::uuid, '00000000-0000-0000-0000-000000000000'), $2, $3, $4, $5, nullif(sqlc.arg(owner_id)::uuid, '00000000-0000-0000-0000-000000000000'), $6, $7, $8, $9);

-- name: AuditList :many
SELECT * FROM audit_log
WHERE (sqlc.arg(before_id)::bigint = 0 OR id < sqlc.arg(before_id)::bigint)
  AND (sqlc.arg(actor_id)::uuid = '00000000-0000-0000-0000-000000000000' OR actor_id = sqlc.arg(actor_id)::uuid)
  AND (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid)
  AND (sqlc.arg(action)::text = '' OR action = sqlc.arg(action)::text)
  AND (sqlc.arg(target_id)::text = '' OR target_id = sqlc.arg(target_id)::text)
  AND (sqlc.narg(since)::timestamptz IS NULL OR at >= sqlc.narg(since)::timestamptz)
  AND (sqlc.narg(until)::timestamptz IS NULL OR at < sqlc.narg(until)::timestamptz)
ORDER BY id DESC
LIMIT sqlc.arg(page_size);

-- name: AuditLastBy :one
-- Who did this to the target last; the zero id: the operator's program.
SELECT coalesce(actor_id, '00000000-0000-0000-0000-000000000000')::uuid FROM audit_log
WHERE target_id = $1 AND action = $2 ORDER BY id DESC LIMIT 1;
