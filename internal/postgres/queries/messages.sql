-- name: MessageInsert :exec
INSERT INTO messages (id, owner_id, subject, html, text, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, sqlc.arg(now), sqlc.arg(now));

-- name: MessageGet :one
SELECT sqlc.embed(m), coalesce((SELECT u.email FROM users u WHERE u.id = m.owner_id), '')::text AS owner_email
FROM messages m WHERE m.id = $1 AND (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR m.owner_id = sqlc.arg(owner_id)::uuid);

-- name: MessagePage :many
SELECT m.id, m.owner_id, m.subject, m.revision, m.created_at, m.updated_at,
    coalesce((SELECT u.email FROM users u WHERE u.id = m.owner_id), '')::text AS owner_email
FROM messages m
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR m.owner_id = sqlc.arg(owner_id)::uuid)
  AND (sqlc.arg(after)::uuid = '00000000-0000-0000-0000-000000000000' OR m.id < sqlc.arg(after)::uuid)
ORDER BY m.id DESC
LIMIT sqlc.arg(page_size);

-- name: MessageLock :one
SELECT * FROM messages WHERE id = $1 AND owner_id = $2 FOR UPDATE;

-- name: MessageUpdate :exec
UPDATE messages SET subject = $2, html = $3, text = $4, revision = revision + 1, updated_at = sqlc.arg(now)
WHERE id = $1;

-- name: MessageUsedBy :many
SELECT name FROM mailings WHERE message_id = $1 AND deleted_at IS NULL ORDER BY id LIMIT 1;

-- name: MessageDelete :exec
DELETE FROM messages WHERE id = $1;
