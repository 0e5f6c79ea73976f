-- name: AttemptLock :one
SELECT * FROM attempts WHERE id = $1 FOR NO KEY UPDATE;

-- name: AttemptGet :one
SELECT * FROM attempt_reports WHERE id = $1 AND (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid);

-- name: AttemptList :many
SELECT * FROM attempt_reports
WHERE mailing_id = $1 AND (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid)
  AND (sqlc.arg(after)::uuid = '00000000-0000-0000-0000-000000000000' OR id < sqlc.arg(after)::uuid)
ORDER BY id DESC
LIMIT sqlc.arg(page_size);

-- name: DeliveryList :many
SELECT d.client_id, coalesce(c.uid, '00000000-0000-0000-0000-000000000000')::uuid AS client_uid, d.email, d.outcome,
    d.class, d.phase, d.code, d.enhanced, d.response, d.provider, d.tries, d.at
FROM deliveries d LEFT JOIN clients c ON c.id = d.client_id
WHERE d.attempt_id = $1 AND d.client_id > sqlc.arg(after)
  AND (sqlc.arg(outcome)::text = '' OR d.outcome = sqlc.arg(outcome)::text)
ORDER BY d.client_id
LIMIT sqlc.arg(page_size);

-- name: AttemptOwned :one
SELECT EXISTS (SELECT 1 FROM attempts WHERE id = $1 AND (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid));
