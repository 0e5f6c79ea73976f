package domain_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	// A day and an hour of May 2026 in UTC, "05 10:00"; empty is the zero time.
	may := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		return at(t, "2026-05-"+s[:2]+"T"+s[3:]+":00Z")
	}
	for name, test := range map[string]struct {
		every               domain.Periodicity
		start, end          string
		last, since, active string
		now                 string
		missed              []string
		occurrence, due     string
	}{
		"one-off ahead": {
			every: domain.Once, start: "05 10:00", since: "01 00:00", active: "01 00:00", now: "01 00:00",
			occurrence: "05 10:00", due: "05 10:00",
		},
		"one-off created inside its window starts at once": {
			every: domain.Once, start: "05 10:00", end: "09 00:00", since: "06 00:00", active: "06 00:00", now: "06 00:00",
			occurrence: "05 10:00", due: "06 00:00",
		},
		"one-off late after an outage": {
			every: domain.Once, start: "05 10:00", since: "01 00:00", active: "01 00:00", now: "20 00:00",
			occurrence: "05 10:00", due: "05 10:00",
		},
		"one-off whose end passed in an outage": {
			every: domain.Once, start: "05 10:00", end: "06 00:00", since: "01 00:00", active: "01 00:00", now: "06 00:00",
			missed: []string{"05 10:00"},
		},
		"one-off that ran": {
			every: domain.Once, start: "05 10:00", last: "05 10:00", since: "01 00:00", active: "01 00:00", now: "06 00:00",
		},
		"one-off that ran and was given a new start, a moment ago": {
			every: domain.Once, start: "07 10:00", last: "05 10:00", since: "07 10:01", active: "01 00:00", now: "07 10:01",
			occurrence: "07 10:00", due: "07 10:00",
		},
		"one-off held back by a pause is not late": {
			every: domain.Once, start: "05 10:00", since: "01 00:00", active: "08 00:00", now: "08 00:00",
			occurrence: "05 10:00", due: "08 00:00",
		},
		"daily after its turn": {
			every: domain.Daily, start: "01 10:00", last: "05 10:00", since: "01 00:00", active: "01 00:00", now: "05 12:00",
			occurrence: "06 10:00", due: "06 10:00",
		},
		"daily on its turn": {
			every: domain.Daily, start: "01 10:00", last: "05 10:00", since: "01 00:00", active: "01 00:00", now: "06 10:00",
			occurrence: "06 10:00", due: "06 10:00",
		},
		"daily after an outage: the latest runs, the others are missed": {
			every: domain.Daily, start: "01 10:00", last: "05 10:00", since: "01 00:00", active: "01 00:00", now: "09 09:59",
			missed: []string{"06 10:00", "07 10:00"}, occurrence: "08 10:00", due: "08 10:00",
		},
		"daily whose end passed in an outage": {
			every: domain.Daily, start: "01 10:00", end: "08 10:00", last: "05 10:00", since: "01 00:00", active: "01 00:00", now: "09 00:00",
			missed: []string{"06 10:00", "07 10:00"},
		},
		"daily after its last turn": {
			every: domain.Daily, start: "01 10:00", end: "08 10:00", last: "07 10:00", since: "01 00:00", active: "01 00:00", now: "07 11:00",
		},
		"daily created with a start long past": {
			every: domain.Daily, start: "01 10:00", since: "09 00:00", active: "09 00:00", now: "09 00:00",
			occurrence: "08 10:00", due: "09 00:00",
		},
		"daily edited after today's turn: not twice": {
			every: domain.Daily, start: "01 11:00", last: "09 10:00", since: "09 12:00", active: "01 00:00", now: "09 12:00",
			occurrence: "10 11:00", due: "10 11:00",
		},
		"daily edited in an outage: only what came after counts": {
			every: domain.Daily, start: "01 11:00", last: "05 11:00", since: "08 00:00", active: "01 00:00", now: "10 12:00",
			missed: []string{"08 11:00", "09 11:00"}, occurrence: "10 11:00", due: "10 11:00",
		},
		"planned before its time": {
			every: domain.Daily, start: "01 10:00", last: "09 10:00", since: "01 00:00", active: "01 00:00", now: "08 12:00",
			occurrence: "10 10:00", due: "10 10:00",
		},
		"one-off created after its end": {
			every: domain.Once, start: "01 10:00", end: "02 10:00", since: "03 00:00", active: "03 00:00", now: "03 00:00",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := domain.Schedule{Start: may(test.start), End: may(test.end), Zone: "UTC", Periodicity: test.every}
			plan := s.Plan(domain.PlanState{Last: may(test.last), Since: may(test.since), Active: may(test.active)}, may(test.now))
			var want domain.Plan
			for _, m := range test.missed {
				want.Missed = append(want.Missed, may(m))
			}
			want.Occurrence, want.DueAt = may(test.occurrence), may(test.due)
			assert.Equal(t, want, plan)
		})
	}
}

