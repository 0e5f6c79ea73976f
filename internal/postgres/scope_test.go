package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/postgres"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
)

// open says why a table that the gateway's role may read has no row level security.
var open = map[string]string{ //nolint:gochecknoglobals // a table of the test
	"goose_db_version": "the version of the schema",
	"provider_states":  "mail services are everybody's; the gateway keeps slowed domains from users",
}

// scope is a database in which one user, the owner, has something in every table, and others have nothing.
type scope struct {
	*seedtest.World

	url    string
	store  *postgres.Store
	tables []string // with row level security
}

func newScope(t *testing.T, conns int) *scope {
	t.Helper()
	at := pgtest.URL(t)
	s := &scope{World: seedtest.New(t, at, 3, domain.SystemClock{}), url: at}
	var err error
	s.store, err = postgres.OpenScoped(t.Context(), at, conns, domain.SystemClock{})
	require.NoError(t, err)
	t.Cleanup(s.store.Close)
	s.fill()
	rows, err := s.Pool.Query(t.Context(), `SELECT relname::text FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND relrowsecurity ORDER BY 1`)
	require.NoError(t, err)
	s.tables, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, table := range s.tables {
		require.NotZero(t, s.Int("SELECT count(*) FROM "+table), "let fill put something of the owner into %s", table)
	}
	return s
}

func (s *scope) fill() {
	m := s.Mailing(nil)
	attempt, im, now := domain.NewID(time.Now()), domain.NewID(time.Now()), time.Now()
	for _, q := range []string{
		`INSERT INTO mailing_clients SELECT $2, id FROM clients`,
		`INSERT INTO attempts (id, mailing_id, owner_id, kind, due_at, status, started_at, created_at) VALUES ($3, $2, $1, 'manual', $5, 'running', $5, $5)`,
		`INSERT INTO attempt_contents VALUES ($3, 'm', 's', 'h', 't')`,
		`INSERT INTO chunks (attempt_id, client_ids, status, due_at) SELECT $3, array_agg(id), 'pending', $5 FROM clients`,
		`INSERT INTO deliveries SELECT $3, id, email, 'unknown', '', '', 0, '', '', '', 1, $5 FROM clients`,
		`INSERT INTO delivery_tries SELECT $3, id, 1, email, 'unknown', '', '', 0, '', '', '', $5 FROM clients`,
		`INSERT INTO suppressions (owner_id, email_key, reason, created_at) VALUES ($1, 'x@example.org', 'r', $5)`,
		`INSERT INTO imports (id, owner_id, status, started_at, active_at) VALUES ($4, $1, 'finished', $5, $5)`,
		`INSERT INTO import_rejects (import_id, line, reason, email) VALUES ($4, 2, 'r', 'e')`,
		`INSERT INTO idempotency_keys (user_id, key, request_hash, created_at) VALUES ($1, 'k', 'h', $5)`,
		`INSERT INTO api_keys (id, user_id, name, hash, created_at) VALUES ($3, $1, 'k', 'h', $5)`,
		`INSERT INTO sessions (id, user_id, hash, address, user_agent, created_at, last_seen_at) VALUES ($3, $1, 'h', '', '', $5, $5)`,
		`INSERT INTO tokens (id, user_id, purpose, hash, created_at, expires_at) VALUES ($3, $1, 'reset', 'h', $5, $5)`,
		`INSERT INTO recovery_codes (user_id, hash) VALUES ($1, 'h')`,
		`INSERT INTO factor_tries (user_id, address, tries, since) VALUES ($1, '', 1, $5)`,
		`INSERT INTO identities (issuer, subject, user_id, created_at) VALUES ('i', 's', $1, $5)`,
		`INSERT INTO oidc_logins (hash, browser, nonce, verifier, return_to, created_at) VALUES ('h', 'b', 'n', 'v', '/', $5)`,
		`INSERT INTO notices (id, user_id, email, kind, language, data, due_at, created_at) VALUES ($3, $1, 'e', 'k', 'en', '{}', $5, $5)`,
		`INSERT INTO audit_log (at, actor_id, actor_email, action, target_type, target_id, owner_id, address, reason, before, after)
			VALUES ($5, $1, 'e', 'a', 't', 'i', $1, '', '', '{}', '{}')`,
		`INSERT INTO outbox (subject, payload) VALUES ('s', '{}')`,
		`INSERT INTO setup_tokens (hash, created_at) VALUES ('h', $5)`,
	} {
		// Every statement gets all the parameters; the first line gives those it does not use a type.
		s.Exec(`WITH given AS (SELECT $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::timestamptz) `+q, s.Owner, m.ID, attempt, im, now)
	}
}

