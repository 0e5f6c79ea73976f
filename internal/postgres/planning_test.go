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

// handClock shows the time it was set to.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// planned is a mailing's occurrences and how each stands, in order.
func planned(t *testing.T, w *seedtest.World, mailing domain.ID) []string {
	t.Helper()
	rows, err := w.Pool.Query(t.Context(), `SELECT to_char(occurrence_at AT TIME ZONE 'UTC', 'DD HH24:MI ') || status
		FROM attempts WHERE mailing_id = $1 AND kind = 'scheduled' ORDER BY occurrence_at`, mailing)
	require.NoError(t, err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		require.NoError(t, rows.Scan(&s))
		out = append(out, s)
	}
	require.NoError(t, rows.Err())
	return out
}

func at(day, hour int) time.Time { return time.Date(2026, 5, day, hour, 0, 0, 0, time.UTC) }

// rig is a daily mailing at 09:00 UTC, created on the first of May at noon, under a clock set by hand.
func newDaily(t *testing.T) (*seedtest.World, *handClock, domain.Mailing) {
	t.Helper()
	clock := &handClock{now: at(1, 12)}
	w := seedtest.New(t, pgtest.URL(t), 3, clock)
	m := w.Mailing(func(m *domain.Mailing) {
		m.Schedule = domain.Schedule{Start: at(2, 9), Zone: "UTC", Periodicity: domain.Daily}
	})
	return w, clock, m
}

// runs carries the planned attempt through: it begins, and is closed as if every recipient had been sent to.
func runs(t *testing.T, w *seedtest.World, mailing domain.ID) {
	t.Helper()
	var id domain.ID
	require.NoError(t, w.Pool.QueryRow(t.Context(), `SELECT id FROM attempts WHERE mailing_id = $1 AND status = 'planned'`, mailing).Scan(&id))
	start, err := w.Store.StartAttempt(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, domain.Began, start.State)
	w.Exec(`UPDATE chunks SET status = 'done', sent = cardinality(client_ids) WHERE attempt_id = $1`, id)
	require.NoError(t, w.Store.CloseAttempt(t.Context(), id))
}

func plan(t *testing.T, w *seedtest.World, mailing domain.ID) bool {
	t.Helper()
	waits, err := w.Store.PlanNext(t.Context(), mailing)
	require.NoError(t, err)
	return waits
}

func TestAnOutageIsOneLateStartAndTheRestMissed(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	require.True(t, plan(t, w, m.ID))
	require.Equal(t, []string{"02 09:00 planned"}, planned(t, w, m.ID))
	clock.set(at(2, 9))
	runs(t, w, m.ID)
	require.True(t, plan(t, w, m.ID))

	clock.set(at(6, 15)) // nothing of Vestnik ran for four days
	require.True(t, plan(t, w, m.ID))
	want := []string{"02 09:00 finished", "03 09:00 missed", "04 09:00 missed", "05 09:00 missed", "06 09:00 planned"}
	require.Equal(t, want, planned(t, w, m.ID))
	require.True(t, plan(t, w, m.ID))
	require.Equal(t, want, planned(t, w, m.ID), "planning again changes nothing")
	runs(t, w, m.ID)
	require.Equal(t, 6*3600, w.Int(`SELECT extract(epoch FROM started_at - due_at)::integer FROM attempts WHERE status = 'finished' ORDER BY id DESC LIMIT 1`), "it is marked as late")
	require.True(t, plan(t, w, m.ID))
	require.Equal(t, append(want[:4], "06 09:00 finished", "07 09:00 planned"), planned(t, w, m.ID))
}

