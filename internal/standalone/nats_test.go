package standalone_test

import (
	"context"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/standalone"
)

func contextEnded(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithDeadline(t.Context(), time.Unix(0, 0))
}

func startNATS(t *testing.T, cfg standalone.NATSConfig) *standalone.NATS {
	t.Helper()
	cfg.Log = zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel)
	n, err := standalone.StartNATS(testContext(t), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, n.Shutdown(context.Background())) })
	return n
}

func connect(t *testing.T, at string) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := nats.Connect(at)
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	return nc, js
}

func TestNATSKeepsItsStoreAndPassword(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	n := startNATS(t, standalone.NATSConfig{Dir: dir, SyncAlways: true})
	nc, js := connect(t, n.URL())
	_, err := js.CreateStream(testContext(t), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	require.NoError(t, err)
	_, err = js.Publish(testContext(t), "s.x", []byte("письмо"))
	require.NoError(t, err)

	at, err := url.Parse(n.URL())
	require.NoError(t, err)
	_, err = nats.Connect("nats://" + at.Host)
	require.ErrorIs(t, err, nats.ErrAuthorization)
	info, err := os.Stat(filepath.Join(dir, "password"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	_, err = standalone.StartNATS(testContext(t), standalone.NATSConfig{Dir: dir, Log: zerolog.Nop()})
	var inUse *standalone.DirInUseError
	require.ErrorAs(t, err, &inUse)

	nc.Close()
	require.NoError(t, n.Shutdown(testContext(t)))
	require.NoError(t, n.Shutdown(testContext(t)), "a second time is no error")

	again := startNATS(t, standalone.NATSConfig{Dir: dir, Port: n.Port()})
	assert.Equal(t, n.URL(), again.URL(), "the same password on the same port")
	assert.Equal(t, 1, messages(t, again.URL()))
}

func messages(t *testing.T, at string) int {
	t.Helper()
	nc, js := connect(t, at)
	defer nc.Close()
	s, err := js.Stream(testContext(t), "S")
	require.NoError(t, err)
	return int(s.CachedInfo().State.Msgs) //nolint:gosec // a handful
}

func TestNATSSurvivesKill9(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	vestnik, at := startPlay(t, "nats", dir)
	nc, js := connect(t, at)
	_, err := js.CreateStream(testContext(t), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	require.NoError(t, err)
	_, err = js.Publish(testContext(t), "s.x", nil)
	require.NoError(t, err)
	nc.Close()
	kill9(t, vestnik)
	assert.Equal(t, 1, messages(t, startNATS(t, standalone.NATSConfig{Dir: dir}).URL()))
}

func TestNATSCutsClientsOffWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	n := startNATS(t, standalone.NATSConfig{Dir: dataDir(t)})
	closed := make(chan struct{})
	nc, err := nats.Connect(n.URL(), nats.NoReconnect(), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	require.NoError(t, err)
	defer nc.Close()
	ctx, cancel := contextEnded(t)
	defer cancel()
	require.ErrorIs(t, n.Shutdown(ctx), ctx.Err())
	<-closed
}

func TestNATSOnAPortInUse(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	addr, ok := taken.Addr().(*net.TCPAddr)
	require.True(t, ok)
	_, err = standalone.StartNATS(testContext(t), standalone.NATSConfig{Dir: dataDir(t), Port: addr.Port, Log: zerolog.Nop()})
	require.ErrorContains(t, err, "is in use by another program")
}

func TestNATSWithAStoreThatIsAFile(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	require.NoError(t, os.MkdirAll(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "store"), nil, 0o600))
	_, err := standalone.StartNATS(testContext(t), standalone.NATSConfig{Dir: dir, Log: zerolog.Nop()})
	require.ErrorContains(t, err, "NATS")
}
