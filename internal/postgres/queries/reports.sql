-- name: MailingOwned :one
-- A deleted mailing keeps its reports.
SELECT EXISTS (SELECT 1 FROM mailings WHERE id = $1 AND (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid));

-- name: AttemptHistory :many
-- Attempts that have begun, or never will, latest first: those of one mailing, or (all zeroes) of all the owner's.
SELECT * FROM attempt_reports
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid) AND status <> 'planned'
  AND (sqlc.arg(mailing_id)::uuid = '00000000-0000-0000-0000-000000000000' OR mailing_id = sqlc.arg(mailing_id)::uuid)
  AND due_at >= sqlc.arg(from_at)::timestamptz AND due_at < sqlc.arg(to_at)::timestamptz
  AND (sqlc.arg(after_id)::uuid = '00000000-0000-0000-0000-000000000000'
    OR (due_at, id) < (sqlc.arg(after_due)::timestamptz, sqlc.arg(after_id)::uuid))
ORDER BY due_at DESC, id DESC
LIMIT sqlc.arg(page_size);

-- name: SummaryMailings :many
SELECT status, count(*)::integer AS n FROM mailings
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid) AND deleted_at IS NULL
GROUP BY status;

-- name: SummaryAttempts :many
-- The attempts of a period by the day they were due, status and result. Days are given by their first instants, since
-- they are not all 24 hours long.
SELECT width_bucket(due_at, sqlc.arg(days)::timestamptz[])::integer AS day, status, coalesce(result, '')::text AS result,
    count(*)::integer AS n, sum(sent)::bigint AS sent, sum(failed)::bigint AS failed, sum(deferred)::bigint AS deferred,
    sum(unknown)::bigint AS unknown, sum(skipped)::bigint AS skipped, sum(expired)::bigint AS expired
FROM attempt_reports
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid) AND status <> 'planned'
  AND due_at >= sqlc.arg(from_at)::timestamptz AND due_at < sqlc.arg(to_at)::timestamptz
GROUP BY 1, 2, 3;

-- name: SummaryReached :one
SELECT count(*)::bigint AS sent, count(DISTINCT d.client_id)::bigint AS clients
FROM deliveries d JOIN attempts a ON a.id = d.attempt_id
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR a.owner_id = sqlc.arg(owner_id)::uuid) AND a.status <> 'planned' AND d.outcome = 'sent'
  AND a.due_at >= sqlc.arg(from_at)::timestamptz AND a.due_at < sqlc.arg(to_at)::timestamptz;

-- name: SummaryProblems :many
SELECT d.outcome, d.code, d.enhanced, regexp_replace(d.response, '\S*[0-9@]\S*', '#', 'g')::text AS folded,
    count(*)::integer AS n, min(d.response)::text AS example, max(d.at)::timestamptz AS last_at,
    (sum(count(*)) OVER ())::bigint AS total
FROM deliveries d JOIN attempts a ON a.id = d.attempt_id
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR a.owner_id = sqlc.arg(owner_id)::uuid) AND a.status <> 'planned' AND d.outcome IN ('failed', 'deferred', 'unknown')
  AND a.due_at >= sqlc.arg(from_at)::timestamptz AND a.due_at < sqlc.arg(to_at)::timestamptz
GROUP BY d.outcome, d.code, d.enhanced, folded
ORDER BY n DESC, example
LIMIT sqlc.arg(most);

-- name: SummaryHeld :many
SELECT id, name, status, reason FROM mailings
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid) AND deleted_at IS NULL AND status IN ('paused', 'disabled') AND reason <> ''
ORDER BY updated_at DESC, id DESC
LIMIT sqlc.arg(most);

-- name: SummaryUnknown :many
SELECT id, mailing_id, mailing_name, unknown FROM attempt_reports
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid) AND status <> 'planned' AND unknown > 0
  AND due_at >= sqlc.arg(from_at)::timestamptz AND due_at < sqlc.arg(to_at)::timestamptz
ORDER BY unknown DESC, id DESC
LIMIT sqlc.arg(most);

-- name: SummaryClients :one
-- Of one user each client has another address.
SELECT count(*)::bigint FROM clients WHERE owner_id = $1;

-- name: SummaryClientsOfAll :one
SELECT count(*)::bigint FROM (SELECT FROM clients GROUP BY email_key) addresses;

-- name: SummaryRecorded :one
-- What the attempts of a period say of themselves: their ledgers must agree, or part of them is gone.
SELECT coalesce(sum(sent), 0)::bigint AS sent, coalesce(sum(failed), 0)::bigint AS failed, coalesce(sum(deferred), 0)::bigint AS deferred,
    coalesce(sum(unknown), 0)::bigint AS unknown, coalesce(sum(skipped), 0)::bigint AS skipped, coalesce(sum(expired), 0)::bigint AS expired
FROM attempt_reports
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid) AND status <> 'planned'
  AND (sqlc.arg(mailing_id)::uuid = '00000000-0000-0000-0000-000000000000' OR mailing_id = sqlc.arg(mailing_id)::uuid)
  AND due_at >= sqlc.arg(from_at)::timestamptz AND due_at < sqlc.arg(to_at)::timestamptz;

-- name: SummaryGroups :many
-- Recipients by domain or provider, the largest groups first; the ledger is read once. Outcomes are told apart, and letters made
-- small, when there are few rows left to do that to.
WITH counted AS (
    SELECT CASE WHEN sqlc.arg(by_provider)::boolean THEN d.provider ELSE split_part(d.email, '@', -1) END AS name, d.outcome,
        count(*) AS n
    FROM deliveries d JOIN attempts a ON a.id = d.attempt_id
    WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR a.owner_id = sqlc.arg(owner_id)::uuid) AND a.status <> 'planned'
      AND (sqlc.arg(mailing_id)::uuid = '00000000-0000-0000-0000-000000000000' OR a.mailing_id = sqlc.arg(mailing_id)::uuid)
      AND a.due_at >= sqlc.arg(from_at)::timestamptz AND a.due_at < sqlc.arg(to_at)::timestamptz
    GROUP BY 1, 2
)
SELECT (CASE WHEN sqlc.arg(by_provider)::boolean THEN name ELSE lower(name) END)::text AS name,
    coalesce(sum(n) FILTER (WHERE outcome = 'sent'), 0)::bigint AS sent,
    coalesce(sum(n) FILTER (WHERE outcome = 'failed'), 0)::bigint AS failed,
    coalesce(sum(n) FILTER (WHERE outcome = 'deferred'), 0)::bigint AS deferred,
    coalesce(sum(n) FILTER (WHERE outcome = 'unknown'), 0)::bigint AS unknown,
    coalesce(sum(n) FILTER (WHERE outcome = 'skipped'), 0)::bigint AS skipped,
    coalesce(sum(n) FILTER (WHERE outcome = 'expired'), 0)::bigint AS expired,
    (count(*) OVER ())::integer AS groups, (sum(sum(n)) OVER ())::bigint AS recorded
FROM counted
GROUP BY 1
ORDER BY sum(n) DESC, 1
LIMIT sqlc.arg(most);
