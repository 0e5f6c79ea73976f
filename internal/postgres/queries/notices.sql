-- name: NoticeInsert :exec
INSERT INTO notices (id, user_id, email, kind, language, data, due_at, hinted_at, created_at)
VALUES ($1, nullif(sqlc.arg(user_id)::uuid, '00000000-0000-0000-0000-000000000000'), $2, $3, $4, $5, sqlc.arg(now), now(), sqlc.arg(now));

-- name: NoticeLock :one
SELECT sqlc.embed(n), now()::timestamptz AS db_now FROM notices n WHERE n.id = $1 FOR UPDATE;

-- name: NoticeLease :exec
UPDATE notices SET lease_token = sqlc.arg(token)::uuid, leased_until = now() + sqlc.arg(lease)::interval WHERE id = $1;

-- name: NoticeRenew :execrows
UPDATE notices SET leased_until = now() + sqlc.arg(lease)::interval
WHERE id = $1 AND status = 'waiting' AND lease_token = sqlc.arg(token)::uuid;

-- name: NoticeEnd :exec
-- What was sent is sent, whoever has the lease by now. Secrets go with the end.
UPDATE notices SET status = sqlc.arg(status), data = '{}', tries = tries + sqlc.arg(tried)::integer, last_response = sqlc.arg(response),
    ended_at = sqlc.arg(now)::timestamptz, lease_token = NULL, leased_until = NULL
WHERE id = $1 AND status = 'waiting' AND (lease_token = sqlc.arg(token)::uuid OR sqlc.arg(status) = 'sent');

-- name: NoticeAgain :execrows
UPDATE notices SET tries = tries + sqlc.arg(tried)::integer, due_at = sqlc.arg(due_at), last_response = sqlc.arg(response),
    hinted_at = now(), lease_token = NULL, leased_until = NULL
WHERE id = $1 AND status = 'waiting' AND lease_token = sqlc.arg(token)::uuid;

-- name: NoticesOverdue :many
-- Messages that are due and that no sender has, although it was told a while ago.
WITH overdue AS (
    SELECT n.id FROM notices n
    WHERE n.status = 'waiting' AND n.due_at <= sqlc.arg(now)::timestamptz - sqlc.arg(patience)::interval
      AND (n.leased_until IS NULL OR n.leased_until < now())
      AND coalesce(n.hinted_at, '-infinity'::timestamptz) < now() - sqlc.arg(patience)::interval
    ORDER BY n.due_at
    LIMIT 1000
    FOR UPDATE SKIP LOCKED
)
UPDATE notices n SET hinted_at = now() FROM overdue o WHERE n.id = o.id
RETURNING n.id;

-- name: NoticesPurge :exec
DELETE FROM notices WHERE created_at < sqlc.arg(before)::timestamptz;

-- name: NoticeTest :one
-- What became of a message that somebody sent to himself.
SELECT status, last_response, ended_at FROM notices
WHERE id = $1 AND user_id = sqlc.arg(user_id)::uuid AND kind IN ('test_mail', 'test_message');
