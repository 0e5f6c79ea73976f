package standalone_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/standalone"
)

const patience = 30 * time.Second

// postmaster reads the pid of the server that runs on dir.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid")) //nolint:gosec // the test's own directory
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	require.NoError(t, err)
	return pid
}

func running(pid int) bool { return syscall.Kill(pid, 0) == nil }

// asOwnerOf makes cmd run as the account that owns the cluster, as a server left behind would.
func asOwnerOf(t *testing.T, dir string, cmd *exec.Cmd) {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, "data"))
	require.NoError(t, err)
	stat, ok := info.Sys().(*syscall.Stat_t)
	require.True(t, ok)
	if os.Geteuid() == 0 {
		require.NotZero(t, stat.Uid, "PostgreSQL would refuse to run as root")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}}
	}
	cmd.Dir = dir
}

func TestPostgresSurvivesKill9OfVestnik(t *testing.T) {
	t.Parallel()
	dir := cloneCluster(t)
	vestnik, at := startPlay(t, "postgres", dir)
	execute(t, at, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (42)")
	server := postmaster(t, dir)

	kill9(t, vestnik)
	pg := startPostgres(t, dir) // whether the old server still runs or not
	assert.NotEqual(t, server, postmaster(t, dir))
	require.Eventually(t, func() bool { return !running(server) }, patience, 20*time.Millisecond)
	assert.Equal(t, 42, query[int](t, pg.URL(), "SELECT n FROM kept"))
}

func TestPostgresEndsWithKilledVestnik(t *testing.T) {
	t.Parallel()
	dir := cloneCluster(t)
	vestnik, _ := startPlay(t, "postgres", dir)
	server := postmaster(t, dir)
	kill9(t, vestnik)
	require.Eventually(t, func() bool { return !running(server) }, patience, 20*time.Millisecond,
		"the kernel tells the server that its parent has died")
	assert.NoFileExists(t, filepath.Join(dir, "data", "postmaster.pid"), "it ended in order")
}

func TestPostgresStopsAServerLeftRunning(t *testing.T) {
	t.Parallel()
	dir := cloneCluster(t)
	installs, err := standalone.FindPostgres(testContext(t), "")
	require.NoError(t, err)
	left := exec.CommandContext(t.Context(), filepath.Join(installs[0].BinDir, "postgres"), //nolint:gosec // the server under test
		"-D", filepath.Join(dir, "data"), "-c", "unix_socket_directories=",
		"-c", "listen_addresses=127.0.0.1", "-c", "port="+freePort(t))
	asOwnerOf(t, dir, left)
	require.NoError(t, left.Start())
	ended := make(chan error, 1)
	go func() { ended <- left.Wait() }()
	require.Eventually(t, func() bool {
		content, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid")) //nolint:gosec // the test's own directory
		return err == nil && strings.Contains(string(content), "ready")
	}, patience, 10*time.Millisecond)

	pg := startPostgres(t, dir)
	require.NoError(t, <-ended, "a fast shutdown ends with status 0")
	assert.Equal(t, 1, query[int](t, pg.URL(), "SELECT 1"))
}

func freePort(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	return port
}

func TestPostgresLeavesAStrangerAlone(t *testing.T) {
	t.Parallel()
	dir := cloneCluster(t)
	stranger := exec.CommandContext(t.Context(), "sleep", "600")
	asOwnerOf(t, dir, stranger)
	require.NoError(t, stranger.Start())
	defer func() {
		require.NoError(t, stranger.Process.Kill(), "it still runs")
		require.ErrorContains(t, stranger.Wait(), "killed")
	}()
	data := filepath.Join(dir, "data")
	content := strings.Join([]string{strconv.Itoa(stranger.Process.Pid), data, "1", "5432", "", "127.0.0.1", "  0 0", "ready", ""}, "\n")
	require.NoError(t, os.WriteFile(filepath.Join(data, "postmaster.pid"), []byte(content), 0o600))

	pg := startPostgres(t, dir)
	assert.Equal(t, 1, query[int](t, pg.URL(), "SELECT 1"))
	assert.True(t, running(stranger.Process.Pid))
}

func TestPostgresTellsThatItDied(t *testing.T) {
	t.Parallel()
	dir := cloneCluster(t)
	pg := startPostgres(t, dir)
	execute(t, pg.URL(), "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
	select {
	case <-pg.Done():
		t.Fatal("it runs")
	default:
	}
	require.NoError(t, pg.Err())
	require.NoError(t, syscall.Kill(postmaster(t, dir), syscall.SIGKILL))
	<-pg.Done()
	require.ErrorContains(t, pg.Err(), "killed")

	pg = startPostgres(t, dir)
	assert.Equal(t, 7, query[int](t, pg.URL(), "SELECT n FROM kept"))
}

func TestPostgresIsStoppedHardWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	dir := cloneCluster(t)
	pg := startPostgres(t, dir)
	execute(t, pg.URL(), "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (8)")
	ctx, cancel := contextEnded(t)
	defer cancel()
	require.ErrorIs(t, pg.Stop(ctx), ctx.Err())
	<-pg.Done()
	pg = startPostgres(t, dir)
	assert.Equal(t, 8, query[int](t, pg.URL(), "SELECT n FROM kept"))
}

func TestPostgresAsRoot(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("this rule is for root, and this test does not run as root")
	}
	dir := cloneCluster(t)
	closed := filepath.Dir(dir)
	require.NoError(t, os.Chmod(closed, 0o700)) //nolint:gosec // a folder
	_, err := standalone.StartPostgres(testContext(t), standalone.PostgresConfig{Dir: dir, Log: zerolog.Nop()})
	require.ErrorContains(t, err, "cannot enter folder "+closed)
	require.ErrorContains(t, err, "chmod a+x "+closed)
	require.NoError(t, os.Chmod(closed, 0o755)) //nolint:gosec // a folder

	// A backup restored by root belongs to root.
	require.NoError(t, os.Chown(filepath.Join(dir, "data"), 0, 0))
	startPostgres(t, dir)
	info, err := os.Stat(filepath.Join("/proc", strconv.Itoa(postmaster(t, dir))))
	require.NoError(t, err)
	stat, ok := info.Sys().(*syscall.Stat_t)
	require.True(t, ok)
	assert.NotZero(t, stat.Uid, "the server does not run as root")
}

func TestPostgresOfAnotherAccount(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may use every account's cluster: see TestPostgresAsRoot")
	}
	dir := dataDir(t)
	require.NoError(t, os.MkdirAll(dir, 0o700))
	require.NoError(t, os.Symlink("/", filepath.Join(dir, "data"))) // a folder of root's
	_, err := standalone.StartPostgres(testContext(t), standalone.PostgresConfig{Dir: dir, Log: zerolog.Nop()})
	require.ErrorContains(t, err, "belongs to account root")
}
