-- name: ResendPage :many
-- An attempt's recipients with these outcomes, and whether they may be sent to. The attempt is locked by the caller.
SELECT d.client_id, d.tries, d.outcome, (c.id IS NOT NULL AND s.email_key IS NULL)::boolean AS fit
FROM deliveries d
    LEFT JOIN clients c ON c.id = d.client_id
    LEFT JOIN suppressions s ON s.owner_id = c.owner_id AND s.email_key = c.email_key
WHERE d.attempt_id = $1 AND d.client_id > sqlc.arg(after) AND d.outcome = ANY(sqlc.arg(outcomes)::text[])
ORDER BY d.client_id
LIMIT sqlc.arg(page_size);

-- name: ResendThese :many
-- ResendPage for clients who are named; all that have a delivery in the attempt, with their ids.
SELECT d.client_id, d.tries, d.outcome, (s.email_key IS NULL)::boolean AS fit, c.uid
FROM clients c
    JOIN deliveries d ON d.attempt_id = $1 AND d.client_id = c.id
    LEFT JOIN suppressions s ON s.owner_id = c.owner_id AND s.email_key = c.email_key
WHERE c.uid = ANY(sqlc.arg(client_uids)::uuid[])
ORDER BY d.client_id;

-- name: ResendBack :execrows
-- Of the class 'resend' is who waits because somebody asked, not because he was just tried.
UPDATE deliveries SET outcome = 'deferred', class = 'resend', at = sqlc.arg(now)::timestamptz
WHERE attempt_id = $1 AND client_id = ANY(sqlc.arg(client_ids)::bigint[]) AND outcome IN ('unknown', 'failed');

-- name: ResendChunk :exec
INSERT INTO chunks (attempt_id, try, tries_before, client_ids, status, due_at)
VALUES ($1, sqlc.arg(tries)::integer + 1, sqlc.arg(tries)::integer, sqlc.arg(client_ids), 'waiting', sqlc.arg(now));

-- name: ResendEntry :exec
-- A chunk without recipients takes back what earlier ones counted, so that the sums over chunks stay those of the ledger.
INSERT INTO chunks (attempt_id, client_ids, status, due_at, unknown, failed, deferred, last_at)
VALUES ($1, '{}', 'done', sqlc.arg(now)::timestamptz, -sqlc.arg(unknown)::integer, -sqlc.arg(failed)::integer,
        sqlc.arg(unknown)::integer + sqlc.arg(failed)::integer, sqlc.arg(now)::timestamptz);

-- name: AttemptReopen :exec
UPDATE attempts SET status = 'running', result = NULL, finished_at = NULL, reason = '', deadline = sqlc.narg(deadline),
    resent_at = sqlc.arg(now)::timestamptz, last_activity_at = sqlc.arg(now)::timestamptz
WHERE id = $1;

-- name: ChunksOutstanding :one
-- How many chunks of an attempt senders have or could take now.
SELECT count(*)::integer FROM chunks
WHERE attempt_id = $1 AND status = 'pending' AND due_at <= sqlc.arg(now)::timestamptz;

-- name: DeliveryHistory :many
-- A recipient's tries in one attempt, in their order; the last is the row of the ledger as it stands.
SELECT h.* FROM (
    SELECT t.client_id, t.try, t.email, t.outcome, t.class, t.phase, t.code, t.enhanced, t.response, t.provider, t.at,
        false AS stands
    FROM delivery_tries t WHERE t.attempt_id = $1 AND t.client_id = $2
    UNION ALL
    SELECT d.client_id, d.tries, d.email, d.outcome, d.class, d.phase, d.code, d.enhanced, d.response, d.provider, d.at,
        true
    FROM deliveries d WHERE d.attempt_id = $1 AND d.client_id = $2
) h
ORDER BY h.stands, h.try;

-- name: LateHistory :exec
-- The true outcomes of tries that were unknown and have been repeated since.
UPDATE delivery_tries t SET outcome = r.outcome, class = r.class, phase = r.phase, code = r.code, enhanced = r.enhanced,
    response = r.response, provider = r.provider, at = r.at
FROM (
    SELECT unnest(sqlc.arg(client_ids)::bigint[]) AS client_id, unnest(sqlc.arg(outcomes)::text[]) AS outcome,
        unnest(sqlc.arg(classes)::text[]) AS class, unnest(sqlc.arg(phases)::text[]) AS phase,
        unnest(sqlc.arg(codes)::integer[]) AS code, unnest(sqlc.arg(enhanced)::text[]) AS enhanced,
        unnest(sqlc.arg(responses)::text[]) AS response, unnest(sqlc.arg(providers)::text[]) AS provider,
        unnest(sqlc.arg(ats)::timestamptz[]) AS at
) r, deliveries d
WHERE t.attempt_id = sqlc.arg(attempt_id) AND t.client_id = r.client_id AND t.try = sqlc.arg(try) AND t.outcome = 'unknown'
  AND d.attempt_id = t.attempt_id AND d.client_id = t.client_id AND (d.tries > t.try OR d.class = 'resend');
