-- name: FactorOf :one
SELECT totp_secret, totp_on, password_hash FROM users WHERE id = $1;

-- name: FactorBegin :execrows
-- A new secret has used no step yet.
UPDATE users SET totp_secret = sqlc.arg(secret)::bytea, totp_step = 0 WHERE id = $1 AND NOT totp_on;

-- name: FactorOn :execrows
-- The secret is compared because another may have been begun meanwhile: what was confirmed is what is turned on.
UPDATE users SET totp_on = true, totp_step = sqlc.arg(step) WHERE id = $1 AND NOT totp_on AND totp_secret = sqlc.arg(secret)::bytea;

-- name: FactorOff :execrows
UPDATE users SET totp_on = false, totp_secret = NULL, totp_step = 0 WHERE id = $1 AND totp_on;

-- name: FactorStepUse :execrows
-- One statement, so that of two who use a code at once one gets it.
UPDATE users SET totp_step = sqlc.arg(step)::bigint
WHERE id = $1 AND totp_on AND totp_step < sqlc.arg(step)::bigint AND totp_secret = sqlc.arg(secret)::bytea;

-- name: RecoveryCodeUse :execrows
UPDATE recovery_codes c SET used_at = sqlc.arg(now)::timestamptz FROM users u
WHERE c.user_id = $1 AND c.hash = $2 AND c.used_at IS NULL AND u.id = c.user_id AND u.totp_on;

-- name: RecoveryCodesInsert :exec
INSERT INTO recovery_codes (user_id, hash) SELECT $1, unnest(sqlc.arg(hashes)::bytea[]);

-- name: RecoveryCodesDelete :exec
DELETE FROM recovery_codes WHERE user_id = $1;


-- name: ChallengeTry :one
-- Counted before the code is looked at, so that many at once are not more than many in turn.
UPDATE tokens t SET code_tries = code_tries + 1 FROM users u
WHERE t.hash = $1 AND t.purpose = 'second_factor' AND t.used_at IS NULL AND t.expires_at > sqlc.arg(now)::timestamptz
    AND t.code_tries < sqlc.arg(most)::integer AND u.id = t.user_id
RETURNING sqlc.embed(u);

-- name: FactorTry :one
INSERT INTO factor_tries AS f (user_id, address, tries, since) VALUES ($1, $2, 1, sqlc.arg(now)::timestamptz)
ON CONFLICT (user_id, address) DO UPDATE SET
    tries = CASE WHEN f.since > sqlc.arg(hour_ago)::timestamptz THEN f.tries + 1 ELSE 1 END,
    since = CASE WHEN f.since > sqlc.arg(hour_ago)::timestamptz THEN f.since ELSE sqlc.arg(now)::timestamptz END
RETURNING tries, since;

-- name: FactorTriesForget :exec
-- After a code that was right: it was the owner, at this address.
DELETE FROM factor_tries WHERE user_id = $1 AND (address = sqlc.arg(address)::text OR since <= sqlc.arg(hour_ago)::timestamptz);

-- name: FactorTryForgive :exec
UPDATE factor_tries SET tries = tries - 1 WHERE user_id = $1 AND address = '' AND tries > 0;
