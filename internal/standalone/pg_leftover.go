package standalone

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const leftoverPoll = 20 * time.Millisecond

// endLeftover deals with what a killed Vestnik left in the cluster. A postmaster that still runs is stopped in its fast,
// orderly way, once it is certain that it is the server of this very directory. A stale postmaster.pid is left to
// PostgreSQL, which also uses it to see whether server processes of the old postmaster are still alive; only where the
// recorded pid meanwhile belongs to a stranger, for which PostgreSQL would refuse to start, it is given our own pid:
// PostgreSQL takes its parent's pid in the file as stale.
//
// The caller holds the lock of the directory, so the server found has no living Vestnik.
func (c *cluster) endLeftover(ctx context.Context) error {
	path := filepath.Join(c.pgdata, "postmaster.pid")
	content, err := os.ReadFile(path) //nolint:gosec // the operator's own directory
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a server left running: %w", err)
	}
	first, rest, _ := bytes.Cut(content, []byte("\n"))
	pid, err := strconv.Atoi(string(bytes.TrimSpace(first)))
	if err != nil || pid <= 0 || !alive(pid) {
		return nil //nolint:nilerr // PostgreSQL itself judges a malformed file
	}
	if !isPostmasterOf(ctx, pid, c.pgdata) {
		c.log.Warn().Int("pid", pid).Msg("the pid of the last PostgreSQL belongs to another program now; going on")
		return c.rewrite(path, append([]byte(strconv.Itoa(os.Getpid())+"\n"), rest...))
	}
	c.log.Warn().Int("pid", pid).Msg("stopping the PostgreSQL that a killed Vestnik left running on this data directory")
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop PostgreSQL (pid %d) left running on %s: %w", pid, c.pgdata, err)
	}
	err = waitFor(ctx, nil, leftoverPoll, func() (bool, error) {
		return !alive(pid) || !isPostmasterOf(ctx, pid, c.pgdata), nil
	})
	if err != nil {
		return fmt.Errorf("wait for PostgreSQL (pid %d) left running on %s to end: %w", pid, c.pgdata, err)
	}
	return nil
}

// rewrite keeps the file's owner, who must be able to remove it.
func (c *cluster) rewrite(path string, content []byte) error {
	if err := errors.Join(writeFileAtomic(path, content), c.account.own(path)); err != nil {
		return fmt.Errorf("renew the stale postmaster.pid: %w", err)
	}
	return nil
}

func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
