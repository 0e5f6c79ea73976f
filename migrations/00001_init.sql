-- +goose Up

-- Accounts. Everything else belongs to a user: its owner_id is on every row that is reached by an id from outside.
CREATE TABLE users (
    id            uuid PRIMARY KEY,
    email         text        NOT NULL,
    email_key     text        NOT NULL UNIQUE, -- lower case, the domain in ASCII
    password_hash text        NOT NULL,        -- argon2id in PHC string format
    role          text        NOT NULL CHECK (role IN ('user', 'manager', 'admin')),
    verified_at   timestamptz,
    blocked_at    timestamptz,
    created_at    timestamptz NOT NULL
);

CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    name         text        NOT NULL,
    hash         bytea       NOT NULL UNIQUE, -- SHA-256 of the key, which has 256 random bits itself
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX api_keys_user ON api_keys (user_id);

-- Recipients. The number in id is for the ledger and chunks (8 bytes a recipient); uid is what the API shows.
CREATE TABLE clients (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uid        uuid        NOT NULL UNIQUE,
    owner_id   uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    email      text        NOT NULL,
    email_key  text        NOT NULL,
    full_name  text        NOT NULL DEFAULT '',
    comment    text        NOT NULL DEFAULT '',
    attributes jsonb       NOT NULL DEFAULT '{}',
    revision   integer     NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (owner_id, email_key)
);
CREATE INDEX clients_owner ON clients (owner_id, id);
CREATE INDEX clients_name ON clients (owner_id, lower(full_name) text_pattern_ops);

-- Addresses that mail servers refused for good. Apart from clients, so that deleting and importing a client again
-- does not forget it.
CREATE TABLE suppressions (
    owner_id   uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    email_key  text        NOT NULL,
    reason     text        NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (owner_id, email_key)
);

CREATE TABLE lists (
    id         uuid PRIMARY KEY,
    owner_id   uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    name       text        NOT NULL,
    revision   integer     NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    UNIQUE (owner_id, name)
);

CREATE TABLE list_clients (
    list_id   uuid   NOT NULL REFERENCES lists ON DELETE CASCADE,
    client_id bigint NOT NULL REFERENCES clients ON DELETE CASCADE,
    PRIMARY KEY (list_id, client_id)
);
CREATE INDEX list_clients_client ON list_clients (client_id);

