package standalone_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/standalone"
)

// startPlay starts this test program as another process that runs one part, and returns what it tells when it is up.
func startPlay(t *testing.T, part, dir string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], part, dir) //nolint:gosec // this test program itself
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "the other process did not get its part up")
	return cmd, strings.TrimSpace(line)
}

func kill9(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
}

func TestDataDirBelongsToOneProcess(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	other, _ := startPlay(t, "lock", dir)

	_, err := standalone.LockDataDir(dir)
	var inUse *standalone.DirInUseError
	require.ErrorAs(t, err, &inUse)
	assert.Equal(t, other.Process.Pid, inUse.PID)
	require.ErrorContains(t, err, "VESTNIK_DATA_DIR")

	got, err := standalone.ReadRuntime(dir)
	require.NoError(t, err)
	assert.Equal(t, other.Process.Pid, got.PID)
	assert.Equal(t, "127.0.0.1:1", got.HTTPAddr)

	kill9(t, other)
	_, err = standalone.ReadRuntime(dir)
	require.ErrorIs(t, err, standalone.ErrNotRunning, "a file left by a killed process does not count")

	lock, err := standalone.LockDataDir(dir)
	require.NoError(t, err, "a killed process leaves no lock")
	_, err = standalone.ReadRuntime(dir)
	require.ErrorIs(t, err, standalone.ErrNotRunning, "the file is of the process before")
	require.NoError(t, standalone.WriteRuntime(dir, standalone.Runtime{NATSURL: "nats://x"}))
	got, err = standalone.ReadRuntime(dir)
	require.NoError(t, err)
	assert.Equal(t, "nats://x", got.NATSURL)
	info, err := os.Stat(filepath.Join(dir, "runtime.json"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, standalone.RemoveRuntime(dir))
	require.NoError(t, standalone.RemoveRuntime(dir), "a second time is no error")
	_, err = standalone.ReadRuntime(dir)
	require.ErrorIs(t, err, standalone.ErrNotRunning)
	require.NoError(t, lock.Release())
	require.Error(t, lock.Release())
	lock, err = standalone.LockDataDir(dir)
	require.NoError(t, err)
	require.NoError(t, lock.Release())
}

func TestReadRuntimeOfNothing(t *testing.T) {
	t.Parallel()
	_, err := standalone.ReadRuntime(filepath.Join(t.TempDir(), "missing"))
	require.ErrorIs(t, err, standalone.ErrNotRunning)
}

func TestLockDataDirThatIsAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	_, err := standalone.LockDataDir(path)
	require.ErrorContains(t, err, path)
}
