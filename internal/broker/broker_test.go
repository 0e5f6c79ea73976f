package broker_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vestnik-mail/vestnik/internal/broker"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/natstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// rig is a broker on a server of its own, with a plain client to look at what is there.
type rig struct {
	*broker.Broker
	server *natstest.Server
	js     jetstream.JetStream
}

func newRig(t *testing.T) *rig {
	t.Helper()
	server := natstest.Start(t)
	b, err := broker.Open(server.URL(), "test", zerolog.Nop())
	require.NoError(t, err)
	t.Cleanup(b.Close)
	require.Eventually(t, func() bool { return b.Ping(t.Context()) == nil }, patience, 10*time.Millisecond)
	require.NoError(t, b.EnsureStreams(t.Context(), broker.StreamOptions{Replicas: 1, EventsMaxAge: time.Hour}))
	nc, err := nats.Connect(server.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	return &rig{Broker: b, server: server, js: js}
}

// serve runs handlers until the test ends.
func (r *rig) serve(t *testing.T, handlers ...events.Handler) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Serve(ctx, handlers, 10*time.Second) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
}

func (r *rig) publish(t *testing.T, m events.Message, err error) {
	t.Helper()
	require.NoError(t, err)
	msg := message.NewMessage(m.Header[events.HeaderID], m.Payload)
	for k, v := range m.Header {
		msg.Metadata.Set(k, v)
	}
	require.NoError(t, r.Publisher().Publish(m.Subject, msg))
}

func (r *rig) count(t *testing.T, stream string) int {
	t.Helper()
	s, err := r.js.Stream(t.Context(), stream)
	require.NoError(t, err)
	info, err := s.Info(t.Context())
	require.NoError(t, err)
	return int(info.State.Msgs) //nolint:gosec // a handful
}

func TestAScheduledEventFiresOnceAndNeverEarly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	type firing struct {
		e  events.SendDue
		at time.Time
	}
	fired := make(chan firing, 10)
	r.serve(t, events.On("sender-send-due", events.OnSendDue, 1, func(_ context.Context, e events.SendDue) error {
		fired <- firing{e, time.Now()}
		return nil
	}))
	now := time.Now()
	replaced := events.SendDue{MailingID: domain.NewID(now), DueAt: now.Add(time.Second)}
	moved := replaced
	moved.DueAt = now.Add(2500 * time.Millisecond)
	purged := events.SendDue{MailingID: domain.NewID(now), DueAt: now.Add(time.Second)}
	for _, e := range []events.SendDue{replaced, purged, moved} {
		m, err := events.EncodeAt(e, e.DueAt, now)
		r.publish(t, m, err)
	}
	require.Equal(t, 2, r.count(t, broker.StreamSends), "one waits a mailing: the later replaced the earlier")
	require.NoError(t, r.PurgeSchedule(t.Context(), events.ScheduleOf(purged.MailingID)))
	require.NoError(t, r.PurgeSchedule(t.Context(), events.ScheduleOf(purged.MailingID)), "purging nothing is no error")

	select {
	case f := <-fired:
		require.Equal(t, moved.MailingID, f.e.MailingID)
		require.WithinDuration(t, moved.DueAt, f.e.DueAt, 0)
		require.False(t, f.at.Before(moved.DueAt), "early by %s", moved.DueAt.Sub(f.at))
		require.Less(t, f.at.Sub(moved.DueAt), time.Second)
	case <-time.After(patience):
		require.Fail(t, "it did not fire")
	}
	require.Eventually(t, func() bool { return r.count(t, broker.StreamSends) == 0 }, patience, 20*time.Millisecond)
	require.Empty(t, fired)
}

