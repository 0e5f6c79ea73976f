-- +goose Up
ALTER TABLE imports
    ADD COLUMN unchanged bigint NOT NULL DEFAULT 0, -- of those updated: how many were so already
    ADD COLUMN bytes     bigint NOT NULL DEFAULT 0, -- of the file, read so far
    ADD COLUMN size      bigint NOT NULL DEFAULT 0; -- of the file, 0: not known

ALTER TABLE import_rejects ADD COLUMN content text NOT NULL DEFAULT ''; -- the row as it stood, made harmless and cut

-- A foreign key is checked row by row, with a lock taken each time: that was half the time of a large import, whose rows
-- all have one and the same owner, and one list. These triggers hold to the same rules once for each statement: the
-- parent exists and is locked against deletion, as a foreign key does it; and what is a parent's goes with it. Neither
-- column ever changes.
ALTER TABLE clients DROP CONSTRAINT clients_owner_id_fkey;
ALTER TABLE list_clients DROP CONSTRAINT list_clients_list_id_fkey;

-- +goose StatementBegin
CREATE FUNCTION clients_have_owners() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    locked bigint;
BEGIN
    PERFORM FROM users WHERE id IN (SELECT DISTINCT owner_id FROM added) FOR KEY SHARE;
    GET DIAGNOSTICS locked = ROW_COUNT;
    IF locked < (SELECT count(*) FROM (SELECT DISTINCT owner_id FROM added) owners) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a client has an owner who does not exist',
            TABLE = 'clients', CONSTRAINT = 'clients_owner_id_fkey';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION list_clients_have_lists() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    locked bigint;
BEGIN
    PERFORM FROM lists WHERE id IN (SELECT DISTINCT list_id FROM added) FOR KEY SHARE;
    GET DIAGNOSTICS locked = ROW_COUNT;
    IF locked < (SELECT count(*) FROM (SELECT DISTINCT list_id FROM added) listed) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a client is put into a list that does not exist',
            TABLE = 'list_clients', CONSTRAINT = 'list_clients_list_id_fkey';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION clients_go_with_owners() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    -- What a transaction began before cannot be seen under a snapshot, and would stay behind.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE feature_not_supported USING MESSAGE = 'delete this under READ COMMITTED';
    END IF;
    DELETE FROM clients WHERE owner_id IN (SELECT id FROM gone);
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION list_clients_go_with_lists() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    -- What a transaction began before cannot be seen under a snapshot, and would stay behind.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE feature_not_supported USING MESSAGE = 'delete this under READ COMMITTED';
    END IF;
    DELETE FROM list_clients WHERE list_id IN (SELECT id FROM gone);
    RETURN NULL;
END
$$;
-- +goose StatementEnd


CREATE TRIGGER clients_have_owners AFTER INSERT ON clients
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION clients_have_owners();
CREATE TRIGGER list_clients_have_lists AFTER INSERT ON list_clients
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION list_clients_have_lists();
CREATE TRIGGER clients_go_with_owners AFTER DELETE ON users
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION clients_go_with_owners();
CREATE TRIGGER list_clients_go_with_lists AFTER DELETE ON lists
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION list_clients_go_with_lists();

-- +goose Down
DROP TRIGGER clients_have_owners ON clients;
DROP TRIGGER list_clients_have_lists ON list_clients;
DROP TRIGGER clients_go_with_owners ON users;
DROP TRIGGER list_clients_go_with_lists ON lists;
DROP FUNCTION clients_have_owners, list_clients_have_lists, clients_go_with_owners, list_clients_go_with_lists;
ALTER TABLE clients ADD CONSTRAINT clients_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users ON DELETE CASCADE;
ALTER TABLE list_clients ADD CONSTRAINT list_clients_list_id_fkey FOREIGN KEY (list_id) REFERENCES lists ON DELETE CASCADE;
ALTER TABLE import_rejects DROP COLUMN content;
ALTER TABLE imports DROP COLUMN unchanged, DROP COLUMN bytes, DROP COLUMN size;
