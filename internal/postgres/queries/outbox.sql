-- name: OutboxPut :exec
INSERT INTO outbox (subject, headers, payload) VALUES ($1, $2, $3);

-- name: OutboxClaim :many
-- Claims up to a batch of messages for a while; what a dead relay claimed is claimed again after that. No lock is
-- held while they are published.
WITH next AS (
    SELECT o.id FROM outbox o
    WHERE o.claimed_until < now()
    ORDER BY o.id
    LIMIT sqlc.arg(batch)
    FOR UPDATE SKIP LOCKED
)
UPDATE outbox o SET claimed_until = now() + sqlc.arg(claim)::interval
FROM next WHERE o.id = next.id
RETURNING o.id, o.subject, o.headers, o.payload, o.created_at;

-- name: OutboxDone :exec
DELETE FROM outbox WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: OutboxUnclaim :exec
UPDATE outbox SET claimed_until = '-infinity' WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: OutboxSize :one
SELECT count(*) FROM outbox;
