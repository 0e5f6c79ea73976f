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

// reschedule edits a mailing's schedule.
func reschedule(t *testing.T, w *seedtest.World, mailing domain.ID, change func(*domain.Schedule)) {
	t.Helper()
	_, err := w.Store.UpdateMailing(t.Context(), w.Owner, mailing, 0, func(m *domain.Mailing) error {
		change(&m.Schedule)
		return nil
	})
	require.NoError(t, err)
}

// starts begins a mailing's planned attempt and returns it.
func starts(t *testing.T, w *seedtest.World, mailing domain.ID) domain.Attempt {
	t.Helper()
	var id domain.ID
	require.NoError(t, w.Pool.QueryRow(t.Context(), `SELECT id FROM attempts WHERE mailing_id = $1 AND status = 'planned'`, mailing).Scan(&id))
	start, err := w.Store.StartAttempt(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, domain.Began, start.State)
	a, err := w.Store.AnyAttempt(t.Context(), id)
	require.NoError(t, err)
	return a
}

func TestAnEditAfterAnOutageRecordsWhatWasMissedBeforeIt(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	clock.set(at(2, 9))
	runs(t, w, m.ID)
	plan(t, w, m.ID)
	clock.set(at(5, 12)) // no planner and no sender ran
	reschedule(t, w, m.ID, func(s *domain.Schedule) { s.Start = at(5, 15) })
	plan(t, w, m.ID)
	require.Equal(t, []string{"02 09:00 finished", "03 09:00 missed", "04 09:00 missed", "05 09:00 missed", "05 15:00 planned"}, planned(t, w, m.ID))
	require.Equal(t, "the schedule was changed before it could start",
		w.Text(`SELECT reason FROM attempts WHERE occurrence_at = $1`, at(5, 9)))
}

func TestADeletionRecordsWhatWasMissedBeforeIt(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	clock.set(at(2, 9))
	runs(t, w, m.ID)
	plan(t, w, m.ID)
	clock.set(at(4, 12))
	require.NoError(t, w.Store.DeleteMailing(t.Context(), w.Owner, m.ID, 0))
	plan(t, w, m.ID)
	require.Equal(t, []string{"02 09:00 finished", "03 09:00 missed", "04 09:00 missed"}, planned(t, w, m.ID))
	require.Equal(t, "the mailing was deleted before it could start",
		w.Text(`SELECT reason FROM attempts WHERE occurrence_at = $1`, at(4, 9)))
}

func TestAMailingThatNeverRanStartsAtOnceAfterAnEditInAnOutage(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	clock.set(at(5, 12))
	reschedule(t, w, m.ID, func(s *domain.Schedule) { s.Start = at(5, 11) })
	plan(t, w, m.ID)
	require.Equal(t, []string{"05 11:00 planned"}, planned(t, w, m.ID))
	runs(t, w, m.ID)
}

func TestANewEndDoesNotCancelAStartThatIsDue(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	clock.set(at(2, 9))
	runs(t, w, m.ID)
	plan(t, w, m.ID)
	clock.set(at(4, 9).Add(time.Second))
	reschedule(t, w, m.ID, func(s *domain.Schedule) { s.End = at(20, 0) })
	plan(t, w, m.ID)
	require.Equal(t, []string{"02 09:00 finished", "03 09:00 missed", "04 09:00 planned"}, planned(t, w, m.ID))
	a := starts(t, w, m.ID)
	require.Equal(t, time.Second, a.Late(), "it is as late as it is")
}

func TestAnEndSetAnewAfterTheOldOneBringsNothingBack(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	reschedule(t, w, m.ID, func(s *domain.Schedule) { s.End = at(3, 0) })
	plan(t, w, m.ID)
	clock.set(at(2, 9))
	runs(t, w, m.ID)
	plan(t, w, m.ID)
	clock.set(at(6, 12))
	reschedule(t, w, m.ID, func(s *domain.Schedule) { s.End = at(20, 0) })
	plan(t, w, m.ID)
	require.Equal(t, []string{"02 09:00 finished", "07 09:00 planned"}, planned(t, w, m.ID))
}

func TestAnEditDoesNotCutShortWhatIsBeingSent(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	clock.set(at(2, 9))
	a := starts(t, w, m.ID)
	clock.set(at(2, 12))
	reschedule(t, w, m.ID, func(s *domain.Schedule) { s.Start = at(2, 11) })
	plan(t, w, m.ID)
	require.Equal(t, []string{"02 09:00 running", "03 11:00 planned"}, planned(t, w, m.ID))
	a, err := w.Store.AnyAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	require.True(t, a.Deadline.Equal(at(3, 11)), "it may go on until the next start, not until one that will not be: %s", a.Deadline)
}