// user makes another user and the context of his requests.
func (s *scope) user(t *testing.T, role domain.Role) (domain.ID, context.Context) {
	t.Helper()
	id := domain.NewID(time.Now())
	s.Exec(`INSERT INTO users (id, email, email_key, password_hash, role, verified_at, created_at) VALUES ($1, $2, $2, '', $3, now(), now())`,
		id, id.String()+"@example.net", string(role))
	return id, domain.WithActor(t.Context(), domain.Actor{ID: id, Role: role})
}

// sees counts the rows that are seen without any filter; none where there is no right to look.
func (s *scope) sees(ctx context.Context, t *testing.T, table string) int {
	t.Helper()
	var n int
	err := s.store.Scoped().QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n)
	if isDenied(err) {
		return 0
	}
	require.NoError(t, err)
	return n
}

// writes runs a statement and returns how many rows it changed; none where it was refused.
func (s *scope) writes(ctx context.Context, t *testing.T, sql string, args ...any) int64 {
	t.Helper()
	tag, err := s.store.Scoped().Exec(ctx, sql, args...)
	if isDenied(err) {
		return 0
	}
	require.NoError(t, err, sql)
	return tag.RowsAffected()
}

// isDenied reports whether PostgreSQL refused for want of a right, row level security included.
func isDenied(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "42501"
}

func TestScopedRoleOwnsNothing(t *testing.T) {
	t.Parallel()
	s := newScope(t, 2)
	var role, login string
	require.NoError(t, s.store.Scoped().QueryRow(t.Context(), "SELECT current_user, session_user").Scan(&role, &login))
	require.NotEqual(t, login, role)
	assert.Zero(t, s.Int(`SELECT count(*) FROM pg_roles WHERE rolname = $1
		AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication OR rolcanlogin)`, role))
	assert.Zero(t, s.Int(`SELECT count(*) FROM pg_auth_members WHERE member = $1::regrole`, role), "it is a member of nothing")
	assert.Zero(t, s.Int(`SELECT count(*) FROM pg_shdepend WHERE refobjid = $1::regrole AND deptype = 'o'`, role), "it owns nothing")
	for _, table := range []string{"audit_log", "notices"} {
		for _, right := range []string{"UPDATE", "DELETE", "TRUNCATE"} {
			assert.Zero(t, s.Int(`SELECT has_table_privilege($1, $2, $3)::integer`, role, table, right), "%s on %s", right, table)
		}
	}
	assert.Zero(t, s.Int(`SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'
		AND has_table_privilege($1, oid, 'SELECT, INSERT, UPDATE, DELETE')`, role), "partitions are reached through their tables only")
}

func TestEveryTableHasRowLevelSecurity(t *testing.T) {
	t.Parallel()
	s := newScope(t, 2)
	rows, err := s.Pool.Query(t.Context(), `SELECT relname::text FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND NOT relrowsecurity`)
	require.NoError(t, err)
	without, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, table := range without {
		assert.Contains(t, open, table, "give it row level security in a migration, or say here why it needs none")
	}
	assert.Zero(t, s.Int(`SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'v'
		AND NOT coalesce(reloptions @> '{security_invoker=true}', false)`), "a view must work with the rights of who asks")
}

// A query that lost its filter is one without WHERE.
func TestScopedReads(t *testing.T) {
	t.Parallel()
	s := newScope(t, 2)
	_, stranger := s.user(t, domain.RoleUser)
	_, manager := s.user(t, domain.RoleManager)
	_, admin := s.user(t, domain.RoleAdmin)
	owner := domain.WithActor(t.Context(), domain.Actor{ID: s.Owner, Role: domain.RoleUser})
	unknown := domain.WithActor(t.Context(), domain.Actor{ID: s.Owner, Role: "root"})
	everybodys := []string{
		"attempts", "chunks", "clients", "deliveries", "delivery_tries", "list_clients", "lists", "mailing_clients", "mailing_lists",
		"mailings", "messages", "sessions", "suppressions", "users",
	}
	toNobody := []string{"attempt_contents", "notices", "oidc_logins", "outbox", "setup_tokens"}
	for _, table := range append(s.tables, "attempt_reports") {
		all := s.Int("SELECT count(*) FROM " + table)
		assert.Zero(t, s.sees(t.Context(), t, table), "nobody, %s", table)
		assert.Zero(t, s.sees(domain.WithActor(t.Context(), domain.Actor{}), t, table), "nobody signed in, %s", table)
		assert.Zero(t, s.sees(unknown, t, table), "a role that is none, %s", table)
		want := 0
		if table == "users" {
			want = 1 // his own
		}
		assert.Equal(t, want, s.sees(stranger, t, table), "a stranger, %s", table)
		switch {
		case table == "users":
		case slices.Contains(toNobody, table):
			assert.Zero(t, s.sees(owner, t, table), "the owner, %s", table)
		default:
			assert.Equal(t, all, s.sees(owner, t, table), "the owner, %s", table)
		}
		if want = 0; slices.Contains(everybodys, table) || table == "attempt_reports" {
			want = all
		}
		assert.Equal(t, want, s.sees(manager, t, table), "a manager, %s", table)
		if table == "audit_log" {
			want = all
		}
		assert.Equal(t, want, s.sees(admin, t, table), "an administrator, %s", table)
	}
}

