-- +goose Up

-- Reports look for attempts by their owner or mailing and the time they were due.
CREATE INDEX attempts_owner ON attempts (owner_id, due_at, id);
CREATE INDEX attempts_mailing ON attempts (mailing_id, due_at, id);

-- +goose Down
DROP INDEX attempts_mailing, attempts_owner;
