-- name: MailingInsert :exec
INSERT INTO mailings (id, owner_id, name, message_id, start_at, end_at, time_zone, periodicity, on_unknown, status,
                      provider, set_at, active_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, sqlc.arg(now), sqlc.arg(now), sqlc.arg(now), sqlc.arg(now));

-- name: MailingLock :one
-- The row of a mailing, locked until the transaction ends. Everything that changes a mailing or starts it goes
-- through here first, so these wait for each other. The owner's row is locked as well, after the mailing's: who waited
-- here while the owner was unblocked must not see him as he was before. Nothing starts for who is to be deleted, either,
-- nor for who has not confirmed his address.
SELECT m.*, (u.blocked_at IS NOT NULL OR u.delete_at IS NOT NULL)::boolean AS owner_blocked, u.blocked_reason AS owner_blocked_reason,
    (u.verified_at IS NULL)::boolean AS owner_unconfirmed
FROM mailings m JOIN users u ON u.id = m.owner_id
WHERE m.id = $1
FOR NO KEY UPDATE OF m FOR SHARE OF u;

-- name: MailingUpdate :exec
UPDATE mailings SET name = $2, message_id = $3, start_at = $4, end_at = $5, time_zone = $6, periodicity = $7,
    on_unknown = $8, status = $9, set_at = $10, active_at = $11, held_status = $12, reason = $13, provider = $14,
    needs_plan = true, revision = revision + 1, updated_at = sqlc.arg(now)
WHERE id = $1;

-- name: MailingSetStatus :exec
-- What is finished is not held any more, whatever held it.
UPDATE mailings SET status = sqlc.arg(status), updated_at = sqlc.arg(now),
    reason = CASE WHEN sqlc.arg(status) = 'finished' THEN '' ELSE reason END
WHERE id = $1;

-- name: MailingPlanned :exec
UPDATE mailings SET needs_plan = false WHERE id = $1;

-- name: MailingNeedsPlan :exec
UPDATE mailings SET needs_plan = true WHERE id = $1;

-- name: MailingDelete :exec
UPDATE mailings SET deleted_at = sqlc.arg(now)::timestamptz, updated_at = sqlc.arg(now)::timestamptz,
    needs_plan = true, revision = revision + 1
WHERE id = $1;

-- name: MailingGet :one
SELECT sqlc.embed(m), p.due_at AS next_at, coalesce((SELECT u.email FROM users u WHERE u.id = m.owner_id), '')::text AS owner_email,
    ARRAY(SELECT c.uid FROM mailing_clients mc JOIN clients c ON c.id = mc.client_id WHERE mc.mailing_id = m.id ORDER BY c.id)::uuid[] AS clients,
    ARRAY(SELECT ml.list_id FROM mailing_lists ml WHERE ml.mailing_id = m.id ORDER BY ml.list_id)::uuid[] AS lists
FROM mailings m LEFT JOIN attempts p ON p.mailing_id = m.id AND p.status = 'planned' AND p.kind = 'scheduled'
WHERE m.id = $1 AND (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR m.owner_id = sqlc.arg(owner_id)::uuid) AND m.deleted_at IS NULL;

-- name: MailingList :many
SELECT sqlc.embed(m), p.due_at AS next_at, coalesce((SELECT u.email FROM users u WHERE u.id = m.owner_id), '')::text AS owner_email,
    ARRAY(SELECT c.uid FROM mailing_clients mc JOIN clients c ON c.id = mc.client_id WHERE mc.mailing_id = m.id ORDER BY c.id)::uuid[] AS clients,
    ARRAY(SELECT ml.list_id FROM mailing_lists ml WHERE ml.mailing_id = m.id ORDER BY ml.list_id)::uuid[] AS lists
FROM mailings m LEFT JOIN attempts p ON p.mailing_id = m.id AND p.status = 'planned' AND p.kind = 'scheduled'
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR m.owner_id = sqlc.arg(owner_id)::uuid) AND m.deleted_at IS NULL
  AND (sqlc.arg(status)::text = '' OR m.status = sqlc.arg(status)::text)
  AND (sqlc.arg(after)::uuid = '00000000-0000-0000-0000-000000000000' OR m.id < sqlc.arg(after)::uuid)
ORDER BY m.id DESC
LIMIT sqlc.arg(page_size);

-- name: MailingAudience :one
SELECT
    ARRAY(SELECT c.uid FROM mailing_clients mc JOIN clients c ON c.id = mc.client_id WHERE mc.mailing_id = $1 ORDER BY c.id)::uuid[] AS clients,
    ARRAY(SELECT ml.list_id FROM mailing_lists ml WHERE ml.mailing_id = $1 ORDER BY ml.list_id)::uuid[] AS lists;

-- name: MailingClearClients :exec
DELETE FROM mailing_clients WHERE mailing_id = $1;

-- name: MailingAddClients :execrows
INSERT INTO mailing_clients (mailing_id, client_id)
SELECT sqlc.arg(mailing_id)::uuid, c.id FROM clients c
WHERE c.owner_id = sqlc.arg(owner_id) AND c.uid = ANY(sqlc.arg(uids)::uuid[]);

-- name: MailingClearLists :exec
DELETE FROM mailing_lists WHERE mailing_id = $1;

-- name: MailingAddLists :execrows
INSERT INTO mailing_lists (mailing_id, list_id)
SELECT sqlc.arg(mailing_id)::uuid, l.id FROM lists l
WHERE l.owner_id = sqlc.arg(owner_id) AND l.id = ANY(sqlc.arg(ids)::uuid[]);

-- name: MessageOwned :one
SELECT EXISTS (SELECT 1 FROM messages WHERE id = $1 AND owner_id = $2);

-- name: MailingsToPlan :many
-- Mailings that changed a while ago and that no planner has looked at: their event was lost or its handler failed.
SELECT id FROM mailings
WHERE needs_plan AND updated_at < sqlc.arg(before)
ORDER BY updated_at
LIMIT 500;

-- name: MailingsDue :many
-- Mailings with a start that is due now, or that is planned for a moment already past.
SELECT m.id FROM mailings m JOIN attempts a ON a.mailing_id = m.id AND a.status = 'planned'
WHERE m.status IN ('scheduled', 'running') AND m.deleted_at IS NULL AND a.due_at <= sqlc.arg(now)
ORDER BY a.due_at;
