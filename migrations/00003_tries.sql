-- +goose Up

-- What the rows of the ledger said before a later try, the truth, the end or a resend replaced them, so that every try
-- of a recipient can be read: these and the row in deliveries, which is the last. Partitioned as deliveries is.
CREATE TABLE delivery_tries (
    attempt_id uuid        NOT NULL,
    client_id  bigint      NOT NULL,
    try        integer     NOT NULL,
    email      text        NOT NULL,
    outcome    text        NOT NULL,
    class      text        NOT NULL,
    phase      text        NOT NULL,
    code       integer     NOT NULL,
    enhanced   text        NOT NULL,
    response   text        NOT NULL,
    provider   text        NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (attempt_id, client_id, try)
) PARTITION BY RANGE (attempt_id);
CREATE TABLE delivery_tries_default PARTITION OF delivery_tries DEFAULT;

-- Kept by the database, so that nothing that changes the ledger can forget it. First tries are inserts and do not come
-- here. A row of the class 'resend' is no try: it stands for one that is kept already and is to be repeated. What is
-- known last of a try wins: the truth replaces "unknown".
-- +goose StatementBegin
CREATE FUNCTION delivery_try_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO delivery_tries (attempt_id, client_id, try, email, outcome, class, phase, code, enhanced, response, provider, at)
    VALUES (OLD.attempt_id, OLD.client_id, OLD.tries, OLD.email, OLD.outcome, OLD.class, OLD.phase, OLD.code, OLD.enhanced,
            OLD.response, OLD.provider, OLD.at)
    ON CONFLICT (attempt_id, client_id, try) DO UPDATE SET email = excluded.email, outcome = excluded.outcome,
        class = excluded.class, phase = excluded.phase, code = excluded.code, enhanced = excluded.enhanced,
        response = excluded.response, provider = excluded.provider, at = excluded.at;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER delivery_try_keep BEFORE UPDATE ON deliveries
    FOR EACH ROW WHEN (OLD.class <> 'resend') EXECUTE FUNCTION delivery_try_keep();

-- When its recipients were last sent to again by hand: its deadline counts from there.
ALTER TABLE attempts ADD COLUMN resent_at timestamptz;

-- The tries of a chunk's recipients that do not count against domain.MaxTries: those before a resend.
ALTER TABLE chunks ADD COLUMN tries_before integer NOT NULL DEFAULT 0;

ALTER TABLE suppressions
    ADD COLUMN id         bigint NOT NULL GENERATED ALWAYS AS IDENTITY, -- the order of pages
    ADD COLUMN email      text NOT NULL DEFAULT '',            -- as it was written; empty: not known, email_key says it
    ADD COLUMN attempt_id uuid;                                -- in which it was refused; null: by hand, or not known
UPDATE suppressions s SET email = c.email FROM clients c WHERE c.owner_id = s.owner_id AND c.email_key = s.email_key;
CREATE UNIQUE INDEX suppressions_page ON suppressions (owner_id, id);

-- +goose Down
DROP INDEX suppressions_page;
ALTER TABLE suppressions DROP COLUMN id, DROP COLUMN email, DROP COLUMN attempt_id;
ALTER TABLE chunks DROP COLUMN tries_before;
ALTER TABLE attempts DROP COLUMN resent_at;
DROP TRIGGER delivery_try_keep ON deliveries;
DROP FUNCTION delivery_try_keep;
DROP TABLE delivery_tries;
