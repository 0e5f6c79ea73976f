-- +goose Up

-- The gateway works as a role that owns nothing, and PostgreSQL shows it the rows of the user it answers: a query that
-- forgot its filter finds nothing of others. The owner of the tables, which planner, sender and the operator's program
-- work as, is not held to this. Who asks is said in each transaction: vestnik.user_id and vestnik.role, which is one of
--
--   user, manager, admin   somebody who is signed in
--   auth                   Vestnik, finding out who somebody is: it may read and write accounts, and nothing else more
--                          than the user may
--   relay                  Vestnik, publishing the outbox
--   nobody, or nothing     sees nothing
--
-- In PL/pgSQL, because the planner would take functions in SQL apart anew in each of the many places they stand in.
-- +goose StatementBegin
CREATE FUNCTION vestnik_user() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN nullif(current_setting('vestnik.user_id', true), '')::uuid;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION vestnik_is(VARIADIC roles text[]) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN coalesce(current_setting('vestnik.role', true) = ANY (roles), false);
END
$$;
-- +goose StatementEnd

-- The attempt that a transaction says it is about, in vestnik.attempt_id, if whoever asks may see it: comparing each of
-- many rows of the ledger with one id takes a tenth of looking into a set.
-- +goose StatementBegin
CREATE FUNCTION vestnik_attempt() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN (SELECT a.id FROM attempts a WHERE a.id = nullif(current_setting('vestnik.attempt_id', true), '')::uuid
        AND a.owner_id = vestnik_user());
END
$$;
-- +goose StatementEnd

-- These stand in for foreign keys, and like those they work with the rights of the tables' owner: a list's rows are to go
-- with it although nobody can see any more whose they were.
ALTER FUNCTION clients_have_owners() SECURITY DEFINER;
ALTER FUNCTION list_clients_have_lists() SECURITY DEFINER;
ALTER FUNCTION clients_go_with_owners() SECURITY DEFINER;
ALTER FUNCTION list_clients_go_with_lists() SECURITY DEFINER;

-- Every (SELECT …) below that does not name the row is worked out once for a statement, not once for each row.

-- Accounts.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON users FOR SELECT USING (id = (SELECT vestnik_user()) OR (SELECT vestnik_is('manager', 'admin', 'auth')));
CREATE POLICY changed ON users FOR UPDATE USING (id = (SELECT vestnik_user()) OR (SELECT vestnik_is('manager', 'admin', 'auth')));
CREATE POLICY registered ON users FOR INSERT WITH CHECK ((SELECT vestnik_is('auth')) AND role = 'user' AND blocked_at IS NULL);

-- A policy cannot tell columns apart. Of others' accounts a manager may change whether they are blocked, an
-- administrator the role as well, and nobody either of their own.
-- +goose StatementBegin
CREATE FUNCTION users_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    managed text[] := '{role,blocked_at,blocked_reason}';
    others  boolean := NEW.id IS DISTINCT FROM vestnik_user();
BEGIN
    IF NOT row_security_active(TG_RELID) THEN
        RETURN NEW;
    END IF;
    IF NEW.role <> OLD.role AND NOT (others AND vestnik_is('admin'))
        OR (NEW.blocked_at, NEW.blocked_reason) IS DISTINCT FROM (OLD.blocked_at, OLD.blocked_reason)
            AND NOT (others AND (vestnik_is('admin') OR vestnik_is('manager') AND OLD.role <> 'admin'))
        OR to_jsonb(NEW) - managed <> to_jsonb(OLD) - managed AND others AND NOT vestnik_is('auth')
        OR (NEW.id, NEW.created_at) <> (OLD.id, OLD.created_at) THEN
        RAISE insufficient_privilege USING MESSAGE = 'this account is not to be changed so by who asks';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER users_guard BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION users_guard();

ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON api_keys USING (user_id = (SELECT vestnik_user()));
CREATE POLICY auth_read ON api_keys FOR SELECT USING ((SELECT vestnik_is('auth')));
CREATE POLICY auth_update ON api_keys FOR UPDATE USING ((SELECT vestnik_is('auth')));
-- Keys were made for what the role was, and may lie about where nobody would put those of an administrator.
-- +goose StatementBegin
CREATE FUNCTION api_keys_end_with_the_role() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE api_keys SET revoked_at = now() WHERE user_id = NEW.id AND revoked_at IS NULL;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER api_keys_end_with_the_role AFTER UPDATE OF role ON users
    FOR EACH ROW WHEN (OLD.role <> NEW.role) EXECUTE FUNCTION api_keys_end_with_the_role();

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON sessions USING (user_id = (SELECT vestnik_user()));
CREATE POLICY auth ON sessions USING ((SELECT vestnik_is('auth')));
CREATE POLICY seen ON sessions FOR SELECT USING ((SELECT vestnik_is('manager', 'admin'))); -- blocking ends them
CREATE POLICY ended ON sessions FOR DELETE USING ((SELECT vestnik_is('manager', 'admin')));

