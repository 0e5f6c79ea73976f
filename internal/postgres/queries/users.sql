-- name: UserInsert :exec
INSERT INTO users (id, email, email_key, password_hash, role, verified_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: UserByEmail :one
SELECT * FROM users WHERE email_key = $1;
