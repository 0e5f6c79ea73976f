package pgtest_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vestnik-mail/vestnik/internal/pgtest"
)

func TestMain(m *testing.M) {
	pgtest.Run(m, func() error { return goleak.Find() })
}

func connect(t *testing.T, at string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), at)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func scan[T any](t *testing.T, conn *pgx.Conn, sql string) T {
	t.Helper()
	var v T
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&v))
	return v
}

const countTables = `SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'`

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"one", "two", "three"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			conn := connect(t, pgtest.URL(t))
			t.Logf("a database after %s", time.Since(began))
			assert.Positive(t, scan[int](t, conn, countTables), "the schema is there")
			_, err := conn.Exec(t.Context(), "CREATE TABLE only_here ()")
			require.NoError(t, err)
		})
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	assert.Zero(t, scan[int](t, connect(t, pgtest.URL(t, pgtest.Empty())), countTables))
}

func TestDurable(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.URL(t, pgtest.Durable()))
	for _, setting := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		assert.Equal(t, "on", scan[string](t, conn, "SELECT current_setting('"+setting+"')"), setting)
	}
	assert.Positive(t, scan[int](t, conn, countTables), "the schema is there")
}
