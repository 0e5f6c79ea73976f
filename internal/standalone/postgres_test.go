package standalone_test

import (
	"context"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/standalone"
)

// pristine is a cluster made once for all tests of this process: making one takes longer than the tests.
func pristine(t *testing.T) string {
	t.Helper()
	made.once.Do(func() {
		made.root, made.err = os.MkdirTemp("", "vestnik-standalone-test-") //nolint:usetesting // outlives this test
		if made.err != nil {
			return
		}
		made.err = os.Chmod(made.root, 0o755) //nolint:gosec // an unprivileged PostgreSQL passes through it
		if made.err != nil {
			return
		}
		made.dir = filepath.Join(made.root, "pristine")
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		pg, err := standalone.StartPostgres(ctx, standalone.PostgresConfig{Dir: made.dir, NoSync: true, Log: zerolog.Nop()})
		if err != nil {
			made.err = err
			return
		}
		made.err = pg.Stop(ctx)
	})
	require.NoError(t, made.err)
	return made.dir
}

// made is per process, which the testing package has no other place for.
//
//nolint:gochecknoglobals // see above
var made struct {
	once sync.Once
	root string
	dir  string
	err  error
}

func cloneCluster(t *testing.T) string {
	t.Helper()
	dir := dataDir(t)
	require.NoError(t, standalone.ClonePostgres(pristine(t), dir))
	return dir
}

func startPostgres(t *testing.T, dir string) *standalone.Postgres {
	t.Helper()
	pg, err := standalone.StartPostgres(testContext(t), standalone.PostgresConfig{Dir: dir, Log: zerolog.New(zerolog.NewTestWriter(t))})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		assert.NoError(t, pg.Stop(ctx))
	})
	return pg
}

func stop(t *testing.T, pg *standalone.Postgres) {
	t.Helper()
	require.NoError(t, pg.Stop(testContext(t)))
	<-pg.Done()
	require.NoError(t, pg.Err())
}

func query[T any](t *testing.T, at, sql string, args ...any) T {
	t.Helper()
	ctx := testContext(t)
	conn, err := pgx.Connect(ctx, at)
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close(ctx)) }()
	var v T
	require.NoError(t, conn.QueryRow(ctx, sql, args...).Scan(&v))
	return v
}

func TestPostgresFirstUseAndRestart(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	pg := startPostgres(t, dir) // the whole first use, synced to disk

	for setting, want := range map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "server_encoding": "UTF8", "jit": "off",
		"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "200", "TimeZone": "UTC",
	} {
		assert.Equal(t, want, query[string](t, pg.URL(), "SELECT current_setting($1)", setting), setting)
	}
	assert.Equal(t, "иван@почта.рф", query[string](t, pg.URL(), "SELECT lower('ИВАН@Почта.РФ')"))
	assert.True(t, query[bool](t, pg.URL(), "SELECT 'Пётр Ёлкин' ILIKE '%ёЛКИН%'"))
	execute(t, pg.URL(), "CREATE TABLE kept (note text)", "INSERT INTO kept VALUES ('письмо')")

	info, err := os.Stat(filepath.Join(dir, "password"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	at, err := url.Parse(pg.URL())
	require.NoError(t, err)
	at.User = url.UserPassword("vestnik", "guess")
	_, err = pgx.Connect(testContext(t), at.String())
	require.ErrorContains(t, err, "password authentication failed")

	_, err = standalone.StartPostgres(testContext(t), standalone.PostgresConfig{Dir: dir, Log: zerolog.Nop()})
	var inUse *standalone.DirInUseError
	require.ErrorAs(t, err, &inUse)
	assert.Equal(t, os.Getpid(), inUse.PID)

	stop(t, pg)
	require.NoError(t, pg.Stop(testContext(t)), "a second time is no error")
	pg = startPostgres(t, dir)
	assert.Equal(t, "письмо", query[string](t, pg.URL(), "SELECT note FROM kept"))
}

func execute(t *testing.T, at string, statements ...string) {
	t.Helper()
	ctx := testContext(t)
	conn, err := pgx.Connect(ctx, at)
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close(ctx)) }()
	for _, sql := range statements {
		_, err := conn.Exec(ctx, sql)
		require.NoError(t, err, sql)
	}
}

func TestPostgresMakesALostPasswordAnew(t *testing.T) {
	t.Parallel()
	dir := cloneCluster(t)
	require.NoError(t, os.Remove(filepath.Join(dir, "password")))
	pg := startPostgres(t, dir)
	assert.Equal(t, 1, query[int](t, pg.URL(), "SELECT 1"))
}

func TestPostgresOnAGivenPort(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	addr, ok := taken.Addr().(*net.TCPAddr)
	require.True(t, ok)
	dir := cloneCluster(t)
	cfg := standalone.PostgresConfig{Dir: dir, Port: addr.Port, Log: zerolog.Nop()}
	_, err = standalone.StartPostgres(testContext(t), cfg)
	require.ErrorContains(t, err, "is in use by another program")

	require.NoError(t, taken.Close())
	pg, err := standalone.StartPostgres(testContext(t), cfg)
	require.NoError(t, err)
	assert.Contains(t, pg.URL(), addr.String())
	stop(t, pg)
}

func TestPostgresRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cfg  func(t *testing.T) standalone.PostgresConfig
		want []string
	}{
		"cluster of another version": {
			func(t *testing.T) standalone.PostgresConfig {
				t.Helper()
				dir := cloneCluster(t)
				require.NoError(t, os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("9.6\n"), 0o600))
				return standalone.PostgresConfig{Dir: dir}
			},
			[]string{"was made by PostgreSQL 9.6; found ", "pg_upgrade"},
		},
		"folder with other things in it": {
			func(t *testing.T) standalone.PostgresConfig {
				t.Helper()
				dir := dataDir(t)
				require.NoError(t, os.MkdirAll(filepath.Join(dir, "data", "photos"), 0o755)) //nolint:gosec // a user's folder
				return standalone.PostgresConfig{Dir: dir}
			},
			[]string{"neither empty nor a PostgreSQL cluster", "VESTNIK_DATA_DIR"},
		},
		"no programs": {
			func(t *testing.T) standalone.PostgresConfig {
				t.Helper()
				return standalone.PostgresConfig{Dir: dataDir(t), BinDir: t.TempDir()}
			},
			[]string{"no PostgreSQL server", "apt install postgresql", "VESTNIK_DATABASE_URL"},
		},
		"everything wrong at once": {
			func(*testing.T) standalone.PostgresConfig {
				return standalone.PostgresConfig{Dir: "relative", Port: 70000}
			},
			[]string{"not an absolute path", "70000 is no port"},
		},
		"setting PostgreSQL does not know": {
			func(t *testing.T) standalone.PostgresConfig {
				t.Helper()
				return standalone.PostgresConfig{Dir: cloneCluster(t), Settings: map[string]string{"no_such": "1"}}
			},
			[]string{"did not start", "no_such"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := standalone.StartPostgres(testContext(t), test.cfg(t))
			require.Error(t, err)
			for _, want := range test.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
}
