package postgres_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
)

// ended is an attempt to n clients that has finished: the first was sent to, the second is unknown, the others failed.
func ended(t *testing.T, n int) (*seedtest.World, *handClock, domain.ID, []int64) {
	t.Helper()
	clock := &handClock{now: time.Now().Truncate(time.Microsecond)}
	w := seedtest.New(t, pgtest.URL(t), n, clock)
	attempt, chunk := begun(t, w)
	c := sendAll(t, w, chunk, func(keys []int64) []domain.Delivery {
		out := replied(keys, domain.Failed, clock.Now(), 550, "go away")
		out[0].Outcome, out[1].Outcome = domain.Sent, domain.Unknown
		return out
	})
	clients := c.Clients
	for len(clients) < n {
		c := sendAll(t, w, int64(w.Int("SELECT min(id) FROM chunks WHERE status <> 'done'")), func(keys []int64) []domain.Delivery {
			return rows(keys, domain.Failed)
		})
		clients = append(clients, c.Clients...)
	}
	require.Equal(t, domain.ResultPartial, attemptOf(t, w, attempt).Result)
	return w, clock, attempt, clients
}

func resend(t *testing.T, w *seedtest.World, attempt domain.ID, r domain.Resend) domain.Resent {
	t.Helper()
	got, err := w.Store.ResendAttempt(t.Context(), w.Owner, attempt, r)
	require.NoError(t, err)
	return got
}

func refused(t *testing.T, w *seedtest.World, attempt domain.ID, code string) {
	t.Helper()
	before := attemptOf(t, w, attempt)
	_, err := w.Store.ResendAttempt(t.Context(), w.Owner, attempt, domain.Resend{})
	require.Equal(t, domain.Conflict, domain.KindOf(err), "%v", err)
	var e *domain.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code, e.Message)
	require.Equal(t, before, attemptOf(t, w, attempt), "nothing was changed")
}

func TestResendReachesTheRestWithinTheSameAttempt(t *testing.T) {
	t.Parallel()
	w, clock, attempt, clients := ended(t, 6)
	before := attemptOf(t, w, attempt)
	clock.set(clock.Now().Add(time.Hour))
	w.Exec("INSERT INTO suppressions (owner_id, email_key, reason, created_at) SELECT owner_id, email_key, 'no', now() FROM clients WHERE id = $1", clients[2])
	w.Exec("DELETE FROM clients WHERE id = $1", clients[3])

	got := resend(t, w, attempt, domain.Resend{})
	require.Equal(t, 3, got.Resent)
	require.Equal(t, 2, got.LeftOut)
	require.Equal(t, domain.Totals{Sent: 1, Failed: 2, Deferred: 3}, got.Attempt.Totals)
	require.Equal(t, domain.AttemptRunning, got.Attempt.Status)
	require.Zero(t, got.Attempt.FinishedAt)
	require.Empty(t, got.Attempt.Result)
	require.Equal(t, before.StartedAt, got.Attempt.StartedAt)
	w.RequireLedger(got.Attempt)
	require.Equal(t, "running", w.Text("SELECT status FROM mailings WHERE id = $1", before.MailingID))
	refused(t, w, attempt, "nothing_to_resend")

	chunk, _ := openChunkOf(t, w, attempt)
	c := sendAll(t, w, chunk, func(keys []int64) []domain.Delivery { return replied(keys, domain.Sent, clock.Now(), 250, "welcome") })
	require.Equal(t, []int64{clients[1], clients[4], clients[5]}, c.Clients)
	require.Equal(t, 2, c.Try)
	a := attemptOf(t, w, attempt)
	require.Equal(t, domain.AttemptFinished, a.Status)
	require.Equal(t, domain.ResultPartial, a.Result)
	require.Equal(t, domain.Totals{Sent: 4, Failed: 2}, a.Totals)
	require.Equal(t, clock.Now(), a.FinishedAt.In(clock.Now().Location()))
	w.RequireLedger(a)
	require.Equal(t, "finished", w.Text("SELECT status FROM mailings WHERE id = $1", before.MailingID))
	d, tries := historyOf(t, w, attempt, clients[4])
	require.Equal(t, 2, d.Tries)
	require.Len(t, tries, 2)
	require.Equal(t, "go away", tries[0].Reply.Text)
	require.Equal(t, domain.Failed, tries[0].Outcome)
	require.Equal(t, "welcome", tries[1].Reply.Text)

	events := func(kind string) int {
		return w.Int("SELECT count(*) FROM outbox WHERE subject LIKE $1", "vestnik.events."+kind+".%")
	}
	require.Equal(t, 1, events("attempt.started"), "it began once")
	require.Equal(t, 2, events("attempt.finished"), "and ended twice")
	require.Equal(t, 1, w.Int("SELECT count(*) FROM outbox WHERE payload::json->>'change' = 'resent'"))
	refused(t, w, attempt, "nothing_to_resend") // the two left are suppressed and deleted
	w.Exec("DELETE FROM suppressions")
	require.Equal(t, 1, resend(t, w, attempt, domain.Resend{}).Resent)
}