ALTER TABLE tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tokens USING (user_id = (SELECT vestnik_user()));
CREATE POLICY auth ON tokens USING ((SELECT vestnik_is('auth')));

ALTER TABLE recovery_codes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON recovery_codes USING (user_id = (SELECT vestnik_user()));
CREATE POLICY auth ON recovery_codes USING ((SELECT vestnik_is('auth')));

ALTER TABLE factor_tries ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON factor_tries USING (user_id = (SELECT vestnik_user()));
CREATE POLICY auth ON factor_tries USING ((SELECT vestnik_is('auth')));

ALTER TABLE identities ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON identities USING (user_id = (SELECT vestnik_user()));
CREATE POLICY auth ON identities USING ((SELECT vestnik_is('auth')));

ALTER TABLE oidc_logins ENABLE ROW LEVEL SECURITY;
CREATE POLICY auth ON oidc_logins USING ((SELECT vestnik_is('auth')));

-- Whoever does something may have others told of it; nobody may read what others are told.
ALTER TABLE notices ENABLE ROW LEVEL SECURITY;
CREATE POLICY told ON notices FOR INSERT WITH CHECK ((SELECT vestnik_is('user', 'manager', 'admin', 'auth')));

-- Nobody may write in another's name.
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_insert ON audit_log FOR INSERT WITH CHECK (actor_id = (SELECT vestnik_user()));
CREATE POLICY auth_insert ON audit_log FOR INSERT WITH CHECK ((SELECT vestnik_is('auth')));
CREATE POLICY own_read ON audit_log FOR SELECT
    USING (owner_id = (SELECT vestnik_user()) OR actor_id = (SELECT vestnik_user()));
CREATE POLICY seen ON audit_log FOR SELECT USING ((SELECT vestnik_is('admin')));

-- What has an owner of its own.
ALTER TABLE clients ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON clients USING (owner_id = (SELECT vestnik_user()));
CREATE POLICY seen ON clients FOR SELECT USING ((SELECT vestnik_is('manager', 'admin')));

ALTER TABLE suppressions ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON suppressions USING (owner_id = (SELECT vestnik_user()));
CREATE POLICY seen ON suppressions FOR SELECT USING ((SELECT vestnik_is('manager', 'admin')));

ALTER TABLE lists ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON lists USING (owner_id = (SELECT vestnik_user()));
CREATE POLICY seen ON lists FOR SELECT USING ((SELECT vestnik_is('manager', 'admin')));

ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON messages USING (owner_id = (SELECT vestnik_user()));
CREATE POLICY seen ON messages FOR SELECT USING ((SELECT vestnik_is('manager', 'admin')));

ALTER TABLE mailings ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON mailings USING (owner_id = (SELECT vestnik_user()))
    WITH CHECK (owner_id = (SELECT vestnik_user()) AND (message_id IS NULL OR EXISTS (
        SELECT FROM messages m WHERE m.id = message_id AND m.owner_id = (SELECT vestnik_user()))));