CREATE TABLE messages (
    id         uuid PRIMARY KEY,
    owner_id   uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    subject    text        NOT NULL,
    html       text        NOT NULL,
    text       text        NOT NULL,
    revision   integer     NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX messages_owner ON messages (owner_id, id);

CREATE TABLE mailings (
    id            uuid PRIMARY KEY,
    owner_id      uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    name          text        NOT NULL,
    message_id    uuid        REFERENCES messages ON DELETE SET NULL, -- null only once the mailing is deleted
    start_at      timestamptz NOT NULL,
    end_at        timestamptz,
    time_zone     text        NOT NULL,
    periodicity   text        NOT NULL CHECK (periodicity IN ('once', 'daily', 'weekly', 'monthly')),
    on_unknown    text        NOT NULL CHECK (on_unknown IN ('hold', 'resend')),
    status        text        NOT NULL
        CHECK (status IN ('draft', 'scheduled', 'running', 'paused', 'disabled', 'finished')),
    held_status   text,                 -- what a disabled mailing was, for enable
    reason        text        NOT NULL DEFAULT '',
    set_at        timestamptz NOT NULL, -- when the schedule as it stands was set: domain.PlanState.Since
    active_at     timestamptz NOT NULL, -- domain.PlanState.Active
    needs_plan    boolean     NOT NULL DEFAULT true, -- set by every change, cleared when the planner has seen it
    revision      integer     NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    deleted_at    timestamptz,          -- kept for its reports
    CHECK (message_id IS NOT NULL OR deleted_at IS NOT NULL)
);
CREATE INDEX mailings_owner ON mailings (owner_id, id) WHERE deleted_at IS NULL;
CREATE INDEX mailings_message ON mailings (message_id) WHERE deleted_at IS NULL;
CREATE INDEX mailings_to_plan ON mailings (updated_at) WHERE needs_plan;

CREATE TABLE mailing_clients (
    mailing_id uuid   NOT NULL REFERENCES mailings ON DELETE CASCADE,
    client_id  bigint NOT NULL REFERENCES clients ON DELETE CASCADE,
    PRIMARY KEY (mailing_id, client_id)
);
CREATE INDEX mailing_clients_client ON mailing_clients (client_id);

CREATE TABLE mailing_lists (
    mailing_id uuid NOT NULL REFERENCES mailings ON DELETE CASCADE,
    list_id    uuid NOT NULL REFERENCES lists ON DELETE CASCADE,
    PRIMARY KEY (mailing_id, list_id)
);
CREATE INDEX mailing_lists_list ON mailing_lists (list_id);

-- One run of a mailing. Counters are sums over its chunks while it runs, so that no row is hot, and are stored here
-- when it ends.
CREATE TABLE attempts (
    id               uuid PRIMARY KEY,
    mailing_id       uuid        NOT NULL REFERENCES mailings ON DELETE CASCADE,
    owner_id         uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    kind             text        NOT NULL CHECK (kind IN ('scheduled', 'manual')),
    occurrence_at    timestamptz, -- the nominal start; null for a start by hand
    due_at           timestamptz NOT NULL,
    status           text        NOT NULL
        CHECK (status IN ('planned', 'running', 'finished', 'cancelled', 'expired', 'missed')),
    result           text        CHECK (result IN ('succeeded', 'partial', 'failed')),
    deadline         timestamptz,
    started_at       timestamptz,
    finished_at      timestamptz,
    last_activity_at timestamptz,
    last_response    text        NOT NULL DEFAULT '',
    reason           text        NOT NULL DEFAULT '',
    audience         integer     NOT NULL DEFAULT 0,
    sent             integer     NOT NULL DEFAULT 0,
    failed           integer     NOT NULL DEFAULT 0,
    unknown          integer     NOT NULL DEFAULT 0,
    skipped          integer     NOT NULL DEFAULT 0,
    expired          integer     NOT NULL DEFAULT 0,
    hinted_at        timestamptz, -- when SendDue was last asked for; the sweeper asks again
    created_at       timestamptz NOT NULL
);
-- One attempt per occurrence, one planned start and one run at a time: promised by the database, not by the code.
CREATE UNIQUE INDEX attempts_occurrence ON attempts (mailing_id, occurrence_at) WHERE kind = 'scheduled';
CREATE UNIQUE INDEX attempts_planned ON attempts (mailing_id) WHERE status = 'planned' AND kind = 'scheduled';
CREATE UNIQUE INDEX attempts_running ON attempts (mailing_id) WHERE status = 'running';
CREATE INDEX attempts_due ON attempts (due_at) WHERE status = 'planned';
CREATE INDEX attempts_open ON attempts (id) WHERE status = 'running';

-- What an attempt says: taken at its start, so that an edit cannot make one attempt send two texts.
CREATE TABLE attempt_contents (
    attempt_id   uuid PRIMARY KEY REFERENCES attempts ON DELETE CASCADE,
    mailing_name text NOT NULL,
    subject      text NOT NULL,
    html         text NOT NULL,
    text         text NOT NULL
);

CREATE TABLE chunks (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    attempt_id    uuid        NOT NULL REFERENCES attempts ON DELETE CASCADE,
    try           integer     NOT NULL DEFAULT 1,
    client_ids    bigint[]    NOT NULL,
    status        text        NOT NULL CHECK (status IN ('waiting', 'pending', 'done')),
    due_at        timestamptz NOT NULL,
    hinted_at     timestamptz,
    lease_token   uuid,
    leased_until  timestamptz,
    window_from   integer     NOT NULL DEFAULT 0,
    window_to     integer     NOT NULL DEFAULT 0,
    sent          integer     NOT NULL DEFAULT 0,
    failed        integer     NOT NULL DEFAULT 0,
    deferred      integer     NOT NULL DEFAULT 0,
    unknown       integer     NOT NULL DEFAULT 0,
    skipped       integer     NOT NULL DEFAULT 0,
    expired       integer     NOT NULL DEFAULT 0,
    last_at       timestamptz,
    last_response text        NOT NULL DEFAULT '',
    CHECK (0 <= window_from AND window_from <= window_to AND window_to <= cardinality(client_ids))
) WITH (fillfactor = 50); -- room for HOT updates: a chunk is updated once a window
CREATE INDEX chunks_attempt ON chunks (attempt_id, id);
CREATE INDEX chunks_open ON chunks (attempt_id, status) WHERE status <> 'done';

-- An attempt with its counters as they stand. A deferred recipient counts in the chunk that deferred it and once more
-- in the later chunk that tried it again; what is left are those who wait now.
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

-- The ledger: one row per recipient and attempt. Ids of attempts begin with their time (UUIDv7), so partitions by
-- attempt are partitions by time and old ones are dropped, not deleted. Rows of the months to come get partitions
-- of their own from postgres.EnsurePartitions; what fits none goes to the default one.
CREATE TABLE deliveries (
    attempt_id uuid        NOT NULL,
    client_id  bigint      NOT NULL,
    email      text        NOT NULL,
    outcome    text        NOT NULL
        CHECK (outcome IN ('sent', 'deferred', 'failed', 'unknown', 'skipped', 'expired')),
    class      text        NOT NULL,
    phase      text        NOT NULL,
    code       integer     NOT NULL,
    enhanced   text        NOT NULL,
    response   text        NOT NULL,
    provider   text        NOT NULL,
    tries      integer     NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (attempt_id, client_id)
) PARTITION BY RANGE (attempt_id);
CREATE INDEX deliveries_full ON deliveries (client_id) WHERE class = 'mailbox_full';
CREATE TABLE deliveries_default PARTITION OF deliveries DEFAULT;

-- Events on their way to JetStream, written in the transaction of the change they tell of.
CREATE TABLE outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject       text        NOT NULL,
    headers       jsonb       NOT NULL DEFAULT '{}',
    payload       json        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    claimed_until timestamptz NOT NULL DEFAULT '-infinity'
);
ALTER TABLE outbox ALTER COLUMN payload SET STORAGE EXTERNAL; -- lives for milliseconds: compressing it costs more
-- +goose StatementBegin
CREATE FUNCTION outbox_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY vestnik_outbox;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER outbox_notify AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_notify();