func TestAPauseIsRecordedAndNotCalledLate(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	_, err := w.Store.PauseMailing(t.Context(), w.Owner, m.ID)
	require.NoError(t, err)
	require.False(t, plan(t, w, m.ID))
	require.Empty(t, planned(t, w, m.ID))
	clock.set(at(4, 10))
	_, err = w.Store.ResumeMailing(t.Context(), w.Owner, m.ID)
	require.NoError(t, err)
	plan(t, w, m.ID)
	require.Equal(t, []string{"02 09:00 missed", "03 09:00 missed", "04 09:00 planned"}, planned(t, w, m.ID))
	require.Equal(t, "the mailing was held when it was due", w.Text(`SELECT reason FROM attempts WHERE status = 'missed' LIMIT 1`))
	runs(t, w, m.ID)
	a, _ := w.Attempt(m.ID)
	require.Zero(t, a.Late(), "it became due when it was resumed")
}

func TestTheEndFinishesAMailing(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	_, err := w.Store.UpdateMailing(t.Context(), w.Owner, m.ID, 0, func(m *domain.Mailing) error {
		m.Schedule.End = at(3, 20)
		return nil
	})
	require.NoError(t, err)
	plan(t, w, m.ID)
	clock.set(at(10, 0)) // the outage outlived the mailing
	require.False(t, plan(t, w, m.ID))
	require.Equal(t, []string{"02 09:00 missed", "03 09:00 missed"}, planned(t, w, m.ID))
	got, err := w.Store.Mailing(t.Context(), w.Owner, m.ID)
	require.NoError(t, err)
	require.Equal(t, domain.MailingFinished, got.Status)
	_, err = w.Store.StartMailing(t.Context(), w.Owner, m.ID)
	require.Equal(t, domain.Conflict, domain.KindOf(err))
}

func TestAnEditOfAPeriodicMailingDoesNotSendTwiceADay(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	clock.set(at(2, 9))
	runs(t, w, m.ID)
	clock.set(at(2, 12))
	_, err := w.Store.UpdateMailing(t.Context(), w.Owner, m.ID, 0, func(m *domain.Mailing) error {
		m.Schedule.Start = at(2, 11)
		return nil
	})
	require.NoError(t, err)
	plan(t, w, m.ID)
	require.Equal(t, []string{"02 09:00 finished", "03 11:00 planned"}, planned(t, w, m.ID))
}

func TestPlannersAndStartsRaceForOneAttempt(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	clock.set(at(2, 9))
	var id domain.ID
	require.NoError(t, w.Pool.QueryRow(t.Context(), `SELECT id FROM attempts WHERE mailing_id = $1`, m.ID).Scan(&id))
	var began sync.Map
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			_, err := w.Store.PlanNext(t.Context(), m.ID)
			if err != nil {
				t.Error(err)
			}
			start, err := w.Store.StartAttempt(t.Context(), id)
			if err != nil {
				t.Error(err)
			}
			if start.State == domain.Began {
				began.Store(i, true)
			}
		})
	}
	wg.Wait()
	n := 0
	began.Range(func(any, any) bool { n++; return true })
	require.Equal(t, 1, n)
	require.Equal(t, 1, w.Int(`SELECT count(*) FROM chunks`))
	plan(t, w, m.ID) // as AttemptStarted has it done; every planner above may have been before the start
	require.Equal(t, []string{"02 09:00 running", "03 09:00 planned"}, planned(t, w, m.ID))
}

func TestAManualStartBetweenOccurrencesIsAnAttemptOfItsOwn(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	clock.set(at(2, 8))
	a, err := w.Store.StartMailing(t.Context(), w.Owner, m.ID)
	require.NoError(t, err)
	_, err = w.Store.StartMailing(t.Context(), w.Owner, m.ID)
	require.Equal(t, domain.Conflict, domain.KindOf(err), "it is being started already")
	start, err := w.Store.StartAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, domain.Began, start.State)
	running, err := w.Store.AnyAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	require.True(t, running.Deadline.Equal(at(2, 9)), "it ends before the next occurrence begins")

	clock.set(at(2, 9)) // its chunk was never taken: the occurrence waits for it to be closed
	var next domain.ID
	require.NoError(t, w.Pool.QueryRow(t.Context(), `SELECT id FROM attempts WHERE status = 'planned'`).Scan(&next))
	start, err = w.Store.StartAttempt(t.Context(), next)
	require.NoError(t, err)
	require.Equal(t, domain.AnotherRuns, start.State)
	require.Equal(t, a.ID, start.Running)
	require.NoError(t, w.Store.CloseAttempt(t.Context(), a.ID))
	start, err = w.Store.StartAttempt(t.Context(), next)
	require.NoError(t, err)
	require.Equal(t, domain.Began, start.State)
	closed, err := w.Store.AnyAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, domain.AttemptExpired, closed.Status)
	require.Equal(t, 3, closed.Totals.Expired)
}

