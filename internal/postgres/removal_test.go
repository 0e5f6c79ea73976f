package postgres_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/postgres"
)

// TestAnAccountIsRemovedWithAllItOwnsWhenItsTimeHasComeAndNotBefore goes over batches: 5,000 rows each.
func TestAnAccountIsRemovedWithAllItOwnsWhenItsTimeHasComeAndNotBefore(t *testing.T) {
	t.Parallel()
	db := pgtest.URL(t)
	clock := &handClock{now: at(1, 12)}
	store, err := postgres.Open(t.Context(), db, 4, clock)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	conn, err := pgx.Connect(t.Context(), db)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close(t.Context())) })
	count := func(table string) (n int) {
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
		return n
	}
	// Whatever has an owner, or hangs on something that has one.
	tables := []string{
		"users", "api_keys", "sessions", "tokens", "clients", "suppressions", "lists", "list_clients", "messages", "mailings", "mailing_clients",
		"mailing_lists", "attempts", "attempt_contents", "chunks", "deliveries", "delivery_tries", "imports", "import_rejects", "notices",
	}
	fill := func(email string, clients int) domain.ID {
		u, err := store.CreateUser(t.Context(), domain.Address{Display: email, Key: email}, "", domain.RoleUser, true)
		require.NoError(t, err)
		_, err = store.CreateAPIKey(t.Context(), u.ID, "x")
		require.NoError(t, err)
		_, err = store.SignIn(t.Context(), u.ID, "a browser")
		require.NoError(t, err)
		require.NoError(t, store.ForgotPassword(t.Context(), domain.Address{Key: email}))
		for _, statement := range []string{
			`INSERT INTO clients (uid, owner_id, email, email_key, created_at, updated_at)
				SELECT gen_random_uuid(), $1::uuid, n || 'x', n || 'x', now(), now() FROM generate_series(1, $2::integer) n`,
			`INSERT INTO suppressions (owner_id, email_key, email, reason, created_at)
				SELECT $1::uuid, n || 'x', n || 'x', '', now() FROM generate_series(1, $2::integer) n`,
			`INSERT INTO lists (id, owner_id, name, created_at) SELECT gen_random_uuid(), $1::uuid, 'x', now() WHERE $2::integer > 0`,
			`INSERT INTO list_clients (list_id, client_id) SELECT l.id, c.id FROM lists l JOIN clients c USING (owner_id) WHERE owner_id = $1::uuid LIMIT $2::integer`,
			`INSERT INTO messages (id, owner_id, subject, html, text, created_at, updated_at) SELECT gen_random_uuid(), $1::uuid, '', '', '', now(), now() WHERE $2::integer > 0`,
			`INSERT INTO mailings (id, owner_id, name, message_id, start_at, time_zone, periodicity, on_unknown, status, set_at, active_at, created_at, updated_at)
				SELECT gen_random_uuid(), $1::uuid, 'x', m.id, now(), 'UTC', 'once', 'hold', s, now(), now(), now(), now()
				FROM messages m, unnest(ARRAY['scheduled', 'running', 'draft']) s WHERE m.owner_id = $1::uuid AND $2::integer > 0`,
			`INSERT INTO mailing_clients SELECT m.id, c.id FROM mailings m JOIN clients c USING (owner_id) WHERE owner_id = $1::uuid LIMIT $2::integer`,
			`INSERT INTO mailing_lists SELECT m.id, l.id FROM mailings m JOIN lists l USING (owner_id) WHERE owner_id = $1::uuid LIMIT $2::integer`,
			`INSERT INTO attempts (id, mailing_id, owner_id, kind, due_at, status, created_at)
				SELECT gen_random_uuid(), m.id, $1::uuid, 'manual', now(), 'finished', now() FROM mailings m WHERE m.owner_id = $1::uuid AND $2::integer > 0`,
			`INSERT INTO attempt_contents SELECT id, '', '', '', '' FROM attempts WHERE owner_id = $1::uuid AND $2::integer > 0`,
			`INSERT INTO chunks (attempt_id, client_ids, status, due_at) SELECT id, '{}', 'done', now() FROM attempts WHERE owner_id = $1::uuid AND $2::integer > 0`,
			`INSERT INTO deliveries (attempt_id, client_id, email, outcome, class, phase, code, enhanced, response, provider, tries, at)
				SELECT (SELECT a.id FROM attempts a WHERE a.owner_id = $1::uuid LIMIT 1), c.id, '', 'deferred', '', '', 0, '', '', '', 1, now() FROM clients c WHERE c.owner_id = $1::uuid LIMIT $2::integer`,
			`UPDATE deliveries SET tries = 2 WHERE attempt_id IN (SELECT a.id FROM attempts a WHERE a.owner_id = $1::uuid) AND $2::integer > 0`,
			`INSERT INTO imports (id, owner_id, status, started_at, active_at) SELECT gen_random_uuid(), $1::uuid, 'finished', now(), now() WHERE $2::integer > 0`,
			`INSERT INTO import_rejects (import_id, line, reason, email) SELECT i.id, n, '', '' FROM imports i, generate_series(1, $2::integer) n WHERE i.owner_id = $1::uuid`,
		} {
			_, err := conn.Exec(t.Context(), statement, u.ID, clients)
			require.NoError(t, err, statement)
		}
		return u.ID
	}
	fill("stays@example.org", 3)
	before := map[string]int{}
	for _, table := range tables {
		before[table] = count(table)
		require.Positive(t, before[table], table)
	}
	goes := fill("goes@example.org", 11_000)
	owner, err := store.DeleteAccount(t.Context(), goes, domain.ID{})
	require.NoError(t, err)
	assert.Equal(t, at(1, 12).Add(30*24*time.Hour), *owner.DeleteAt)
	assert.Equal(t, 2, count("mailings WHERE status = 'paused' AND reason LIKE 'the account is to be deleted%' AND needs_plan"))

	clock.set(owner.DeleteAt.Add(-time.Second))
	require.NoError(t, store.RemoveAccounts(t.Context()))
	assert.Equal(t, before["users"]+1, count("users"))
	assert.Equal(t, before["clients"]+11_000, count("clients"))

	clock.set(*owner.DeleteAt)
	var both errgroup.Group // two planners at it
	for range 2 {
		both.Go(func() error { return store.RemoveAccounts(t.Context()) })
	}
	require.NoError(t, both.Wait())
	for table, n := range before {
		assert.Equal(t, n, count(table), table)
	}
	assert.Equal(t, 1, count("audit_log WHERE action = 'user.removed' AND target_id = '"+goes.String()+"' AND actor_id IS NULL"))
	assert.Equal(t, 1, count("audit_log WHERE action = 'user.delete'"), "the log outlives the account")
}

// TestNothingStartsForWhoDeletesHisAccount is about a mailing that is made at the moment of the deletion.
func TestNothingStartsForWhoDeletesHisAccount(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	_, err := w.Store.DeleteAccount(t.Context(), w.Owner, domain.ID{})
	require.NoError(t, err)
	w.Exec("UPDATE mailings SET status = 'scheduled'")
	_, err = w.Store.PlanNext(t.Context(), m.ID)
	require.NoError(t, err)
	require.NotContains(t, planned(t, w, m.ID), "02 09:00 planned")
	_, err = w.Store.RestoreAccount(t.Context(), w.Owner)
	require.NoError(t, err)
	_, err = w.Store.PlanNext(t.Context(), m.ID)
	require.NoError(t, err)
	require.Contains(t, planned(t, w, m.ID), "02 09:00 planned")
	require.Equal(t, at(1, 12), clock.Now())
}
