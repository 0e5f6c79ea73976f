-- name: UserInsert :exec
INSERT INTO users (id, email, email_key, password_hash, role, verified_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: UserByEmail :one
SELECT * FROM users WHERE email_key = $1;

-- name: UserGet :one
SELECT * FROM users WHERE id = $1;

-- name: UserOverviews :many
-- Users as managers see them, newest first; the counts are of those on the page only, and of clients no further than says.
SELECT sqlc.embed(u),
    coalesce(last_seen(u.id), '0001-01-01 00:00+00')::timestamptz AS last_seen_at,
    (SELECT count(*) FROM (SELECT FROM clients c WHERE c.owner_id = u.id LIMIT sqlc.arg(count_to)::bigint) counted) AS clients,
    (SELECT count(*) FROM mailings m WHERE m.owner_id = u.id AND m.deleted_at IS NULL) AS mailings,
    (SELECT count(*) FROM mailings m WHERE m.owner_id = u.id AND m.deleted_at IS NULL AND m.status IN ('scheduled', 'running')) AS active_mailings
FROM users u
WHERE u.id IN (
    SELECT p.id FROM users p
    WHERE (sqlc.arg(id)::uuid = '00000000-0000-0000-0000-000000000000' OR p.id = sqlc.arg(id)::uuid)
      AND (sqlc.arg(after)::uuid = '00000000-0000-0000-0000-000000000000' OR p.id < sqlc.arg(after)::uuid)
      AND (sqlc.arg(part)::text = '' OR strpos(lower(p.email), lower(sqlc.arg(part)::text)) > 0 OR strpos(lower(p.name), lower(sqlc.arg(part)::text)) > 0)
      AND (sqlc.arg(role)::text = '' OR p.role = sqlc.arg(role)::text)
      AND (sqlc.arg(status)::text = '' OR sqlc.arg(status)::text = CASE
            WHEN p.blocked_at IS NOT NULL THEN 'blocked'
            WHEN p.delete_at IS NOT NULL THEN 'deleting'
            WHEN p.verified_at IS NULL THEN 'unconfirmed'
            ELSE 'active' END)
    ORDER BY p.id DESC
    LIMIT sqlc.arg(page_size))
ORDER BY u.id DESC;