func TestResendOfSome(t *testing.T) {
	t.Parallel()
	w, _, attempt, clients := ended(t, 4)
	stranger := domain.NewID(time.Now())
	_, err := w.Store.ResendAttempt(t.Context(), w.Owner, attempt, domain.Resend{ClientIDs: []domain.ID{clientID(t, w, clients[2]), stranger}})
	require.Equal(t, domain.Invalid, domain.KindOf(err))
	require.ErrorContains(t, err, stranger.String())
	_, err = w.Store.ResendAttempt(t.Context(), stranger, attempt, domain.Resend{})
	require.Equal(t, domain.NotFound, domain.KindOf(err), "it is another's")

	require.Equal(t, 1, resend(t, w, attempt, domain.Resend{Outcomes: []domain.Outcome{domain.Unknown}}).Resent)
	got := resend(t, w, attempt, domain.Resend{ClientIDs: []domain.ID{clientID(t, w, clients[0]), clientID(t, w, clients[2])}})
	require.Equal(t, 1, got.Resent, "who was sent to is not sent to again")
	require.Equal(t, domain.Totals{Sent: 1, Failed: 1, Deferred: 2}, got.Attempt.Totals)
}

func TestResendIsRefused(t *testing.T) {
	t.Parallel()
	w, clock, attempt, _ := ended(t, 3)
	mailing := attemptOf(t, w, attempt).MailingID
	set := func(sql string) { w.Exec("UPDATE mailings SET "+sql+" WHERE id = $1", mailing) }
	for code, how := range map[string][2]string{
		"mailing_paused":   {"status = 'paused'", "status = 'finished'"},
		"mailing_disabled": {"status = 'disabled'", "status = 'finished'"},
		"mailing_end_past": {"end_at = now() - interval '1 hour'", "end_at = NULL"},
		"mailing_deleted":  {"deleted_at = now()", "deleted_at = NULL"},
	} {
		set(how[0])
		refused(t, w, attempt, code)
		set(how[1])
	}
	w.Exec("UPDATE users SET blocked_at = now()")
	refused(t, w, attempt, "owner_blocked")
	w.Exec("UPDATE users SET blocked_at = NULL")

	by, err := w.Store.StartMailing(t.Context(), w.Owner, mailing)
	require.NoError(t, err)
	refused(t, w, attempt, "mailing_running") // it is about to start
	refused(t, w, by.ID, "nothing_to_resend") // and has not
	_, err = w.Store.StartAttempt(t.Context(), by.ID)
	require.NoError(t, err)
	refused(t, w, attempt, "mailing_running")
	w.Exec("UPDATE attempts SET deadline = $2 WHERE id = $1", by.ID, clock.Now())
	refused(t, w, by.ID, "attempt_ending")
	_, err = w.Store.ResendAttempt(t.Context(), w.Owner, domain.NewID(time.Now()), domain.Resend{})
	require.Equal(t, domain.NotFound, domain.KindOf(err))
}

