package year_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// mailing is what the test knows of a mailing by what it did to it.
type mailing struct {
	id      domain.ID
	owner   int
	eras    []*era
	paused  bool
	stopped bool   // by a manager
	holds   []hold // in order of time
	deleted time.Time
	manual  []domain.ID
}

// hold says whether a mailing was held from an instant on.
type hold struct {
	at   time.Time
	held bool
}

// era is a schedule while it was in force.
type era struct {
	domain.Schedule

	from, to time.Time // to: zero while it is in force
	// goesOn: only the end was changed, so that what was due before still is.
	goesOn bool
	// atOnce is the start that had passed when the schedule was set and happens all the same; zero: none.
	atOnce time.Time
	// instead: by starting at once it took the place of all that the mailing had not done before.
	instead bool
}

func (m *mailing) last() *era { return m.eras[len(m.eras)-1] }

func (m *mailing) note(at time.Time, held bool) { m.holds = append(m.holds, hold{at, held}) }

func (m *mailing) heldAt(t time.Time) bool {
	held := false
	for _, h := range m.holds {
		if h.at.After(t) {
			break
		}
		held = h.held
	}
	return held
}

// occurrences walks the wall clock from the start on, up to limit. It is written from design §6 and shares nothing with
// package domain but the struct.
func occurrences(s domain.Schedule, limit time.Time) []time.Time {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		panic(err)
	}
	y, mo, d := s.Start.In(zone).Date()
	h, mi, _ := s.Start.In(zone).Clock()
	out := []time.Time{s.Start}
	if s.Periodicity == domain.Once {
		limit = s.Start
	}
	for n := 1; ; n++ {
		var date time.Time
		switch s.Periodicity {
		case domain.Once:
			return out
		case domain.Daily:
			date = time.Date(y, mo, d+n, h, mi, 0, 0, time.UTC)
		case domain.Weekly:
			date = time.Date(y, mo, d+7*n, h, mi, 0, 0, time.UTC)
		case domain.Monthly:
			date = time.Date(y, mo+time.Month(n), d, h, mi, 0, 0, time.UTC)
			for over := d; date.Day() != over; { // the month is too short
				over--
				date = time.Date(y, mo+time.Month(n), over, h, mi, 0, 0, time.UTC)
			}
		}
		t := firstShowing(date, zone)
		if t.After(limit) {
			return out
		}
		out = append(out, t)
	}
}

// firstShowing is the first instant at which the clocks of the zone show wall or, where they skip it, anything later.
// It tries every fifth minute: all starts of the test and all changes of clocks are at one.
func firstShowing(wall time.Time, zone *time.Location) time.Time {
	for t := wall.Add(-15 * time.Hour); ; t = t.Add(5 * time.Minute) {
		y, mo, d := t.In(zone).Date()
		h, mi, _ := t.In(zone).Clock()
		if !time.Date(y, mo, d, h, mi, 0, 0, time.UTC).Before(wall) {
			return t
		}
	}
}

// promise is an occurrence that the rules promise, and until when it can be kept.
type promise struct {
	at, until time.Time
	since     time.Time // nothing starts before it: the schedule's being set
	optional  bool      // an edit or a deletion explains that there is no record
	late      bool      // it had passed when the schedule was set
}

// promises lists everything the mailing's schedules promise up to the horizon.
func (m *mailing) promises(horizon time.Time) []promise {
	var out []promise
	for i, e := range m.eras {
		starts := occurrences(e.Schedule, horizon.AddDate(0, 2, 0))
		for j, t := range starts {
			late := !t.After(e.from)
			if late && !t.Equal(e.atOnce) || !late && !e.to.IsZero() && !t.Before(e.to) || !e.End.IsZero() && !t.Before(e.End) || t.After(horizon) {
				continue
			}
			p := promise{at: t, since: e.from, until: horizon.AddDate(1, 0, 0), late: late, optional: late}
			if j+1 < len(starts) && !late {
				p.until = starts[j+1]
			} else if late {
				for _, next := range starts {
					if next.After(e.from) {
						p.until = next
						break
					}
				}
			}
			// Later schedules that go on with this one move its end, the first that does not cuts it short.
			end := e.End
			for _, later := range m.eras[i+1:] {
				if !later.goesOn {
					if later.from.Before(p.until) {
						p.until = later.from
						p.optional = p.optional || later.instead || e.Periodicity == domain.Once
					}
					break
				}
				if later.from.Before(p.until) && (end.IsZero() || later.from.Before(end)) {
					end = later.End
				}
			}
			if !end.IsZero() && end.Before(p.until) {
				p.until = end
			}
			if !m.deleted.IsZero() {
				if !t.Before(m.deleted) {
					continue
				}
				if m.deleted.Before(p.until) {
					p.until, p.optional = m.deleted, true
				}
			}
			out = append(out, p)
		}
	}
	return out
}

// chance is what outages and holds left of a promise.
type chance struct {
	first   time.Time // from when nothing kept the start from happening, for at least soon; zero: never
	partial bool      // some moment had a sender and no hold
}

// chanceOf looks for the first moment in which the promise could be kept.
func (w *world) chanceOf(m *mailing, p promise) chance {
	from := p.at
	if p.since.After(from) {
		from = p.since
	}
	points := []time.Time{from}
	for _, s := range w.states {
		points = append(points, s.at)
	}
	for _, h := range m.holds {
		points = append(points, h.at)
	}
	var c chance
	for _, x := range points {
		if x.Before(from) || !x.Before(p.until) {
			continue
		}
		_, sender := w.upAt(x)
		c.partial = c.partial || sender && !m.heldAt(x)
		if w.freeFor(m, x, points) && x.Add(soon).Before(p.until) && (c.first.IsZero() || x.Before(c.first)) {
			c.first = x
		}
	}
	return c
}

func (w *world) upAt(t time.Time) (planner, sender bool) {
	for _, s := range w.states {
		if s.at.After(t) {
			break
		}
		planner, sender = s.planner, s.sender
	}
	return planner, sender
}

// freeFor reports whether nothing kept the mailing from x on until soon after.
func (w *world) freeFor(m *mailing, x time.Time, points []time.Time) bool {
	free := func(t time.Time) bool {
		planner, sender := w.upAt(t)
		return planner && sender && !m.heldAt(t)
	}
	if !free(x) {
		return false
	}
	for _, p := range points {
		if p.After(x) && p.Before(x.Add(soon)) && !free(p) {
			return false
		}
	}
	return true
}

// story tells what was done to a mailing and what became of it around a time, for whoever reads a failure.
func (m *mailing) story(records []record, around time.Time) string {
	var b strings.Builder
	for _, e := range m.eras {
		fmt.Fprintf(&b, "  %s: set to %s %s in %s, end %s, at once %s, goes on %v\n", stamp(e.from), stamp(e.Start), e.Periodicity, e.Zone, stamp(e.End), stamp(e.atOnce), e.goesOn)
	}
	for _, h := range m.holds {
		fmt.Fprintf(&b, "  %s: held %v\n", stamp(h.at), h.held)
	}
	for _, r := range records {
		if r.DueAt.Sub(around).Abs() > 10*24*time.Hour {
			continue
		}
		fmt.Fprintf(&b, "  %s attempt of %s: %s, started %s, ended %s, deadline %s %s\n", r.Kind, stamp(r.occurrence), r.Status, stamp(r.StartedAt), stamp(r.FinishedAt), stamp(r.Deadline), r.Reason)
	}
	return b.String()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
