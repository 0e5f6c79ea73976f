-- name: SessionInsert :exec
INSERT INTO sessions (id, user_id, hash, address, user_agent, created_at, last_seen_at)
VALUES ($1, $2, $3, $4, $5, sqlc.arg(now), sqlc.arg(now));

-- name: SessionUser :one
SELECT sqlc.embed(u), s.id AS session_id, s.last_seen_at, s.address
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.hash = $1 AND s.last_seen_at > sqlc.arg(idle_since)::timestamptz AND s.created_at > sqlc.arg(begun_since)::timestamptz;

-- name: SessionSeen :exec
UPDATE sessions SET last_seen_at = sqlc.arg(now)::timestamptz, address = $2 WHERE id = $1;

-- name: SessionsOf :many
SELECT id, address, user_agent, created_at, last_seen_at FROM sessions
WHERE user_id = $1 AND last_seen_at > sqlc.arg(idle_since)::timestamptz AND created_at > sqlc.arg(begun_since)::timestamptz
ORDER BY last_seen_at DESC, id DESC;

-- name: SessionEnd :one
DELETE FROM sessions WHERE id = $1 AND user_id = $2 RETURNING hash;

-- name: SessionsEnd :many
DELETE FROM sessions WHERE user_id = $1 AND id <> sqlc.arg(but)::uuid RETURNING hash;

-- name: SessionsPurge :execrows
DELETE FROM sessions WHERE last_seen_at <= sqlc.arg(idle_since)::timestamptz OR created_at <= sqlc.arg(begun_since)::timestamptz;