// Those who failed in the chunk being sent go out once: with the resend's chunk, not with the chunk's own later tries.
func TestResendWhileTheChunkIsBeingSent(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Now()}
	w := seedtest.New(t, pgtest.URL(t), 10, clock)
	attempt, chunk := begun(t, w)
	l, token := lease(t, w, chunk)
	keys := l.Chunk.Clients
	advance(t, w, chunk, token, nil, 0, 6)
	done := append(rows(keys[:3], domain.Failed), rows(keys[3:6], domain.Deferred)...)
	advance(t, w, chunk, token, done, 6, 10)
	got := resend(t, w, attempt, domain.Resend{})
	require.Equal(t, domain.Totals{Deferred: 6}, got.Attempt.Totals)
	advance(t, w, chunk, token, rows(keys[6:], domain.Sent), 10, 10)
	require.NoError(t, w.Store.FinishChunk(t.Context(), chunk, token))

	clock.set(clock.Now().Add(time.Hour))
	var chunks []int64
	found, err := w.Pool.Query(t.Context(), "SELECT id FROM chunks WHERE status = 'pending' ORDER BY id")
	require.NoError(t, err)
	for found.Next() {
		var id int64
		require.NoError(t, found.Scan(&id))
		chunks = append(chunks, id)
	}
	require.Len(t, chunks, 2)
	require.Equal(t, keys[:3], sendAll(t, w, chunks[0], func(k []int64) []domain.Delivery { return rows(k, domain.Sent) }).Clients)
	require.Equal(t, keys[3:6], sendAll(t, w, chunks[1], func(k []int64) []domain.Delivery { return rows(k, domain.Sent) }).Clients)
	a := attemptOf(t, w, attempt)
	require.Equal(t, domain.Totals{Sent: 10}, a.Totals)
	require.Equal(t, domain.ResultSucceeded, a.Result)
	w.RequireLedger(a)
}

func TestOfRacingResendsOneHasEachRecipient(t *testing.T) {
	t.Parallel()
	w, _, attempt, _ := ended(t, 1200)
	var mu sync.Mutex
	total, refusals := 0, 0
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			got, err := w.Store.ResendAttempt(t.Context(), w.Owner, attempt, domain.Resend{})
			mu.Lock()
			defer mu.Unlock()
			if err != nil && domain.KindOf(err) == domain.Conflict {
				refusals++
				return
			}
			if err == nil {
				total += got.Resent
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1199, total)
	require.Equal(t, 5, refusals)
	require.Equal(t, 1199, w.Int("SELECT sum(cardinality(client_ids)) FROM chunks WHERE attempt_id = $1 AND try = 2", attempt))
	require.Equal(t, domain.ChunkSize, w.Int("SELECT max(cardinality(client_ids)) FROM chunks WHERE attempt_id = $1", attempt))
}

// A periodic mailing's attempt is sent again days later: its deadline is the next occurrence, whatever the planner looks
// at, and that occurrence starts in its time.
func TestResendDoesNotDisturbThePlan(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	first, _ := w.Attempt(m.ID)
	clock.set(at(2, 9))
	_, err := w.Store.StartAttempt(t.Context(), first.ID)
	require.NoError(t, err)
	chunk, _ := openChunkOf(t, w, first.ID)
	sendAll(t, w, chunk, func(keys []int64) []domain.Delivery { return rows(keys, domain.Unknown) })
	clock.set(at(3, 9))
	plan(t, w, m.ID)
	refused(t, w, first.ID, "mailing_running") // the second is due
	second, _ := w.Attempt(m.ID)
	_, err = w.Store.StartAttempt(t.Context(), second.ID)
	require.NoError(t, err)
	chunk, _ = openChunkOf(t, w, second.ID)
	sendAll(t, w, chunk, func(keys []int64) []domain.Delivery { return rows(keys, domain.Sent) })

	clock.set(at(3, 12))
	got := resend(t, w, first.ID, domain.Resend{})
	require.Equal(t, at(4, 9), got.Attempt.Deadline.UTC())
	plan(t, w, m.ID)
	require.Equal(t, at(4, 9), attemptOf(t, w, first.ID).Deadline.UTC(), "the planner leaves it alone")
	require.Equal(t, []string{"02 09:00 running", "03 09:00 finished", "04 09:00 planned"}, planned(t, w, m.ID))
	clock.set(at(4, 9))
	require.NoError(t, w.Store.CloseAttempt(t.Context(), first.ID))
	a := attemptOf(t, w, first.ID)
	require.Equal(t, domain.AttemptExpired, a.Status)
	require.Equal(t, domain.Totals{Expired: 3}, a.Totals)
	require.Equal(t, "scheduled", w.Text("SELECT status FROM mailings WHERE id = $1", m.ID))
	third, _ := w.Attempt(m.ID)
	start, err := w.Store.StartAttempt(t.Context(), third.ID)
	require.NoError(t, err)
	require.Equal(t, domain.Began, start.State)
}

