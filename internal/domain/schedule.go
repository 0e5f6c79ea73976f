package domain

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // every zone must be known on machines that carry no zone files
)

// Periodicity is how often a mailing repeats.
type Periodicity string

// The periodicities.
const (
	Once    Periodicity = "once"
	Daily   Periodicity = "daily"
	Weekly  Periodicity = "weekly"
	Monthly Periodicity = "monthly"
)

// Bounds on the years of a schedule. RFC 3339 §1 ends with the year 9999, and so do occurrences.
const (
	firstYear = 1970
	lastStart = 9000
	lastYear  = 9999
)

// day is 24 hours, more than any zone is away from UTC.
const day = 24 * time.Hour

var errBadZone = errors.New("not an IANA time zone")

// Schedule is when a mailing starts: at Start, and then every day, week or month at Start's wall-clock time in Zone.
//
//   - In a gap (clocks go forward) an occurrence moves to the first instant after it.
//   - In an overlap (clocks go back) it is the first of the two. Start itself is an instant and may be the second.
//   - Monthly on the 29th to 31st means the last day of a shorter month.
//   - A date that the zone left out (Pacific/Apia went from 29 to 31 December 2011) has no daily occurrence: the day
//     after has its own. A weekly or monthly one moves to the first instant after, as in any gap.
//
// Occurrences increase strictly. All methods but Validate expect a schedule that Validate accepts; one whose zone is
// unknown has no occurrences, so that nothing is sent at a wrong time.
type Schedule struct {
	Start       time.Time
	End         time.Time // zero: none; an occurrence at or past it does not exist
	Zone        string    // IANA name
	Periodicity Periodicity
}

// Validate returns every field at fault.
func (s Schedule) Validate() []FieldError {
	var bad []FieldError
	switch {
	case s.Start.IsZero():
		bad = append(bad, Required("must be set").At("start_at"))
	case !yearWithin(s.Start, lastStart):
		bad = append(bad, yearsBetween(lastStart, "must be in the years %d to %d").At("start_at"))
	}
	switch {
	case s.End.IsZero():
	case !yearWithin(s.End, lastYear):
		bad = append(bad, yearsBetween(lastYear, "must be in the years %d to %d").At("end_at"))
	case !s.Start.IsZero() && !s.End.After(s.Start):
		bad = append(bad, NewFault(FaultNotAfterStart, nil, "must be after start_at").At("end_at"))
	}
	if _, err := loadZone(s.Zone); err != nil {
		bad = append(bad, badZone(s.Zone))
	}
	switch s.Periodicity {
	case Once, Daily, Weekly, Monthly:
	default:
		bad = append(bad, NotAChoice([]string{string(Once), string(Daily), string(Weekly), string(Monthly)}, `must be "once", "daily", "weekly" or "monthly"`).At("periodicity"))
	}
	return bad
}

func yearsBetween(last int, format string) Fault {
	return NewFault(FaultYearOutOfRange, Params{"min": firstYear, "max": last}, format, firstYear, last)
}

func yearWithin(t time.Time, last int) bool {
	year := t.UTC().Year()
	return firstYear <= year && year <= last
}

// loadZone refuses what time.LoadLocation takes beyond IANA names: the empty name, "Local", the non-zone "Factory",
// and whatever else lies in a directory of zone files ("posix/…", "right/…", "posixrules"), which begins in lower case.
func loadZone(name string) (*time.Location, error) {
	if name == "Local" || name == "Factory" {
		return nil, errBadZone
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] < 'A' || part[0] > 'Z' || strings.ContainsFunc(part, notInZoneName) {
			return nil, errBadZone
		}
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBadZone, err)
	}
	return zone, nil
}

func badZone(name string) FieldError {
	return NewFault(FaultUnknownTimeZone, nil, `%.64q is not a time zone: use an IANA name such as "Europe/Moscow"`, name).At("time_zone")
}

func notInZoneName(r rune) bool {
	letter := 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
	return !letter && (r < '0' || r > '9') && r != '_' && r != '-' && r != '+'
}

// Occurrence returns the n-th start, counted from 0, whatever End says; Occurrence(0) is Start. It is zero when there
// is none: n is negative, a one-off has had its start, or the year would be past 9999.
func (s Schedule) Occurrence(n int) time.Time {
	c, err := newCalendar(s)
	if err != nil || n < 0 || n > c.last {
		return time.Time{}
	}
	t, _ := c.slot(c.slotOf(n))
	return t
}

// Next returns the first occurrence strictly after the given time; false: there is none before End.
func (s Schedule) Next(after time.Time) (time.Time, bool) {
	c, err := newCalendar(s)
	if err != nil {
		return time.Time{}, false
	}
	return c.start(c.next(after))
}

// Latest returns the last occurrence at or before now; false: there is none before End.
func (s Schedule) Latest(now time.Time) (time.Time, bool) {
	c, err := newCalendar(s)
	if err != nil {
		return time.Time{}, false
	}
	return c.start(c.latest(now))
}

// Deadline returns when an attempt that starts at from must be over: the earlier of End and the next occurrence
// strictly after from. It is zero when neither exists. Two attempts never overlap because of it.
func (s Schedule) Deadline(from time.Time) time.Time {
	if next, ok := s.Next(from); ok {
		return next
	}
	return s.End
}

// calendar is a schedule with its zone loaded. It counts slots: the dates that the periodicity names, from Start's
// date on. Every slot is an occurrence, except for dates that the zone left out.
type calendar struct {
	Schedule
	zone  *time.Location
	first time.Time // Start's wall clock
	last  int       // the last slot that RFC 3339 can write
}

