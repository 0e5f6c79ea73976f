-- +goose Up

-- A mailing may name the mail service that takes it; empty stands for the default one of the sender. An attempt keeps
-- what its mailing said when it began.
ALTER TABLE mailings ADD COLUMN provider text NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN provider text NOT NULL DEFAULT '';

-- The mail services that senders have, as each sender says every second or so. What a sender that is gone said last is
-- kept for a while, so that a service does not vanish from sight while senders are restarted.
CREATE TABLE provider_states (
    provider        text             NOT NULL,
    sender          uuid             NOT NULL,
    kind            text             NOT NULL CHECK (kind IN ('smtp', 'http')),
    is_default      boolean          NOT NULL,
    breaker         text             NOT NULL,
    rate            double precision NOT NULL, -- messages a second, all senders together; 0: no limit
    connections     integer          NOT NULL,
    max_connections integer          NOT NULL,
    reason          text             NOT NULL, -- why it takes nothing; empty while it does
    last_error      text             NOT NULL,
    last_error_at   timestamptz,
    slowed          jsonb            NOT NULL, -- domains that asked for fewer messages: [{"domain", "rate"}]
    reported_at     timestamptz      NOT NULL,
    PRIMARY KEY (provider, sender)
) WITH (fillfactor = 50);

-- +goose Down
DROP TABLE provider_states;
ALTER TABLE attempts DROP COLUMN provider;
ALTER TABLE mailings DROP COLUMN provider;
