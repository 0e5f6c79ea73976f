-- name: ClientInsert :one
INSERT INTO clients (uid, owner_id, email, email_key, full_name, comment, attributes, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, sqlc.arg(now), sqlc.arg(now))
RETURNING id;

-- name: ClientGet :one
-- A zero owner is everybody, here and in the other queries that only read.
SELECT sqlc.embed(c), s.reason, s.created_at AS suppressed_at,
    coalesce((SELECT u.email FROM users u WHERE u.id = c.owner_id), '')::text AS owner_email
FROM clients c LEFT JOIN suppressions s ON s.owner_id = c.owner_id AND s.email_key = c.email_key
WHERE c.uid = $1 AND (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR c.owner_id = sqlc.arg(owner_id)::uuid);

-- name: ClientLock :one
SELECT * FROM clients WHERE uid = $1 AND owner_id = $2 FOR UPDATE;

-- name: ClientKey :one
SELECT id FROM clients WHERE uid = $1 AND (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR owner_id = sqlc.arg(owner_id)::uuid);

-- name: ClientUpdate :exec
UPDATE clients SET email = $2, email_key = $3, full_name = $4, comment = $5, attributes = $6,
    revision = revision + 1, updated_at = sqlc.arg(now)
WHERE id = $1;

-- name: ClientDelete :exec
DELETE FROM clients WHERE id = $1;

-- name: ClientPage :many
-- Each of the pages begins with another set: all of the owner's clients, those of a list, those that a search finds, those
-- that are suppressed. What else is asked for is looked up for each of its rows, from the newest on. Which set is the best to
-- begin with, Store.Clients decides: the planner takes what is asked for to be spread evenly, and would read a million
-- clients where the few that match are the oldest. The last character there is, chr(1114111), makes a prefix the end of its range.
SELECT sqlc.embed(c), s.reason, s.created_at AS suppressed_at,
    coalesce((SELECT u.email FROM users u WHERE u.id = c.owner_id), '')::text AS owner_email
FROM clients c LEFT JOIN suppressions s ON s.owner_id = c.owner_id AND s.email_key = c.email_key
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR c.owner_id = sqlc.arg(owner_id)::uuid) AND c.id < sqlc.arg(before)
  AND (sqlc.arg(prefix)::text = ''
    OR c.email_key ~>=~ sqlc.arg(prefix)::text AND c.email_key ~<~ (sqlc.arg(prefix)::text || chr(1114111))
    OR c.name_key ~>=~ lower(sqlc.arg(prefix)::text) AND c.name_key ~<~ (lower(sqlc.arg(prefix)::text) || chr(1114111)))
  AND (sqlc.narg(suppressed)::boolean IS NULL OR (s.email_key IS NOT NULL) = sqlc.narg(suppressed)::boolean)
ORDER BY c.id DESC
LIMIT sqlc.arg(page_size);

-- name: ClientPageOfList :many
SELECT sqlc.embed(c), s.reason, s.created_at AS suppressed_at,
    coalesce((SELECT u.email FROM users u WHERE u.id = c.owner_id), '')::text AS owner_email
FROM list_clients lc
JOIN clients c ON c.id = lc.client_id
LEFT JOIN suppressions s ON s.owner_id = c.owner_id AND s.email_key = c.email_key
WHERE lc.list_id = $1 AND lc.client_id < sqlc.arg(before)
  AND (sqlc.arg(prefix)::text = ''
    OR c.email_key ~>=~ sqlc.arg(prefix)::text AND c.email_key ~<~ (sqlc.arg(prefix)::text || chr(1114111))
    OR c.name_key ~>=~ lower(sqlc.arg(prefix)::text) AND c.name_key ~<~ (lower(sqlc.arg(prefix)::text) || chr(1114111)))
  AND (sqlc.narg(suppressed)::boolean IS NULL OR (s.email_key IS NOT NULL) = sqlc.narg(suppressed)::boolean)
ORDER BY lc.client_id DESC
LIMIT sqlc.arg(page_size);

-- name: ClientPageFound :many
-- The indexes alone say who is found, and ClientsFound has bounded how many. As an array, which leaves the planner no choice:
-- where it takes them to be many it would go through all clients instead. Only whether they are suppressed is asked of the rows.
SELECT sqlc.embed(c), s.reason, s.created_at AS suppressed_at,
    coalesce((SELECT u.email FROM users u WHERE u.id = c.owner_id), '')::text AS owner_email
