-- Every query here reads the ledger of one attempt once: a fraction of a second to two seconds for a million rows.

-- name: LedgerTotals :many
SELECT outcome, count(*)::integer AS n, min(at)::timestamptz AS first_at, max(at)::timestamptz AS last_at
FROM deliveries WHERE attempt_id = $1
GROUP BY outcome;

-- name: LedgerReplies :many
-- Words with a digit or an @ are folded here: queue ids, numbers, addresses, hosts. domain.FoldReply folds the rest, of
-- the few kinds that are left. The example of a kind is its client with the lowest key.
SELECT outcome, code, enhanced, regexp_replace(response, '\S*[0-9@]\S*', '#', 'g')::text AS folded,
    count(*)::integer AS n, min(client_id)::bigint AS example, (count(*) OVER ())::integer AS kinds
FROM deliveries WHERE attempt_id = $1
GROUP BY outcome, code, enhanced, folded
ORDER BY n DESC, example
LIMIT sqlc.arg(most);

-- name: LedgerExamples :many
SELECT client_id, email, code, enhanced, response
FROM deliveries WHERE attempt_id = $1 AND client_id = ANY(sqlc.arg(client_ids)::bigint[]);

-- name: LedgerDomains :many
SELECT lower(split_part(email, '@', -1))::text AS domain,
    (count(*) FILTER (WHERE outcome = 'sent'))::integer AS sent,
    (count(*) FILTER (WHERE outcome = 'failed'))::integer AS failed,
    (count(*) FILTER (WHERE outcome = 'deferred'))::integer AS deferred,
    (count(*) FILTER (WHERE outcome = 'unknown'))::integer AS unknown,
    (count(*) FILTER (WHERE outcome = 'skipped'))::integer AS skipped,
    (count(*) FILTER (WHERE outcome = 'expired'))::integer AS expired,
    (count(*) OVER ())::integer AS domains
FROM deliveries WHERE attempt_id = $1
GROUP BY domain
ORDER BY count(*) DESC, domain
LIMIT sqlc.arg(most);

-- name: LedgerTimeline :many
-- Counts the seconds first, of which there are few, so that the busiest one is known as well.
WITH seconds AS (
    SELECT date_trunc('second', at) AS second,
        count(*) FILTER (WHERE outcome = 'sent') AS sent,
        count(*) FILTER (WHERE outcome = 'failed') AS failed,
        count(*) FILTER (WHERE outcome = 'deferred') AS deferred,
        count(*) FILTER (WHERE outcome = 'unknown') AS unknown,
        count(*) FILTER (WHERE outcome = 'skipped') AS skipped,
        count(*) FILTER (WHERE outcome = 'expired') AS expired
    FROM deliveries WHERE attempt_id = $1
    GROUP BY second
)
SELECT date_bin(sqlc.arg(width)::interval, second, 'epoch')::timestamptz AS bucket,
    sum(sent)::integer AS sent, sum(failed)::integer AS failed, sum(deferred)::integer AS deferred,
    sum(unknown)::integer AS unknown, sum(skipped)::integer AS skipped, sum(expired)::integer AS expired,
    max(sent + failed + deferred)::integer AS peak
FROM seconds GROUP BY bucket ORDER BY bucket;

-- name: AboutAttempt :exec
-- Says which attempt the rest of the transaction is about: see vestnik_attempt() of migration 8.
SELECT set_config('vestnik.attempt_id', sqlc.arg(attempt_id)::text, true);
