-- name: AttemptForStart :one
SELECT id, mailing_id, kind, occurrence_at, due_at, status FROM attempts WHERE id = $1;

-- name: ContentInsert :exec
INSERT INTO attempt_contents (attempt_id, mailing_name, subject, html, text)
SELECT sqlc.arg(attempt_id)::uuid, sqlc.arg(mailing_name), m.subject, m.html, m.text
FROM messages m WHERE m.id = sqlc.arg(message_id);

-- name: ContentGet :one
SELECT t.*, a.mailing_id, a.owner_id, m.on_unknown
FROM attempt_contents t JOIN attempts a ON a.id = t.attempt_id JOIN mailings m ON m.id = a.mailing_id
WHERE t.attempt_id = $1;

-- name: AudienceToChunks :many
-- Takes the audience as it is now: every client named, and every client of the lists named, once each. One sorted array cut
-- into pieces takes a sixth of the time of numbering rows and grouping them; it holds 8 bytes a client.
WITH audience AS (
    SELECT array_agg(DISTINCT a.client_id) AS ids FROM (
        SELECT mc.client_id FROM mailing_clients mc WHERE mc.mailing_id = sqlc.arg(mailing_id)
        UNION ALL
        SELECT lc.client_id FROM mailing_lists ml JOIN list_clients lc ON lc.list_id = ml.list_id
        WHERE ml.mailing_id = sqlc.arg(mailing_id)
    ) a
)
INSERT INTO chunks (attempt_id, client_ids, status, due_at, hinted_at)
SELECT sqlc.arg(attempt_id)::uuid, a.ids[n * sqlc.arg(chunk_size)::integer + 1:(n + 1) * sqlc.arg(chunk_size)::integer],
    CASE WHEN n < sqlc.arg(outstanding)::integer THEN 'pending' ELSE 'waiting' END, sqlc.arg(now)::timestamptz, now()
FROM audience a, generate_series(0, (cardinality(a.ids) - 1) / sqlc.arg(chunk_size)::integer) n
WHERE a.ids IS NOT NULL -- nobody at all
ORDER BY n
RETURNING id, cardinality(client_ids)::integer AS size, status;

-- name: AttemptStart :exec
UPDATE attempts SET status = 'running', provider = sqlc.arg(provider), started_at = sqlc.arg(now)::timestamptz,
    last_activity_at = sqlc.arg(now)::timestamptz, deadline = sqlc.narg(deadline), audience = sqlc.arg(audience)
WHERE id = $1;

-- name: ChunkLock :one
-- A chunk with all that decides whether it may be sent, locked until the transaction ends.
SELECT sqlc.embed(c), now()::timestamptz AS db_now, a.status AS attempt_status, a.deadline, a.started_at,
    a.mailing_id, a.owner_id, a.provider, m.on_unknown,
    (m.status IN ('paused', 'disabled') OR u.blocked_at IS NOT NULL)::boolean AS held,
    (m.deleted_at IS NOT NULL)::boolean AS deleted
FROM chunks c
    JOIN attempts a ON a.id = c.attempt_id JOIN mailings m ON m.id = a.mailing_id JOIN users u ON u.id = a.owner_id
WHERE c.id = $1
FOR UPDATE OF c;

-- name: ChunkLease :exec
UPDATE chunks SET lease_token = sqlc.arg(token)::uuid, leased_until = now() + sqlc.arg(lease)::interval
WHERE id = $1;

-- name: ChunkRenew :one
-- Keeps the lease alive while one window takes long, and tells whether sending may go on.
UPDATE chunks c SET leased_until = now() + sqlc.arg(lease)::interval
FROM attempts a, mailings m, users u
WHERE c.id = $1 AND c.lease_token = sqlc.arg(token)::uuid
  AND a.id = c.attempt_id AND m.id = a.mailing_id AND u.id = a.owner_id
RETURNING (a.status = 'running' AND m.status NOT IN ('paused', 'disabled') AND m.deleted_at IS NULL
    AND u.blocked_at IS NULL AND (a.deadline IS NULL OR a.deadline > sqlc.arg(now)::timestamptz))::boolean AS allowed;

-- name: ChunkAllowed :one
SELECT (c.lease_token = sqlc.arg(token)::uuid AND a.status = 'running' AND m.status NOT IN ('paused', 'disabled')
    AND m.deleted_at IS NULL AND u.blocked_at IS NULL
    AND (a.deadline IS NULL OR a.deadline > sqlc.arg(now)::timestamptz))::boolean AS allowed