FROM clients c LEFT JOIN suppressions s ON s.owner_id = c.owner_id AND s.email_key = c.email_key
WHERE c.id = ANY (ARRAY(
        SELECT a.id FROM clients a WHERE a.owner_id = sqlc.arg(owner_id)::uuid AND a.id < sqlc.arg(before)
            AND a.email_key ~>=~ sqlc.arg(prefix)::text AND a.email_key ~<~ (sqlc.arg(prefix)::text || chr(1114111))
            AND (sqlc.arg(list_id)::uuid = '00000000-0000-0000-0000-000000000000'
                OR EXISTS (SELECT FROM list_clients lc WHERE lc.list_id = sqlc.arg(list_id)::uuid AND lc.client_id = a.id))
        UNION
        SELECT n.id FROM clients n WHERE n.owner_id = sqlc.arg(owner_id)::uuid AND n.id < sqlc.arg(before)
            AND n.name_key ~>=~ lower(sqlc.arg(prefix)::text) AND n.name_key ~<~ (lower(sqlc.arg(prefix)::text) || chr(1114111))
            AND (sqlc.arg(list_id)::uuid = '00000000-0000-0000-0000-000000000000'
                OR EXISTS (SELECT FROM list_clients ln WHERE ln.list_id = sqlc.arg(list_id)::uuid AND ln.client_id = n.id))
        ORDER BY id DESC
        LIMIT CASE WHEN sqlc.narg(suppressed)::boolean IS NULL THEN sqlc.arg(page_size)::integer END
    )::bigint[])
  AND (sqlc.narg(suppressed)::boolean IS NULL OR (s.email_key IS NOT NULL) = sqlc.narg(suppressed)::boolean)
ORDER BY c.id DESC
LIMIT sqlc.arg(page_size)::integer;

-- name: ClientPageSuppressed :many
SELECT sqlc.embed(c), s.reason, s.created_at AS suppressed_at,
    coalesce((SELECT u.email FROM users u WHERE u.id = c.owner_id), '')::text AS owner_email
FROM suppressions s
JOIN clients c ON c.owner_id = s.owner_id AND c.email_key = s.email_key
WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR s.owner_id = sqlc.arg(owner_id)::uuid) AND c.id < sqlc.arg(before)
  AND (sqlc.arg(list_id)::uuid = '00000000-0000-0000-0000-000000000000'
    OR EXISTS (SELECT FROM list_clients lc WHERE lc.list_id = sqlc.arg(list_id)::uuid AND lc.client_id = c.id))
  AND (sqlc.arg(prefix)::text = ''
    OR c.email_key ~>=~ sqlc.arg(prefix)::text AND c.email_key ~<~ (sqlc.arg(prefix)::text || chr(1114111))
    OR c.name_key ~>=~ lower(sqlc.arg(prefix)::text) AND c.name_key ~<~ (lower(sqlc.arg(prefix)::text) || chr(1114111)))
ORDER BY c.id DESC
LIMIT sqlc.arg(page_size);

-- name: ClientsFound :one
-- How many clients a search finds at most; beyond most it stops counting.
SELECT (SELECT count(*) FROM (SELECT FROM clients a WHERE a.owner_id = sqlc.arg(owner_id)::uuid
            AND a.email_key ~>=~ sqlc.arg(prefix)::text AND a.email_key ~<~ (sqlc.arg(prefix)::text || chr(1114111)) LIMIT sqlc.arg(most)) by_address)
     + (SELECT count(*) FROM (SELECT FROM clients n WHERE n.owner_id = sqlc.arg(owner_id)::uuid
            AND n.name_key ~>=~ lower(sqlc.arg(prefix)::text) AND n.name_key ~<~ (lower(sqlc.arg(prefix)::text) || chr(1114111)) LIMIT sqlc.arg(most)) by_name)
    AS found;

-- name: SuppressionsUpTo :one
-- How many addresses are suppressed; beyond most it stops counting.
SELECT count(*) FROM (SELECT FROM suppressions s WHERE (sqlc.arg(owner_id)::uuid = '00000000-0000-0000-0000-000000000000' OR s.owner_id = sqlc.arg(owner_id)::uuid) LIMIT sqlc.arg(most)) few;

-- name: ClientDeliveries :many
-- What one client was sent, newest first. The ledger is kept by attempt (its primary key and its partitions begin with that),
-- and a second index of its many rows by client would cost every message more than this costs the few who look: the owner's
-- attempts are gone through from the newest, and of each the one row of the client is looked up by the primary key, until a page
-- is full. OFFSET 0 keeps the planner to that; it would read the ledger otherwise where it takes attempts to be many.
SELECT a.id AS attempt_id, a.mailing_id, m.name AS mailing_name, (m.deleted_at IS NOT NULL)::boolean AS mailing_deleted,
    d.email, d.outcome, d.class, d.phase, d.code, d.enhanced, d.response, d.provider, d.tries, d.at
FROM attempts a
JOIN mailings m ON m.id = a.mailing_id
CROSS JOIN LATERAL (SELECT * FROM deliveries l WHERE l.attempt_id = a.id AND l.client_id = sqlc.arg(client_id) OFFSET 0) d
WHERE a.owner_id = $1 AND a.started_at IS NOT NULL
  AND (sqlc.arg(after)::uuid = '00000000-0000-0000-0000-000000000000' OR a.id < sqlc.arg(after)::uuid)
ORDER BY a.id DESC
LIMIT sqlc.arg(page_size);

-- name: ClientByAddress :one
SELECT id FROM clients WHERE owner_id = $1 AND email_key = $2;

-- name: SuppressionLift :exec
DELETE FROM suppressions s USING clients c
WHERE c.id = $1 AND s.owner_id = c.owner_id AND s.email_key = c.email_key;