CREATE POLICY seen ON mailings FOR SELECT USING ((SELECT vestnik_is('manager', 'admin')));
CREATE POLICY stopped ON mailings FOR UPDATE USING ((SELECT vestnik_is('manager', 'admin')));

-- Of others' mailings managers and administrators may change whether they go on, and nothing else.
-- +goose StatementBegin
CREATE FUNCTION mailings_guard() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    state text[] := '{status,held_status,reason,needs_plan,active_at,revision,updated_at}';
BEGIN
    IF row_security_active(TG_RELID) AND OLD.owner_id IS DISTINCT FROM vestnik_user()
        AND to_jsonb(NEW) - state <> to_jsonb(OLD) - state THEN
        RAISE insufficient_privilege USING MESSAGE = 'a mailing is changed by its owner only';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER mailings_guard BEFORE UPDATE ON mailings FOR EACH ROW EXECUTE FUNCTION mailings_guard();

ALTER TABLE attempts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON attempts USING (owner_id = (SELECT vestnik_user()))
    WITH CHECK (owner_id = (SELECT vestnik_user()) AND EXISTS (
        SELECT FROM mailings m WHERE m.id = mailing_id AND m.owner_id = (SELECT vestnik_user())));
CREATE POLICY seen ON attempts FOR SELECT USING ((SELECT vestnik_is('manager', 'admin')));
CREATE POLICY started ON attempts FOR INSERT WITH CHECK ((SELECT vestnik_is('admin'))
    AND EXISTS (SELECT FROM mailings m WHERE m.id = mailing_id AND m.owner_id = attempts.owner_id));

ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON imports USING (owner_id = (SELECT vestnik_user()))
    WITH CHECK (owner_id = (SELECT vestnik_user()) AND (list_id IS NULL OR EXISTS (
        SELECT FROM lists l WHERE l.id = list_id AND l.owner_id = (SELECT vestnik_user()))));

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON idempotency_keys USING (user_id = (SELECT vestnik_user()));

-- What belongs to something that has an owner. A set of the owner's things is made once for a statement and looked into
-- for each row; the rows that say who is in what must join two things of one owner.
ALTER TABLE list_clients ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_read ON list_clients FOR SELECT
    USING (list_id IN (SELECT l.id FROM lists l WHERE l.owner_id = (SELECT vestnik_user())));
CREATE POLICY seen ON list_clients FOR SELECT USING ((SELECT vestnik_is('manager', 'admin')));
CREATE POLICY own_insert ON list_clients FOR INSERT
    WITH CHECK (list_id IN (SELECT l.id FROM lists l WHERE l.owner_id = (SELECT vestnik_user()))
        AND EXISTS (SELECT FROM clients c WHERE c.id = client_id AND c.owner_id = (SELECT vestnik_user())));
CREATE POLICY own_delete ON list_clients FOR DELETE
    USING (list_id IN (SELECT l.id FROM lists l WHERE l.owner_id = (SELECT vestnik_user())));

ALTER TABLE mailing_clients ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_read ON mailing_clients FOR SELECT
    USING (mailing_id IN (SELECT m.id FROM mailings m WHERE m.owner_id = (SELECT vestnik_user())));
CREATE POLICY seen ON mailing_clients FOR SELECT USING ((SELECT vestnik_is('manager', 'admin')));
CREATE POLICY own_insert ON mailing_clients FOR INSERT WITH CHECK (
    EXISTS (SELECT FROM mailings m WHERE m.id = mailing_id AND m.owner_id = (SELECT vestnik_user()))
    AND EXISTS (SELECT FROM clients c WHERE c.id = client_id AND c.owner_id = (SELECT vestnik_user())));
CREATE POLICY own_delete ON mailing_clients FOR DELETE USING (EXISTS (
    SELECT FROM mailings m WHERE m.id = mailing_id AND m.owner_id = (SELECT vestnik_user())));

ALTER TABLE mailing_lists ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_read ON mailing_lists FOR SELECT
    USING (mailing_id IN (SELECT m.id FROM mailings m WHERE m.owner_id = (SELECT vestnik_user())));
