package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
)

// replied are ledger rows of clients to whom a server said something.
func replied(keys []int64, outcome domain.Outcome, at time.Time, code int, text string) []domain.Delivery {
	out := rows(keys, outcome)
	for i := range out {
		out[i].At, out[i].Provider = at, "smtp"
		out[i].Reply = domain.Reply{Phase: domain.PhaseRcpt, Code: code, Enhanced: fmt.Sprintf("%d.2.0", code/100), Text: text}
	}
	return out
}

// sendAll leases a chunk, gives everyone in it the outcome and finishes it.
func sendAll(t *testing.T, w *seedtest.World, chunk int64, row func(keys []int64) []domain.Delivery) domain.Chunk {
	t.Helper()
	l, token := lease(t, w, chunk)
	n := len(l.Chunk.Clients)
	advance(t, w, chunk, token, nil, 0, n)
	advance(t, w, chunk, token, row(l.Chunk.Clients), n, n)
	require.NoError(t, w.Store.FinishChunk(t.Context(), chunk, token))
	return l.Chunk
}

// openChunkOf is the one chunk of an attempt that is not done, and when it is due.
func openChunkOf(t *testing.T, w *seedtest.World, attempt domain.ID) (id int64, due time.Time) {
	t.Helper()
	require.NoError(t, w.Pool.QueryRow(t.Context(), "SELECT id, due_at FROM chunks WHERE attempt_id = $1 AND status <> 'done'", attempt).Scan(&id, &due))
	return id, due
}

func historyOf(t *testing.T, w *seedtest.World, attempt domain.ID, client int64) (domain.Delivery, []domain.Try) {
	t.Helper()
	d, tries, err := w.Store.Delivery(t.Context(), w.Owner, attempt, clientID(t, w, client))
	require.NoError(t, err)
	return d, tries
}

func clientID(t *testing.T, w *seedtest.World, key int64) (id domain.ID) {
	t.Helper()
	require.NoError(t, w.Pool.QueryRow(t.Context(), "SELECT uid FROM clients WHERE id = $1", key).Scan(&id))
	return id
}

func attemptOf(t *testing.T, w *seedtest.World, id domain.ID) domain.Attempt {
	t.Helper()
	a, err := w.Store.AnyAttempt(t.Context(), id)
	require.NoError(t, err)
	return a
}