func TestAWeekOfPauseGivesUpOnNobody(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: at(1, 12)}
	w := seedtest.New(t, pgtest.URL(t), 3, clock)
	m := w.Mailing(nil)
	plan(t, w, m.ID)
	a, _ := w.Attempt(m.ID)
	start, err := w.Store.StartAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, domain.Began, start.State)
	_, err = w.Store.PauseMailing(t.Context(), w.Owner, m.ID)
	require.NoError(t, err)
	clock.set(at(8, 12))
	over, err := w.Store.AttemptsToClose(t.Context())
	require.NoError(t, err)
	require.Empty(t, over)
	_, err = w.Store.ResumeMailing(t.Context(), w.Owner, m.ID)
	require.NoError(t, err)
	require.NoError(t, w.Store.CloseAttempt(t.Context(), a.ID))
	lease, err := w.Store.LeaseChunk(t.Context(), int64(w.Int("SELECT id FROM chunks")), domain.NewID(clock.Now()), time.Minute)
	require.NoError(t, err)
	require.Equal(t, domain.Leased, lease.State)
}

// A recipient that is deferred every time is tried so often and no more, and then counts as failed.
func TestTheLastTry(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: at(1, 12)}
	w := seedtest.New(t, pgtest.URL(t), 2, clock)
	m := w.Mailing(nil)
	plan(t, w, m.ID)
	a, _ := w.Attempt(m.ID)
	_, err := w.Store.StartAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	tries := 0
	for {
		var chunk int64
		err := w.Pool.QueryRow(t.Context(), "SELECT id FROM chunks WHERE status = 'pending'").Scan(&chunk)
		if err != nil {
			break
		}
		tries++
		var due time.Time
		require.NoError(t, w.Pool.QueryRow(t.Context(), "SELECT due_at FROM chunks WHERE id = $1", chunk).Scan(&due))
		clock.set(due)
		token := domain.NewID(due)
		lease, err := w.Store.LeaseChunk(t.Context(), chunk, token, time.Minute)
		require.NoError(t, err)
		require.Equal(t, domain.Leased, lease.State)
		require.Equal(t, tries, lease.Chunk.Try)
		var done []domain.Delivery
		for _, key := range lease.Chunk.Clients {
			done = append(done, domain.Delivery{ClientKey: key, Email: "x@example.com", Receipt: domain.Receipt{
				Outcome: domain.Deferred, At: due, Reply: domain.Reply{Phase: domain.PhaseRcpt, Code: 451, Text: "later"},
			}})
		}
		_, err = w.Store.AdvanceWindow(t.Context(), chunk, token, time.Minute, done, domain.Window{From: len(done), To: len(done)})
		require.NoError(t, err)
		require.NoError(t, w.Store.FinishChunk(t.Context(), chunk, token))
	}
	require.Equal(t, domain.MaxTries, tries)
	require.InDelta(t, 72, clock.Now().Sub(at(1, 12)).Hours(), 16, "about 72 hours in all")
	got, err := w.Store.AnyAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, domain.AttemptFinished, got.Status)
	require.Equal(t, domain.ResultFailed, got.Result)
	require.Equal(t, 2, got.Totals.Failed)
	require.Equal(t, "451 later", got.LastResponse)
	w.RequireLedger(got)
}
