package postgres_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
)

// rows are ledger rows of clients with one outcome.
func rows(keys []int64, outcome domain.Outcome) []domain.Delivery {
	out := make([]domain.Delivery, len(keys))
	for i, key := range keys {
		out[i] = domain.Delivery{ClientKey: key, Email: "x@example.com", Receipt: domain.Receipt{Outcome: outcome, At: time.Now()}}
	}
	return out
}

// begun starts a mailing's attempt and returns it with its one chunk.
func begun(t *testing.T, w *seedtest.World) (attempt domain.ID, chunk int64) {
	t.Helper()
	m := w.Mailing(nil)
	plan(t, w, m.ID)
	a, _ := w.Attempt(m.ID)
	start, err := w.Store.StartAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, domain.Began, start.State)
	return a.ID, int64(w.Int("SELECT id FROM chunks WHERE attempt_id = $1", a.ID))
}

func lease(t *testing.T, w *seedtest.World, chunk int64) (domain.Lease, domain.ID) {
	t.Helper()
	token := domain.NewID(time.Now())
	l, err := w.Store.LeaseChunk(t.Context(), chunk, token, time.Minute)
	require.NoError(t, err)
	require.Equal(t, domain.Leased, l.State)
	return l, token
}

func advance(t *testing.T, w *seedtest.World, chunk int64, token domain.ID, done []domain.Delivery, from, to int) {
	t.Helper()
	_, err := w.Store.AdvanceWindow(t.Context(), chunk, token, time.Minute, done, domain.Window{From: from, To: to})
	require.NoError(t, err)
}

// A sender loses its lease in the window [0, 10) and comes back while the next one has the chunk: three were sent, seven
// it had not come to. Those seven are tried again, once.
func TestTheTruthComesBackWhileAnotherHasTheChunk(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Now()}
	w := seedtest.New(t, pgtest.URL(t), 20, clock)
	attempt, chunk := begun(t, w)
	first, firstToken := lease(t, w, chunk)
	advance(t, w, chunk, firstToken, nil, 0, 10)
	w.Exec("UPDATE chunks SET leased_until = now() - interval '1 second'")
	second, token := lease(t, w, chunk)
	require.Equal(t, 10, second.Found)
	keys := first.Chunk.Clients
	fixed, err := w.Store.RecordLate(t.Context(), first.Chunk, append(rows(keys[:3], domain.Sent), rows(keys[3:10], domain.Untouched)...))
	require.NoError(t, err)
	require.Equal(t, 10, fixed)

	advance(t, w, chunk, token, nil, 10, 20)
	advance(t, w, chunk, token, rows(keys[10:], domain.Sent), 20, 20)
	require.NoError(t, w.Store.FinishChunk(t.Context(), chunk, token))
	require.Equal(t, 1, w.Int("SELECT count(*) FROM chunks WHERE try = 2"), "one chunk tries the seven again")

	clock.set(clock.Now().Add(time.Hour))
	retry := int64(w.Int("SELECT id FROM chunks WHERE try = 2"))
	l, retryToken := lease(t, w, retry)
	require.ElementsMatch(t, keys[3:10], l.Chunk.Clients)
	advance(t, w, retry, retryToken, nil, 0, 7)
	advance(t, w, retry, retryToken, rows(l.Chunk.Clients, domain.Sent), 7, 7)
	require.NoError(t, w.Store.FinishChunk(t.Context(), retry, retryToken))
	a, err := w.Store.AnyAttempt(t.Context(), attempt)
	require.NoError(t, err)
	require.Equal(t, domain.AttemptFinished, a.Status)
	require.Equal(t, domain.Totals{Sent: 20}, a.Totals)
	w.RequireLedger(a)
}

