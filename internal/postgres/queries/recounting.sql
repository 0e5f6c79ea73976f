-- name: LedgerFill :execrows
-- A row for every recipient of an attempt that has none.
INSERT INTO deliveries (attempt_id, client_id, email, outcome, class, phase, code, enhanced, response, provider, tries, at)
SELECT r.attempt_id, r.client_id, coalesce(c.email, ''), 'unknown', '', '', 0, '', sqlc.arg(response), '', 1, sqlc.arg(now)::timestamptz
FROM (SELECT DISTINCT h.attempt_id, unnest(h.client_ids) AS client_id FROM chunks h WHERE h.attempt_id = sqlc.arg(attempt_id)) r
    LEFT JOIN clients c ON c.id = r.client_id
ON CONFLICT (attempt_id, client_id) DO NOTHING;

-- name: LedgerEndDeferred :execrows
-- Nobody is going to try them again.
UPDATE deliveries SET outcome = 'failed' WHERE attempt_id = $1 AND outcome = 'deferred';

-- name: LedgerCounts :one
SELECT count(*) FILTER (WHERE outcome = 'sent')::integer AS sent, count(*) FILTER (WHERE outcome = 'failed')::integer AS failed,
    count(*) FILTER (WHERE outcome = 'unknown')::integer AS unknown, count(*) FILTER (WHERE outcome = 'skipped')::integer AS skipped,
    count(*) FILTER (WHERE outcome = 'expired')::integer AS expired
FROM deliveries WHERE attempt_id = $1;

-- name: AttemptCounts :exec
UPDATE attempts SET audience = $2, sent = $3, failed = $4, unknown = $5, skipped = $6, expired = $7 WHERE id = $1;

-- name: LedgerEntry :exec
-- A chunk without recipients makes up for what the others counted wrongly, so that the sums over chunks are those of the
-- ledger from now on.
INSERT INTO chunks (attempt_id, client_ids, status, due_at, sent, failed, deferred, unknown, skipped, expired)
SELECT sqlc.arg(attempt_id)::uuid, '{}', 'done', sqlc.arg(now)::timestamptz,
    sqlc.arg(sent)::integer - coalesce(sum(c.sent), 0), sqlc.arg(failed)::integer - coalesce(sum(c.failed), 0),
    coalesce(sum(c.window_from) FILTER (WHERE c.try > 1), 0) - coalesce(sum(c.deferred), 0),
    sqlc.arg(unknown)::integer - coalesce(sum(c.unknown), 0), sqlc.arg(skipped)::integer - coalesce(sum(c.skipped), 0),
    sqlc.arg(expired)::integer - coalesce(sum(c.expired), 0)
FROM chunks c WHERE c.attempt_id = sqlc.arg(attempt_id)::uuid;
