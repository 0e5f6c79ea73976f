-- name: ProviderReport :exec
INSERT INTO provider_states (provider, sender, kind, is_default, breaker, rate, connections, max_connections, reason,
                             last_error, last_error_at, slowed, reported_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now())
ON CONFLICT (provider, sender) DO UPDATE SET kind = excluded.kind, is_default = excluded.is_default,
    breaker = excluded.breaker, rate = excluded.rate, connections = excluded.connections,
    max_connections = excluded.max_connections, reason = excluded.reason, last_error = excluded.last_error,
    last_error_at = excluded.last_error_at, slowed = excluded.slowed, reported_at = now();

-- name: ProviderForget :exec
-- What senders said that have been gone for long, but for the newest word on each provider, which is kept for a month.
DELETE FROM provider_states s
WHERE s.reported_at < now() - interval '30 days'
   OR (s.reported_at < now() - interval '10 minutes'
       AND EXISTS (SELECT 1 FROM provider_states n WHERE n.provider = s.provider AND n.reported_at > s.reported_at));

-- name: ProviderStates :many
SELECT sqlc.embed(s), (s.reported_at > now() - sqlc.arg(alive)::interval)::boolean AS alive
FROM provider_states s
ORDER BY s.provider, s.reported_at DESC;

-- name: ProviderKnown :one
SELECT EXISTS (SELECT 1 FROM provider_states WHERE provider = $1);

-- name: LiveSenders :one
SELECT count(DISTINCT sender) FROM provider_states WHERE reported_at > now() - sqlc.arg(alive)::interval;

-- name: OthersWait :one
-- Whether a chunk of another attempt waits for the provider that this attempt goes through.
SELECT EXISTS (
    SELECT 1 FROM attempts mine
        JOIN attempts a ON a.status = 'running' AND a.id <> mine.id AND a.provider = mine.provider
            AND (a.deadline IS NULL OR a.deadline > sqlc.arg(now)::timestamptz)
        JOIN mailings m ON m.id = a.mailing_id AND m.status NOT IN ('paused', 'disabled') AND m.deleted_at IS NULL
        JOIN users u ON u.id = a.owner_id AND u.blocked_at IS NULL
        JOIN chunks c ON c.attempt_id = a.id AND c.status = 'pending'
    WHERE mine.id = $1 AND c.due_at <= sqlc.arg(now)::timestamptz AND (c.leased_until IS NULL OR c.leased_until < now())
);

-- name: AttemptsNameUnserved :exec
-- Says of running attempts that no sender has the provider they go through, and takes it back when one has.
UPDATE attempts a SET reason = CASE WHEN s.served THEN '' ELSE sqlc.arg(said)::text || '"' || a.provider || '"' END
FROM (
    SELECT r.id, EXISTS (SELECT 1 FROM provider_states p WHERE p.provider = r.provider
        AND p.reported_at > now() - sqlc.arg(alive)::interval) AS served
    FROM attempts r WHERE r.status = 'running' AND r.provider <> ''
) s
WHERE a.id = s.id AND (a.reason <> '') = s.served;
