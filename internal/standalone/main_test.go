package standalone_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vestnik-mail/vestnik/internal/standalone"
)

// TestMain also plays the process that is killed: with arguments it runs one part until it is ended.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.NArg() == 2 {
		fmt.Fprintln(os.Stderr, play(flag.Arg(0), flag.Arg(1)))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if made.root != "" {
			_ = os.RemoveAll(made.root)
		}
		os.Exit(code)
	}))
}

// play writes one line to standard output when the part is up.
func play(part, dir string) error {
	var line string
	switch part {
	case "lock":
		if _, err := standalone.LockDataDir(dir); err != nil {
			return err
		}
		if err := standalone.WriteRuntime(dir, standalone.Runtime{HTTPAddr: "127.0.0.1:1"}); err != nil {
			return err
		}
	case "postgres":
		pg, err := standalone.StartPostgres(context.Background(), standalone.PostgresConfig{Dir: dir, Log: zerolog.Nop()})
		if err != nil {
			return err
		}
		line = pg.URL()
	case "nats":
		n, err := standalone.StartNATS(context.Background(), standalone.NATSConfig{Dir: dir, Log: zerolog.Nop()})
		if err != nil {
			return err
		}
		line = n.URL()
	default:
		return fmt.Errorf("no part %q", part)
	}
	if _, err := fmt.Fprintln(os.Stdout, line); err != nil {
		return err
	}
	select {}
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// dataDir returns a path that does not exist yet and that an unprivileged PostgreSQL can reach.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))               //nolint:gosec // see above
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755)) //nolint:gosec // see above
	return filepath.Join(dir, "данные")
}
