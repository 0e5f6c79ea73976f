package domain_test

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// zonesTxt names every zone in Go's own lib/time/zoneinfo.zip (2026), one a line, Factory apart.
//
//go:embed testdata/zones.txt
var zonesTxt string

func zoneNames(t require.TestingT) []string {
	names := strings.Fields(zonesTxt)
	require.Greater(t, len(names), 590)
	return names
}

// period is a stretch of time in which a zone keeps one offset from UTC.
type period struct {
	from   time.Time // inclusive
	to     time.Time // exclusive
	offset time.Duration
}

func zoneOffset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// periodsOf cuts [from, to) where the zone changes its offset. Looking every step, it bisects between two looks.
func periodsOf(zone *time.Location, from, to time.Time, step time.Duration) []period {
	periods := []period{{from: from, to: to, offset: zoneOffset(from, zone)}}
	for look := from.Add(step); look.Before(to); look = look.Add(step) {
		last := &periods[len(periods)-1]
		if zoneOffset(look, zone) == last.offset {
			continue
		}
		low, high := look.Add(-step), look
		for high.Sub(low) > time.Second {
			middle := low.Add(high.Sub(low) / 2).Truncate(time.Second)
			if zoneOffset(middle, zone) == last.offset {
				low = middle
			} else {
				high = middle
			}
		}
		last.to = high
		periods = append(periods, period{from: high, to: to, offset: zoneOffset(high, zone)})
	}
	return periods
}

// earliest is the definition put plainly: of all instants whose clock reads wall or later, the first.
func earliest(periods []period, wall time.Time) time.Time {
	for _, p := range periods {
		t := wall.Add(-p.offset)
		if t.Before(p.from) {
			t = p.from
		}
		if t.Before(p.to) {
			return t
		}
	}
	return time.Time{}
}

// wallIn reads the zone's clock at t.
func wallIn(periods []period, t time.Time) time.Time {
	for _, p := range periods {
		if t.Before(p.to) {
			return t.Add(p.offset)
		}
	}
	return time.Time{}
}

// reference lists the first count starts from the wall clock of start on.
func reference(periods []period, every domain.Periodicity, start time.Time, count int) []time.Time {
	first := wallIn(periods, start)
	starts := []time.Time{start}
	for i := 1; len(starts) < count; i++ {
		wall := first
		switch every {
		case domain.Daily:
			wall = first.Add(time.Duration(i) * 24 * time.Hour)
		case domain.Weekly:
			wall = first.Add(time.Duration(i) * 7 * 24 * time.Hour)
		case domain.Monthly:
			// Shorter months make AddDate run over into the next: step back to the month's end.
			wall = first.AddDate(0, i, 0)
			for wall.Day() != first.Day() && wall.Day() < 4 {
				wall = wall.Add(-24 * time.Hour)
			}
		case domain.Once:
			return starts
		}
		t := earliest(periods, wall)
		midnight := wall.Truncate(24 * time.Hour)
		left := earliest(periods, midnight).Equal(earliest(periods, midnight.Add(24*time.Hour)))
		if every == domain.Daily && left {
			continue
		}
		starts = append(starts, t)
	}
	return starts
}

// TestEveryTransition aims occurrences at, into and around every change of offset of every zone. Of zones that keep
// the same time all those years (most are alike) one is tried from every side, the others more lightly.
func TestEveryTransition(t *testing.T) {
	t.Parallel()
	from, to := at(t, "2024-01-01T00:00:00Z"), at(t, "2031-01-01T00:00:00Z")
	seen := map[string]bool{}
	for _, name := range zoneNames(t) {
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		periods := periodsOf(zone, from.AddDate(-1, 0, 0), to.AddDate(1, 0, 0), 8*24*time.Hour)
		alike := fmt.Sprint(periods)
		for j := 1; j < len(periods); j++ {
			if change := periods[j].from; !change.Before(from) && change.Before(to) {
				aimAt(t, name, periods, j, seen[alike])
			}
		}
		seen[alike] = true
	}
	require.Greater(t, len(seen), 60)
}

// aimAt tries schedules whose second occurrence is near the change into periods[j].
func aimAt(t *testing.T, zone string, periods []period, j int, lightly bool) {
	t.Helper()
	change := periods[j].from
	low, high := change.Add(periods[j-1].offset), change.Add(periods[j].offset)
	if high.Before(low) {
		low, high = high, low
	}
	inside := low.Add(high.Sub(low) / 3)
	if lightly {
		s := domain.Schedule{Start: earliest(periods, inside.AddDate(0, 0, -1)), Zone: zone, Periodicity: domain.Daily}
		want := reference(periods, domain.Daily, s.Start, 2)
		next, _ := s.Next(s.Start)
		require.True(t, next.Equal(want[1]), "want %s, got %s: %+v", want[1], next, s)
		return
	}
	for _, wall := range []time.Time{low.Add(-1), low, inside, high.Add(-1), high} {
		for every, before := range map[domain.Periodicity]time.Time{
			domain.Daily: wall.AddDate(0, 0, -1), domain.Weekly: wall.AddDate(0, 0, -7), domain.Monthly: monthBefore(wall),
		} {
			start := earliest(periods, before)
			s := domain.Schedule{Start: start, Zone: zone, Periodicity: every}
			requireFollows(t, s, 1, start, reference(periods, every, start, 2)[1])
		}
	}
	for _, start := range []time.Time{change.Add(-1), change, change.Add(high.Sub(low) / 3), change.Add(high.Sub(low))} {
		s := domain.Schedule{Start: start, Zone: zone, Periodicity: domain.Daily}
		requireFollows(t, s, 1, start, reference(periods, domain.Daily, start, 2)[1])
	}
}

