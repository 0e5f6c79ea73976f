-- name: LastOccurrence :one
SELECT coalesce(max(occurrence_at), '0001-01-01 00:00:00+00')::timestamptz AS at
FROM attempts WHERE mailing_id = $1 AND kind = 'scheduled' AND status <> 'planned';

-- name: PlannedOccurrence :one
SELECT id, occurrence_at, due_at FROM attempts
WHERE mailing_id = $1 AND kind = 'scheduled' AND status = 'planned';

-- name: PlannedDelete :exec
DELETE FROM attempts WHERE mailing_id = $1 AND kind = 'scheduled' AND status = 'planned';

-- name: PlannedInsert :exec
INSERT INTO attempts (id, mailing_id, owner_id, kind, occurrence_at, due_at, status, hinted_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, 'planned', sqlc.arg(now)::timestamptz, sqlc.arg(now)::timestamptz);

-- name: PlannedMove :exec
UPDATE attempts SET occurrence_at = $2, due_at = $3, hinted_at = sqlc.arg(now)::timestamptz WHERE id = $1;

-- name: MissedInsert :exec
INSERT INTO attempts (id, mailing_id, owner_id, kind, occurrence_at, due_at, status, finished_at, reason, created_at)
VALUES ($1, $2, $3, 'scheduled', sqlc.arg(occurrence_at)::timestamptz, sqlc.arg(occurrence_at)::timestamptz,
        'missed', sqlc.arg(now)::timestamptz, sqlc.arg(reason), sqlc.arg(now)::timestamptz)
ON CONFLICT DO NOTHING;

-- name: RunningOf :one
SELECT * FROM attempts WHERE mailing_id = $1 AND status = 'running';

-- name: ManualPlannedOf :many
SELECT id FROM attempts WHERE mailing_id = $1 AND kind = 'manual' AND status = 'planned';

-- name: AttemptSetDeadline :exec
UPDATE attempts SET deadline = $2 WHERE id = $1;

-- name: OverdueAttempts :many
-- Planned attempts that NATS should have woken by now; marked, so that two planners do not both ask again.
WITH late AS (
    SELECT a.id FROM attempts a JOIN mailings m ON m.id = a.mailing_id JOIN users u ON u.id = m.owner_id
    WHERE a.status = 'planned' AND a.due_at <= sqlc.arg(due_before)::timestamptz
      AND a.hinted_at < sqlc.arg(hinted_before)::timestamptz
      AND m.status NOT IN ('paused', 'disabled', 'draft') AND m.deleted_at IS NULL AND u.blocked_at IS NULL AND u.verified_at IS NOT NULL
    ORDER BY a.due_at
    LIMIT 500
    FOR UPDATE OF a SKIP LOCKED
)
UPDATE attempts a SET hinted_at = sqlc.arg(now)::timestamptz
FROM late WHERE a.id = late.id
RETURNING a.id, a.mailing_id, a.kind, a.due_at;

-- name: OrphanChunks :many
-- Chunks that wait for a sender although their event was put out a while ago, and chunks whose sender died.
WITH orphans AS (
    SELECT c.id FROM chunks c
        JOIN attempts a ON a.id = c.attempt_id JOIN mailings m ON m.id = a.mailing_id JOIN users u ON u.id = m.owner_id
    WHERE c.status = 'pending' AND c.due_at <= sqlc.arg(now)::timestamptz AND a.status = 'running'
      AND ((c.leased_until IS NULL AND coalesce(c.hinted_at, '-infinity'::timestamptz) < now() - sqlc.arg(patience)::interval)
        OR (c.leased_until < now()
            AND (coalesce(c.hinted_at, '-infinity'::timestamptz) < c.leased_until
                OR c.hinted_at < now() - sqlc.arg(patience)::interval)))
      AND m.status NOT IN ('paused', 'disabled') AND m.deleted_at IS NULL AND u.blocked_at IS NULL
      -- A service that no sender has is asked for when one has it; sqlc.arg(alive) ago is still "has".
      AND (a.provider = '' OR EXISTS (SELECT 1 FROM provider_states p
            WHERE p.provider = a.provider AND p.reported_at > now() - sqlc.arg(alive)::interval))
    ORDER BY c.hinted_at NULLS FIRST
    LIMIT 1000
    FOR UPDATE OF c SKIP LOCKED
)
UPDATE chunks c SET hinted_at = now()
FROM orphans o, attempts a WHERE c.id = o.id AND a.id = c.attempt_id
RETURNING c.id, c.attempt_id, a.provider;

-- name: ChunksToHint :many
-- The chunks of a mailing that was held and goes on now.
UPDATE chunks c SET hinted_at = now()
FROM attempts a
WHERE a.mailing_id = $1 AND a.status = 'running' AND c.attempt_id = a.id AND c.status = 'pending'
  AND c.due_at <= sqlc.arg(now)::timestamptz AND (c.leased_until IS NULL OR c.leased_until < now())
RETURNING c.id, c.attempt_id, a.provider;

-- name: AttemptsToClose :many
-- Running attempts whose end has come, whose mailing is gone, or whose chunks are all done.
SELECT a.id FROM attempts a JOIN mailings m ON m.id = a.mailing_id
WHERE a.status = 'running'
  AND (a.deadline <= sqlc.arg(now)::timestamptz
    OR m.deleted_at IS NOT NULL
    OR NOT EXISTS (SELECT 1 FROM chunks c WHERE c.attempt_id = a.id AND c.status <> 'done'))
LIMIT 500;

-- name: AttemptInsertManual :exec
INSERT INTO attempts (id, mailing_id, owner_id, kind, due_at, status, hinted_at, created_at)
VALUES ($1, $2, $3, 'manual', sqlc.arg(now)::timestamptz, 'planned', sqlc.arg(now)::timestamptz, sqlc.arg(now)::timestamptz);

-- name: PlannedDeleteAll :exec
DELETE FROM attempts WHERE mailing_id = $1 AND status = 'planned';

-- name: AttemptsToRelease :many
-- Running attempts with chunks that wait their turn and none outstanding: whoever should have put the next one out could not.
SELECT a.id FROM attempts a JOIN mailings m ON m.id = a.mailing_id JOIN users u ON u.id = a.owner_id
WHERE a.status = 'running' AND m.status NOT IN ('paused', 'disabled') AND m.deleted_at IS NULL AND u.blocked_at IS NULL
  AND EXISTS (SELECT 1 FROM chunks c WHERE c.attempt_id = a.id AND c.status = 'waiting')
  AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.attempt_id = a.id AND c.status = 'pending' AND c.due_at <= sqlc.arg(now)::timestamptz)
LIMIT 500;