FROM chunks c
    JOIN attempts a ON a.id = c.attempt_id JOIN mailings m ON m.id = a.mailing_id JOIN users u ON u.id = a.owner_id
WHERE c.id = $1;

-- name: ChunkWindow :one
SELECT window_from, window_to FROM chunks WHERE id = $1 AND lease_token = sqlc.arg(token)::uuid;

-- name: AdvanceWindow :one
-- The statement of design §4: the outcomes of the window that ended, its counts, and the marks of the next window,
-- which opens only while the attempt may be sent. It finds no row when the lease has gone to another sender; then
-- nothing is written at all. What many recipients have in common, as they mostly do, comes once: receipts are its places.
WITH moved AS (
    UPDATE chunks c SET
        window_from = sqlc.arg(window_from)::integer,
        window_to = CASE
            WHEN a.status = 'running' AND m.status NOT IN ('paused', 'disabled') AND m.deleted_at IS NULL
                AND u.blocked_at IS NULL AND (a.deadline IS NULL OR a.deadline > sqlc.arg(now)::timestamptz)
            THEN sqlc.arg(window_to)::integer
            ELSE sqlc.arg(window_from)::integer
        END,
        leased_until = now() + sqlc.arg(lease)::interval,
        sent = c.sent + sqlc.arg(sent)::integer,
        failed = c.failed + sqlc.arg(failed)::integer,
        deferred = c.deferred + sqlc.arg(deferred)::integer,
        skipped = c.skipped + sqlc.arg(skipped)::integer,
        unknown = c.unknown + sqlc.arg(unknown)::integer,
        last_at = coalesce(sqlc.narg(last_at)::timestamptz, c.last_at),
        last_response = CASE WHEN sqlc.arg(last_response)::text = '' THEN c.last_response ELSE sqlc.arg(last_response)::text END
    FROM attempts a, mailings m, users u
    WHERE c.id = sqlc.arg(id) AND c.lease_token = sqlc.arg(token)::uuid AND c.status = 'pending'
      -- A statement whose connection was lost may still be carried out, after it was repeated: only one of them fits.
      AND c.window_from = sqlc.arg(window_from)::integer - cardinality(sqlc.arg(client_ids)::bigint[])
      AND a.id = c.attempt_id AND m.id = a.mailing_id AND u.id = a.owner_id
    RETURNING c.attempt_id, c.try, c.window_to
), recorded AS (
    INSERT INTO deliveries (attempt_id, client_id, email, outcome, class, phase, code, enhanced, response, provider,
                            tries, at)
    SELECT moved.attempt_id, r.client_id, r.email, (sqlc.arg(outcomes)::text[])[r.receipt], (sqlc.arg(classes)::text[])[r.receipt],
        (sqlc.arg(phases)::text[])[r.receipt], (sqlc.arg(codes)::integer[])[r.receipt], (sqlc.arg(enhanced)::text[])[r.receipt],
        (sqlc.arg(responses)::text[])[r.receipt], (sqlc.arg(providers)::text[])[r.receipt], moved.try, r.at
    FROM moved, (
        SELECT unnest(sqlc.arg(client_ids)::bigint[]) AS client_id, unnest(sqlc.arg(emails)::text[]) AS email,
            unnest(sqlc.arg(receipts)::integer[]) AS receipt, unnest(sqlc.arg(ats)::timestamptz[]) AS at
    ) r
    ON CONFLICT (attempt_id, client_id) DO UPDATE SET email = excluded.email, outcome = excluded.outcome,
        class = excluded.class, phase = excluded.phase, code = excluded.code, enhanced = excluded.enhanced,
        response = excluded.response, provider = excluded.provider, tries = excluded.tries, at = excluded.at
    WHERE deliveries.outcome = 'deferred' -- a later try; what is final stays
)
SELECT window_to FROM moved;