// monthBefore returns the same day of an earlier month.
func monthBefore(wall time.Time) time.Time {
	back := wall.AddDate(0, -1, 0)
	if back.Day() != wall.Day() {
		back = wall.AddDate(0, -2, 0)
	}
	return back
}

// TestZonesAreTame checks what the arithmetic takes for granted: no zone changes its offset twice within two days,
// sets clocks back by a day, or is a day away from UTC.
func TestZonesAreTame(t *testing.T) {
	t.Parallel()
	for _, name := range zoneNames(t) {
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		var previous time.Time
		for now := time.Unix(0, 0).In(zone); now.Year() < 2045; {
			_, change := now.ZoneBounds()
			if change.IsZero() {
				break
			}
			if !change.After(now) {
				change = now.Add(24 * time.Hour) // on 31 December of a leap year
			}
			now = change
			before, after := zoneOffset(change.Add(-1), zone), zoneOffset(change, zone)
			require.Less(t, after.Abs(), 24*time.Hour, name)
			if before != after {
				require.Less(t, before-after, 24*time.Hour, "%s, %s", name, change)
				require.Greater(t, change.Sub(previous), 48*time.Hour, "%s, %s", name, change)
				previous = change
			}
		}
	}
}

// TestMinuteByMinute is the slowest and surest reference: a clock on the wall, read every minute of a month.
func TestMinuteByMinute(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ zone, from string }{
		{"Europe/Berlin", "2026-03-20T00:00:00Z"},
		{"Europe/Berlin", "2026-10-20T00:00:00Z"},
		{"America/St_Johns", "2006-10-25T00:00:00Z"}, // clocks went back at 00:01
		{"Australia/Lord_Howe", "2026-03-30T00:00:00Z"},
		{"Pacific/Apia", "2011-12-25T00:00:00Z"},
		{"Africa/Casablanca", "2026-02-10T00:00:00Z"},
	} {
		zone, err := time.LoadLocation(test.zone)
		require.NoError(t, err)
		from := at(t, test.from)
		clocks := make([]string, 16*24*60) // what the clock shows each minute
		for minute := range clocks {
			clocks[minute] = from.Add(time.Duration(minute) * time.Minute).In(zone).Format("2006-01-02 15:04")
		}
		for minute := 0; minute < 5*24*60; minute += 97 {
			start := from.Add(time.Duration(minute) * time.Minute)
			want := []time.Time{start}
			date, clock := clocks[minute][:10], clocks[minute][11:]
			for later := minute + 1; len(want) < 9; later++ {
				if c := clocks[later]; c[:10] > date && c[11:] >= clock {
					date = c[:10]
					want = append(want, from.Add(time.Duration(later)*time.Minute))
				}
			}
			requireOccurrences(t, domain.Schedule{Start: start, Zone: test.zone, Periodicity: domain.Daily}, want)
		}
	}
}

// TestNextAgreesWithOccurrence tries any zone, any start and any moment within two centuries.
func TestNextAgreesWithOccurrence(t *testing.T) {
	t.Parallel()
	names := zoneNames(t)
	rapid.Check(t, func(t *rapid.T) {
		s := domain.Schedule{
			Start:       time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "start"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanosecond")),
			Zone:        rapid.SampledFrom(names).Draw(t, "zone"),
			Periodicity: rapid.SampledFrom([]domain.Periodicity{domain.Daily, domain.Weekly, domain.Monthly}).Draw(t, "periodicity"),
		}
		n := rapid.IntRange(0, 40_000).Draw(t, "n")
		want := []time.Time{s.Occurrence(n), s.Occurrence(n + 1), s.Occurrence(n + 2)}
		for i, w := range want[1:] {
			require.True(t, w.After(want[i]))
			next, ok := s.Next(want[i])
			require.True(t, ok)
			require.True(t, next.Equal(w), "Next: want %s, got %s", w, next)
			latest, ok := s.Latest(w.Add(-1))
			require.True(t, ok)
			require.True(t, latest.Equal(want[i]), "Latest: want %s, got %s", want[i], latest)
		}
	})
}

// TestWallClockIsKept says what a person expects, without the words gap and overlap: every occurrence shows Start's
// clock, unless its date has no such time.
func TestWallClockIsKept(t *testing.T) {
	t.Parallel()
	names := zoneNames(t)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "zone")
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		start := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "start"), 0)
		s := domain.Schedule{Start: start, Zone: name, Periodicity: domain.Daily}
		n := rapid.IntRange(0, 3000).Draw(t, "n")
		got := s.Occurrence(n).In(zone)
		clock := start.In(zone).Format(time.TimeOnly)
		if got.Format(time.TimeOnly) == clock {
			assert.NotEqual(t, got.Format(time.DateTime), got.Add(-time.Hour).Format(time.DateTime), "not the second of two")
			return
		}
		// The clock jumped over it a moment ago: a second earlier it was before Start's time, or the date before.
		before := got.Add(-time.Second)
		wanted := []string{got.Format(time.DateOnly), before.Format(time.DateOnly)}
		require.True(t, slices.ContainsFunc(wanted, func(date string) bool {
			w := date + " " + clock
			return before.Format(time.DateTime) < w && w < got.Format(time.DateTime)
		}), "%s does not follow a gap around %s", got, clock)
	})
}