CREATE TABLE imports (
    id          uuid PRIMARY KEY,
    owner_id    uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    list_id     uuid        REFERENCES lists ON DELETE SET NULL,
    status      text        NOT NULL CHECK (status IN ('running', 'finished', 'failed')),
    error       text        NOT NULL DEFAULT '',
    rows        bigint      NOT NULL DEFAULT 0,
    created     bigint      NOT NULL DEFAULT 0,
    updated     bigint      NOT NULL DEFAULT 0,
    rejected    bigint      NOT NULL DEFAULT 0,
    started_at  timestamptz NOT NULL,
    active_at   timestamptz NOT NULL,
    finished_at timestamptz
);

CREATE TABLE import_rejects (
    import_id uuid   NOT NULL REFERENCES imports ON DELETE CASCADE,
    line      bigint NOT NULL, -- of the file, 1 being the header
    reason    text   NOT NULL,
    email     text   NOT NULL, -- what stood in the e-mail column, cut to 254 characters
    PRIMARY KEY (import_id, line)
);

-- Answers to writes with an Idempotency-Key, kept for 24 hours.
CREATE TABLE idempotency_keys (
    user_id      uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    key          text        NOT NULL,
    request_hash bytea       NOT NULL, -- SHA-256 of method, path and body
    status       integer,              -- null while the first request is being answered
    headers      jsonb,
    body         bytea,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- +goose Down
DROP VIEW attempt_reports;
DROP TABLE idempotency_keys, import_rejects, imports, outbox, deliveries, chunks, attempt_contents, attempts,
    mailing_lists, mailing_clients, mailings, messages, list_clients, lists, suppressions, clients, api_keys, users;
DROP FUNCTION outbox_notify;