func TestANewEndHoldsForWhatIsPaused(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	reschedule(t, w, m.ID, func(s *domain.Schedule) { s.End = at(2, 20) })
	plan(t, w, m.ID)
	clock.set(at(2, 9))
	a := starts(t, w, m.ID)
	_, err := w.Store.PauseMailing(t.Context(), w.Owner, m.ID)
	require.NoError(t, err)
	reschedule(t, w, m.ID, func(s *domain.Schedule) { s.End = at(3, 8) })
	clock.set(at(2, 21))
	require.NoError(t, w.Store.CloseAttempt(t.Context(), a.ID))
	a, err = w.Store.AnyAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, domain.AttemptRunning, a.Status)
	require.True(t, a.Deadline.Equal(at(3, 8)))
}

func TestAFinishedMailingEditedWhileDisabledIsScheduledWhenEnabled(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: at(1, 12)}
	w := seedtest.New(t, pgtest.URL(t), 3, clock)
	m := w.Mailing(nil)
	plan(t, w, m.ID)
	runs(t, w, m.ID)
	_, err := w.Store.DisableMailing(t.Context(), m.ID, "spam")
	require.NoError(t, err)
	reschedule(t, w, m.ID, func(s *domain.Schedule) { s.Start = at(5, 9) })
	_, err = w.Store.EnableMailing(t.Context(), m.ID)
	require.NoError(t, err)
	require.True(t, plan(t, w, m.ID))
	require.Equal(t, []string{"01 12:00 finished", "05 09:00 planned"}, planned(t, w, m.ID))
}

func TestAStartThatWaitsForAnotherAsksSeldomUntilThatMustEnd(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	clock.set(at(2, 10))
	manual, err := w.Store.StartMailing(t.Context(), w.Owner, m.ID)
	require.NoError(t, err)
	start, err := w.Store.StartAttempt(t.Context(), manual.ID)
	require.NoError(t, err)
	require.Equal(t, domain.Began, start.State)
	var next domain.ID
	require.NoError(t, w.Pool.QueryRow(t.Context(), `SELECT id FROM attempts WHERE status = 'planned'`).Scan(&next))
	for _, want := range []time.Duration{30 * time.Second, 10 * time.Second} {
		start, err = w.Store.StartAttempt(t.Context(), next)
		require.NoError(t, err)
		require.Equal(t, domain.AnotherRuns, start.State)
		require.Equal(t, want, start.Wait)
		clock.set(at(3, 9).Add(-10 * time.Second))
	}
}

func TestABlockedOwnersMailingsAreHeldUntilHeIsUnblocked(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	clock.set(at(1, 13))
	require.NoError(t, w.Store.BlockUser(t.Context(), w.Owner, "spam"))
	require.NoError(t, w.Store.BlockUser(t.Context(), w.Owner, "spam"), "twice is no error")
	clock.set(at(1, 14))
	ids, err := w.Store.MailingsToPlan(t.Context(), time.Minute)
	require.NoError(t, err)
	require.Equal(t, []domain.ID{m.ID}, ids, "the planner is to take the start back")
	require.False(t, plan(t, w, m.ID))
	require.Empty(t, planned(t, w, m.ID))

	clock.set(at(4, 10))
	require.NoError(t, w.Store.UnblockUser(t.Context(), w.Owner))
	clock.set(at(4, 11))
	require.NoError(t, w.Store.UnblockUser(t.Context(), w.Owner), "twice changes nothing")
	ids, err = w.Store.MailingsToPlan(t.Context(), time.Minute)
	require.NoError(t, err)
	require.Equal(t, []domain.ID{m.ID}, ids)
	require.True(t, plan(t, w, m.ID))
	require.Equal(t, []string{"02 09:00 missed", "03 09:00 missed", "04 09:00 planned"}, planned(t, w, m.ID))
	require.Equal(t, 2, w.Int(`SELECT count(*) FROM attempts WHERE reason = 'the mailing was held when it was due'`))
	a := starts(t, w, m.ID)
	require.Equal(t, time.Hour, a.Late(), "it has been due since the owner was unblocked")

	nobody := domain.NewID(time.Now())
	require.Equal(t, domain.NotFound, domain.KindOf(w.Store.BlockUser(t.Context(), nobody, "spam")))
	require.Equal(t, domain.NotFound, domain.KindOf(w.Store.UnblockUser(t.Context(), nobody)))
}

// A planner that waits for the mailing while its owner is unblocked must not go by what it saw of him before.
func TestUnblockingRacesWithPlanning(t *testing.T) {
	t.Parallel()
	w, _, m := newDaily(t)
	for range 12 {
		require.NoError(t, w.Store.BlockUser(t.Context(), w.Owner, "spam"))
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := w.Store.PlanNext(t.Context(), m.ID); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			if err := w.Store.UnblockUser(t.Context(), w.Owner); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		needs := w.Int(`SELECT needs_plan::integer FROM mailings WHERE id = $1`, m.ID)
		require.Positive(t, needs+len(planned(t, w, m.ID)), "it is planned, or going to be")
	}
}
