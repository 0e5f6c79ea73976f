package broker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/broker"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/natstest"
)

type markKey struct{}

// Hooks see each try of a handler and what came of it, a panic too, and hand a context on; the log names the mailing.
func TestHooksSeeWhatCameOfAMessage(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t)
	var log bytes.Buffer
	b, err := broker.Open(server.URL(), "test", zerolog.New(zerolog.SyncWriter(&log)))
	require.NoError(t, err)
	defer b.Close()
	results := make(chan broker.Result, 10)
	b.Observe(broker.Hooks{Handle: func(ctx context.Context, d broker.Delivery) (context.Context, func(broker.Result)) {
		if d.Handler != "planner-mailing-created" || d.Header(events.HeaderType) == "" && d.Header("broken") == "" {
			results <- "unexpected"
		}
		return context.WithValue(ctx, markKey{}, d.Subject), func(r broker.Result) { results <- r }
	}})
	require.Eventually(t, func() bool { return b.Ping(t.Context()) == nil }, patience, 10*time.Millisecond)
	require.NoError(t, b.EnsureStreams(t.Context(), broker.StreamOptions{Replicas: 1, EventsMaxAge: time.Hour}))
	dead, err := b.CountDead(t.Context())
	require.NoError(t, err)
	require.Zero(t, dead)

	e, tries := events.MailingCreated{MailingID: domain.NewID(time.Now())}, 0
	handler := events.On("planner-mailing-created", events.OnMailingCreated, 1, func(ctx context.Context, got events.MailingCreated) error {
		if ctx.Value(markKey{}) != e.Subject() {
			return errors.New("not the hook's context")
		}
		switch tries++; tries {
		case 1:
			return &events.Later{After: time.Millisecond}
		case 2:
			panic("a fault of ours about " + got.MailingID.String())
		default:
			return nil
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Serve(ctx, []events.Handler{handler}, 10*time.Second) }()
	next := func() broker.Result {
		select {
		case r := <-results:
			return r
		case <-time.After(patience):
			return "none"
		}
	}
	r := &rig{Broker: b}
	m, err := events.Encode(e, time.Now())
	r.publish(t, m, err)
	require.Equal(t, []broker.Result{broker.HandledLater, broker.HandledFailed, broker.HandledOK}, []broker.Result{next(), next(), next()})

	nc, err := nats.Connect(server.URL())
	require.NoError(t, err)
	defer nc.Close()
	broken := nats.NewMsg(e.Subject())
	broken.Data = []byte("{")
	broken.Header.Set("broken", "yes")
	require.NoError(t, nc.PublishMsg(broken))
	require.Equal(t, broker.HandledBuried, next())
	require.Eventually(t, func() bool {
		dead, err := b.CountDead(t.Context())
		return err == nil && dead == 1
	}, patience, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-ended)

	var line struct{ Level, Message, Handler, Mailing string }
	for l := range bytes.Lines(log.Bytes()) {
		require.NoError(t, json.Unmarshal(l, &line))
		if line.Message == "handler failed" {
			break
		}
	}
	require.Equal(t, "handler failed", line.Message)
	require.Equal(t, e.MailingID.String(), line.Mailing)
	require.Equal(t, "planner-mailing-created", line.Handler)
}

// The relay tells of what goes out, sends the headers as the hook leaves them, and tells when it did not arrive.
func TestHooksSeeWhatIsPublished(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t)
	b, err := broker.Open(server.URL(), "test", zerolog.Nop())
	require.NoError(t, err)
	defer b.Close()
	answers := make(chan error, 10)
	b.Observe(broker.Hooks{Publish: func(_ context.Context, m events.Message) func(error) {
		m.Header[events.HeaderTraceParent] = "changed"
		return func(err error) { answers <- err }
	}})
	require.Eventually(t, func() bool { return b.Ping(t.Context()) == nil }, patience, 10*time.Millisecond)

	arrived := make(chan string, 10)
	m, err := events.Encode(events.MailingCreated{MailingID: domain.NewID(time.Now())}, time.Now())
	require.NoError(t, err)
	o := &oneMessage{m: m}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	relayed := make(chan error, 1)
	go func() { relayed <- b.Relay(ctx, o) }()
	select {
	case err := <-answers:
		require.Error(t, err, "there is no stream yet")
	case <-time.After(patience):
		require.Fail(t, "the hook was not told")
	}

	require.NoError(t, b.EnsureStreams(t.Context(), broker.StreamOptions{Replicas: 1, EventsMaxAge: time.Hour}))
	nc, err := nats.Connect(server.URL())
	require.NoError(t, err)
	defer nc.Close()
	_, err = nc.Subscribe(events.OnMailingCreated, func(m *nats.Msg) { arrived <- m.Header.Get(events.HeaderTraceParent) })
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	require.Eventually(t, func() bool {
		select {
		case err := <-answers:
			return err == nil
		default:
			return false
		}
	}, patience, 10*time.Millisecond)
	require.Equal(t, "changed", <-arrived)
	cancel()
	require.ErrorIs(t, <-relayed, context.Canceled)
}

// oneMessage is an outbox that has one message until it is published.
type oneMessage struct {
	mu   sync.Mutex
	m    events.Message
	gone bool
}

func (o *oneMessage) ClaimOutbox(context.Context, int, time.Duration) ([]events.Stored, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone {
		return nil, nil
	}
	return []events.Stored{{ID: 1, Message: o.m}}, nil
}

func (o *oneMessage) OutboxPublished(context.Context, []int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gone = true
	return nil
}

func (o *oneMessage) OutboxFailed(context.Context, []int64) error { return nil }

func (o *oneMessage) WatchOutbox(ctx context.Context, _ func()) error {
	<-ctx.Done()
	return ctx.Err()
}
