package postgres_test

import (
	"bytes"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
)

// Whatever made the counters wrong, an attempt whose chunks are done ends, with what the ledger says.
func TestAnAttemptWhoseCountsDoNotAddUpEndsByTheLedger(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: at(1, 12)}
	w := seedtest.New(t, pgtest.URL(t), 20, clock)
	var log bytes.Buffer
	w.Store.LogTo(zerolog.New(&log))
	attempt, chunk := begun(t, w)
	l, token := lease(t, w, chunk)
	keys := l.Chunk.Clients
	advance(t, w, chunk, token, nil, 0, 10)
	advance(t, w, chunk, token, rows(keys[:10], domain.Sent), 10, 15)
	advance(t, w, chunk, token, rows(keys[10:15], domain.Deferred), 15, 15)
	w.Exec("UPDATE chunks SET status = 'done', sent = 7 WHERE id = $1", chunk)

	require.NoError(t, w.Store.CloseAttempt(t.Context(), attempt))
	a, err := w.Store.AnyAttempt(t.Context(), attempt)
	require.NoError(t, err)
	require.Equal(t, domain.AttemptFinished, a.Status)
	require.Equal(t, domain.ResultPartial, a.Result)
	require.Equal(t, domain.Totals{Sent: 10, Failed: 5, Unknown: 5}, a.Totals)
	require.Contains(t, a.Reason, "counted anew")
	w.RequireLedger(a)
	require.Equal(t, 5, w.Int("SELECT count(*) FROM deliveries WHERE outcome = 'unknown' AND response <> '' AND email <> ''"))
	require.Equal(t, 1, w.Int("SELECT count(*) FROM outbox WHERE subject LIKE 'vestnik.events.attempt.finished.%' AND payload::json->>'sent' = '10'"))
	require.Contains(t, log.String(), `"level":"error"`)
	require.Contains(t, log.String(), attempt.String())
}

// Even a chunk that is gone altogether, with the names of its recipients, leaves a report that adds up.
func TestAnAttemptWithALostChunkEnds(t *testing.T) {
	t.Parallel()
	w := seedtest.New(t, pgtest.URL(t), 20, &handClock{now: at(1, 12)})
	attempt, chunk := begun(t, w)
	w.Exec("DELETE FROM chunks WHERE id = $1", chunk)
	require.NoError(t, w.Store.CloseAttempt(t.Context(), attempt))
	a, err := w.Store.AnyAttempt(t.Context(), attempt)
	require.NoError(t, err)
	require.Equal(t, domain.AttemptFinished, a.Status)
	require.Equal(t, 20, a.Audience)
	require.Equal(t, domain.Totals{Unknown: 20}, a.Totals)
}