// What finds out who somebody is reaches accounts, and the relay reaches the outbox, and neither anything else.
func TestScopesOfTheServiceItself(t *testing.T) {
	t.Parallel()
	s := newScope(t, 2)
	accounts := []string{"api_keys", "factor_tries", "identities", "oidc_logins", "recovery_codes", "sessions", "setup_tokens", "tokens", "users"}
	for _, table := range s.tables {
		all := s.Int("SELECT count(*) FROM " + table)
		seen := s.sees(postgres.AsAuth(t.Context()), t, table)
		if slices.Contains(accounts, table) {
			assert.Equal(t, all, seen, table)
		} else {
			assert.Zero(t, seen, table)
		}
		seen = s.sees(postgres.AsRelay(t.Context()), t, table)
		if table == "outbox" {
			assert.Equal(t, all, seen)
		} else {
			assert.Zero(t, seen, table)
		}
	}
	_, err := s.store.CreateUser(t.Context(), domain.Address{Display: "a@example.org", Key: "a@example.org"}, "", domain.RoleUser, false)
	require.NoError(t, err)
	_, err = s.store.CreateUser(t.Context(), domain.Address{Display: "b@example.org", Key: "b@example.org"}, "", domain.RoleAdmin, true)
	require.True(t, isDenied(err), "%v", err)
	claimed, err := s.store.ClaimOutbox(t.Context(), 10, time.Minute)
	require.NoError(t, err)
	require.NotEmpty(t, claimed)
	require.NoError(t, s.store.OutboxPublished(t.Context(), []int64{claimed[0].ID}))
	n, err := s.store.OutboxSize(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, len(claimed)-1, n)
}

func TestScopedWrites(t *testing.T) {
	t.Parallel()
	s := newScope(t, 2)
	strangerID, stranger := s.user(t, domain.RoleUser)
	_, manager := s.user(t, domain.RoleManager)
	_, admin := s.user(t, domain.RoleAdmin)
	for _, table := range s.tables {
		column := s.Text(`SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
			AND attidentity = '' AND attgenerated = '' ORDER BY attnum DESC LIMIT 1`, table)
		own := "true"
		if table == "users" {
			own = fmt.Sprintf("id <> '%s'", strangerID)
		}
		change, remove := fmt.Sprintf("UPDATE %s SET %[2]s = %[2]s WHERE %[3]s", table, column, own), fmt.Sprintf("DELETE FROM %s WHERE %s", table, own)
		for name, ctx := range map[string]context.Context{"nobody": t.Context(), "a stranger": stranger, "a manager": manager, "an administrator": admin} {
			sees := strings.HasPrefix(name, "a manager") || strings.HasPrefix(name, "an admin")
			if !sees || table != "users" && table != "mailings" {
				assert.Zero(t, s.writes(ctx, t, change), "%s, %s", name, change)
			}
			if !sees || table != "sessions" {
				assert.Zero(t, s.writes(ctx, t, remove), "%s, %s", name, remove)
			}
		}
		assert.NotZero(t, s.Int("SELECT count(*) FROM "+table), table)
	}
}