-- name: AdvanceWindowFirst :one
-- AdvanceWindow for recipients who have no row in the ledger. Should one have a row all the same, it fails, and writes nothing.
WITH moved AS (
    UPDATE chunks c SET
        window_from = sqlc.arg(window_from)::integer,
        window_to = CASE
            WHEN a.status = 'running' AND m.status NOT IN ('paused', 'disabled') AND m.deleted_at IS NULL
                AND u.blocked_at IS NULL AND (a.deadline IS NULL OR a.deadline > sqlc.arg(now)::timestamptz)
            THEN sqlc.arg(window_to)::integer
            ELSE sqlc.arg(window_from)::integer
        END,
        leased_until = now() + sqlc.arg(lease)::interval,
        sent = c.sent + sqlc.arg(sent)::integer,
        failed = c.failed + sqlc.arg(failed)::integer,
        deferred = c.deferred + sqlc.arg(deferred)::integer,
        skipped = c.skipped + sqlc.arg(skipped)::integer,
        unknown = c.unknown + sqlc.arg(unknown)::integer,
        last_at = coalesce(sqlc.narg(last_at)::timestamptz, c.last_at),
        last_response = CASE WHEN sqlc.arg(last_response)::text = '' THEN c.last_response ELSE sqlc.arg(last_response)::text END
    FROM attempts a, mailings m, users u
    WHERE c.id = sqlc.arg(id) AND c.lease_token = sqlc.arg(token)::uuid AND c.status = 'pending'
      -- A statement whose connection was lost may still be carried out, after it was repeated: only one of them fits.
      AND c.window_from = sqlc.arg(window_from)::integer - cardinality(sqlc.arg(client_ids)::bigint[])
      AND a.id = c.attempt_id AND m.id = a.mailing_id AND u.id = a.owner_id
    RETURNING c.attempt_id, c.try, c.window_to
), recorded AS (
    INSERT INTO deliveries (attempt_id, client_id, email, outcome, class, phase, code, enhanced, response, provider,
                            tries, at)
    SELECT moved.attempt_id, r.client_id, r.email, (sqlc.arg(outcomes)::text[])[r.receipt], (sqlc.arg(classes)::text[])[r.receipt],
        (sqlc.arg(phases)::text[])[r.receipt], (sqlc.arg(codes)::integer[])[r.receipt], (sqlc.arg(enhanced)::text[])[r.receipt],
        (sqlc.arg(responses)::text[])[r.receipt], (sqlc.arg(providers)::text[])[r.receipt], moved.try, r.at
    FROM moved, (
        SELECT unnest(sqlc.arg(client_ids)::bigint[]) AS client_id, unnest(sqlc.arg(emails)::text[]) AS email,
            unnest(sqlc.arg(receipts)::integer[]) AS receipt, unnest(sqlc.arg(ats)::timestamptz[]) AS at
    ) r
)
SELECT window_to FROM moved;

-- name: Recipients :many
SELECT c.id, c.uid, c.email, c.full_name, c.attributes, coalesce(s.reason, '') AS suppressed
FROM clients c LEFT JOIN suppressions s ON s.owner_id = c.owner_id AND s.email_key = c.email_key
WHERE c.id = ANY(sqlc.arg(ids)::bigint[]);

-- name: SuppressClient :exec
-- The ledger knows in which of the attempts being sent the address was refused last.
INSERT INTO suppressions (owner_id, email_key, email, reason, created_at, attempt_id)
SELECT c.owner_id, c.email_key, c.email, sqlc.arg(reason), sqlc.arg(now)::timestamptz, (
    SELECT d.attempt_id FROM attempts a JOIN deliveries d ON d.attempt_id = a.id AND d.client_id = c.id
    WHERE a.status = 'running' AND a.owner_id = c.owner_id AND d.outcome = 'failed' AND d.class = 'recipient'
    ORDER BY d.at DESC LIMIT 1)
FROM clients c WHERE c.id = sqlc.arg(client_id) AND c.email = sqlc.arg(email)
ON CONFLICT DO NOTHING;

-- name: SuppressFull :exec
-- A mailbox that was full in so many attempts is taken for abandoned.
INSERT INTO suppressions (owner_id, email_key, email, reason, created_at, attempt_id)
SELECT c.owner_id, c.email_key, c.email, sqlc.arg(reason), sqlc.arg(now)::timestamptz, (
    SELECT d.attempt_id FROM deliveries d
    WHERE d.client_id = c.id AND d.class = 'mailbox_full' AND d.outcome = 'failed' ORDER BY d.at DESC LIMIT 1)
FROM clients c
WHERE c.id = sqlc.arg(client_id) AND c.email = sqlc.arg(email)
  AND (SELECT count(*) FROM deliveries d WHERE d.client_id = c.id AND d.class = 'mailbox_full' AND d.outcome = 'failed')
      >= sqlc.arg(attempts)::integer
ON CONFLICT DO NOTHING;

-- name: CloseOut :many
-- Gives every client in the list that has no final outcome the one named.
INSERT INTO deliveries (attempt_id, client_id, email, outcome, class, phase, code, enhanced, response, provider, tries, at)
SELECT sqlc.arg(attempt_id)::uuid, r.client_id, coalesce(c.email, ''), sqlc.arg(outcome), '', '', 0, '',
    sqlc.arg(response), '', sqlc.arg(tries)::integer, sqlc.arg(now)::timestamptz
