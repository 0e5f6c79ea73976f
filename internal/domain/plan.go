package domain

import (
	"slices"
	"time"
)

// MaxMissed is how many missed occurrences one plan lists at most.
const MaxMissed = 1000

// PlanState is what is known of a mailing's past when its next start is worked out.
type PlanState struct {
	Last   time.Time // the latest occurrence that was run or recorded; zero: none
	Since  time.Time // when the schedule as it stands was set (created or edited; another end alone does not count): occurrences before it are nobody's fault, so never recorded as missed
	Active time.Time // since when the mailing has been active (created, resumed, enabled): nothing is due earlier, so a start held back on purpose is not called late
}

// Plan is what to do next.
type Plan struct {
	Missed     []time.Time // occurrences that passed and will never run, in order; to be recorded
	Occurrence time.Time   // the nominal start to run next; zero: nothing is to come
	DueAt      time.Time   // when to run it: the later of Occurrence and Active; may be in the past: run at once
}

// Plan works out what to do at now. Only occurrences after state.Last count:
//
//   - Before End, the latest one that has passed runs now, however late: its window is open until the next. If it
//     passed before Since it runs only in a mailing that never ran ("created inside its window it starts at once")
//     or in a one-off; an edit must not make a periodic mailing send twice in a day.
//   - The others that passed since Since are missed. Of more than MaxMissed the latest are listed; the rest are
//     given up in silence, so that a year-long outage costs no more than a short one.
//   - When nothing that has passed is to run, the next one before End is.
//
// Planning again once everything in the plan is recorded (Last is Occurrence, or else the last of Missed) yields what
// follows: nothing twice, nothing lost.
func (s Schedule) Plan(state PlanState, now time.Time) Plan {
	c, err := newCalendar(s)
	if err != nil {
		return Plan{}
	}
	var plan Plan
	passed := c.latest(now)
	if over := !s.End.IsZero() && !now.Before(s.End); !over {
		if t, ok := c.slot(passed); ok && s.runsLate(t, state) {
			plan.Occurrence = t
			passed = c.before(passed)
		} else {
			plan.Occurrence, _ = c.start(c.next(later(now, state.Last)))
		}
	}
	plan.Missed = c.missed(passed, state)
	if !plan.Occurrence.IsZero() {
		plan.DueAt = later(plan.Occurrence, state.Active)
	}
	return plan
}

// runsLate decides on the latest occurrence that has passed.
func (s Schedule) runsLate(t time.Time, state PlanState) bool {
	if !t.After(state.Last) {
		return false
	}
	return state.Last.IsZero() || !t.Before(state.Since) || s.Periodicity == Once
}

// missed lists the starts up to the given slot that nobody ran and somebody should have.
func (c *calendar) missed(slot int, state PlanState) []time.Time {
	var missed []time.Time
	for ; slot >= 0 && len(missed) < MaxMissed; slot = c.before(slot) {
		t, _ := c.slot(slot)
		if !t.After(state.Last) || t.Before(state.Since) {
			break
		}
		missed = append(missed, t)
	}
	slices.Reverse(missed)
	return missed
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