func TestScopedInsertsAreOnesOwn(t *testing.T) {
	t.Parallel()
	s := newScope(t, 2)
	id, ctx := s.user(t, domain.RoleUser)
	_, manager := s.user(t, domain.RoleManager)
	list := domain.List{OwnerID: id, Name: "Own"}
	require.NoError(t, s.store.CreateList(ctx, &list))
	assert.NotEmpty(t, list.OwnerEmail)
	client := domain.Client{OwnerID: id, Email: domain.Address{Display: "o@example.net", Key: "o@example.net"}}
	require.NoError(t, s.store.CreateClient(ctx, &client))
	require.NoError(t, s.store.AddToList(ctx, id, list.ID, client.ID))
	theirs := s.Int(`SELECT min(id) FROM clients WHERE owner_id = $1`, s.Owner)

	assert.Zero(t, s.writes(ctx, t, `INSERT INTO lists (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $1, 'x', now())`, s.Owner))
	assert.Zero(t, s.writes(ctx, t, `UPDATE lists SET owner_id = $1`, s.Owner), "gives away what is his")
	assert.Zero(t, s.writes(ctx, t, `INSERT INTO list_clients VALUES ($1, $2)`, list.ID, theirs), "another's client into his list")
	assert.Zero(t, s.writes(ctx, t, `INSERT INTO list_clients VALUES ($1, $2)`, s.List, client.Key), "his client into another's list")
	assert.Zero(t, s.writes(ctx, t, `INSERT INTO mailings (id, owner_id, name, message_id, start_at, time_zone, periodicity, on_unknown,
		status, set_at, active_at, created_at, updated_at)
		VALUES (gen_random_uuid(), $1, 'x', $2, now(), 'UTC', 'once', 'hold', 'draft', now(), now(), now(), now())`, id, s.Message), "another's message")
	assert.Zero(t, s.writes(ctx, t, `INSERT INTO attempts (id, mailing_id, owner_id, kind, due_at, status, created_at)
		SELECT gen_random_uuid(), id, owner_id, 'manual', now(), 'planned', now() FROM mailings`), "another's mailing")
	mailing := s.Text(`SELECT id::text FROM mailings`)
	for name, as := range map[string]context.Context{"a user": ctx, "a manager": manager} {
		assert.Zero(t, s.writes(as, t, `INSERT INTO attempts (id, mailing_id, owner_id, kind, due_at, status, created_at)
			VALUES (gen_random_uuid(), $1, $2, 'manual', now(), 'planned', now())`, mailing, s.Owner), "%s starts another's mailing", name)
		assert.Zero(t, s.writes(as, t, `INSERT INTO audit_log (at, actor_id, actor_email, action, target_type, target_id, address, reason, before, after)
			VALUES (now(), $1, 'e', 'a', 't', 'i', '', '', '{}', '{}')`, s.Owner), "%s writes in another's name", name)
	}
	_, admin := s.user(t, domain.RoleAdmin)
	assert.EqualValues(t, 1, s.writes(admin, t, `INSERT INTO attempts (id, mailing_id, owner_id, kind, due_at, status, created_at)
		VALUES (gen_random_uuid(), $1, $2, 'manual', now(), 'planned', now())`, mailing, s.Owner), "an administrator may start it")

	require.NoError(t, s.store.DeleteList(ctx, id, list.ID, 0))
	assert.Zero(t, s.Int(`SELECT count(*) FROM list_clients WHERE list_id = $1`, list.ID), "what is a list's goes with it")
}

func TestManagersStopAndBlockOnly(t *testing.T) {
	t.Parallel()
	s := newScope(t, 2)
	id, ctx := s.user(t, domain.RoleUser)
	managerID, manager := s.user(t, domain.RoleManager)
	adminID, admin := s.user(t, domain.RoleAdmin)
	mailing, err := domain.ParseID(s.Text(`SELECT id::text FROM mailings`))
	require.NoError(t, err)

	m, err := s.store.DisableMailing(manager, mailing, "looks odd")
	require.NoError(t, err)
	assert.Equal(t, domain.MailingDisabled, m.Status)
	_, err = s.store.EnableMailing(admin, mailing)
	require.NoError(t, err)
	_, err = s.store.DisableMailing(ctx, mailing, "")
	require.Equal(t, domain.NotFound, domain.KindOf(err), "%v", err)
	for _, as := range []context.Context{manager, admin} {
		assert.Zero(t, s.writes(as, t, `UPDATE mailings SET name = 'x'`))
		assert.Zero(t, s.writes(as, t, `UPDATE mailings SET message_id = NULL, deleted_at = now()`))
		assert.Zero(t, s.writes(as, t, `UPDATE users SET email = 'x' WHERE id = $1`, id))
		assert.Zero(t, s.writes(as, t, `UPDATE users SET password_hash = 'x' WHERE id = $1`, id))
		assert.EqualValues(t, 1, s.writes(as, t, `UPDATE users SET blocked_at = now(), blocked_reason = 'r' WHERE id = $1`, id))
		assert.EqualValues(t, 1, s.writes(as, t, `UPDATE users SET blocked_at = NULL, blocked_reason = '' WHERE id = $1`, id))
	}
	require.NoError(t, s.store.BlockUser(manager, id, "spam"))
	require.NoError(t, s.store.UnblockUser(manager, id))
	const role, block = `UPDATE users SET role = 'admin' WHERE id = $1`, `UPDATE users SET blocked_at = now() WHERE id = $1`
	assert.Zero(t, s.writes(manager, t, role, id))
	assert.Zero(t, s.writes(manager, t, role, managerID))
	assert.Zero(t, s.writes(manager, t, block, adminID))
	assert.Zero(t, s.writes(manager, t, block, managerID))
	assert.Zero(t, s.writes(ctx, t, role, id))
	assert.Zero(t, s.writes(postgres.AsAuth(ctx), t, role, id))
	assert.Zero(t, s.writes(admin, t, `UPDATE users SET role = 'user' WHERE id = $1`, adminID))
	assert.EqualValues(t, 1, s.writes(admin, t, role, id))
	assert.EqualValues(t, 1, s.writes(ctx, t, `UPDATE users SET name = 'N' WHERE id = $1`, id))
}

