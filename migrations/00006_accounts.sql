-- +goose Up
ALTER TABLE users
    ADD COLUMN name                text        NOT NULL DEFAULT '',
    ADD COLUMN language            text        NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'ru')),
    ADD COLUMN time_zone           text        NOT NULL DEFAULT 'UTC',
    ADD COLUMN blocked_reason      text        NOT NULL DEFAULT '',
    ADD COLUMN delete_at           timestamptz, -- the owner asked for it; everything is removed then
    ADD COLUMN told_at             timestamptz, -- when the owner was told that somebody tried to register the address again
    ADD COLUMN totp_secret         bytea,       -- sealed with the service's key; null: no second factor, not even begun
    ADD COLUMN totp_on             boolean     NOT NULL DEFAULT false, -- a code has been confirmed
    ADD COLUMN totp_step           bigint      NOT NULL DEFAULT 0;     -- the latest time step used: a code works once
-- An account that signs in elsewhere only has an empty password_hash.
CREATE INDEX users_delete ON users (delete_at) WHERE delete_at IS NOT NULL;

ALTER TABLE api_keys
    ADD COLUMN prefix text   NOT NULL DEFAULT '', -- how the key begins, to tell keys apart
    ADD COLUMN scopes text[] NOT NULL DEFAULT '{read,write,send}' CHECK (scopes <@ '{read,write,send}' AND scopes <> '{}');

-- Who is signed in where. The cookie holds 256 random bits, and only their SHA-256 is here.
CREATE TABLE sessions (
    id           uuid PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    hash         bytea       NOT NULL UNIQUE,
    address      text        NOT NULL, -- of the last request
    user_agent   text        NOT NULL,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id, last_seen_at DESC);
CREATE INDEX sessions_age ON sessions (last_seen_at);

-- What goes out by mail or is handed to a browser to be used once. The secret has 256 random bits, and only its SHA-256
-- is here.
CREATE TABLE tokens (
    id         uuid PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    purpose    text        NOT NULL CHECK (purpose IN ('verify', 'change_email', 'reset', 'second_factor')),
    hash       bytea       NOT NULL UNIQUE,
    code_hash  text        NOT NULL DEFAULT '', -- argon2id of the six digits that do the same; empty: there are none
    code_tries integer     NOT NULL DEFAULT 0,  -- of the code so far
    email      text        NOT NULL DEFAULT '', -- what is being confirmed
    email_key  text        NOT NULL DEFAULT '', -- as in users
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX tokens_user ON tokens (user_id, purpose, created_at DESC);
CREATE INDEX tokens_code ON tokens (email_key, created_at DESC) WHERE code_hash <> '' AND used_at IS NULL;
CREATE INDEX tokens_age ON tokens (expires_at);

CREATE TABLE recovery_codes (
    user_id uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    hash    bytea       NOT NULL, -- SHA-256 of 80 random bits
    used_at timestamptz,
    PRIMARY KEY (user_id, hash)
);
-- How often the second factor was tried in the hour since, from each address, and from all of them in the row without one.
CREATE TABLE factor_tries (
    user_id uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    address text        NOT NULL,
    tries   integer     NOT NULL,
    since   timestamptz NOT NULL,
    PRIMARY KEY (user_id, address)
);

-- Accounts at identity providers (OpenID Connect Core 1.0 §2: iss and sub together name a person for good).
CREATE TABLE identities (
    issuer     text        NOT NULL,
    subject    text        NOT NULL,
    user_id    uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_user ON identities (user_id);
-- Browsers that have been sent to the identity provider and are not back yet.
CREATE TABLE oidc_logins (
    hash       bytea PRIMARY KEY, -- SHA-256 of state
    browser    bytea       NOT NULL, -- SHA-256 of the cookie that ties it to the browser
    nonce      text        NOT NULL,
    verifier   text        NOT NULL, -- PKCE (RFC 7636)
    return_to  text        NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX oidc_logins_age ON oidc_logins (created_at);

-- Mail of the service itself: confirmations, resets, notices. It is a queue of its own, so that it never waits behind
-- mailings. Its secrets are in data until it has been sent, and nowhere in an event or a log.
CREATE TABLE notices (
    id            uuid PRIMARY KEY,
    user_id       uuid        REFERENCES users ON DELETE CASCADE,
    email         text        NOT NULL,
    kind          text        NOT NULL,
    language      text        NOT NULL,
    data          jsonb       NOT NULL, -- what the text names; '{}' once it is sent or given up
    status        text        NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'sent', 'failed')),
    tries         integer     NOT NULL DEFAULT 0,
    due_at        timestamptz NOT NULL, -- when it is to be tried next
    hinted_at     timestamptz,          -- when senders were last told that it is due
    lease_token   uuid,                 -- whose the lease is
    leased_until  timestamptz,          -- a sender is at it
    last_response text        NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL,
    ended_at      timestamptz
);
CREATE INDEX notices_due ON notices (due_at) WHERE status = 'waiting';
CREATE INDEX notices_age ON notices (created_at);

-- Who did what, on whom, when and from where. It is only ever added to, and outlives those it names.
CREATE TABLE audit_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor_id    uuid,                 -- null: the operator's program, or Vestnik itself
    actor_email text        NOT NULL, -- as it was then
    action      text        NOT NULL, -- user.block, mailing.disable, …: see domain.AuditAction
    target_type text        NOT NULL,
    target_id   text        NOT NULL,
    owner_id    uuid,                 -- whose account or thing it was done to
    address     text        NOT NULL, -- IP address; empty on the machine itself
    reason      text        NOT NULL,
    before      jsonb       NOT NULL,
    after       jsonb       NOT NULL
);
CREATE INDEX audit_log_owner ON audit_log (owner_id, id DESC);
CREATE INDEX audit_log_actor ON audit_log (actor_id, id DESC);
CREATE INDEX audit_log_action ON audit_log (action, id DESC);
CREATE INDEX audit_log_target ON audit_log (target_id, id DESC);
CREATE INDEX audit_log_at ON audit_log (at);
-- +goose StatementBegin
CREATE FUNCTION audit_log_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever added to';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_log_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_keep();

-- +goose Down
DROP TABLE audit_log, notices, oidc_logins, identities, factor_tries, recovery_codes, tokens, sessions;
DROP FUNCTION audit_log_keep;
ALTER TABLE api_keys DROP COLUMN prefix, DROP COLUMN scopes;
DROP INDEX users_delete;
ALTER TABLE users DROP COLUMN name, DROP COLUMN language, DROP COLUMN time_zone, DROP COLUMN blocked_reason,
    DROP COLUMN delete_at, DROP COLUMN told_at, DROP COLUMN totp_secret, DROP COLUMN totp_on, DROP COLUMN totp_step;
