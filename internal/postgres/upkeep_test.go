package postgres_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
)

// A process waits for the newest migration, whichever that is.
func TestTheSchemaIsTheNewestMigration(t *testing.T) {
	t.Parallel()
	w := seedtest.New(t, pgtest.URL(t), 1, domain.SystemClock{})
	require.NoError(t, w.Store.PingSchema(t.Context()))
	files, err := filepath.Glob("../../migrations/*.sql")
	require.NoError(t, err)
	newest := 0
	for _, f := range files {
		n, err := strconv.Atoi(strings.Split(filepath.Base(f), "_")[0])
		require.NoError(t, err)
		newest = max(newest, n)
	}
	w.Exec("DELETE FROM goose_db_version WHERE version_id = $1", newest)
	require.ErrorContains(t, w.Store.PingSchema(t.Context()), "vestnik migrate")
	_, err = os.Stat("../../migrations")
	require.NoError(t, err)
}

// Rows that were written before their month had a partition move to it when it is made.
func TestAPartitionIsMadeAfterItsRowsWereWritten(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Now()}
	w := seedtest.New(t, pgtest.URL(t), 10, clock)
	month := time.Now().UTC().Format("2006_01")
	w.Exec("DROP TABLE deliveries_" + month)
	w.Exec("DROP TABLE delivery_tries_" + month)
	attempt, chunk := begun(t, w)
	sendAll(t, w, chunk, func(keys []int64) []domain.Delivery { return rows(keys, domain.Deferred) })
	clock.set(clock.Now().Add(time.Hour))
	again, _ := openChunkOf(t, w, attempt)
	sendAll(t, w, again, func(keys []int64) []domain.Delivery { return rows(keys, domain.Sent) })
	require.Equal(t, 10, w.Int("SELECT count(*) FROM deliveries_default"))
	require.Equal(t, 10, w.Int("SELECT count(*) FROM delivery_tries_default"))
	for range 2 {
		require.NoError(t, w.Store.EnsurePartitions(t.Context()))
		require.Equal(t, 10, w.Int("SELECT count(*) FROM deliveries_"+month))
		require.Equal(t, 10, w.Int("SELECT count(*) FROM delivery_tries_"+month))
		require.Zero(t, w.Int("SELECT count(*) FROM deliveries_default"))
	}
	w.RequireLedger(attemptOf(t, w, attempt))
	require.Equal(t, 1, w.Int("SELECT count(*) FROM pg_trigger WHERE tgname = 'delivery_try_keep' AND tgrelid = 'deliveries_"+month+"'::regclass"))
}

// Only those who may be sent are worth making room for.
func TestWhoIsHeldDoesNotWait(t *testing.T) {
	t.Parallel()
	w := seedtest.New(t, pgtest.URL(t), 10, domain.SystemClock{})
	mine, _ := begun(t, w)
	theirs, _ := begun(t, w)
	require.NotEqual(t, mine, theirs)
	waits := func() bool {
		found, err := w.Store.OthersWait(t.Context(), mine)
		require.NoError(t, err)
		return found
	}
	require.True(t, waits())
	for held, undo := range map[string]string{
		"UPDATE users SET blocked_at = now()": "UPDATE users SET blocked_at = NULL",
		"UPDATE attempts SET deadline = now() - interval '1 second' WHERE id = '" + theirs.String() + "'": "UPDATE attempts SET deadline = NULL",
		"UPDATE attempts SET provider = 'other' WHERE id = '" + theirs.String() + "'":                     "UPDATE attempts SET provider = ''",
	} {
		w.Exec(held)
		require.False(t, waits(), held)
		w.Exec(undo)
		require.True(t, waits(), undo)
	}
}

// Whoever finishes the last outstanding chunk passes over a waiting one whose row is locked at that moment.
func TestAWaitingChunkThatWasPassedOverIsPutOut(t *testing.T) {
	t.Parallel()
	w := seedtest.New(t, pgtest.URL(t), 10, domain.SystemClock{})
	attempt, chunk := begun(t, w)
	w.Exec(`INSERT INTO chunks (attempt_id, client_ids, status, due_at)
		SELECT attempt_id, client_ids[6:10], 'waiting', due_at FROM chunks WHERE id = $1`, chunk)
	w.Exec("UPDATE chunks SET client_ids = client_ids[1:5] WHERE id = $1", chunk)
	tx, err := w.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "SELECT 1 FROM chunks WHERE status = 'waiting' FOR UPDATE")
	require.NoError(t, err)
	l, token := lease(t, w, chunk)
	advance(t, w, chunk, token, nil, 0, 5)
	advance(t, w, chunk, token, rows(l.Chunk.Clients, domain.Sent), 5, 5)
	finished := make(chan error, 1)
	go func() { finished <- w.Store.FinishChunk(t.Context(), chunk, token) }()
	require.Eventually(t, func() bool { return w.Int("SELECT count(*) FROM chunks WHERE status = 'done'") == 1 }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, tx.Rollback(t.Context()))
	require.NoError(t, <-finished)
	require.Equal(t, 1, w.Int("SELECT count(*) FROM chunks WHERE status = 'waiting'"))
	require.NoError(t, w.Store.ReleaseWaiting(t.Context()))
	last := int64(w.Int("SELECT id FROM chunks WHERE status = 'pending'"))
	sendAll(t, w, last, func(keys []int64) []domain.Delivery { return rows(keys, domain.Sent) })
	a := attemptOf(t, w, attempt)
	require.Equal(t, 10, a.Totals.Sent)
	require.Equal(t, domain.AttemptFinished, a.Status)
}