// A wall clock is kept as the time.Time in UTC that reads the same: it can be compared and added to.

func newCalendar(s Schedule) (*calendar, error) {
	zone, err := loadZone(s.Zone)
	if err != nil {
		return nil, err
	}
	c := &calendar{Schedule: s, zone: zone, first: wallClock(s.Start, zone)}
	c.last = c.slotAt(time.Date(lastYear, time.December, 31, 0, 0, 0, 0, time.UTC))
	return c, nil
}

// slot returns when slot i starts; false: the zone left its date out, or there is no such slot.
func (c *calendar) slot(i int) (time.Time, bool) {
	switch {
	case i < 0 || i > c.last:
		return time.Time{}, false
	case i == 0:
		return c.Start.In(c.zone), true
	}
	wall := c.wall(i)
	t := firstReading(wall, c.zone)
	if c.Periodicity == Daily && dateOf(wallClock(t, c.zone)).After(dateOf(wall)) {
		// A gap carried it into another date. It stays if its own date has any instant at all.
		date := dateOf(wall)
		dawn := firstReading(date, c.zone)
		return t, dateOf(wallClock(dawn, c.zone)).Equal(date)
	}
	return t, true
}

// start is slot for those who hold to End.
func (c *calendar) start(i int) (time.Time, bool) {
	t, ok := c.slot(i)
	if !ok || !c.End.IsZero() && !t.Before(c.End) {
		return time.Time{}, false
	}
	return t, true
}

// wall returns the wall clock that slot i names.
func (c *calendar) wall(i int) time.Time {
	switch c.Periodicity {
	case Daily:
		return c.first.AddDate(0, 0, i)
	case Weekly:
		return c.first.AddDate(0, 0, 7*i)
	case Monthly:
		year, month, date := c.first.Date()
		monthEnd := time.Date(year, month+time.Month(i)+1, 0, 0, 0, 0, 0, time.UTC)
		return dateOf(monthEnd).AddDate(0, 0, min(date, monthEnd.Day())-monthEnd.Day()).Add(c.first.Sub(dateOf(c.first)))
	case Once:
	}
	return c.first
}

// slotAt returns the slot of the day, week or month that the wall clock is in. Slots before it have earlier dates.
func (c *calendar) slotAt(wall time.Time) int {
	days := int((dateOf(wall).Unix() - dateOf(c.first).Unix()) / int64(day/time.Second))
	switch c.Periodicity {
	case Daily:
		return days
	case Weekly:
		return days / 7
	case Monthly:
		return 12*(wall.Year()-c.first.Year()) + int(wall.Month()-c.first.Month())
	case Once:
	}
	return 0
}

// next returns the first slot that starts after the given time, and one past the last when there is none.
//
// Slots of earlier dates have passed, so the search begins at the time's own day, week or month. It ends after a step
// or two: more only where the zone left dates out.
func (c *calendar) next(after time.Time) int {
	if after.Before(c.Start) {
		return 0
	}
	for i := max(c.slotAt(wallClock(after, c.zone)), 0); i <= c.last; i++ {
		if t, ok := c.slot(i); ok && t.After(after) {
			return i
		}
	}
	return c.last + 1
}

// latest returns the last slot that has started at now and before End, and -1 when there is none.
func (c *calendar) latest(now time.Time) int {
	if !c.End.IsZero() && !now.Before(c.End) {
		now = c.End.Add(-1)
	}
	return c.before(c.next(now))
}

// before returns the last slot before i that has a start, and -1 when there is none.
func (c *calendar) before(i int) int {
	for i--; i >= 0; i-- {
		if _, ok := c.slot(i); ok {
			return i
		}
	}
	return -1
}

// slotOf returns the slot of the n-th occurrence: it is ahead of n by as many dates as the zone left out since Start.
func (c *calendar) slotOf(n int) int {
	if c.Periodicity != Daily {
		return n
	}
	for t := c.Start.In(c.zone); ; {
		_, change := t.ZoneBounds()
		if change.IsZero() {
			return n
		}
		if !change.After(t) {
			change = t.Add(day) // on 31 December of a leap year ZoneBounds may end the day before
		}
		last := c.slotAt(wallClock(change.Add(-1), c.zone))
		if last >= n {
			return n
		}
		n += max(c.slotAt(wallClock(change, c.zone))-last-1, 0)
		t = change
	}
}

// firstReading returns the first instant at which clocks in the zone read wall, or, in a gap, anything later.
// time.Date is no help here: it shifts a time in a gap by the gap, and does not say which of two it returns.
//
// It relies on a zone changing its offset at most once in two days, as all have done since 1970.
func firstReading(wall time.Time, zone *time.Location) time.Time {
	before, after := offset(wall.Add(-day), zone), offset(wall.Add(day), zone)
	early := wall.Add(-before)
	if offset(early, zone) == before {
		return early.In(zone)
	}
	late := wall.Add(-after)
	if offset(late, zone) == after {
		return late.In(zone)
	}
	// Neither offset ever shows wall, so the change lies in (late, early]. Changes come at whole seconds.
	low, high := late.Unix(), early.Unix()
	for low+1 < high {
		middle := low + (high-low)/2
		if offset(time.Unix(middle, 0), zone) == before {
			low = middle
		} else {
			high = middle
		}
	}
	return time.Unix(high, 0).In(zone)
}

func offset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

func wallClock(t time.Time, zone *time.Location) time.Time {
	return t.UTC().Add(offset(t, zone))
}

func dateOf(wall time.Time) time.Time {
	year, month, date := wall.Date()
	return time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
}