func TestPlanListsTheLatestThousand(t *testing.T) {
	t.Parallel()
	s := domain.Schedule{Start: at(t, "2020-01-01T10:00:00Z"), Zone: "UTC", Periodicity: domain.Daily}
	plan := s.Plan(domain.PlanState{}, s.Start.AddDate(0, 0, 1000))
	assert.Len(t, plan.Missed, domain.MaxMissed)
	assert.Equal(t, s.Start, plan.Missed[0])
	plan = s.Plan(domain.PlanState{}, s.Start.AddDate(0, 0, 1500))
	require.Len(t, plan.Missed, domain.MaxMissed)
	assert.Equal(t, s.Occurrence(500), plan.Missed[0])
	assert.Equal(t, s.Occurrence(1499), plan.Missed[999])
	assert.Equal(t, s.Occurrence(1500), plan.Occurrence)
}

// TestPlanAgainstItsRules draws any past and compares with the rules read one by one.
func TestPlanAgainstItsRules(t *testing.T) {
	t.Parallel()
	epoch := at(t, "2026-03-01T00:00:00Z")
	rapid.Check(t, func(t *rapid.T) {
		hours := func(name string) time.Time {
			return epoch.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, name)) * time.Hour)
		}
		s := domain.Schedule{
			Start:       hours("start"),
			Zone:        rapid.SampledFrom([]string{"Europe/Berlin", "Asia/Beirut", "UTC"}).Draw(t, "zone"),
			Periodicity: rapid.SampledFrom([]domain.Periodicity{domain.Once, domain.Daily, domain.Weekly, domain.Monthly}).Draw(t, "periodicity"),
		}
		if rapid.Bool().Draw(t, "ends") {
			s.End = s.Start.Add(time.Duration(rapid.IntRange(1, 1500).Draw(t, "end")) * time.Hour)
		}
		state := domain.PlanState{Since: hours("since"), Active: hours("active")}
		now := hours("now")
		if rapid.Bool().Draw(t, "ran") {
			state.Last = s.Occurrence(rapid.IntRange(0, 10).Draw(t, "last"))
		}
		want, got := planByTheRules(s, state, now), s.Plan(state, now)
		require.Equal(t, fmt.Sprint(want), fmt.Sprint(got))
	})
}

func planByTheRules(s domain.Schedule, state domain.PlanState, now time.Time) domain.Plan {
	var plan domain.Plan
	var passed []time.Time
	for n := range 200 {
		o := s.Occurrence(n)
		ended := !s.End.IsZero() && !o.Before(s.End)
		switch {
		case o.IsZero(), ended, !o.After(state.Last):
		case !o.After(now):
			passed = append(passed, o)
		case plan.Occurrence.IsZero():
			plan.Occurrence = o
		}
	}
	open := s.End.IsZero() || now.Before(s.End)
	if !open {
		plan.Occurrence = time.Time{}
	}
	for i, o := range passed {
		isLatest, neverRan := i == len(passed)-1, state.Last.IsZero()
		switch {
		case isLatest && open && (neverRan || s.Periodicity == domain.Once || !o.Before(state.Since)):
			plan.Occurrence = o
		case !o.Before(state.Since):
			plan.Missed = append(plan.Missed, o)
		}
	}
	if plan.DueAt = plan.Occurrence; !plan.DueAt.IsZero() && plan.DueAt.Before(state.Active) {
		plan.DueAt = state.Active
	}
	return plan
}