// A connection that goes back to the pool forgets for whom it worked, however that ended.
func TestScopedConnectionsForget(t *testing.T) {
	t.Parallel()
	s := newScope(t, 1)
	owner := domain.WithActor(t.Context(), domain.Actor{ID: s.Owner, Role: domain.RoleUser})
	forgotten := func(after string) {
		t.Helper()
		var user, role string
		require.NoError(t, s.store.Bare().QueryRow(t.Context(), `SELECT coalesce(current_setting('vestnik.user_id', true), ''),
			coalesce(current_setting('vestnik.role', true), '')`).Scan(&user, &role))
		assert.Empty(t, user, after)
		assert.Empty(t, role, after)
		assert.Zero(t, s.sees(t.Context(), t, "clients"), after)
	}
	forgotten("nothing")
	require.Equal(t, 3, s.sees(owner, t, "clients"))
	forgotten("a statement")
	_, err := s.store.Scoped().Exec(owner, "SELECT 1/0")
	require.ErrorContains(t, err, "division by zero")
	forgotten("a statement that failed")
	_, err = s.store.Scoped().Exec(owner, "SELECT no_such_thing")
	require.Error(t, err)
	forgotten("a statement that could not be read")
	rows, err := s.store.Scoped().Query(owner, "SELECT generate_series(1, 100000)")
	require.NoError(t, err)
	require.True(t, rows.Next())
	rows.Close()
	require.NoError(t, rows.Err())
	forgotten("rows that were not read to their end")
	sees := func(q *sqlc.Queries) error {
		n, err := q.OutboxSize(owner)
		assert.Zero(t, n)
		return err
	}
	require.NoError(t, s.store.InScopedTx(owner, sees))
	forgotten("a commit")
	require.ErrorIs(t, s.store.InScopedTx(owner, func(q *sqlc.Queries) error { return errors.Join(sees(q), context.Canceled) }), context.Canceled)
	forgotten("a rollback")
	_, err = s.store.Summary(owner, s.Owner, domain.LastDays(1, time.Now(), time.UTC), time.UTC)
	require.NoError(t, err)
	forgotten("a snapshot")
	cancelled, cancel := context.WithCancel(owner)
	cancel()
	_, err = s.store.Scoped().Exec(cancelled, "SELECT 1")
	require.Error(t, err)
	forgotten("a request that was given up")
}

func TestScopedRequestsDoNotMix(t *testing.T) {
	t.Parallel()
	s := newScope(t, 2)
	var wg sync.WaitGroup
	for range 8 {
		id, ctx := s.user(t, domain.RoleUser)
		name := id.String() + "@example.net"
		c := domain.Client{OwnerID: id, Email: domain.Address{Display: name, Key: name}}
		require.NoError(t, s.store.CreateClient(ctx, &c))
		wg.Go(func() {
			for i := range 100 {
				// Everybody's, as far as the query goes.
				found, err := s.store.Clients(ctx, domain.ClientFilter{}, 0, 10)
				if err != nil || len(found) != 1 || found[0].OwnerID != id {
					t.Errorf("%s sees %v (%v)", id, found, err)
					return
				}
				if i%10 == 0 { // a rollback in between
					_, err = s.store.UpdateClient(ctx, id, c.ID, 0, func(*domain.Client) error { return context.Canceled })
					assert.ErrorIs(t, err, context.Canceled)
				}
			}
		})
	}
	wg.Wait()
}