// The truth about a try comes when that try has been repeated: it belongs to that try and to no other.
func TestTheTruthComesAfterAResend(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Now().Truncate(time.Microsecond)}
	w := seedtest.New(t, pgtest.URL(t), 3, clock)
	attempt, chunk := begun(t, w)
	zombie, token := lease(t, w, chunk)
	advance(t, w, chunk, token, nil, 0, 3)
	w.Exec("UPDATE chunks SET leased_until = now() - interval '1 second'")
	_, token = lease(t, w, chunk)
	require.NoError(t, w.Store.FinishChunk(t.Context(), chunk, token))
	require.Equal(t, 3, attemptOf(t, w, attempt).Totals.Unknown)

	keys := zombie.Chunk.Clients
	resend(t, w, attempt, domain.Resend{})
	again, _ := openChunkOf(t, w, attempt)
	sendAll(t, w, again, func(keys []int64) []domain.Delivery {
		return append(rows(keys[:1], domain.Unknown), rows(keys[1:], domain.Sent)...)
	})
	late := append(replied(keys[:2], domain.Failed, clock.Now(), 550, "it was refused"), rows(keys[2:], domain.Untouched)...)
	fixed, err := w.Store.RecordLate(t.Context(), zombie.Chunk, late)
	require.NoError(t, err)
	require.Zero(t, fixed, "the second try is what counts, and of that it knows nothing")
	a := attemptOf(t, w, attempt)
	require.Equal(t, domain.Totals{Sent: 2, Unknown: 1}, a.Totals)
	w.RequireLedger(a)
	for i, want := range []string{"[1 failed 2 unknown]", "[1 failed 2 sent]", "[1 deferred 2 sent]"} {
		_, tries := historyOf(t, w, attempt, keys[i])
		var seen []any
		for _, entry := range tries {
			seen = append(seen, entry.Try, entry.Outcome)
		}
		require.Equal(t, want, fmt.Sprint(seen))
	}
}

// A resend whose try is deferred before the chunk it was taken from is done has a later chunk already: the old one must
// not make another.
func TestADeferredResendIsTriedAgainOnce(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Now()}
	w := seedtest.New(t, pgtest.URL(t), 10, clock)
	attempt, chunk := begun(t, w)
	l, token := lease(t, w, chunk)
	keys := l.Chunk.Clients
	advance(t, w, chunk, token, nil, 0, 6)
	advance(t, w, chunk, token, append(rows(keys[:3], domain.Failed), rows(keys[3:6], domain.Deferred)...), 6, 10)
	require.Equal(t, 3, resend(t, w, attempt, domain.Resend{}).Resent)
	again := int64(w.Int("SELECT max(id) FROM chunks WHERE status = 'pending'"))
	require.NotEqual(t, chunk, again)
	require.Equal(t, keys[:3], sendAll(t, w, again, func(k []int64) []domain.Delivery { return rows(k, domain.Deferred) }).Clients)
	advance(t, w, chunk, token, rows(keys[6:], domain.Sent), 10, 10)
	require.NoError(t, w.Store.FinishChunk(t.Context(), chunk, token))
	require.Equal(t, 6, w.Int("SELECT sum(cardinality(client_ids)) FROM chunks WHERE status = 'pending'"))
	require.Equal(t, 6, w.Int("SELECT count(DISTINCT client) FROM chunks, unnest(client_ids) client WHERE status = 'pending'"))
	w.RequireLedger(attemptOf(t, w, attempt))
}
