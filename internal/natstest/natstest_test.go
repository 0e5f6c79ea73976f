package natstest_test

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vestnik-mail/vestnik/internal/natstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServerStopsRestartsAndLosesItsStore(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.SyncAlways())
	at := s.URL()
	disconnected, reconnected := make(chan struct{}, 8), make(chan struct{}, 8)
	nc, err := nats.Connect(at, nats.MaxReconnects(-1), nats.ReconnectWait(nats.DefaultReconnectJitter),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { disconnected <- struct{}{} }),
		nats.ReconnectHandler(func(*nats.Conn) { reconnected <- struct{}{} }))
	require.NoError(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	require.NoError(t, err)
	_, err = js.Publish(t.Context(), "s.x", nil)
	require.NoError(t, err)

	s.Stop()
	s.Stop()
	<-disconnected
	s.Restart()
	<-reconnected
	stream, err := js.Stream(t.Context(), "S")
	require.NoError(t, err)
	assert.EqualValues(t, 1, stream.CachedInfo().State.Msgs)

	s.Wipe()
	<-reconnected
	_, err = js.Stream(t.Context(), "S")
	require.ErrorIs(t, err, jetstream.ErrStreamNotFound)
	assert.Equal(t, at, s.URL())
}