// TestScopedCountsAreForWhomTheyConcern: what these functions find out they read with the rights of the tables' owner.
func TestScopedCountsAreForWhomTheyConcern(t *testing.T) {
	t.Parallel()
	s := newScope(t, 2)
	all := s.Int("SELECT count(*) FROM list_clients WHERE list_id = $1", s.List)
	expect := func(ctx context.Context, who string, told bool) {
		var size int
		var seen *time.Time
		require.NoError(t, s.store.Scoped().QueryRow(ctx, "SELECT list_size($1), last_seen($2)", s.List, s.Owner).Scan(&size, &seen), who)
		assert.Equal(t, told, size == all, who)
		assert.Equal(t, !told, size == 0, who)
		assert.Equal(t, told, seen != nil, who)
	}
	for _, role := range []domain.Role{domain.RoleManager, domain.RoleAdmin, domain.RoleUser} {
		_, ctx := s.user(t, role)
		expect(ctx, string(role), role != domain.RoleUser)
	}
	expect(domain.WithActor(t.Context(), domain.Actor{ID: s.Owner, Role: domain.RoleUser}), "the owner", true)
	expect(t.Context(), "nobody", false)
	assert.Equal(t, all, s.Int("SELECT list_size($1)", s.List), "planner, sender and the shell")
	assert.Equal(t, 1, s.Int("SELECT count(last_seen($1))", s.Owner))
	assert.Zero(t, s.Int("SELECT count(*) FROM pg_proc p, aclexplode(p.proacl) a WHERE p.proname IN ('list_size', 'last_seen') AND a.grantee = 0"), "nobody else calls them")
}

// TestScopedTablesOfOnesOwnDeceiveNoFunction: the gateway's role may make temporary tables, which PostgreSQL looks into first
// unless a function says otherwise. Those that work with the rights of the tables' owner must say so.
func TestScopedTablesOfOnesOwnDeceiveNoFunction(t *testing.T) {
	t.Parallel()
	s := newScope(t, 2)
	assert.Empty(t, s.Text(`SELECT coalesce(string_agg(proname, ', '), '') FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
		AND prosecdef AND NOT coalesce(format('search_path=%I, pg_temp', current_schema()) = ANY (proconfig), false)`))

	tx, err := s.store.Bare().Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(t.Context()) //nolint:errcheck // it only reads
	for _, table := range []string{"users", "list_clients", "sessions", "api_keys", "audit_log"} {
		_, err := tx.Exec(t.Context(), "CREATE TEMPORARY TABLE "+table+" AS TABLE "+table+" WITH NO DATA")
		require.NoError(t, err, table)
	}
	_, err = tx.Exec(t.Context(), "SELECT set_config('vestnik.role', 'manager', true)")
	require.NoError(t, err)
	var (
		unused bool
		size   int
		seen   *time.Time
	)
	require.NoError(t, tx.QueryRow(t.Context(), "SELECT vestnik_unused(), list_size($1), last_seen($2)", s.List, s.Owner).Scan(&unused, &size, &seen))
	assert.False(t, unused)
	assert.Equal(t, s.Int("SELECT count(*) FROM list_clients WHERE list_id = $1", s.List), size)
	assert.NotNil(t, seen)
}

// TestScopedStatementsArePlannedForTheirOwner: from the sixth time on PostgreSQL may use one plan for all, which for "mine, or
// everybody's" goes through everybody's.
func TestScopedStatementsArePlannedForTheirOwner(t *testing.T) {
	t.Parallel()
	s := newScope(t, 2)
	owner := domain.WithActor(t.Context(), domain.Actor{ID: s.Owner, Role: domain.RoleUser})
	for range 20 {
		_, err := s.store.Lists(owner, s.Owner, domain.Page{Limit: 10})
		require.NoError(t, err)
		var mode string
		var generic int
		require.NoError(t, s.store.Scoped().QueryRow(owner,
			"SELECT current_setting('plan_cache_mode'), coalesce(sum(generic_plans), 0)::int FROM pg_prepared_statements WHERE statement LIKE '-- name: ListPage%'").Scan(&mode, &generic))
		require.Equal(t, "force_custom_plan", mode)
		require.Zero(t, generic)
	}
}
