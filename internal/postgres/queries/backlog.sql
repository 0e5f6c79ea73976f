-- name: Backlog :one
-- What waits, for the metrics. Every count is bounded, so that a large backlog does not get this query to add to it.
WITH unsent AS (SELECT created_at FROM notices WHERE status = 'waiting' LIMIT sqlc.arg(most))
SELECT
    (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT sqlc.arg(most)) o)::integer AS outbox,
    coalesce((SELECT extract(epoch FROM clock_timestamp() - o.created_at) FROM outbox o ORDER BY o.id LIMIT 1), 0)::float8 AS outbox_age,
    (SELECT count(*) FROM unsent)::integer AS notices,
    coalesce(extract(epoch FROM sqlc.arg(now)::timestamptz - (SELECT min(created_at) FROM unsent)), 0)::float8 AS notices_age,
    (SELECT count(*) FROM attempts a WHERE a.status = 'running')::integer AS running,
    (count(*) FILTER (WHERE c.kind = 'pending'))::integer AS pending,
    (count(*) FILTER (WHERE c.kind = 'leased'))::integer AS leased,
    (count(*) FILTER (WHERE c.kind = 'waiting'))::integer AS waiting,
    (count(*) FILTER (WHERE c.kind = 'deferred'))::integer AS deferred,
    (count(*) FILTER (WHERE c.kind = 'held'))::integer AS held
FROM (
    SELECT CASE
        WHEN open.leased_until > now() THEN 'leased'
        WHEN m.status IN ('paused', 'disabled') OR u.blocked_at IS NOT NULL THEN 'held'
        WHEN open.status = 'waiting' THEN 'waiting'
        WHEN open.due_at > sqlc.arg(now)::timestamptz THEN 'deferred'
        ELSE 'pending'
    END AS kind
    FROM attempts a
    JOIN mailings m ON m.id = a.mailing_id
    JOIN users u ON u.id = a.owner_id
    JOIN chunks open ON open.attempt_id = a.id AND open.status <> 'done'
    WHERE a.status = 'running'
    LIMIT sqlc.arg(most)
) c;