func TestStreamsAreBroughtUpToDateAndOtherwiseLeftAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	updates := make(chan string, 10)
	nc, err := nats.Connect(r.server.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	_, err = nc.Subscribe("$JS.EVENT.ADVISORY.STREAM.UPDATED.*", func(m *nats.Msg) { updates <- m.Subject })
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	config := func() jetstream.StreamConfig {
		s, err := r.js.Stream(t.Context(), broker.StreamEvents)
		require.NoError(t, err)
		return s.CachedInfo().Config
	}
	mine := config()
	mine.MaxBytes = 1 << 30
	_, err = r.js.UpdateStream(t.Context(), mine)
	require.NoError(t, err)
	require.Contains(t, <-updates, broker.StreamEvents)

	require.NoError(t, r.EnsureStreams(t.Context(), broker.StreamOptions{Replicas: 1, EventsMaxAge: time.Hour}))
	require.NoError(t, r.EnsureStreams(t.Context(), broker.StreamOptions{Replicas: 1, EventsMaxAge: 2 * time.Hour}))
	require.Contains(t, <-updates, broker.StreamEvents)
	require.Equal(t, 2*time.Hour, config().MaxAge)
	require.Equal(t, int64(1<<30), config().MaxBytes, "what the operator set stays")
	require.NoError(t, nc.Flush())
	require.Empty(t, updates, "one change, one update")
}

func TestAskingAgainLeavesOneMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	e := events.ChunkDue{AttemptID: domain.NewID(time.Now()), ChunkID: 7}
	for range 5 {
		m, err := events.Encode(e, time.Now())
		r.publish(t, m, err)
	}
	require.Equal(t, 1, r.count(t, broker.StreamSends))
}

func TestAHandlerPutsBackFailsPanicsAndSucceeds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var tries atomic.Int32
	var asked time.Time
	done := make(chan time.Duration, 1)
	r.serve(t, events.On("planner-mailing-created", events.OnMailingCreated, 4, func(context.Context, events.MailingCreated) error {
		switch tries.Add(1) {
		case 1:
			return errors.New("the database is away")
		case 2:
			panic("a fault of ours")
		case 3:
			asked = time.Now()
			return &events.Later{After: time.Second, Reason: "not yet"}
		default:
			done <- time.Since(asked)
			return nil
		}
	}))
	m, err := events.Encode(events.MailingCreated{MailingID: domain.NewID(time.Now())}, time.Now())
	r.publish(t, m, err)
	select {
	case waited := <-done:
		require.GreaterOrEqual(t, waited, 900*time.Millisecond)
		require.Equal(t, int32(4), tries.Load())
	case <-time.After(patience):
		require.Fail(t, "it did not come again")
	}
}

func TestWhatCannotBeDecodedIsBuriedWithTheReason(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve(t, events.On("sender-next-_", events.OnChunkDue(events.LaneNext, ""), 1, func(context.Context, events.ChunkDue) error { return nil }))
	e := events.ChunkDue{AttemptID: domain.NewID(time.Now()), ChunkID: 1}
	bad := nats.NewMsg(e.Subject())
	bad.Data = []byte(`{"chunk_id": "rubbish"`)
	bad.Header["X-Twice"] = []string{"a", "b"} // headers with two values are legal
	_, err := r.js.PublishMsg(t.Context(), bad)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return r.count(t, broker.StreamDead) == 1 }, patience, 20*time.Millisecond)
	require.Eventually(t, func() bool { return r.count(t, broker.StreamSends) == 0 }, patience, 20*time.Millisecond)
	s, err := r.js.Stream(t.Context(), broker.StreamDead)
	require.NoError(t, err)
	dead, err := s.GetMsg(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, bad.Data, dead.Data)
	require.Equal(t, e.Subject(), dead.Header.Get("Vestnik-Dead-Subject"))
	require.Contains(t, dead.Header.Get("Vestnik-Dead-Reason"), "cannot be decoded")
}

func TestStoppingWaitsForWhatIsBeingHandled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	began, finish := make(chan struct{}), make(chan struct{})
	var finished atomic.Bool
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	h := events.On("planner-mailing-created", events.OnMailingCreated, 1, func(ctx context.Context, _ events.MailingCreated) error {
		close(began)
		<-finish
		finished.Store(ctx.Err() == nil)
		return nil
	})
	go func() { ended <- r.Serve(ctx, []events.Handler{h}, 10*time.Second) }()
	m, err := events.Encode(events.MailingCreated{MailingID: domain.NewID(time.Now())}, time.Now())
	r.publish(t, m, err)
	<-began
	cancel()
	select {
	case err := <-ended:
		require.Fail(t, "it did not wait", "%v", err)
	case <-time.After(300 * time.Millisecond):
	}
	close(finish)
	require.NoError(t, <-ended)
	require.True(t, finished.Load(), "its context lived until it was done")
	c, err := r.js.Consumer(t.Context(), broker.StreamEvents, "planner-mailing-created")
	require.NoError(t, err)
	info, err := c.Info(t.Context())
	require.NoError(t, err)
	require.Zero(t, info.NumAckPending, "it was acknowledged before the end")
}

