package year_test

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// zones change their clocks at different times, by different steps, twice around Ramadan, or never.
func zones() []string {
	return []string{"Europe/Berlin", "America/New_York", "Europe/Moscow", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca"}
}

func (w *world) zone() string { return zones()[w.random.IntN(len(zones()))] }

// some returns a span of time between two bounds, never a whole number of minutes.
func (w *world) some(from, to time.Duration) time.Duration {
	return (from + time.Duration(w.random.Int64N(int64(to-from)))).Truncate(time.Minute) + 7*time.Second
}

// wall is an instant at which clocks in zone show what they ought to.
func wall(zone string, year int, month time.Month, day, hour, minute int) time.Time {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	return time.Date(year, month, day, hour, minute, 0, 0, loc).UTC()
}

// create makes a mailing of the next owner.
func (w *world) create(s domain.Schedule) *mailing {
	w.t.Helper()
	s.Start = s.Start.UTC()
	now := w.clock.now
	m := &mailing{owner: len(w.mailings) % len(w.owners)}
	m.id = w.owners[m.owner].Mailing(func(d *domain.Mailing) { d.Schedule = s }).ID
	e := &era{Schedule: s, from: now}
	e.atOnce = startsAtOnce(s, now, time.Time{})
	m.eras = []*era{e}
	m.note(now, w.blocked[m.owner])
	w.mailings = append(w.mailings, m)
	w.wakeSoon()
	return m
}

// startsAtOnce is the start in the past that a schedule set now has all the same: the latest, in a mailing that never
// ran; the only one, in a one-off.
func startsAtOnce(s domain.Schedule, now, last time.Time) time.Time {
	if !s.End.IsZero() && !s.End.After(now) || s.Start.After(now) || s.Periodicity != domain.Once && !last.IsZero() {
		return time.Time{}
	}
	all := occurrences(s, now)
	if t := all[len(all)-1]; t.After(last) {
		return t
	}
	return time.Time{}
}

// edit changes a mailing's schedule, if Vestnik lets it.
func (w *world) edit(m *mailing, change func(*domain.Schedule)) {
	w.t.Helper()
	now, o := w.clock.now, w.owners[m.owner]
	var last *time.Time
	require.NoError(w.t, o.Pool.QueryRow(w.t.Context(),
		`SELECT max(occurrence_at) FROM attempts WHERE mailing_id = $1 AND status <> 'planned'`, m.id).Scan(&last))
	s := m.last().Schedule
	change(&s)
	_, err := o.Store.UpdateMailing(w.t.Context(), o.Owner, m.id, 0, func(d *domain.Mailing) error {
		d.Schedule = s
		return nil
	})
	if !w.accepted("edit", err) {
		return
	}
	old := m.last()
	e := &era{Schedule: s, from: now}
	e.goesOn = s.Start.Equal(old.Start) && s.Zone == old.Zone && s.Periodicity == old.Periodicity && (old.End.IsZero() || old.End.After(now))
	if !e.goesOn {
		var done time.Time
		if last != nil {
			done = *last
		}
		e.atOnce = startsAtOnce(s, now, done)
		e.instead = !e.atOnce.IsZero()
	}
	old.to = now
	m.eras = append(m.eras, e)
}

// accepted reports whether an action was; a refusal is fine, a failure is not.
func (w *world) accepted(what string, err error) bool {
	w.t.Helper()
	if kind := domain.KindOf(err); err != nil && (kind == domain.Conflict || kind == domain.Invalid) {
		w.counts[what+" refused"]++
		return false
	}
	require.NoError(w.t, err, "%s at %s", what, w.clock.now)
	w.counts[what]++
	w.wakeSoon()
	return true
}

func (w *world) noteHold(m *mailing) {
	m.note(w.clock.now, m.paused || m.stopped || w.blocked[m.owner])
}

func (w *world) pause(m *mailing) {
	o := w.owners[m.owner]
	_, err := o.Store.PauseMailing(w.t.Context(), o.Owner, m.id)
	if w.accepted("pause", err) {
		m.paused = true
		w.noteHold(m)
	}
}

func (w *world) resume(m *mailing) {
	o := w.owners[m.owner]
	_, err := o.Store.ResumeMailing(w.t.Context(), o.Owner, m.id)
	if w.accepted("resume", err) {
		m.paused = false
		w.noteHold(m)
	}
}

func (w *world) disable(m *mailing) {
	_, err := w.owners[m.owner].Store.DisableMailing(w.t.Context(), m.id, "spam")
	if w.accepted("disable", err) {
		m.stopped = true
		w.noteHold(m)
	}
}

func (w *world) enable(m *mailing) {
	_, err := w.owners[m.owner].Store.EnableMailing(w.t.Context(), m.id)
	if w.accepted("enable", err) {
		m.stopped = false
		w.noteHold(m)
	}
}

func (w *world) block(owner int, blocked bool) {
	o := w.owners[owner]
	set := o.Store.UnblockUser
	if blocked {
		set = func(ctx context.Context, id domain.ID) error { return o.Store.BlockUser(ctx, id, "spam") }
	}
	require.NoError(w.t, set(w.t.Context(), o.Owner))
	w.counts["block or unblock"]++
	w.blocked[owner] = blocked
	for _, m := range w.mailings {
		if m.owner == owner && m.deleted.IsZero() {
			w.noteHold(m)
		}
	}
	w.wakeSoon()
}

func (w *world) startByHand(m *mailing) {
	o := w.owners[m.owner]
	a, err := o.Store.StartMailing(w.t.Context(), o.Owner, m.id)
	if w.accepted("start", err) {
		m.manual = append(m.manual, a.ID)
	}
}

func (w *world) remove(m *mailing) {
	o := w.owners[m.owner]
	if w.accepted("delete", o.Store.DeleteMailing(w.t.Context(), o.Owner, m.id, 0)) {
		m.deleted = w.clock.now
	}
}

// alive wraps an action for a mailing that may be deleted by then.
func (w *world) alive(m *mailing, do func(*mailing)) func() {
	return func() {
		if m.deleted.IsZero() {
			do(m)
		}
	}
}

// trouble writes a script of outages and of what people do to the mailings, from begin to end.
func (w *world) trouble(begin, end time.Time) {
	const day = 24 * time.Hour
	year := end.Sub(begin)
	// Outages do not overlap: one starts after the other has ended.
	for t := begin.Add(w.some(2*day, 20*day)); t.Before(end.Add(-30 * day)); t = t.Add(w.some(3*day, 35*day)) {
		planner, sender, wipe := w.random.IntN(2) == 0, w.random.IntN(2) == 0, w.random.IntN(3) == 0
		if planner && sender {
			planner, sender = false, false
		}
		w.at(t, func() { w.turn(planner, sender) })
		t = t.Add([]time.Duration{w.some(time.Minute, time.Hour), w.some(time.Hour, 2*day), w.some(2*day, 18*day)}[w.random.IntN(3)])
		w.at(t, func() {
			if wipe {
				w.broker.wipe()
			}
			w.turn(true, true)
		})
	}
	for t := begin.Add(w.some(30*day, 90*day)); t.Before(end.Add(-40 * day)); t = t.Add(w.some(30*day, 120*day)) {
		owner := w.random.IntN(len(w.owners))
		w.at(t, func() { w.block(owner, true) })
		t = t.Add(w.some(time.Hour, 12*day))
		w.at(t, func() { w.block(owner, false) })
	}
	for _, m := range w.mailings {
		for range 14 {
			t := begin.Add(w.some(0, year-30*day))
			back := t.Add([]time.Duration{w.some(0, time.Hour), w.some(time.Hour, 3*day), w.some(day, 20*day)}[w.random.IntN(3)])
			switch w.random.IntN(10) {
			case 0, 1:
				w.at(t, w.alive(m, w.pause))
				w.at(back, w.alive(m, w.resume))
			case 2:
				w.at(t, w.alive(m, w.disable))
				w.at(back, w.alive(m, w.enable))
			case 3, 4:
				w.at(t, w.alive(m, w.startByHand))
			default:
				w.at(t, w.alive(m, w.someEdit))
			}
		}
		if w.random.IntN(6) == 0 {
			w.at(begin.Add(w.some(100*day, year)), w.alive(m, w.remove))
		}
	}
}

// someEdit changes something about a mailing's schedule.
func (w *world) someEdit(m *mailing) {
	now := w.clock.now
	w.edit(m, func(s *domain.Schedule) {
		near := now.Add(w.some(-3*24*time.Hour, 10*24*time.Hour)).Truncate(5 * time.Minute)
		switch w.random.IntN(7) {
		case 0: // another time of day
			s.Start = s.Start.Add(time.Duration(w.random.IntN(24*12)) * 5 * time.Minute)
		case 1:
			s.Start = near
		case 2:
			s.Zone = w.zone()
		case 3:
			s.Periodicity = []domain.Periodicity{domain.Daily, domain.Weekly, domain.Weekly, domain.Monthly, domain.Monthly, domain.Once}[w.random.IntN(6)]
		case 4:
			s.End = time.Time{}
		default:
			s.End = near.Add(time.Duration(w.random.IntN(60*24)) * time.Hour)
		}
	})
}

// settle takes every hold and every outage away, for good.
func (w *world) settle() {
	w.script = nil
	w.turn(true, true)
	for owner := range w.owners {
		w.block(owner, false)
	}
	for _, m := range w.mailings {
		if m.deleted.IsZero() && m.stopped {
			w.enable(m)
		}
		if m.deleted.IsZero() && m.paused {
			w.resume(m)
		}
	}
}
