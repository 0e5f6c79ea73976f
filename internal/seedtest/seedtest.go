// Package seedtest fills a database with what tests of sending need: an owner, clients, a list and a message.
package seedtest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/postgres"
)

// World is an owner with Clients clients in one list, and a message. Its methods fail the test on errors.
type World struct {
	Store   *postgres.Store
	Pool    *pgxpool.Pool
	Owner   domain.ID
	List    domain.ID
	Message domain.ID
	Clients int

	t testing.TB
}

// New fills the database at url. Clients are named client-<n>@example.com, n from 1.
func New(t testing.TB, url string, clients int, clock domain.Clock) *World {
	t.Helper()
	w := &World{Clients: clients, t: t}
	w.Connect(url, clock)
	now := clock.Now()
	w.Owner, w.List, w.Message = domain.NewID(now), domain.NewID(now), domain.NewID(now)
	require.NoError(t, w.Store.EnsurePartitions(t.Context()))
	w.Exec(`INSERT INTO users (id, email, email_key, password_hash, role, verified_at, created_at)
		VALUES ($1, $2, $2, '', 'user', $3, $3)`, w.Owner, w.Owner.String()+"@example.com", now)
	w.Exec(`INSERT INTO lists (id, owner_id, name, created_at) VALUES ($1, $2, 'Everyone', $3)`, w.List, w.Owner, now)
	w.Exec(`INSERT INTO messages (id, owner_id, subject, html, text, created_at, updated_at)
		VALUES ($1, $2, 'Новости для {{ client.full_name }}', '<p>Здравствуйте, {{ client.full_name }}!</p>', '', $3, $3)`,
		w.Message, w.Owner, now)
	w.Exec(`WITH added AS (
			INSERT INTO clients (uid, owner_id, email, email_key, full_name, created_at, updated_at)
			SELECT gen_random_uuid(), $1, 'client-' || n || '@example.com', 'client-' || n || '@example.com', 'Клиент ' || n, $3, $3
			FROM generate_series(1, $4::integer) n RETURNING id)
		INSERT INTO list_clients SELECT $2, id FROM added`, w.Owner, w.List, now, clients)
	return w
}

// Connect goes over to the database at url: the same one, at another address after a restart.
func (w *World) Connect(url string, clock domain.Clock) {
	w.t.Helper()
	store, err := postgres.Open(context.Background(), url, 10, clock)
	require.NoError(w.t, err)
	w.t.Cleanup(store.Close)
	pool, err := pgxpool.New(context.Background(), url)
	require.NoError(w.t, err)
	w.t.Cleanup(pool.Close)
	w.Store, w.Pool = store, pool
}

// Exec runs SQL.
func (w *World) Exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.Pool.Exec(context.Background(), sql, args...)
	require.NoError(w.t, err)
}

// Int returns the one number that a query asks for.
func (w *World) Int(sql string, args ...any) int {
	w.t.Helper()
	var n int
	require.NoError(w.t, w.Pool.QueryRow(context.Background(), sql, args...).Scan(&n))
	return n
}

// Text returns the one text that a query asks for.
func (w *World) Text(sql string, args ...any) string {
	w.t.Helper()
	var s string
	require.NoError(w.t, w.Pool.QueryRow(context.Background(), sql, args...).Scan(&s))
	return s
}

// Mailing creates a mailing to the whole list; change, if not nil, alters it first. By default it is due at once.
func (w *World) Mailing(change func(*domain.Mailing)) domain.Mailing {
	w.t.Helper()
	m := domain.Mailing{
		OwnerID: w.Owner, Name: "Новости недели", MessageID: w.Message, ListIDs: []domain.ID{w.List},
		OnUnknown: domain.HoldUnknown, Schedule: domain.Schedule{Zone: "Europe/Moscow", Periodicity: domain.Once},
	}
	if change != nil {
		change(&m)
	}
	require.NoError(w.t, w.Store.CreateMailing(context.Background(), &m))
	return m
}

// Attempt returns the newest attempt of a mailing, if it has one.
func (w *World) Attempt(mailing domain.ID) (domain.Attempt, bool) {
	w.t.Helper()
	all, err := w.Store.Attempts(context.Background(), w.Owner, mailing, domain.Page{Limit: 1})
	require.NoError(w.t, err)
	if len(all) == 0 {
		return domain.Attempt{}, false
	}
	return all[0], true
}

// WaitFor polls the newest attempt of a mailing until ok says so and returns it.
func (w *World) WaitFor(mailing domain.ID, patience time.Duration, what string, ok func(domain.Attempt) bool) domain.Attempt {
	w.t.Helper()
	var last domain.Attempt
	require.Eventually(w.t, func() bool {
		a, found := w.Attempt(mailing)
		last = a
		return found && ok(a)
	}, patience, 50*time.Millisecond, "waiting for %s", what)
	return last
}

// WaitEnd waits until the newest attempt of a mailing has ended.
func (w *World) WaitEnd(mailing domain.ID, patience time.Duration) domain.Attempt {
	w.t.Helper()
	return w.WaitFor(mailing, patience, fmt.Sprintf("the end of mailing %s", mailing), func(a domain.Attempt) bool {
		return a.Status != domain.AttemptPlanned && a.Status != domain.AttemptRunning
	})
}

// Notice queues a message of the service itself, as the changes that tell somebody of themselves do, and returns its id.
func (w *World) Notice(n domain.Notice) domain.ID {
	w.t.Helper()
	now := time.Now()
	id := domain.NewID(now)
	due, err := events.Encode(events.NoticeDue{NoticeID: id}, now)
	require.NoError(w.t, err)
	headers, err := json.Marshal(due.Header)
	require.NoError(w.t, err)
	data, err := json.Marshal(n.Data)
	require.NoError(w.t, err)
	w.Exec(`WITH notice AS (
			INSERT INTO notices (id, email, kind, language, data, due_at, hinted_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, now(), $6))
		INSERT INTO outbox (subject, headers, payload) VALUES ($7, $8, $9)`,
		id, n.Email, string(n.Kind), string(n.Language), data, now, due.Subject, headers, due.Payload)
	return id
}
