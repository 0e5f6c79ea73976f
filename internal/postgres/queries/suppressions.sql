-- name: SuppressionPage :many
-- The pattern is that of LIKE.
SELECT s.id, s.email_key, s.email, s.reason, s.created_at, s.attempt_id, a.mailing_id,
    coalesce(m.name, '')::text AS mailing_name
FROM suppressions s LEFT JOIN attempts a ON a.id = s.attempt_id LEFT JOIN mailings m ON m.id = a.mailing_id
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR s.owner_id = sqlc.arg(owner_id)::uuid) AND s.id < sqlc.arg(before)
  AND (s.email_key LIKE sqlc.arg(pattern) OR lower(s.email) LIKE sqlc.arg(pattern))
ORDER BY s.id DESC
LIMIT sqlc.arg(page_size);

-- name: SuppressionInsert :one
INSERT INTO suppressions (owner_id, email_key, email, reason, created_at)
VALUES ($1, $2, $3, $4, sqlc.arg(now))
RETURNING id;

-- name: SuppressionDelete :execrows
DELETE FROM suppressions WHERE owner_id = $1 AND email_key = $2;