// Someone whom the server always asks to come back is tried 22 times, by the schedule of design §5, for about 72 hours.
func TestTheWholeScheduleOfLaterTries(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Now().Truncate(time.Microsecond)}
	w := seedtest.New(t, pgtest.URL(t), 1, clock)
	attempt, chunk := begun(t, w)
	steps := []time.Duration{5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour}
	began := clock.Now()
	var at []time.Time
	var client int64
	for try := 1; ; try++ {
		at = append(at, clock.Now())
		c := sendAll(t, w, chunk, func(keys []int64) []domain.Delivery {
			client = keys[0]
			return replied(keys, domain.Deferred, clock.Now(), 450+try%2, fmt.Sprint("later ", try))
		})
		require.Equal(t, try, c.Try)
		a := attemptOf(t, w, attempt)
		if a.Status != domain.AttemptRunning {
			break
		}
		require.Equal(t, domain.Totals{Deferred: 1}, a.Totals)
		step := 4 * time.Hour
		if try <= len(steps) {
			step = steps[try-1]
		}
		var due time.Time
		chunk, due = openChunkOf(t, w, attempt)
		require.InDelta(t, step, due.Sub(clock.Now()), float64(step)/5, "after try %d", try)
		clock.set(due.Add(-time.Millisecond))
		l, err := w.Store.LeaseChunk(t.Context(), chunk, domain.NewID(clock.Now()), time.Minute)
		require.NoError(t, err)
		require.Equal(t, domain.NotDue, l.State)
		clock.set(due)
	}
	require.Len(t, at, domain.MaxTries)
	require.InDelta(t, 68*time.Hour, clock.Now().Sub(began), float64(68*time.Hour)/5)
	a := attemptOf(t, w, attempt)
	require.Equal(t, domain.AttemptFinished, a.Status)
	require.Equal(t, domain.Totals{Failed: 1}, a.Totals)
	require.Equal(t, "450 4.2.0 later 22", a.LastResponse)

	d, tries := historyOf(t, w, attempt, client)
	require.Equal(t, domain.Failed, d.Outcome)
	require.Equal(t, domain.Reply{Phase: domain.PhaseRcpt, Code: 450, Enhanced: "4.2.0", Text: "later 22"}, d.Reply, "what the server said last")
	require.Len(t, tries, domain.MaxTries+1, "each try, and that it was the last")
	for i, entry := range tries[:domain.MaxTries] {
		require.Equal(t, i+1, entry.Try)
		require.Equal(t, domain.Deferred, entry.Outcome)
		require.Equal(t, fmt.Sprint("later ", i+1), entry.Reply.Text)
		require.Equal(t, domain.PhaseRcpt, entry.Reply.Phase)
		require.Equal(t, "smtp", entry.Provider)
		require.WithinDuration(t, at[i], entry.At, 0)
	}

	// By hand the schedule begins anew.
	got, err := w.Store.ResendAttempt(t.Context(), w.Owner, attempt, domain.Resend{})
	require.NoError(t, err)
	require.Equal(t, 1, got.Resent)
	chunk, _ = openChunkOf(t, w, attempt)
	c := sendAll(t, w, chunk, func(keys []int64) []domain.Delivery {
		return replied(keys, domain.Deferred, clock.Now(), 450, "still later")
	})
	require.Equal(t, domain.MaxTries+1, c.Try)
	chunk, due := openChunkOf(t, w, attempt)
	require.InDelta(t, 5*time.Minute, due.Sub(clock.Now()), float64(time.Minute))
	clock.set(due)
	sendAll(t, w, chunk, func(keys []int64) []domain.Delivery { return replied(keys, domain.Sent, clock.Now(), 250, "at last") })
	a = attemptOf(t, w, attempt)
	require.Equal(t, domain.ResultSucceeded, a.Result)
	_, tries = historyOf(t, w, attempt, client)
	require.Equal(t, domain.Failed, tries[domain.MaxTries-1].Outcome, "given up")
	require.Equal(t, "still later", tries[domain.MaxTries].Reply.Text)
	require.Equal(t, "at last", tries[domain.MaxTries+1].Reply.Text)
	require.Len(t, tries, domain.MaxTries+2)
}

// Whoever waits for a later try when the end comes, or would have to wait beyond it, is expired, and not before: an
// attempt with someone who waits is not over.
func TestTheEndComesBeforeTheLaterTry(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Now().Truncate(time.Microsecond)}
	w := seedtest.New(t, pgtest.URL(t), 2, clock)
	m := w.Mailing(func(m *domain.Mailing) { m.Schedule.End = clock.Now().Add(15 * time.Minute) })
	plan(t, w, m.ID)
	a, _ := w.Attempt(m.ID)
	_, err := w.Store.StartAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	chunk, _ := openChunkOf(t, w, a.ID)
	first := clock.Now()
	c := sendAll(t, w, chunk, func(keys []int64) []domain.Delivery {
		return append(replied(keys[:1], domain.Sent, first, 250, "ok"), replied(keys[1:], domain.Deferred, first, 451, "busy")...)
	})
	retry, due := openChunkOf(t, w, a.ID)
	require.True(t, due.Before(m.Schedule.End))
	require.NoError(t, w.Store.CloseAttempt(t.Context(), a.ID))
	require.Equal(t, domain.AttemptRunning, attemptOf(t, w, a.ID).Status)

	clock.set(due)
	sendAll(t, w, retry, func(keys []int64) []domain.Delivery { return replied(keys, domain.Deferred, due, 452, "busier") })
	got := attemptOf(t, w, a.ID)
	require.Equal(t, domain.AttemptExpired, got.Status, "the third try would come after the end")
	require.Equal(t, domain.Totals{Sent: 1, Expired: 1}, got.Totals)
	w.RequireLedger(got)
	d, tries := historyOf(t, w, a.ID, c.Clients[1])
	require.Equal(t, "busier", d.Reply.Text)
	var seen []string
	for _, entry := range tries {
		seen = append(seen, fmt.Sprint(entry.Try, entry.Outcome, entry.Reply.Code))
	}
	require.Equal(t, []string{"1deferred451", "2deferred452", "2expired452"}, seen)
}
