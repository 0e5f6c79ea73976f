-- name: AuditInsert :exec
INSERT INTO audit_log (at, actor_id, actor_email, action, target_type, target_id, owner_id, address, reason, before, after)
VALUES ($1, nullif(sqlc.arg(actor_id)::uuid, '00000000-0000-0000-0000-000000000000'), $2, $3, $4, $5, nullif(sqlc.arg(owner_id)::uuid, '00000000-0000-0000-0000-000000000000'), $6, $7, $8, $9);
