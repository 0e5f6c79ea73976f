-- +goose Up

-- Row level security looks into a set for every row that is counted. These find out once whether who asks may know, and then
-- count with the rights of the tables' owner; to others, and without a user, they say nothing. Whoever is not the gateway works
-- as the owner and is told everything.
-- +goose StatementBegin
CREATE FUNCTION list_size(list uuid) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER AS $$
BEGIN
    IF current_setting('role') IN ('none', current_user) OR vestnik_is('manager', 'admin')
        OR EXISTS (SELECT FROM lists l WHERE l.id = list AND l.owner_id = vestnik_user()) THEN
        RETURN (SELECT count(*) FROM list_clients c WHERE c.list_id = list);
    END IF;
    RETURN 0;
END
$$;
-- +goose StatementEnd

-- When somebody was last there. Managers may know that, and not what they would have to read for it: hashes of keys, and what
-- the audit log says. Of who is signed in nowhere any more the audit log knows.
-- +goose StatementBegin
CREATE FUNCTION last_seen(who uuid) RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER AS $$
BEGIN
    IF current_setting('role') IN ('none', current_user) OR vestnik_is('manager', 'admin') OR who = vestnik_user() THEN
        RETURN greatest(
            (SELECT max(s.last_seen_at) FROM sessions s WHERE s.user_id = who),
            (SELECT max(k.last_used_at) FROM api_keys k WHERE k.user_id = who),
            (SELECT l.at FROM audit_log l WHERE l.actor_id = who ORDER BY l.id DESC LIMIT 1));
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE
    app text := left((SELECT r.rolname FROM pg_class t JOIN pg_roles r ON r.oid = t.relowner WHERE t.oid = 'users'::regclass), 59) || '_app';
    f   regprocedure;
BEGIN
    -- With the rights of the tables' owner no function may take a temporary table, which the gateway's role can make, for one
    -- of the schema's: PostgreSQL looks there first, unless pg_temp stands elsewhere. Those of earlier migrations as well.
    FOREACH f IN ARRAY ARRAY['list_size(uuid)', 'last_seen(uuid)', 'clients_have_owners()', 'list_clients_have_lists()',
        'clients_go_with_owners()', 'list_clients_go_with_lists()', 'api_keys_end_with_the_role()']::regprocedure[] LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path TO %I, pg_temp', f, current_schema());
    END LOOP;
    REVOKE EXECUTE ON FUNCTION list_size, last_seen FROM PUBLIC;
    EXECUTE format('GRANT EXECUTE ON FUNCTION list_size, last_seen TO %I', app);
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION last_seen, list_size;