FROM (SELECT unnest(sqlc.arg(client_ids)::bigint[]) AS client_id) r LEFT JOIN clients c ON c.id = r.client_id
ON CONFLICT (attempt_id, client_id) DO UPDATE SET outcome = excluded.outcome, tries = excluded.tries, at = excluded.at,
    -- An unknown outcome is that of a try of its own, of which nothing was heard; else what was said last stays.
    class = CASE WHEN excluded.outcome = 'unknown' OR deliveries.class = 'resend' THEN '' ELSE deliveries.class END,
    phase = CASE WHEN excluded.outcome = 'unknown' THEN '' ELSE deliveries.phase END,
    code = CASE WHEN excluded.outcome = 'unknown' THEN 0 ELSE deliveries.code END,
    enhanced = CASE WHEN excluded.outcome = 'unknown' THEN '' ELSE deliveries.enhanced END,
    provider = CASE WHEN excluded.outcome = 'unknown' THEN '' ELSE deliveries.provider END,
    response = CASE WHEN excluded.outcome = 'unknown' OR deliveries.response = '' THEN excluded.response ELSE deliveries.response END
WHERE deliveries.outcome = 'deferred'
RETURNING client_id;

-- name: ChunkSettle :exec
-- Moves a chunk's marks and counts without a lease being asked for: the row is locked by ChunkLock.
UPDATE chunks SET window_from = sqlc.arg(window_from), window_to = sqlc.arg(window_from),
    unknown = unknown + sqlc.arg(unknown), expired = expired + sqlc.arg(expired), skipped = skipped + sqlc.arg(skipped),
    last_at = sqlc.arg(now)::timestamptz
WHERE id = $1;

-- name: ChunkDone :exec
UPDATE chunks SET status = 'done', lease_token = NULL, leased_until = NULL WHERE id = $1;

-- name: ChunkRelease :one
UPDATE chunks c SET lease_token = NULL, leased_until = NULL, window_to = window_from, due_at = sqlc.arg(due_at)::timestamptz,
    hinted_at = now(), last_at = sqlc.arg(now)::timestamptz,
    last_response = CASE WHEN sqlc.arg(reason)::text = '' THEN last_response ELSE sqlc.arg(reason)::text END
WHERE c.id = $1 AND c.lease_token = sqlc.arg(token)::uuid
RETURNING c.attempt_id, (SELECT a.provider FROM attempts a WHERE a.id = c.attempt_id)::text AS provider;

-- name: DeferredIn :many
-- Those who wait since this chunk tried them. Who waits because of a resend, or since that tried them, has another chunk.
SELECT d.client_id FROM (SELECT unnest(sqlc.arg(client_ids)::bigint[]) AS id) k
    CROSS JOIN LATERAL (SELECT * FROM deliveries WHERE attempt_id = $1 AND client_id = k.id OFFSET 0) d -- see ChunkOutcomes
WHERE d.outcome = 'deferred' AND d.class <> 'resend' AND d.tries = sqlc.arg(try)::integer
ORDER BY d.client_id;

-- name: ChunkInsertRetry :one
INSERT INTO chunks (attempt_id, try, tries_before, client_ids, status, due_at, hinted_at)
VALUES ($1, $2, $3, $4, 'pending', $5, now()) RETURNING id;

-- name: ChunkDropDeferred :exec
UPDATE chunks SET deferred = deferred - sqlc.arg(failed)::integer - sqlc.arg(expired)::integer,
    failed = failed + sqlc.arg(failed)::integer, expired = expired + sqlc.arg(expired)::integer
WHERE id = $1;