CREATE POLICY seen ON mailing_lists FOR SELECT USING ((SELECT vestnik_is('manager', 'admin')));
CREATE POLICY own_insert ON mailing_lists FOR INSERT WITH CHECK (
    EXISTS (SELECT FROM mailings m WHERE m.id = mailing_id AND m.owner_id = (SELECT vestnik_user()))
    AND EXISTS (SELECT FROM lists l WHERE l.id = list_id AND l.owner_id = (SELECT vestnik_user())));
CREATE POLICY own_delete ON mailing_lists FOR DELETE USING (EXISTS (
    SELECT FROM mailings m WHERE m.id = mailing_id AND m.owner_id = (SELECT vestnik_user())));

ALTER TABLE import_rejects ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON import_rejects
    USING (import_id IN (SELECT i.id FROM imports i WHERE i.owner_id = (SELECT vestnik_user())));

ALTER TABLE chunks ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON chunks USING (attempt_id IN (SELECT a.id FROM attempts a WHERE a.owner_id = (SELECT vestnik_user())));
CREATE POLICY seen ON chunks FOR SELECT USING ((SELECT vestnik_is('manager', 'admin')));

-- Partitions are reached through these two only: the gateway's role has no right to any of them.
ALTER TABLE deliveries ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON deliveries FOR SELECT
    USING ((SELECT vestnik_is('manager', 'admin')) OR attempt_id = (SELECT vestnik_attempt())
        OR attempt_id IN (SELECT a.id FROM attempts a WHERE a.owner_id = (SELECT vestnik_user())));
CREATE POLICY own ON deliveries FOR UPDATE
    USING (attempt_id IN (SELECT a.id FROM attempts a WHERE a.owner_id = (SELECT vestnik_user())));

ALTER TABLE delivery_tries ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON delivery_tries
    USING (attempt_id IN (SELECT a.id FROM attempts a WHERE a.owner_id = (SELECT vestnik_user())));
CREATE POLICY seen ON delivery_tries FOR SELECT USING ((SELECT vestnik_is('manager', 'admin')));

ALTER TABLE attempt_contents ENABLE ROW LEVEL SECURITY; -- for senders only: no policy, no right

-- Events name addresses. Everybody puts them in, and only the relay takes them out.
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY put ON outbox FOR INSERT WITH CHECK ((SELECT vestnik_is('user', 'manager', 'admin', 'auth')));
CREATE POLICY relay ON outbox USING ((SELECT vestnik_is('relay'))) WITH CHECK ((SELECT vestnik_is('relay')));

-- Managers page through everybody's.
CREATE UNIQUE INDEX suppressions_all ON suppressions (id);
CREATE INDEX attempts_all ON attempts (due_at, id);

-- With the rights of who asks, not of the view's owner, and whose an attempt is.
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

