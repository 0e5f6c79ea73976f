-- name: ListInsert :exec
INSERT INTO lists (id, owner_id, name, created_at) VALUES ($1, $2, $3, $4);

-- name: ListGet :one
SELECT sqlc.embed(l), list_size(l.id)::bigint AS clients,
    coalesce((SELECT u.email FROM users u WHERE u.id = l.owner_id), '')::text AS owner_email
FROM lists l WHERE l.id = $1 AND (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR l.owner_id = sqlc.arg(owner_id)::uuid);

-- name: ListOwned :one
SELECT EXISTS (SELECT FROM lists WHERE id = $1 AND (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid));

-- name: ListPage :many
SELECT sqlc.embed(l), list_size(l.id)::bigint AS clients,
    coalesce((SELECT u.email FROM users u WHERE u.id = l.owner_id), '')::text AS owner_email
FROM lists l
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR l.owner_id = sqlc.arg(owner_id)::uuid)
  AND (sqlc.arg(after)::uuid = '00000000-0000-0000-0000-000000000000' OR l.id < sqlc.arg(after)::uuid)
ORDER BY l.id DESC
LIMIT sqlc.arg(page_size);

-- name: ListLock :one
-- FOR UPDATE and not a weaker lock: whoever puts the list into a mailing waits until a deletion is decided.
SELECT * FROM lists WHERE id = $1 AND owner_id = $2 FOR UPDATE;

-- name: ListUpdate :exec
UPDATE lists SET name = $2, revision = revision + 1 WHERE id = $1;

-- name: ListUsedBy :many
SELECT m.name FROM mailing_lists ml JOIN mailings m ON m.id = ml.mailing_id
WHERE ml.list_id = $1 AND m.deleted_at IS NULL AND m.status <> 'finished'
ORDER BY m.id LIMIT 1;

-- name: ListDelete :exec
DELETE FROM lists WHERE id = $1;

-- name: ListAdd :exec
INSERT INTO list_clients (list_id, client_id) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: ListRemove :exec
DELETE FROM list_clients WHERE list_id = $1 AND client_id = $2;
