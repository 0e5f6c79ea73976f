-- name: ImportInsert :exec
INSERT INTO imports (id, owner_id, list_id, size, status, started_at, active_at)
VALUES ($1, $2, NULLIF(sqlc.arg(list_id)::uuid, '00000000-0000-0000-0000-000000000000'), $3, 'running', sqlc.arg(now), sqlc.arg(now));

-- name: ImportGet :one
SELECT * FROM imports WHERE id = $1 AND owner_id = $2;

-- name: ImportList :many
-- Newest first, from below the import with the id after on.
SELECT * FROM imports i
WHERE i.owner_id = $1 AND (sqlc.arg(after)::uuid = '00000000-0000-0000-0000-000000000000'
    OR (i.started_at, i.id) < (SELECT b.started_at, b.id FROM imports b WHERE b.id = sqlc.arg(after)::uuid AND b.owner_id = $1))
ORDER BY i.started_at DESC, i.id DESC
LIMIT sqlc.arg(page_size);

-- name: ImportProgress :exec
UPDATE imports SET rows = $2, created = $3, updated = $4, unchanged = $5, rejected = $6, bytes = $7, active_at = sqlc.arg(now) WHERE id = $1;

-- name: ImportAlive :exec
UPDATE imports SET active_at = sqlc.arg(now) WHERE id = $1;

-- name: ImportEnd :exec
UPDATE imports SET status = $2, error = $3, active_at = sqlc.arg(now), finished_at = sqlc.arg(now)::timestamptz WHERE id = $1;

-- name: ImportStage :copyfrom
INSERT INTO import_rows (uid, email, email_key, full_name, comment, attributes) VALUES ($1, $2, $3, $4, $5, $6);

-- name: ImportMerge :one
-- Adds the staged clients that are new and changes those that differ from what the file says; the file's columns replace
-- what was there. A client whose attributes would become too many is left as it is. Every row is locked, also one that
-- stays as it is, and they are taken in the order of their addresses, so that two imports of one owner wait for each
-- other instead of locking each other up.
WITH done AS (
    INSERT INTO clients AS c (uid, owner_id, email, email_key, full_name, comment, attributes, created_at, updated_at)
    SELECT uid, sqlc.arg(owner_id), email, email_key, full_name, comment, attributes, sqlc.arg(now), sqlc.arg(now)
    FROM import_rows ORDER BY email_key
    ON CONFLICT (owner_id, email_key) DO UPDATE SET
        full_name = CASE WHEN sqlc.arg(has_full_name)::bool THEN excluded.full_name ELSE c.full_name END,
        comment = CASE WHEN sqlc.arg(has_comment)::bool THEN excluded.comment ELSE c.comment END,
        attributes = (c.attributes - sqlc.arg(columns)::text[]) || excluded.attributes,
        revision = c.revision + 1,
        updated_at = excluded.updated_at
    WHERE (sqlc.arg(has_full_name)::bool AND c.full_name <> excluded.full_name
            OR sqlc.arg(has_comment)::bool AND c.comment <> excluded.comment
            OR c.attributes <> (c.attributes - sqlc.arg(columns)::text[]) || excluded.attributes)
        AND (SELECT count(*) FROM jsonb_object_keys((c.attributes - sqlc.arg(columns)::text[]) || excluded.attributes)) <= sqlc.arg(max_attributes)::bigint
    RETURNING (c.xmax = 0) AS created -- no transaction has locked or replaced a row that is new
)
SELECT count(*) FILTER (WHERE created) AS created, count(*) FILTER (WHERE NOT created) AS changed FROM done;

-- name: ImportRefuse :many
-- Takes those out of the staged rows that ImportMerge left as they were because of their many attributes. The address is
-- looked up row by row, whatever the planner thinks of tables it has no statistics of.
DELETE FROM import_rows r
WHERE (SELECT count(*) FROM clients c, jsonb_object_keys((c.attributes - sqlc.arg(columns)::text[]) || r.attributes)
       WHERE c.owner_id = sqlc.arg(owner_id) AND c.email_key = r.email_key) > sqlc.arg(max_attributes)::bigint
RETURNING email_key;

-- name: ImportIntoList :exec
-- Puts the clients of the staged rows, all of which exist and are locked by now, into a list.
INSERT INTO list_clients (list_id, client_id)
SELECT sqlc.arg(list_id)::uuid, (SELECT c.id FROM clients c WHERE c.owner_id = sqlc.arg(owner_id) AND c.email_key = r.email_key)
FROM import_rows r
ON CONFLICT DO NOTHING;

-- name: ImportReject :exec
INSERT INTO import_rejects (import_id, line, reason, email, content)
SELECT sqlc.arg(import_id), unnest(sqlc.arg(lines)::bigint[]), unnest(sqlc.arg(reasons)::text[]), unnest(sqlc.arg(emails)::text[]),
    unnest(sqlc.arg(contents)::text[])
ON CONFLICT DO NOTHING;

-- name: ImportRejectPage :many
SELECT line, reason, email, content FROM import_rejects WHERE import_id = $1 AND line > sqlc.arg(after) ORDER BY line LIMIT sqlc.arg(page_size);

-- name: ExportPage :many
SELECT id, email, full_name, comment, attributes FROM clients
WHERE owner_id = $1 AND id > sqlc.arg(after)
ORDER BY id
LIMIT sqlc.arg(page_size);

-- name: ExportPageOfList :many
SELECT c.id, c.email, c.full_name, c.comment, c.attributes
FROM list_clients lc
JOIN clients c ON c.id = lc.client_id
WHERE lc.list_id = $1 AND lc.client_id > sqlc.arg(after)
ORDER BY lc.client_id
LIMIT sqlc.arg(page_size);

-- name: ExportAttributes :many
SELECT DISTINCT jsonb_object_keys(attributes)::text AS name FROM clients WHERE owner_id = $1 ORDER BY name;

-- name: ExportAttributesOfList :many
SELECT DISTINCT jsonb_object_keys(c.attributes)::text AS name
FROM list_clients lc
JOIN clients c ON c.id = lc.client_id
WHERE lc.list_id = $1
ORDER BY name;
