-- name: ImportInsert :exec
INSERT INTO imports (id, owner_id, list_id, status, started_at, active_at)
VALUES ($1, $2, NULLIF(sqlc.arg(list_id)::uuid, '00000000-0000-0000-0000-000000000000'), 'running', sqlc.arg(now), sqlc.arg(now));

-- name: ImportGet :one
SELECT * FROM imports WHERE id = $1 AND owner_id = $2;

-- name: ImportProgress :exec
UPDATE imports SET rows = $2, created = $3, updated = $4, rejected = $5, active_at = sqlc.arg(now) WHERE id = $1;

-- name: ImportEnd :exec
UPDATE imports SET status = $2, error = $3, active_at = sqlc.arg(now), finished_at = sqlc.arg(now)::timestamptz WHERE id = $1;

-- name: ImportBatch :one
-- Adds or updates a batch of clients, no address twice among them. A client whose attributes would become too many is
-- left as it is and named in refused. Rows are taken in the order of their addresses, so that two imports of one
-- owner wait for each other instead of locking each other up.
WITH input AS (
    SELECT unnest(sqlc.arg(uids)::uuid[]) AS uid, unnest(sqlc.arg(emails)::text[]) AS email,
        unnest(sqlc.arg(email_keys)::text[]) AS email_key, unnest(sqlc.arg(full_names)::text[]) AS full_name,
        unnest(sqlc.arg(comments)::text[]) AS comment, unnest(sqlc.arg(attributes)::text[]) AS attributes
), done AS (
    INSERT INTO clients AS c (uid, owner_id, email, email_key, full_name, comment, attributes, created_at, updated_at)
    SELECT uid, sqlc.arg(owner_id), email, email_key, full_name, comment, attributes::jsonb, sqlc.arg(now), sqlc.arg(now)
    FROM input ORDER BY email_key
    ON CONFLICT (owner_id, email_key) DO UPDATE SET
        full_name = CASE WHEN sqlc.arg(has_full_name)::bool THEN excluded.full_name ELSE c.full_name END,
        comment = CASE WHEN sqlc.arg(has_comment)::bool THEN excluded.comment ELSE c.comment END,
        attributes = CASE WHEN sqlc.arg(has_attributes)::bool THEN c.attributes || excluded.attributes ELSE c.attributes END,
        revision = c.revision + 1,
        updated_at = excluded.updated_at
    WHERE NOT sqlc.arg(has_attributes)::bool
        OR (SELECT count(*) FROM jsonb_object_keys(c.attributes || excluded.attributes)) <= sqlc.arg(max_attributes)::bigint
    RETURNING c.id, c.email_key, (c.xmax = 0) AS created -- no transaction has locked or replaced a row that is new
), listed AS (
    INSERT INTO list_clients (list_id, client_id)
    SELECT sqlc.arg(list_id)::uuid, id FROM done
    WHERE sqlc.arg(list_id)::uuid <> '00000000-0000-0000-0000-000000000000'
    ON CONFLICT DO NOTHING
)
SELECT count(*) FILTER (WHERE created) AS created, count(*) FILTER (WHERE NOT created) AS updated,
    ARRAY(SELECT email_key FROM input EXCEPT SELECT email_key FROM done)::text[] AS refused
FROM done;

-- name: ImportReject :exec
INSERT INTO import_rejects (import_id, line, reason, email)
SELECT sqlc.arg(import_id), unnest(sqlc.arg(lines)::bigint[]), unnest(sqlc.arg(reasons)::text[]), unnest(sqlc.arg(emails)::text[])
ON CONFLICT DO NOTHING;

-- name: ImportRejectPage :many
SELECT line, reason, email FROM import_rejects WHERE import_id = $1 AND line > sqlc.arg(after) ORDER BY line LIMIT sqlc.arg(page_size);