func TestAHandlerThatHangsIsGivenUpWhenItsGraceIsOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	began := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	h := events.On("planner-mailing-created", events.OnMailingCreated, 1, func(ctx context.Context, _ events.MailingCreated) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	})
	go func() { ended <- r.Serve(ctx, []events.Handler{h}, 200*time.Millisecond) }()
	m, err := events.Encode(events.MailingCreated{MailingID: domain.NewID(time.Now())}, time.Now())
	r.publish(t, m, err)
	<-began
	cancel()
	select {
	case err := <-ended:
		require.ErrorContains(t, err, "1 messages were still being handled 200ms after the stop")
	case <-time.After(patience):
		require.Fail(t, "it waits for ever")
	}
	again := make(chan struct{})
	r.serve(t, events.On("planner-mailing-created", events.OnMailingCreated, 1, func(context.Context, events.MailingCreated) error {
		close(again)
		return nil
	}))
	select {
	case <-again: // long before its AckWait has run out
	case <-time.After(patience):
		require.Fail(t, "the message was not given back")
	}
}

// box is an outbox in memory.
type box struct {
	mu      sync.Mutex
	waiting []events.Stored
	done    []int64
	claimed map[int64]bool
}

func (b *box) ClaimOutbox(_ context.Context, batch int, _ time.Duration) ([]events.Stored, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []events.Stored
	for _, m := range b.waiting {
		if !b.claimed[m.ID] && len(out) < batch {
			b.claimed[m.ID] = true
			out = append(out, m)
		}
	}
	return out, nil
}

func (b *box) OutboxPublished(_ context.Context, ids []int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = append(b.done, ids...)
	return nil
}

func (b *box) OutboxFailed(_ context.Context, ids []int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range ids {
		delete(b.claimed, id)
	}
	return nil
}

func (b *box) WatchOutbox(ctx context.Context, wake func()) error {
	wake()
	<-ctx.Done()
	return ctx.Err()
}

func (b *box) published() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.done)
}

func TestTheRelayOutlivesTheLossOfTheStore(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := &box{claimed: map[int64]bool{}}
	for i := range 600 {
		m, err := events.Encode(events.MailingCreated{MailingID: domain.NewID(time.Now()), Revision: i}, time.Now())
		require.NoError(t, err)
		o.waiting = append(o.waiting, events.Stored{ID: int64(i), Message: m})
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Relay(ctx, o) }()
	defer func() {
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	}()
	require.Eventually(t, func() bool { return o.published() == 600 }, patience, 10*time.Millisecond)
	require.Equal(t, 600, r.count(t, broker.StreamEvents))

	r.server.Wipe()
	m, err := events.Encode(events.MailingCreated{MailingID: domain.NewID(time.Now())}, time.Now())
	require.NoError(t, err)
	o.mu.Lock()
	o.waiting = append(o.waiting, events.Stored{ID: 1000, Message: m})
	o.mu.Unlock()
	require.Eventually(t, func() bool { return o.published() == 601 }, patience, 10*time.Millisecond)
	require.Eventually(t, func() bool { return r.count(t, broker.StreamEvents) == 1 }, patience, 10*time.Millisecond)

	s, err := r.js.Stream(t.Context(), broker.StreamEvents)
	require.NoError(t, err)
	stored, err := s.GetLastMsgForSubject(t.Context(), m.Subject)
	require.NoError(t, err)
	require.Equal(t, "mailing.created.v1", stored.Header.Get("ce-type"))
	require.Equal(t, stored.Header.Get("ce-id"), stored.Header.Get("Nats-Msg-Id"))
	var e events.MailingCreated
	require.NoError(t, json.Unmarshal(stored.Data, &e))
}
