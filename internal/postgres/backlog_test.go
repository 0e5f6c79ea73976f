package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/postgres"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
)

func TestTheBacklogCountsEveryChunkOnce(t *testing.T) {
	t.Parallel()
	w := seedtest.New(t, pgtest.URL(t), 34*domain.ChunkSize, domain.SystemClock{})
	b, err := w.Store.Backlog(t.Context())
	require.NoError(t, err)
	require.Equal(t, postgres.Backlog{}, b, "nothing waits")

	m := w.Mailing(nil)
	plan(t, w, m.ID)
	a, _ := w.Attempt(m.ID)
	_, err = w.Store.StartAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	lease(t, w, int64(w.Int("SELECT min(id) FROM chunks")))
	w.Exec("UPDATE chunks SET due_at = now() + interval '5 minutes' WHERE id = (SELECT min(id) + 1 FROM chunks)")
	w.Exec("UPDATE outbox SET created_at = now() - interval '90 seconds' WHERE id = (SELECT min(id) FROM outbox)")

	w.Notice(domain.Notice{Kind: domain.NoticeVerify, Email: "new@example.com", Language: domain.English})
	w.Exec("UPDATE notices SET created_at = now() - interval '90 seconds'")

	b, err = w.Store.Backlog(t.Context())
	require.NoError(t, err)
	require.InDelta(t, 90, b.OutboxAge.Seconds(), 10)
	require.InDelta(t, 90, b.NoticeAge.Seconds(), 10)
	b.OutboxAge, b.NoticeAge = 0, 0
	require.Equal(t, postgres.Backlog{
		Outbox: w.Int("SELECT count(*) FROM outbox"), Notices: 1, Running: 1, Leased: 1, Deferred: 1, Pending: 30, Waiting: 2,
	}, b)

	_, err = w.Store.PauseMailing(t.Context(), w.Owner, m.ID)
	require.NoError(t, err)
	b, err = w.Store.Backlog(t.Context())
	require.NoError(t, err)
	require.Equal(t, 33, b.Held)
	require.Equal(t, 1, b.Leased, "its sender has not noticed yet")
	require.Zero(t, b.Pending+b.Waiting+b.Deferred)

	pool := w.Store.PoolState()
	require.Equal(t, 10, pool.Max)
	require.Positive(t, pool.Idle)
}

func TestEventsCarryTheTraceTheyWereWrittenUnder(t *testing.T) {
	t.Parallel()
	w := seedtest.New(t, pgtest.URL(t), 1, domain.SystemClock{})
	w.Mailing(nil)
	m := domain.Mailing{
		OwnerID: w.Owner, Name: "x", MessageID: w.Message, ListIDs: []domain.ID{w.List},
		OnUnknown: domain.HoldUnknown, Schedule: domain.Schedule{Zone: "UTC", Periodicity: domain.Once},
	}
	require.NoError(t, w.Store.CreateMailing(events.WithTraceParent(t.Context(), "00-ab-cd-01"), &m))
	stored, err := w.Store.ClaimOutbox(t.Context(), 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, stored, 2)
	require.NotContains(t, stored[0].Header, events.HeaderTraceParent)
	require.Equal(t, "00-ab-cd-01", stored[1].Header[events.HeaderTraceParent])
}
