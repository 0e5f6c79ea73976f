-- name: ClientInsert :one
INSERT INTO clients (uid, owner_id, email, email_key, full_name, comment, attributes, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, sqlc.arg(now), sqlc.arg(now))
RETURNING id;

-- name: ClientGet :one
-- A zero owner is everybody, here and in the other queries that only read.
SELECT sqlc.embed(c), s.reason, s.created_at AS suppressed_at,
    coalesce((SELECT u.email FROM users u WHERE u.id = c.owner_id), '')::text AS owner_email
FROM clients c LEFT JOIN suppressions s ON s.owner_id = c.owner_id AND s.email_key = c.email_key
WHERE c.uid = $1 AND (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR c.owner_id = sqlc.arg(owner_id)::uuid);

-- name: ClientLock :one
SELECT * FROM clients WHERE uid = $1 AND owner_id = $2 FOR UPDATE;

-- name: ClientKey :one
SELECT id FROM clients WHERE uid = $1 AND (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid);

-- name: ClientUpdate :exec
UPDATE clients SET email = $2, email_key = $3, full_name = $4, comment = $5, attributes = $6,
    revision = revision + 1, updated_at = sqlc.arg(now)
WHERE id = $1;

-- name: ClientDelete :exec
DELETE FROM clients WHERE id = $1;

-- name: ClientPage :many
SELECT sqlc.embed(c), s.reason, s.created_at AS suppressed_at,
    coalesce((SELECT u.email FROM users u WHERE u.id = c.owner_id), '')::text AS owner_email
FROM clients c LEFT JOIN suppressions s ON s.owner_id = c.owner_id AND s.email_key = c.email_key
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR c.owner_id = sqlc.arg(owner_id)::uuid) AND c.id < sqlc.arg(before)
ORDER BY c.id DESC
LIMIT sqlc.arg(page_size);

-- name: ClientSearch :many
-- Apart from ClientPage, so that each gets a plan of its own. The pattern is that of LIKE.
SELECT sqlc.embed(c), s.reason, s.created_at AS suppressed_at,
    coalesce((SELECT u.email FROM users u WHERE u.id = c.owner_id), '')::text AS owner_email
FROM clients c LEFT JOIN suppressions s ON s.owner_id = c.owner_id AND s.email_key = c.email_key
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR c.owner_id = sqlc.arg(owner_id)::uuid) AND c.id < sqlc.arg(before)
  AND (c.email_key LIKE sqlc.arg(pattern) OR lower(c.full_name) LIKE lower(sqlc.arg(pattern)))
ORDER BY c.id DESC
LIMIT sqlc.arg(page_size);

-- name: ClientPageOfList :many
SELECT sqlc.embed(c), s.reason, s.created_at AS suppressed_at,
    coalesce((SELECT u.email FROM users u WHERE u.id = c.owner_id), '')::text AS owner_email
FROM list_clients lc
JOIN clients c ON c.id = lc.client_id
LEFT JOIN suppressions s ON s.owner_id = c.owner_id AND s.email_key = c.email_key
WHERE lc.list_id = $1 AND lc.client_id < sqlc.arg(before)
  AND (c.email_key LIKE sqlc.arg(pattern) OR lower(c.full_name) LIKE lower(sqlc.arg(pattern)))
ORDER BY lc.client_id DESC
LIMIT sqlc.arg(page_size);

-- name: ClientByAddress :one
SELECT id FROM clients WHERE owner_id = $1 AND email_key = $2;

-- name: SuppressionLift :exec
DELETE FROM suppressions s USING clients c
WHERE c.id = $1 AND s.owner_id = c.owner_id AND s.email_key = c.email_key;
