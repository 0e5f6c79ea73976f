package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/standalone"
)

const (
	envURL = "VESTNIK_TEST_DATABASE_URL"
	// pristineMade changes with the way standalone makes a cluster, so that an older cached one is not taken for it.
	pristineMade = "1"
	runPrefix    = "vestnik-pgtest-run-"
	lockPoll     = 100 * time.Millisecond
)

// unsafeSettings trade what a crash of the machine would cost for speed: the cluster lives as long as the tests.
func unsafeSettings() map[string]string {
	return map[string]string{
		"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "300",
		"shared_buffers": "64MB", "min_wal_size": "32MB",
	}
}

func (s *server) start(ctx context.Context) error {
	if at := os.Getenv(envURL); at != "" { //nolint:forbidigo // says where tests run, not how Vestnik does
		if u, err := url.Parse(at); err != nil || !strings.HasPrefix(u.Scheme, "postgres") || databaseIn(at) == "" {
			return fmt.Errorf("%s must look like postgres://user:password@host:port/database", envURL)
		}
		s.admin = at
		s.close = func(ctx context.Context) error {
			if s.template == "" {
				return nil
			}
			return s.drop(ctx, "/"+s.template)
		}
		return nil
	}
	return s.startCluster(ctx, unsafeSettings())
}

// startCluster starts a copy of the pristine cluster, which takes a fraction of making one.
func (s *server) startCluster(ctx context.Context, settings map[string]string) error {
	sweep()
	pristine, err := pristineCluster(ctx)
	if err != nil {
		return err
	}
	root, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", runPrefix, os.Geteuid()))
	if err != nil {
		return fmt.Errorf("make a folder for the cluster: %w", err)
	}
	pg, err := startCopy(ctx, pristine, root, settings)
	if err != nil {
		return errors.Join(err, os.RemoveAll(root))
	}
	s.admin = pg.URL()
	s.close = func(ctx context.Context) error {
		return errors.Join(pg.Stop(ctx), os.RemoveAll(root))
	}
	return nil
}

func startCopy(ctx context.Context, pristine, root string, settings map[string]string) (*standalone.Postgres, error) {
	// MkdirTemp's 0700 would keep out the account PostgreSQL runs as when the tests run as root.
	if err := os.Chmod(root, 0o711); err != nil { //nolint:gosec // see above
		return nil, fmt.Errorf("open the folder of the cluster: %w", err)
	}
	dir := filepath.Join(root, "postgres")
	if err := standalone.ClonePostgres(pristine, dir); err != nil {
		return nil, err
	}
	return standalone.StartPostgres(ctx, standalone.PostgresConfig{Dir: dir, Settings: settings, Log: zerolog.Nop()})
}

// pristineCluster returns a stopped, empty cluster kept between runs, and makes it the first time. Test processes that
// start together wait for the one that makes it.
func pristineCluster(ctx context.Context) (string, error) {
	installs, err := standalone.FindPostgres(ctx, "")
	if err != nil {
		return "", err
	}
	root := filepath.Join(os.TempDir(), fmt.Sprintf("vestnik-pgtest-%d-%s-%s", os.Geteuid(), installs[0].Version, pristineMade))
	if err := os.Mkdir(root, 0o711); err != nil && !errors.Is(err, os.ErrExist) { //nolint:gosec // as in startCopy
		return "", fmt.Errorf("make a folder for the pristine cluster: %w", err)
	}
	if err := ownedByUs(root); err != nil {
		return "", err
	}
	lock, err := waitForLock(ctx, root)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, "postgres")
	err = makePristine(ctx, dir, filepath.Join(root, "making"))
	return dir, errors.Join(err, lock.Release())
}

func makePristine(ctx context.Context, dir, aside string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.RemoveAll(aside); err != nil { // of a process that was killed
		return fmt.Errorf("make the pristine cluster: %w", err)
	}
	pg, err := standalone.StartPostgres(ctx, standalone.PostgresConfig{
		Dir: aside, Settings: unsafeSettings(), NoSync: true, Log: zerolog.Nop(),
	})
	if err != nil {
		return fmt.Errorf("make the pristine cluster: %w", err)
	}
	if err := pg.Stop(ctx); err != nil {
		return fmt.Errorf("make the pristine cluster: %w", err)
	}
	return os.Rename(aside, dir)
}

// ownedByUs refuses a folder that somebody else has put where ours would be: the system's temporary folder is everybody's.
func ownedByUs(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at %s: %w", dir, err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s is not a folder of ours: remove it, or set TMPDIR", dir)
	}
	return nil
}

func waitForLock(ctx context.Context, dir string) (*standalone.Lock, error) {
	ticker := time.NewTicker(lockPoll)
	defer ticker.Stop()
	for {
		lock, err := standalone.LockDataDir(dir)
		if _, inUse := errors.AsType[*standalone.DirInUseError](err); !inUse {
			return lock, err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		}
	}
}

// sweep removes the clusters of test processes that were killed. Their servers have ended with them, or are ended by
// nobody but their owner: a cluster whose postmaster.pid is there is left alone while that process may live.
func sweep() {
	roots, _ := filepath.Glob(filepath.Join(os.TempDir(), fmt.Sprintf("%s%d-*", runPrefix, os.Geteuid())))
	for _, root := range roots {
		dir := filepath.Join(root, "postgres")
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < patience || ownedByUs(root) != nil {
			continue // it may be just being made
		}
		if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); err == nil {
			continue
		}
		lock, err := standalone.LockDataDir(dir)
		if err != nil {
			continue
		}
		_ = os.RemoveAll(root)
		_ = lock.Release()
	}
}

// startDurable starts a cluster for one test.
func startDurable(t testing.TB) *server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s := &server{allowed: true}
	if err := s.startCluster(ctx, nil); err != nil {
		t.Fatalf("start a durable PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stop the durable PostgreSQL: %v", err)
		}
	})
	return s
}