-- The gateway's role. Roles belong to all databases of a server, so it is named for the owner of the tables: two Vestniks
-- with owners of their own have roles of their own. Databases that are migrated at the same time meet here.
-- +goose StatementBegin
DO $$
DECLARE
    owner text := (SELECT r.rolname FROM pg_class t JOIN pg_roles r ON r.oid = t.relowner WHERE t.oid = 'users'::regclass);
    app   text := left(owner, 59) || '_app';
    help  text := format('as an administrator of PostgreSQL run: CREATE ROLE %I NOLOGIN NOINHERIT; GRANT %I TO %I; and migrate again', app, app, owner);
    grants text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', app);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL; -- just made by another migration
            WHEN insufficient_privilege THEN
                RAISE insufficient_privilege USING MESSAGE =
                    format('%I may not create the role %I that the gateway works as: %s', current_user, app, help);
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = app AND (rolsuper OR rolbypassrls)) THEN
        RAISE insufficient_privilege USING MESSAGE =
            format('the role %I that the gateway works as must be neither SUPERUSER nor BYPASSRLS', app);
    END IF;
    -- The owner works as it in the gateway. A superuser may do so anyway.
    FOR try IN 1..40 LOOP
        EXIT WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = owner);
        BEGIN
            EXECUTE format('GRANT %I TO %I', app, owner);
            EXIT;
        EXCEPTION
            WHEN internal_error OR unique_violation THEN -- "tuple concurrently updated"
                IF try = 40 THEN RAISE; END IF;
                PERFORM pg_sleep(0.05);
            WHEN insufficient_privilege THEN
                IF NOT pg_has_role(owner, app, 'MEMBER') THEN
                    RAISE insufficient_privilege USING MESSAGE = format('%I may not grant the role %I: %s', current_user, app, help);
                END IF;
                EXIT;
        END;
    END LOOP;
    IF NOT has_schema_privilege(app, current_schema(), 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), app);
    END IF;
    IF NOT has_database_privilege(app, current_database(), 'TEMPORARY') THEN -- imports stage their rows
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), app);
    END IF;
    FOREACH grants IN ARRAY ARRAY[
        'SELECT ON goose_db_version, provider_states, attempt_reports',
        'SELECT, INSERT ON audit_log',
        'INSERT ON notices',
        'SELECT, INSERT, UPDATE ON users, api_keys, chunks, imports, delivery_tries',
        'SELECT, UPDATE ON deliveries',
        'SELECT, INSERT, DELETE ON list_clients, mailing_clients, mailing_lists',
        'SELECT, INSERT ON import_rejects',
        'SELECT, INSERT, UPDATE ON mailings',
        'SELECT, INSERT, UPDATE, DELETE ON sessions, tokens, recovery_codes, factor_tries, identities, oidc_logins, clients, suppressions,
            lists, messages, attempts, idempotency_keys, outbox'
    ] LOOP
        EXECUTE format('GRANT %s TO %I', grants, app);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DO $$
DECLARE
    app text := left((SELECT r.rolname FROM pg_class t JOIN pg_roles r ON r.oid = t.relowner WHERE t.oid = 'users'::regclass), 59) || '_app';
    t   record;
BEGIN
    FOR t IN SELECT p.polname, p.polrelid::regclass AS tab FROM pg_policy p
        JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = current_schema()::regnamespace LOOP
        EXECUTE format('DROP POLICY %I ON %s', t.polname, t.tab);
    END LOOP;
    FOR t IN SELECT c.oid::regclass AS tab FROM pg_class c WHERE c.relrowsecurity AND c.relnamespace = current_schema()::regnamespace LOOP
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', t.tab);
    END LOOP;
    -- Not DROP OWNED BY: that would take the rights to what another Vestnik has in another schema of this database as well.
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM %I', current_schema(), app);
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM %I', current_schema(), app);
    IF NOT EXISTS (SELECT FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid WHERE r.rolname = app
        AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())) THEN
        EXECUTE format('REVOKE ALL ON DATABASE %I FROM %I', current_database(), app);
    END IF;
    BEGIN
        EXECUTE format('DROP ROLE %I', app);
    EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN NULL; -- other databases have it, too
    END;
END
$$;
-- +goose StatementEnd
DROP INDEX attempts_all, suppressions_all;
DROP TRIGGER mailings_guard ON mailings;
DROP TRIGGER users_guard ON users;
DROP TRIGGER api_keys_end_with_the_role ON users;
DROP FUNCTION api_keys_end_with_the_role, mailings_guard, users_guard, vestnik_attempt, vestnik_is, vestnik_user;
ALTER FUNCTION clients_have_owners() SECURITY INVOKER;
ALTER FUNCTION list_clients_have_lists() SECURITY INVOKER;
ALTER FUNCTION clients_go_with_owners() SECURITY INVOKER;
ALTER FUNCTION list_clients_go_with_lists() SECURITY INVOKER;
DROP VIEW attempt_reports;
CREATE VIEW attempt_reports AS
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
    CASE WHEN a.status = 'running' THEN coalesce(t.expired, 0) ELSE a.expired END::integer AS expired
FROM attempts a
JOIN mailings m ON m.id = a.mailing_id
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
