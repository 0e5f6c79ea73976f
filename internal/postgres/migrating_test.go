package postgres_test

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/postgres"
	"github.com/vestnik-mail/vestnik/migrations"
)

// The gateway's role belongs to the server: databases that are migrated at the same time all want to make it.
func TestMigratingAtOnce(t *testing.T) {
	t.Parallel()
	owner := "owner_" + domain.NewID(time.Now()).String()[24:]
	var wg sync.WaitGroup
	for i := range 4 {
		at := pgtest.URL(t, pgtest.Empty())
		admin, err := pgx.Connect(t.Context(), at)
		require.NoError(t, err)
		if i == 0 {
			_, err = admin.Exec(t.Context(), "CREATE ROLE "+owner+" LOGIN CREATEROLE PASSWORD 'secret'")
			require.NoError(t, err)
		}
		_, err = admin.Exec(t.Context(), "ALTER DATABASE "+admin.Config().Database+" OWNER TO "+owner)
		require.NoError(t, err)
		t.Cleanup(func() { // the first to be made is the last to go, and the roles with it
			drop := []string{
				"REASSIGN OWNED BY " + owner + " TO CURRENT_USER", "ALTER DATABASE " + admin.Config().Database + " OWNER TO CURRENT_USER",
				"DROP OWNED BY " + owner + "_app", "DROP OWNED BY " + owner,
			}
			if i == 0 {
				drop = append(drop, "DROP ROLE "+owner+"_app", "DROP ROLE "+owner)
			}
			for _, q := range drop {
				_, err := admin.Exec(context.Background(), q)
				assert.NoError(t, err, q)
			}
			assert.NoError(t, admin.Close(context.Background()))
		})
		u, err := url.Parse(at)
		require.NoError(t, err)
		u.User = url.UserPassword(owner, "secret")
		wg.Go(func() {
			_, err := migrations.Up(t.Context(), u.String())
			assert.NoError(t, err)
		})
	}
	wg.Wait()
}

// A login that may not make roles is told what to do; and the gateway may have a login of its own.
func TestMigratingAsALogin(t *testing.T) {
	t.Parallel()
	at := pgtest.URL(t, pgtest.Empty())
	admin, err := pgx.Connect(t.Context(), at)
	require.NoError(t, err)
	suffix := strings.ReplaceAll(domain.NewID(time.Now()).String()[24:], "-", "")
	owner, gateway := "owner_"+suffix, "gateway_"+suffix
	t.Cleanup(func() { // the database goes after this, with what these own and may
		ctx := context.Background()
		for _, q := range []string{
			"REASSIGN OWNED BY " + owner + " TO CURRENT_USER", "DROP OWNED BY " + owner + "_app", "DROP OWNED BY " + owner,
			"ALTER DATABASE " + admin.Config().Database + " OWNER TO CURRENT_USER",
			"DROP ROLE " + gateway, "DROP ROLE " + owner + "_app", "DROP ROLE " + owner,
		} {
			_, err := admin.Exec(ctx, q)
			assert.NoError(t, err, q)
		}
		assert.NoError(t, admin.Close(ctx))
	})
	exec := func(q string) {
		t.Helper()
		_, err := admin.Exec(t.Context(), q)
		require.NoError(t, err, q)
	}
	exec("CREATE ROLE " + owner + " LOGIN PASSWORD 'secret'")
	exec("CREATE ROLE " + gateway + " LOGIN NOINHERIT PASSWORD 'secret'")
	exec("ALTER DATABASE " + admin.Config().Database + " OWNER TO " + owner)
	as := func(login string) string {
		u, err := url.Parse(at)
		require.NoError(t, err)
		u.User = url.UserPassword(login, "secret")
		return u.String()
	}
	openScoped := func(login string) *postgres.Store {
		s, err := postgres.OpenScoped(t.Context(), as(login), 2, domain.SystemClock{})
		require.NoError(t, err)
		t.Cleanup(s.Close)
		return s
	}
	scoped := openScoped(owner)
	require.NoError(t, scoped.Ping(t.Context()), "the server is there")
	require.ErrorContains(t, scoped.PingSchema(t.Context()), "vestnik migrate")

	_, err = migrations.Up(t.Context(), as(owner))
	require.ErrorContains(t, err, "CREATE ROLE "+owner+"_app NOLOGIN NOINHERIT; GRANT "+owner+"_app TO "+owner)
	exec("CREATE ROLE " + owner + "_app NOLOGIN NOINHERIT")
	exec("GRANT " + owner + "_app TO " + owner)
	_, err = migrations.Up(t.Context(), as(owner))
	require.NoError(t, err)
	require.NoError(t, scoped.PingSchema(t.Context()))

	store, err := postgres.Open(t.Context(), as(owner), 2, domain.SystemClock{})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	user, err := store.CreateUser(t.Context(), domain.Address{Display: "a@example.org", Key: "a@example.org"}, "", domain.RoleUser, true)
	require.NoError(t, err)
	own := openScoped(gateway)
	require.ErrorContains(t, own.Ping(t.Context()), "must be granted")
	exec("GRANT " + owner + "_app TO " + gateway)
	ctx := domain.WithActor(t.Context(), domain.Actor{ID: user.ID, Role: user.Role})
	for _, s := range []*postgres.Store{scoped, own} {
		require.NoError(t, s.PingSchema(t.Context()))
		lists, err := s.Lists(ctx, user.ID, domain.Page{Limit: 10})
		require.NoError(t, err)
		assert.Empty(t, lists)
	}
	exec("ALTER ROLE " + owner + "_app BYPASSRLS")
	require.ErrorContains(t, openScoped(gateway).Ping(t.Context()), "BYPASSRLS")
}

// Senders of an older version go on while a newer one has migrated: their statement gives events as json, the type of before.
func TestOlderSendersPutEvents(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.URL(t))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close(context.Background())) })
	_, err = conn.Exec(t.Context(), "PREPARE put (text, jsonb, json) AS INSERT INTO outbox (subject, headers, payload) VALUES ($1, $2, $3)")
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `EXECUTE put ('s', '{}', '{"a": 1}')`)
	require.NoError(t, err)
	var payload []byte
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT payload FROM outbox").Scan(&payload))
	require.JSONEq(t, `{"a": 1}`, string(payload))
}
