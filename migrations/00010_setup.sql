-- +goose Up
-- The first administrator is made over the network, by whoever has a link that Vestnik says when it starts. Each gateway says
-- one of its own, and any gateway takes any of them; all go with their use.
CREATE TABLE setup_tokens (
    hash       bytea PRIMARY KEY,
    created_at timestamptz NOT NULL
);
ALTER TABLE setup_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY auth ON setup_tokens USING ((SELECT vestnik_is('auth')));

-- Whether nobody has an account. Those who ask at the same time ask one after the other: the lock is held until the
-- transaction of the one before has ended, and being VOLATILE this sees what that one did.
-- +goose StatementBegin
CREATE FUNCTION vestnik_unused() RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7620116);
    RETURN NOT EXISTS (SELECT FROM users);
END
$$;
-- +goose StatementEnd

ALTER POLICY registered ON users WITH CHECK ((SELECT vestnik_is('auth')) AND blocked_at IS NULL
    AND CASE role WHEN 'user' THEN true WHEN 'admin' THEN vestnik_unused() ELSE false END);

-- Whoever asks for a message to himself is told what became of it. What it says is for senders only: see the grant.
CREATE POLICY own_tests ON notices FOR SELECT
    USING (user_id = (SELECT vestnik_user()) AND kind IN ('test_mail', 'test_message'));

-- +goose StatementBegin
DO $$
DECLARE
    app text := left((SELECT r.rolname FROM pg_class t JOIN pg_roles r ON r.oid = t.relowner WHERE t.oid = 'users'::regclass), 59) || '_app';
BEGIN
    -- Temporary tables last: without a word of them PostgreSQL looks there first, and the gateway's role may make some.
    EXECUTE format('ALTER FUNCTION vestnik_unused() SET search_path TO %I, pg_temp', current_schema());
    EXECUTE format('GRANT SELECT, INSERT, DELETE ON setup_tokens TO %I', app);
    EXECUTE format('GRANT SELECT (id, user_id, kind, status, last_response, ended_at) ON notices TO %I', app);
END
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DO $$
DECLARE
    app text := left((SELECT r.rolname FROM pg_class t JOIN pg_roles r ON r.oid = t.relowner WHERE t.oid = 'users'::regclass), 59) || '_app';
BEGIN
    EXECUTE format('REVOKE SELECT (id, user_id, kind, status, last_response, ended_at) ON notices FROM %I', app);
END
$$;
-- +goose StatementEnd
DROP POLICY own_tests ON notices;
ALTER POLICY registered ON users WITH CHECK ((SELECT vestnik_is('auth')) AND role = 'user' AND blocked_at IS NULL);
DROP FUNCTION vestnik_unused;
DROP TABLE setup_tokens;
