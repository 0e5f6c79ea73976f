-- name: AttemptsWithoutSender :many
-- Running attempts with something to do now that no sender holds: theirs was killed, or none has come.
SELECT a.id FROM attempts a JOIN mailings m ON m.id = a.mailing_id JOIN users u ON u.id = m.owner_id
WHERE a.status = 'running' AND m.status NOT IN ('paused', 'disabled') AND m.deleted_at IS NULL AND u.blocked_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.attempt_id = a.id AND c.leased_until > now())
  AND (a.deadline <= sqlc.arg(now)::timestamptz
    OR EXISTS (SELECT 1 FROM chunks c WHERE c.attempt_id = a.id AND c.status = 'pending' AND c.due_at <= sqlc.arg(now)::timestamptz)
    OR NOT EXISTS (SELECT 1 FROM chunks c WHERE c.attempt_id = a.id AND c.status <> 'done'))
ORDER BY a.started_at;
