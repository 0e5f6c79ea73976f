package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
)

// queued is a world in which one notice waits, and its id.
func queued(t *testing.T, clock domain.Clock) (*seedtest.World, domain.ID) {
	t.Helper()
	w := seedtest.New(t, pgtest.URL(t), 1, clock)
	require.NoError(t, w.Store.Notify(t.Context(), domain.Notice{
		UserID: w.Owner, Email: "anna@example.com", Kind: domain.NoticeVerify, Language: domain.Russian,
		Data: map[string]string{"token": "secret-token", "code": "730164"},
	}, nil))
	id, err := domain.ParseID(w.Text("SELECT id::text FROM notices"))
	require.NoError(t, err)
	return w, id
}

// takeNotice asks for a lease of an hour under a token of its own.
func takeNotice(t *testing.T, w *seedtest.World, id domain.ID) (domain.ID, domain.NoticeLease) {
	t.Helper()
	token := domain.NewID(time.Now())
	lease, err := w.Store.LeaseNotice(t.Context(), id, token, time.Hour)
	require.NoError(t, err)
	return token, lease
}

func TestANoticeIsQueuedWithTheChangeItTellsOf(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Now()}
	w := seedtest.New(t, pgtest.URL(t), 1, clock)
	n := domain.Notice{Email: "anna@example.com", Kind: domain.NoticeReset, Language: domain.English, Data: map[string]string{"token": "secret-token"}}
	failed := errors.New("the change failed")
	require.ErrorIs(t, w.Store.Notify(t.Context(), n, failed), failed)
	require.Zero(t, w.Int("SELECT (SELECT count(*) FROM notices) + (SELECT count(*) FROM outbox)"))

	require.NoError(t, w.Store.Notify(t.Context(), n, nil))
	require.Equal(t, 1, w.Int("SELECT count(*) FROM notices WHERE user_id IS NULL AND status = 'waiting'"))
	require.Equal(t, 1, w.Int(`SELECT count(*) FROM outbox o, notices n
		WHERE o.subject = 'vestnik.due.notice.' || n.id AND o.payload::jsonb = jsonb_build_object('notice_id', n.id)`), "its event names it, and nothing else")
}

func TestOneSenderHasANoticeUntilItsEnd(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Now()}
	w, id := queued(t, clock)
	first, lease := takeNotice(t, w, id)
	require.Equal(t, domain.Leased, lease.State)
	require.Equal(t, domain.Notice{
		UserID: w.Owner, Email: "anna@example.com", Kind: domain.NoticeVerify, Language: domain.Russian,
		Data: map[string]string{"token": "secret-token", "code": "730164"},
	}, lease.Notice.Notice)
	_, busy := takeNotice(t, w, id)
	require.Equal(t, domain.Busy, busy.State)
	require.Greater(t, busy.Wait, 30*time.Minute)
	n, err := w.Store.HintNotices(t.Context(), 0)
	require.NoError(t, err)
	require.Zero(t, n, "a sender is at it")

	w.Exec("UPDATE notices SET leased_until = now() - interval '1 second'")
	second, lease := takeNotice(t, w, id)
	require.Equal(t, domain.Leased, lease.State, "the first sender is gone")
	require.ErrorIs(t, w.Store.RenewNotice(t.Context(), id, first, time.Hour), domain.ErrLeaseLost)
	require.NoError(t, w.Store.RenewNotice(t.Context(), id, second, time.Hour))
	require.NoError(t, w.Store.RecordNotice(t.Context(), id, first, domain.NoticeResult{Status: domain.NoticeFailed}))
	require.Equal(t, "waiting", w.Text("SELECT status FROM notices"), "it is not the first one's to give up any more")

	due := clock.Now().Add(10 * time.Minute)
	w.Exec("DELETE FROM outbox")
	require.NoError(t, w.Store.RecordNotice(t.Context(), id, second, domain.NoticeResult{Status: domain.NoticeWaiting, Tried: true, DueAt: due, Response: "451 later"}))
	require.Equal(t, "vestnik.schedule.notice."+id.String(), w.Text("SELECT subject FROM outbox"), "JetStream holds it back until it is due")
	_, lease = takeNotice(t, w, id)
	require.Equal(t, domain.NotDue, lease.State)
	require.InDelta(t, 600, lease.Wait.Seconds(), 1)

	clock.set(due.Add(time.Second))
	third, lease := takeNotice(t, w, id)
	require.Equal(t, domain.Leased, lease.State)
	require.Equal(t, 1, lease.Notice.Tries)
	require.NoError(t, w.Store.RecordNotice(t.Context(), id, third, domain.NoticeResult{Status: domain.NoticeSent, Tried: true, Response: "250 ok"}))
	require.Equal(t, "sent {} 2 250 ok", w.Text("SELECT concat_ws(' ', status, data, tries, last_response) FROM notices"))
	require.NoError(t, w.Store.RecordNotice(t.Context(), id, second, domain.NoticeResult{Status: domain.NoticeWaiting, DueAt: due}))
	require.Equal(t, "sent", w.Text("SELECT status FROM notices"), "an end is final")
	_, lease = takeNotice(t, w, id)
	require.Equal(t, domain.NoLease, lease.State)
}

func TestNoticesThatNobodyTookAreAskedForAgainAndOldOnesForgotten(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Now()}
	w, id := queued(t, clock)
	hint := func() int {
		n, err := w.Store.HintNotices(t.Context(), 3*time.Second)
		require.NoError(t, err)
		return n
	}
	w.Exec("DELETE FROM outbox")
	require.Zero(t, hint(), "its event has time to arrive")
	w.Exec("UPDATE notices SET hinted_at = now() - interval '4 seconds'")
	require.Zero(t, hint(), "nor is it overdue")
	clock.set(clock.Now().Add(4 * time.Second))
	require.Equal(t, 1, hint())
	require.Equal(t, "vestnik.due.notice."+id.String(), w.Text("SELECT subject FROM outbox"))
	require.Zero(t, hint(), "it was just asked for")

	clock.set(clock.Now().Add(29 * 24 * time.Hour))
	require.NoError(t, w.Store.PurgeNotices(t.Context()))
	require.Equal(t, 1, w.Int("SELECT count(*) FROM notices"))
	clock.set(clock.Now().Add(2 * 24 * time.Hour))
	require.NoError(t, w.Store.PurgeNotices(t.Context()))
	require.Zero(t, w.Int("SELECT count(*) FROM notices"))
}
