-- What will go out without anybody's further word: of mailings that are scheduled or running the first, by its name.

-- name: OutgoingMessage :many
SELECT m.id, m.name FROM mailings m
WHERE m.message_id = $1 AND m.deleted_at IS NULL AND m.status IN ('scheduled', 'running')
ORDER BY m.id LIMIT 1;

-- name: OutgoingList :many
SELECT m.id, m.name FROM mailing_lists ml JOIN mailings m ON m.id = ml.mailing_id
WHERE ml.list_id = $1 AND m.deleted_at IS NULL AND m.status IN ('scheduled', 'running')
ORDER BY m.id LIMIT 1;

-- name: OutgoingOf :many
-- With those that a manager holds and that go on when they are enabled again.
SELECT m.id, m.name FROM mailings m
WHERE m.owner_id = $1 AND m.deleted_at IS NULL
  AND (m.status IN ('scheduled', 'running') OR m.status = 'disabled' AND m.held_status IN ('scheduled', 'running'))
ORDER BY m.id;

-- name: OutgoingPause :many
-- All at once and before their owner is changed, as in blocking.
UPDATE mailings SET status = 'paused', reason = sqlc.arg(reason), needs_plan = true, revision = revision + 1, updated_at = sqlc.arg(now)::timestamptz
WHERE owner_id = $1 AND deleted_at IS NULL AND status IN ('scheduled', 'running')
RETURNING id, revision;

-- name: OutgoingClient :many
-- Of what is being sent those count who were taken into its audience, whatever lists they have left since: their address is read
-- when their turn comes.
SELECT m.id, m.name FROM mailings m
WHERE m.deleted_at IS NULL AND m.status IN ('scheduled', 'running') AND m.id IN (
    SELECT mc.mailing_id FROM mailing_clients mc WHERE mc.client_id = sqlc.arg(client_id)::bigint
    UNION ALL
    SELECT ml.mailing_id FROM list_clients lc JOIN mailing_lists ml ON ml.list_id = lc.list_id WHERE lc.client_id = sqlc.arg(client_id)::bigint
    UNION ALL
    SELECT a.mailing_id FROM attempts a JOIN chunks c ON c.attempt_id = a.id
    WHERE a.owner_id = (SELECT owner_id FROM clients WHERE id = sqlc.arg(client_id)::bigint) AND a.status = 'running'
      AND c.status <> 'done' AND sqlc.arg(client_id)::bigint = ANY(c.client_ids))
ORDER BY m.id LIMIT 1;
