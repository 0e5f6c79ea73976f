-- name: NoticeInsert :exec
INSERT INTO notices (id, user_id, email, kind, language, data, due_at, created_at)
VALUES ($1, nullif(sqlc.arg(user_id)::uuid, '00000000-0000-0000-0000-000000000000'), $2, $3, $4, $5, sqlc.arg(now), sqlc.arg(now));
