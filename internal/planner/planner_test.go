package planner_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/planner"
)

// fake is store and schedules in one, and notes what is asked of it.
type fake struct {
	waits    bool
	err      error // of MailingsToPlan
	toPlan   []domain.ID
	overdue  []domain.ID
	over     []domain.ID
	planned  []domain.ID
	hinted   []domain.ID
	closed   []domain.ID
	purged   []string
	orphaned int
	noticed  int
}

func (f *fake) PlanNext(_ context.Context, m domain.ID) (bool, error) {
	f.planned = append(f.planned, m)
	return f.waits, nil
}

func (f *fake) HintChunks(_ context.Context, m domain.ID) error {
	f.hinted = append(f.hinted, m)
	return nil
}

func (f *fake) PurgeSchedule(_ context.Context, subject string) error {
	f.purged = append(f.purged, subject)
	return nil
}

func (f *fake) MailingsToPlan(context.Context, time.Duration) ([]domain.ID, error) {
	return f.toPlan, f.err
}

func (f *fake) HintOverdue(context.Context, time.Duration) ([]domain.ID, error) {
	return f.overdue, nil
}

func (f *fake) HintOrphans(context.Context, time.Duration) (int, error) { f.orphaned++; return 0, nil }

func (f *fake) HintNotices(context.Context, time.Duration) (int, error) { f.noticed++; return 0, nil }
func (f *fake) PurgeNotices(context.Context) error                      { return nil }
func (f *fake) AttemptsToClose(context.Context) ([]domain.ID, error)    { return f.over, nil }
func (f *fake) EnsurePartitions(context.Context) error                  { return nil }
func (f *fake) PurgeEnded(context.Context) error                        { return nil }
func (f *fake) ReleaseWaiting(context.Context) error                    { return nil }
func (f *fake) RemoveAccounts(context.Context) error                    { return nil }
func (f *fake) NameUnserved(context.Context) error                      { return nil }
func (f *fake) CloseAttempt(_ context.Context, a domain.ID) error {
	f.closed = append(f.closed, a)
	return nil
}

func TestAChangePlansAndTakesBackOrWakes(t *testing.T) {
	t.Parallel()
	m := domain.NewID(time.Now())
	for change, want := range map[string]struct{ waits, hints bool }{
		"edited": {true, false}, "paused": {false, false}, "deleted": {false, false}, "resumed": {true, true}, "enabled": {true, true},
	} {
		f := &fake{waits: want.waits}
		p := planner.New(f, f, zerolog.Nop())
		require.NoError(t, p.OnMailingChanged(t.Context(), events.MailingChanged{MailingID: m, Change: change}))
		require.Contains(t, f.planned, m, change)
		require.Equal(t, want.hints, len(f.hinted) == 1, change)
		if want.waits {
			require.Empty(t, f.purged, change)
		} else {
			require.Equal(t, []string{events.ScheduleOf(m)}, f.purged, change)
		}
	}
}

func TestOneStepOfASweepThatFailsDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	late, over := domain.NewID(time.Now()), domain.NewID(time.Now())
	f := &fake{waits: true, err: errors.New("the database is away"), overdue: []domain.ID{late}, over: []domain.ID{over}}
	planner.New(f, f, zerolog.Nop()).SweepOnce(t.Context())
	require.Equal(t, []domain.ID{late}, f.planned)
	require.Equal(t, 1, f.orphaned)
	require.Equal(t, []domain.ID{over}, f.closed)
}

func TestHandlersHaveTheirDurableNames(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	for _, h := range planner.New(&fake{}, &fake{}, zerolog.Nop()).Handlers() {
		names[h.Name] = h.Filter
	}
	require.Equal(t, map[string]string{
		"planner-mailing-created":  "vestnik.events.mailing.created.*",
		"planner-mailing-changed":  "vestnik.events.mailing.changed.*",
		"planner-attempt-started":  "vestnik.events.attempt.started.*",
		"planner-attempt-finished": "vestnik.events.attempt.finished.*",
	}, names)
}