// TestYearOfOutages lives through a year of a mailing in a planner that is up and down at random.
func TestYearOfOutages(t *testing.T) {
	t.Parallel()
	names := zoneNames(t)
	rapid.Check(t, func(t *rapid.T) {
		year := at(t, "2027-06-01T00:00:00Z")
		created := year.Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "created")) * time.Hour)
		s := domain.Schedule{
			Start:       year.Add(time.Duration(rapid.IntRange(0, 200*60).Draw(t, "start")) * time.Minute),
			Zone:        rapid.SampledFrom(names).Draw(t, "zone"),
			Periodicity: rapid.SampledFrom([]domain.Periodicity{domain.Once, domain.Daily, domain.Weekly, domain.Monthly}).Draw(t, "periodicity"),
		}
		if rapid.Bool().Draw(t, "ends") {
			s.End = s.Start.Add(time.Duration(rapid.IntRange(1, 400*24).Draw(t, "end")) * time.Hour)
		}
		life := &life{schedule: s, state: domain.PlanState{Since: created, Active: created}, fates: map[int64]string{}}
		now, until := created, year.AddDate(1, 0, 0)
		for now.Before(until) {
			down := now.Add(time.Duration(rapid.IntRange(1, 40*24*60).Draw(t, "up for")) * time.Minute)
			if down.After(until) {
				down = until
			}
			life.up(t, now, down)
			now = down.Add(time.Duration(rapid.IntRange(1, 20*24*60).Draw(t, "down for")) * time.Minute)
		}
		life.up(t, until, until.Add(1))
		life.check(t, until)
	})
}

// life is what became of one mailing.
type life struct {
	schedule domain.Schedule
	state    domain.PlanState
	fates    map[int64]string // "ran" or "missed", by occurrence
	busy     time.Time        // until when the latest attempt may run
}

// up is the planner working from one moment to another.
func (l *life) up(t *rapid.T, from, to time.Time) {
	late := 0
	for now := from; ; {
		plan := l.schedule.Plan(l.state, now)
		for _, missed := range plan.Missed {
			l.record(t, missed, "missed")
		}
		if plan.Occurrence.IsZero() {
			return
		}
		if plan.DueAt.After(now) {
			now = plan.DueAt
		} else if plan.DueAt.Before(now) {
			late++
		}
		if !now.Before(to) {
			return
		}
		require.False(t, now.Before(l.busy), "an attempt begins at %s while another may run until %s", now, l.busy)
		require.LessOrEqual(t, late, 1, "one outage, one late start")
		l.record(t, plan.Occurrence, "ran")
		if l.busy = l.schedule.Deadline(now); l.busy.IsZero() {
			require.Equal(t, domain.Once, l.schedule.Periodicity)
		} else {
			require.True(t, l.busy.After(now))
		}
	}
}

func (l *life) record(t *rapid.T, occurrence time.Time, fate string) {
	require.Empty(t, l.fates[occurrence.UnixNano()], "%s has had its turn", occurrence)
	require.True(t, occurrence.After(l.state.Last), "%s comes after a later one", occurrence)
	l.fates[occurrence.UnixNano()] = fate
	l.state.Last = occurrence
}

// check holds that nothing was lost: every occurrence since the creation has a fate, and of those before only the
// latest may.
func (l *life) check(t *rapid.T, now time.Time) {
	due := 0
	for n := 0; ; n++ {
		o := l.schedule.Occurrence(n)
		if o.IsZero() || o.After(now) || !l.schedule.End.IsZero() && !o.Before(l.schedule.End) {
			break
		}
		if !o.Before(l.state.Since) {
			require.NotEmpty(t, l.fates[o.UnixNano()], "%s was lost", o)
		} else if fate := l.fates[o.UnixNano()]; fate != "" {
			require.Equal(t, "ran", fate)
			latest, _ := l.schedule.Latest(l.state.Since)
			require.True(t, latest.Equal(o))
		} else {
			continue
		}
		due++
	}
	require.Equal(t, due, len(l.fates), "nothing was made up") //nolint:testifylint // Len would print hundreds of fates
}