// The truth and the end of the chunk take the same rows; whoever comes first, neither deadlocks.
func TestTheTruthRacesWithTheEndOfTheChunk(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Now()}
	w := seedtest.New(t, pgtest.URL(t), 20, clock)
	for range 25 {
		attempt, chunk := begun(t, w)
		first, firstToken := lease(t, w, chunk)
		advance(t, w, chunk, firstToken, nil, 0, 10)
		w.Exec("UPDATE chunks SET leased_until = now() - interval '1 second' WHERE id = $1", chunk)
		_, token := lease(t, w, chunk)
		keys := first.Chunk.Clients
		advance(t, w, chunk, token, nil, 10, 20)
		advance(t, w, chunk, token, rows(keys[10:], domain.Deferred), 20, 20)
		var wg sync.WaitGroup
		var late, finish error
		wg.Go(func() { _, late = w.Store.RecordLate(t.Context(), first.Chunk, rows(keys[:10], domain.Untouched)) })
		wg.Go(func() { finish = w.Store.FinishChunk(t.Context(), chunk, token) })
		wg.Wait()
		require.NoError(t, late)
		require.NoError(t, finish)
		require.Equal(t, 20, w.Int("SELECT sum(cardinality(client_ids)) FROM chunks WHERE attempt_id = $1 AND try = 2", attempt), "each is tried again once")
		w.Exec("UPDATE mailings SET deleted_at = now() WHERE id = (SELECT mailing_id FROM attempts WHERE id = $1)", attempt)
	}
}

// A statement whose connection was lost may be carried out after it was repeated.
func TestAWindowIsRecordedOnceThoughItsStatementRunsTwice(t *testing.T) {
	t.Parallel()
	w := seedtest.New(t, pgtest.URL(t), 20, domain.SystemClock{})
	attempt, chunk := begun(t, w)
	l, token := lease(t, w, chunk)
	advance(t, w, chunk, token, nil, 0, 10)
	advance(t, w, chunk, token, rows(l.Chunk.Clients[:10], domain.Sent), 10, 20)
	_, err := w.Store.AdvanceWindow(t.Context(), chunk, token, time.Minute, rows(l.Chunk.Clients[:10], domain.Sent), domain.Window{From: 10, To: 20})
	require.ErrorIs(t, err, domain.ErrLeaseLost)
	window, err := w.Store.WindowOf(t.Context(), chunk, token)
	require.NoError(t, err)
	require.Equal(t, domain.Window{From: 10, To: 20}, window, "it was carried out, and it is still ours")
	advance(t, w, chunk, token, rows(l.Chunk.Clients[10:], domain.Sent), 20, 20)
	require.NoError(t, w.Store.FinishChunk(t.Context(), chunk, token))
	a, err := w.Store.AnyAttempt(t.Context(), attempt)
	require.NoError(t, err)
	require.Equal(t, domain.Totals{Sent: 20}, a.Totals)
}

// The event of the old start comes before any planner has seen the edit.
func TestAnEditHoldsThoughTheOldStartFires(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: at(1, 8)}
	w := seedtest.New(t, pgtest.URL(t), 3, clock)
	m := w.Mailing(func(m *domain.Mailing) { m.Schedule.Start = at(1, 9) })
	plan(t, w, m.ID)
	a, _ := w.Attempt(m.ID)
	_, err := w.Store.UpdateMailing(t.Context(), w.Owner, m.ID, 0, func(m *domain.Mailing) error {
		m.Schedule.Start = at(1, 11)
		return nil
	})
	require.NoError(t, err)
	clock.set(at(1, 9))
	start, err := w.Store.StartAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, domain.NotYet, start.State)
	require.Equal(t, 2*time.Hour, start.Wait)
	require.Equal(t, []string{"01 11:00 planned"}, planned(t, w, m.ID))
}

// After an outage the stored event of the first missed occurrence fires first; the latest is what runs.
func TestTheOldEventAfterAnOutageStartsTheLatestOccurrence(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	a, _ := w.Attempt(m.ID)
	clock.set(at(5, 10))
	start, err := w.Store.StartAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, domain.Began, start.State)
	require.Equal(t, []string{"02 09:00 missed", "03 09:00 missed", "04 09:00 missed", "05 09:00 running"}, planned(t, w, m.ID))
}
