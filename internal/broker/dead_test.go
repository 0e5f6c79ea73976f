package broker_test

import (
	"context"
	"errors"
	"sync/atomic"
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

func (r *rig) letters(t *testing.T) []broker.DeadLetter {
	t.Helper()
	all := []broker.DeadLetter{}
	for d, err := range r.DeadLetters(t.Context()) {
		require.NoError(t, err)
		all = append(all, d)
	}
	return all
}

func TestADeadLetterIsShownRequeuedAndHandled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var mended atomic.Bool
	handled := make(chan events.ChunkDue, 10)
	r.serve(t, events.On("sender-next-_", events.OnChunkDue(events.LaneNext, ""), 1, func(_ context.Context, e events.ChunkDue) error {
		if !mended.Load() {
			return errors.Join(errors.New("a line\nand another"), events.ErrUndecodable)
		}
		handled <- e
		return nil
	}))
	e := events.ChunkDue{AttemptID: domain.NewID(time.Now()), ChunkID: 42}
	sent, err := events.Encode(e, time.Now())
	r.publish(t, sent, err)
	require.Eventually(t, func() bool { return len(r.letters(t)) == 1 }, patience, 20*time.Millisecond)
	letter := r.letters(t)[0]
	require.WithinDuration(t, time.Now(), letter.At, time.Minute)
	require.Equal(t, broker.DeadLetter{
		ID: letter.ID, At: letter.At, Subject: e.Subject(), Consumer: "sender-next-_",
		Reason: "a line and another cannot be decoded", Deliveries: 1, Payload: sent.Payload,
		Header: map[string][]string{
			"ce-id": {sent.Header["ce-id"]}, "ce-type": {e.Name()}, "ce-source": {"/vestnik"},
			"ce-specversion": {"1.0"}, "ce-time": {sent.Header["ce-time"]},
		},
	}, letter)
	one, err := r.DeadLetter(t.Context(), letter.ID)
	require.NoError(t, err)
	require.Equal(t, letter, one)

	mended.Store(true)
	// The message that died has the same ce-id, and its Nats-Msg-Id is within JetStream's window of duplicates.
	require.NoError(t, r.Requeue(t.Context(), letter.ID))
	select {
	case got := <-handled:
		require.Equal(t, e, got)
	case <-time.After(patience):
		require.Fail(t, "it was not published again")
	}
	require.Empty(t, r.letters(t))
	require.ErrorIs(t, r.Requeue(t.Context(), letter.ID), broker.ErrNoDeadLetter)
	require.ErrorIs(t, r.Drop(t.Context(), letter.ID), broker.ErrNoDeadLetter)
	_, err = r.DeadLetter(t.Context(), letter.ID)
	require.ErrorIs(t, err, broker.ErrNoDeadLetter)
}

func TestARequeuedLetterMayDieAgainAndBeDropped(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve(t, events.On("sender-send-due", events.OnSendDue, 2, func(context.Context, events.SendDue) error { return nil }))
	for range 3 {
		_, err := r.js.Publish(t.Context(), events.SendDue{MailingID: domain.NewID(time.Now())}.Subject(), []byte("rubbish"))
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return len(r.letters(t)) == 3 }, patience, 20*time.Millisecond)
	before := r.letters(t)
	require.NoError(t, r.Requeue(t.Context(), before[1].ID))
	require.Eventually(t, func() bool { return len(r.letters(t)) == 3 }, patience, 20*time.Millisecond)
	after := r.letters(t)
	require.Equal(t, []uint64{1, 3, 4}, []uint64{after[0].ID, after[1].ID, after[2].ID})
	require.Equal(t, before[1].Subject, after[2].Subject)
	for _, d := range after {
		require.NoError(t, r.Drop(t.Context(), d.ID))
	}
	require.Empty(t, r.letters(t))
}

func TestALetterThatIsNotOursIsNotRequeued(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	m := nats.NewMsg("vestnik.dead.somebody")
	m.Header.Set("Vestnik-Dead-Subject", "$JS.API.STREAM.DELETE.EVENTS")
	_, err := r.js.PublishMsg(t.Context(), m)
	require.NoError(t, err)
	require.ErrorContains(t, r.Requeue(t.Context(), 1), "drop it")
	require.Len(t, r.letters(t), 1)
}

func TestDeadLettersWithoutTheStream(t *testing.T) {
	t.Parallel()
	b, err := broker.Open(natstest.Start(t).URL(), "test", zerolog.Nop())
	require.NoError(t, err)
	t.Cleanup(b.Close)
	require.Eventually(t, func() bool { return b.Ping(t.Context()) == nil }, patience, 10*time.Millisecond)
	for _, err := range b.DeadLetters(t.Context()) {
		require.ErrorContains(t, err, "`vestnik migrate` makes the streams")
	}
	require.ErrorContains(t, b.Drop(t.Context(), 1), "no stream DEAD")
	missing, err := b.MissingStreams(t.Context())
	require.NoError(t, err)
	require.Equal(t, broker.StreamNames(), missing)
}
