-- +goose Up
-- When the first of an attempt's deferred recipients are tried again: the earliest chunk of a later try that is not done.
CREATE OR REPLACE VIEW attempt_reports WITH (security_invoker = true) AS
SELECT a.id, a.mailing_id, m.name AS mailing_name, a.owner_id, a.kind, a.due_at, a.status, a.result, a.deadline,
    a.started_at, a.finished_at, a.audience, a.reason,
    coalesce(CASE WHEN a.status = 'running' THEN coalesce(t.last_at, a.last_activity_at) ELSE a.last_activity_at END,
        '0001-01-01 00:00:00+00')::timestamptz AS last_activity_at,
    CASE WHEN a.status = 'running' THEN coalesce(l.last_response, '') ELSE a.last_response END::text AS last_response,
    CASE WHEN a.status = 'running' THEN coalesce(t.sent, 0) ELSE a.sent END::integer AS sent,
    CASE WHEN a.status = 'running' THEN coalesce(t.failed, 0) ELSE a.failed END::integer AS failed,
    CASE WHEN a.status = 'running' THEN coalesce(t.deferred, 0) ELSE 0 END::integer AS deferred,
    CASE WHEN a.status = 'running' THEN coalesce(t.unknown, 0) ELSE a.unknown END::integer AS unknown,
    CASE WHEN a.status = 'running' THEN coalesce(t.skipped, 0) ELSE a.skipped END::integer AS skipped,
    CASE WHEN a.status = 'running' THEN coalesce(t.expired, 0) ELSE a.expired END::integer AS expired,
    coalesce(u.email, '')::text AS owner_email, coalesce(t.next_try_at, '0001-01-01 00:00:00+00')::timestamptz AS next_try_at
FROM attempts a
JOIN mailings m ON m.id = a.mailing_id
LEFT JOIN users u ON u.id = a.owner_id
LEFT JOIN LATERAL (
    SELECT sum(c.sent) AS sent, sum(c.failed) AS failed, sum(c.unknown) AS unknown, sum(c.skipped) AS skipped,
        sum(c.expired) AS expired, max(c.last_at) AS last_at,
        sum(c.deferred) - coalesce(sum(c.window_from) FILTER (WHERE c.try > 1), 0) AS deferred,
        min(c.due_at) FILTER (WHERE c.try > 1 AND c.status <> 'done') AS next_try_at
    FROM chunks c WHERE c.attempt_id = a.id AND a.status = 'running'
) t ON true
LEFT JOIN LATERAL (
    SELECT c.last_response FROM chunks c
    WHERE c.attempt_id = a.id AND a.status = 'running' AND c.last_response <> ''
    ORDER BY c.last_at DESC LIMIT 1
) l ON true;

-- +goose Down
-- +goose StatementBegin
DO $$
DECLARE
    app text := (SELECT left(r.rolname, 59) || '_app' FROM pg_class t JOIN pg_roles r ON r.oid = t.relowner WHERE t.oid = 'users'::regclass);
BEGIN
    DROP VIEW attempt_reports;
    CREATE VIEW attempt_reports WITH (security_invoker = true) AS
    SELECT a.id, a.mailing_id, m.name AS mailing_name, a.owner_id, a.kind, a.due_at, a.status, a.result, a.deadline,
        a.started_at, a.finished_at, a.audience, a.reason,
        coalesce(CASE WHEN a.status = 'running' THEN coalesce(t.last_at, a.last_activity_at) ELSE a.last_activity_at END,
            '0001-01-01 00:00:00+00')::timestamptz AS last_activity_at,
        CASE WHEN a.status = 'running' THEN coalesce(l.last_response, '') ELSE a.last_response END::text AS last_response,
        CASE WHEN a.status = 'running' THEN coalesce(t.sent, 0) ELSE a.sent END::integer AS sent,
        CASE WHEN a.status = 'running' THEN coalesce(t.failed, 0) ELSE a.failed END::integer AS failed,
        CASE WHEN a.status = 'running' THEN coalesce(t.deferred, 0) ELSE 0 END::integer AS deferred,
        CASE WHEN a.status = 'running' THEN coalesce(t.unknown, 0) ELSE a.unknown END::integer AS unknown,
        CASE WHEN a.status = 'running' THEN coalesce(t.skipped, 0) ELSE a.skipped END::integer AS skipped,
        CASE WHEN a.status = 'running' THEN coalesce(t.expired, 0) ELSE a.expired END::integer AS expired,
        coalesce(u.email, '')::text AS owner_email
    FROM attempts a
    JOIN mailings m ON m.id = a.mailing_id
    LEFT JOIN users u ON u.id = a.owner_id
    LEFT JOIN LATERAL (
        SELECT sum(c.sent) AS sent, sum(c.failed) AS failed, sum(c.unknown) AS unknown, sum(c.skipped) AS skipped,
            sum(c.expired) AS expired, max(c.last_at) AS last_at,
            sum(c.deferred) - coalesce(sum(c.window_from) FILTER (WHERE c.try > 1), 0) AS deferred
        FROM chunks c WHERE c.attempt_id = a.id AND a.status = 'running'
    ) t ON true
    LEFT JOIN LATERAL (
        SELECT c.last_response FROM chunks c
        WHERE c.attempt_id = a.id AND a.status = 'running' AND c.last_response <> ''
        ORDER BY c.last_at DESC LIMIT 1
    ) l ON true;
    EXECUTE format('GRANT SELECT ON attempt_reports TO %I', app);
END $$;
-- +goose StatementEnd