-- name: ChunkReleaseNext :one
UPDATE chunks n SET status = 'pending', hinted_at = now(), due_at = sqlc.arg(now)::timestamptz
WHERE n.id = (
    SELECT c.id FROM chunks c WHERE c.attempt_id = sqlc.arg(attempt_id) AND c.status = 'waiting'
    ORDER BY c.id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING n.id, (SELECT a.provider FROM attempts a WHERE a.id = n.attempt_id)::text AS provider;

-- name: ChunkOutcomes :many
-- Row by row through the primary keys: OFFSET 0 keeps the planner from joining otherwise. It knows nothing of a partition that
-- is being filled, and would go through the whole attempt for each of its chunks.
SELECT coalesce(c.uid, '00000000-0000-0000-0000-000000000000')::uuid AS client_uid, d.email, d.outcome, d.code,
    left(d.response, 200) AS response, d.tries, d.at
FROM (SELECT unnest(sqlc.arg(client_ids)::bigint[]) AS id) k
    CROSS JOIN LATERAL (SELECT * FROM deliveries WHERE attempt_id = $1 AND client_id = k.id OFFSET 0) d
    LEFT JOIN LATERAL (SELECT uid FROM clients WHERE id = k.id OFFSET 0) c ON true
ORDER BY k.id;

-- name: OpenChunks :one
SELECT count(*) FROM chunks WHERE attempt_id = $1 AND status <> 'done';

-- name: ChunksToCloseOut :many
-- Open chunks without a live lease: their senders are gone or have not come.
SELECT id FROM chunks
WHERE attempt_id = $1 AND status <> 'done' AND (leased_until IS NULL OR leased_until < now())
ORDER BY id LIMIT sqlc.arg(batch);

-- name: AttemptClose :one
UPDATE attempts a SET status = sqlc.arg(status), result = sqlc.narg(result)::text, finished_at = sqlc.arg(now)::timestamptz,
    reason = sqlc.arg(reason),
    last_activity_at = coalesce(t.last_at, a.last_activity_at),
    last_response = coalesce((SELECT c.last_response FROM chunks c WHERE c.attempt_id = a.id AND c.last_response <> ''
        ORDER BY c.last_at DESC LIMIT 1), ''),
    sent = coalesce(t.sent, 0), failed = coalesce(t.failed, 0), unknown = coalesce(t.unknown, 0),
    skipped = coalesce(t.skipped, 0), expired = coalesce(t.expired, 0)
FROM (
    SELECT sum(c.sent) AS sent, sum(c.failed) AS failed, sum(c.unknown) AS unknown, sum(c.skipped) AS skipped,
        sum(c.expired) AS expired, max(c.last_at) AS last_at
    FROM chunks c WHERE c.attempt_id = sqlc.arg(id)
) t
WHERE a.id = sqlc.arg(id)
RETURNING a.*;

-- name: AttemptSums :one
SELECT coalesce(sum(sent), 0)::integer AS sent, coalesce(sum(failed), 0)::integer AS failed,
    coalesce(sum(unknown), 0)::integer AS unknown, coalesce(sum(skipped), 0)::integer AS skipped,
    coalesce(sum(expired), 0)::integer AS expired
FROM chunks WHERE attempt_id = $1;

-- name: LateTruth :many
-- The true outcome of a recipient that another sender had to record as unknown, unless he has been tried again since.
UPDATE deliveries d SET outcome = r.outcome, class = r.class, phase = r.phase, code = r.code, enhanced = r.enhanced,
    response = r.response, provider = r.provider, at = r.at
FROM (
    SELECT unnest(sqlc.arg(client_ids)::bigint[]) AS client_id, unnest(sqlc.arg(outcomes)::text[]) AS outcome,
        unnest(sqlc.arg(classes)::text[]) AS class, unnest(sqlc.arg(phases)::text[]) AS phase,
        unnest(sqlc.arg(codes)::integer[]) AS code, unnest(sqlc.arg(enhanced)::text[]) AS enhanced,
        unnest(sqlc.arg(responses)::text[]) AS response, unnest(sqlc.arg(providers)::text[]) AS provider,
        unnest(sqlc.arg(ats)::timestamptz[]) AS at
) r
WHERE d.attempt_id = sqlc.arg(attempt_id) AND d.client_id = r.client_id AND d.outcome = 'unknown' AND d.tries = sqlc.arg(try)
RETURNING d.client_id, d.outcome;

-- name: LateCounts :exec
UPDATE chunks SET unknown = unknown - sqlc.arg(fixed)::integer, sent = sent + sqlc.arg(sent)::integer,
    failed = failed + sqlc.arg(failed)::integer, deferred = deferred + sqlc.arg(deferred)::integer
WHERE id = $1;

-- name: LateTotals :exec
UPDATE attempts SET unknown = unknown - sqlc.arg(fixed)::integer, sent = sent + sqlc.arg(sent)::integer,
    failed = failed + sqlc.arg(failed)::integer
WHERE id = $1;

-- name: AttemptSetResult :exec
UPDATE attempts SET result = sqlc.arg(result)::text WHERE id = $1 AND status = 'finished';

-- name: AttemptMiss :exec
UPDATE attempts SET status = 'missed', finished_at = sqlc.arg(now)::timestamptz, reason = sqlc.arg(reason) WHERE id = $1;
