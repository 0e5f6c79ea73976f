-- +goose Up
-- Clients are searched by the beginning of an address or a name, among a million. Row level security lets an index answer
-- only by operators that tell nothing of rows (LEAKPROOF): LIKE and lower() are none, so both indexes were of no use to the
-- gateway and each search read every client. ~>=~ and ~<~ are, and compare bytes, whatever the database's collation. The name in
-- lower case becomes a column for that, and both indexes carry the id, so that what they find needs no look at the rows.
ALTER TABLE clients ADD COLUMN name_key text NOT NULL GENERATED ALWAYS AS (lower(full_name)) STORED;
DROP INDEX clients_name;
CREATE INDEX clients_name ON clients (owner_id, name_key text_pattern_ops) INCLUDE (id);
ALTER TABLE clients DROP CONSTRAINT clients_owner_id_email_key_key;
CREATE UNIQUE INDEX clients_owner_id_email_key_key ON clients (owner_id, email_key text_pattern_ops) INCLUDE (id);

-- What a client was sent is looked for attempt by attempt of the owner, newest first.
CREATE INDEX attempts_started ON attempts (owner_id, id) WHERE started_at IS NOT NULL;

-- Imports are listed newest first. Ids that callers make need not begin with their time.
CREATE INDEX imports_owner ON imports (owner_id, started_at, id);

-- +goose Down
DROP INDEX imports_owner, attempts_started, clients_name, clients_owner_id_email_key_key;
ALTER TABLE clients ADD CONSTRAINT clients_owner_id_email_key_key UNIQUE (owner_id, email_key);
ALTER TABLE clients DROP COLUMN name_key;
CREATE INDEX clients_name ON clients (owner_id, lower(full_name) text_pattern_ops);
