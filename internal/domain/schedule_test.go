package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// at reads RFC 3339.
func at(t require.TestingT, s string) time.Time {
	parsed, err := time.Parse(time.RFC3339Nano, s)
	require.NoError(t, err)
	return parsed
}

func TestOccurrence(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		zone   string
		every  domain.Periodicity
		starts []string // Start first, then every occurrence after it
	}{
		"gap: the first instant after it": {
			"Europe/Berlin", domain.Daily,
			[]string{"2024-03-30T02:30:00+01:00", "2024-03-31T03:00:00+02:00", "2024-04-01T02:30:00+02:00"},
		},
		"gap: its first instant": {
			"Europe/Berlin", domain.Daily,
			[]string{"2024-03-30T02:00:00+01:00", "2024-03-31T03:00:00+02:00", "2024-04-01T02:00:00+02:00"},
		},
		"gap: its last nanosecond": {
			"Europe/Berlin", domain.Weekly,
			[]string{"2024-03-24T02:59:59.999999999+01:00", "2024-03-31T03:00:00+02:00", "2024-04-07T02:59:59.999999999+02:00"},
		},
		"gap: just after it": {
			"America/New_York", domain.Daily,
			[]string{"2026-03-07T03:00:00-05:00", "2026-03-08T03:00:00-04:00", "2026-03-09T03:00:00-04:00"},
		},
		"overlap: the first of the two": {
			"Europe/Berlin", domain.Daily,
			[]string{"2024-10-26T02:30:00.5+02:00", "2024-10-27T02:30:00.5+02:00", "2024-10-28T02:30:00.5+01:00"},
		},
		"overlap: its first instant": {
			"Europe/Berlin", domain.Daily,
			[]string{"2024-10-26T02:00:00+02:00", "2024-10-27T02:00:00+02:00", "2024-10-28T02:00:00+01:00"},
		},
		"overlap: just after it": {
			"Europe/Berlin", domain.Daily,
			[]string{"2024-10-26T03:00:00+02:00", "2024-10-27T03:00:00+01:00", "2024-10-28T03:00:00+01:00"},
		},
		"overlap: a start that is the second of the two": {
			"Europe/Berlin", domain.Daily,
			[]string{"2024-10-27T02:30:00+01:00", "2024-10-28T02:30:00+01:00"},
		},
		"gap at midnight": {
			"Asia/Beirut", domain.Daily,
			[]string{"2024-03-30T00:00:00+02:00", "2024-03-31T01:00:00+03:00", "2024-04-01T00:00:00+03:00"},
		},
		"gap at midnight, São Paulo": {
			"America/Sao_Paulo", domain.Weekly,
			[]string{"2018-10-28T00:15:00-03:00", "2018-11-04T01:00:00-02:00", "2018-11-11T00:15:00-02:00"},
		},
		"gap at midnight, Cairo": {
			"Africa/Cairo", domain.Daily,
			[]string{"2024-04-25T00:30:00+02:00", "2024-04-26T01:00:00+03:00", "2024-04-27T00:30:00+03:00"},
		},
		"gap up to midnight: the date before keeps its occurrence": {
			"America/Nuuk", domain.Daily,
			[]string{"2025-03-28T23:30:00-02:00", "2025-03-30T00:00:00-01:00", "2025-03-30T23:30:00-01:00"},
		},
		"overlap over midnight": {
			"Asia/Beirut", domain.Daily,
			[]string{"2024-10-25T23:30:00+03:00", "2024-10-26T23:30:00+03:00", "2024-10-27T23:30:00+02:00"},
		},
		"half an hour of daylight saving: gap": {
			"Australia/Lord_Howe", domain.Daily,
			[]string{"2024-10-05T02:10:00+10:30", "2024-10-06T02:30:00+11:00", "2024-10-07T02:10:00+11:00"},
		},
		"half an hour of daylight saving: overlap": {
			"Australia/Lord_Howe", domain.Daily,
			[]string{"2024-04-06T01:45:00+11:00", "2024-04-07T01:45:00+11:00", "2024-04-08T01:45:00+10:30"},
		},
		"Moscow leaves daylight saving for good": {
			"Europe/Moscow", domain.Daily,
			[]string{"2014-10-25T01:30:00+04:00", "2014-10-26T01:30:00+04:00", "2014-10-27T01:30:00+03:00"},
		},
		"a date left out has no daily occurrence": {
			"Pacific/Apia", domain.Daily,
			[]string{"2011-12-28T10:00:00-10:00", "2011-12-29T10:00:00-10:00", "2011-12-31T10:00:00+14:00", "2012-01-01T10:00:00+14:00"},
		},
		"a date left out, at midnight": {
			"Pacific/Apia", domain.Daily,
			[]string{"2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00"},
		},
		"a date left out, Kwajalein": {
			"Pacific/Kwajalein", domain.Daily,
			[]string{"1993-08-20T23:59:59-12:00", "1993-08-22T23:59:59+12:00"},
		},
		"a date left out: weekly moves past it": {
			"Pacific/Apia", domain.Weekly,
			[]string{"2011-12-23T10:00:00-10:00", "2011-12-31T00:00:00+14:00", "2012-01-06T10:00:00+14:00"},
		},
		"a date left out: monthly moves past it": {
			"Pacific/Apia", domain.Monthly,
			[]string{"2011-11-30T10:00:00-10:00", "2011-12-31T00:00:00+14:00", "2012-01-30T10:00:00+14:00"},
		},
		"monthly on the 31st": {
			"Europe/Moscow", domain.Monthly,
			[]string{
				"2024-01-31T09:00:00+03:00", "2024-02-29T09:00:00+03:00", "2024-03-31T09:00:00+03:00", "2024-04-30T09:00:00+03:00",
				"2024-05-31T09:00:00+03:00", "2024-06-30T09:00:00+03:00", "2024-07-31T09:00:00+03:00", "2024-08-31T09:00:00+03:00",
				"2024-09-30T09:00:00+03:00", "2024-10-31T09:00:00+03:00", "2024-11-30T09:00:00+03:00", "2024-12-31T09:00:00+03:00",
				"2025-01-31T09:00:00+03:00", "2025-02-28T09:00:00+03:00", "2025-03-31T09:00:00+03:00",
			},
		},
		"monthly on the 30th": {
			"UTC", domain.Monthly,
			[]string{"2027-12-30T00:00:00Z", "2028-01-30T00:00:00Z", "2028-02-29T00:00:00Z", "2028-03-30T00:00:00Z"},
		},
		"monthly on the 29th, no leap year": {
			"UTC", domain.Monthly,
			[]string{"2100-01-29T00:00:00Z", "2100-02-28T00:00:00Z", "2100-03-29T00:00:00Z"},
		},
		"monthly into a gap at the month's end": {
			"Europe/Berlin", domain.Monthly,
			[]string{"2024-01-31T02:30:00+01:00", "2024-02-29T02:30:00+01:00", "2024-03-31T03:00:00+02:00", "2024-04-30T02:30:00+02:00"},
		},
		"daily over a leap day": {
			"UTC", domain.Daily,
			[]string{"2028-02-28T12:00:00Z", "2028-02-29T12:00:00Z", "2028-03-01T12:00:00Z"},
		},
		"daily where 2100 has none": {
			"UTC", domain.Daily,
			[]string{"2100-02-28T12:00:00Z", "2100-03-01T12:00:00Z"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := domain.Schedule{Start: at(t, test.starts[0]), Zone: test.zone, Periodicity: test.every}
			require.Empty(t, s.Validate())
			var want []time.Time
			for _, start := range test.starts {
				want = append(want, at(t, start))
			}
			requireOccurrences(t, s, want)
		})
	}
}

// requireOccurrences holds every method of a schedule without an end to its first few occurrences.
func requireOccurrences(t *testing.T, s domain.Schedule, want []time.Time) {
	t.Helper()
	requireSame(t, s, "Occurrence", want[0], s.Occurrence(0))
	next, _ := s.Next(want[0].Add(-1))
	requireSame(t, s, "Next before the start", want[0], next)
	latest, _ := s.Latest(want[0])
	requireSame(t, s, "Latest", want[0], latest)
	_, ok := s.Latest(want[0].Add(-1))
	require.False(t, ok)
	previous := want[0]
	for i, w := range want[1:] {
		requireFollows(t, s, i+1, previous, w)
		previous = w
	}
	if len(want) > 1 {
		requireSame(t, s, "Deadline", want[1], s.Deadline(want[0].Add(want[1].Sub(want[0])/2)))
	}
}

// requireFollows holds a schedule to its n-th occurrence and the one before.
func requireFollows(t *testing.T, s domain.Schedule, n int, previous, want time.Time) {
	t.Helper()
	if !want.After(previous) {
		require.Failf(t, "occurrences do not increase", "%s, %s\n%+v", previous, want, s)
	}
	requireSame(t, s, "Occurrence", want, s.Occurrence(n))
	next, _ := s.Next(previous)
	requireSame(t, s, "Next from the one before", want, next)
	next, _ = s.Next(want.Add(-1))
	requireSame(t, s, "Next just before", want, next)
	latest, _ := s.Latest(want)
	requireSame(t, s, "Latest", want, latest)
	latest, _ = s.Latest(want.Add(-1))
	requireSame(t, s, "Latest just before", previous, latest)
}

// requireSame writes its message only when it is wanted: it is asked hundreds of thousands of times.
func requireSame(t *testing.T, s domain.Schedule, what string, want, got time.Time) {
	t.Helper()
	if !got.Equal(want) {
		require.Failf(t, "wrong time", "%s: want %s, got %s\n%+v", what, want, got, s)
	}
}

func TestNextIgnoresWhatIsLongPast(t *testing.T) {
	t.Parallel()
	s := domain.Schedule{Start: at(t, "1970-01-01T09:00:00+03:00"), Zone: "Europe/Moscow", Periodicity: domain.Daily}
	next, ok := s.Next(at(t, "8999-12-31T12:00:00Z"))
	assert.True(t, ok)
	assert.Equal(t, "9000-01-01T09:00:00+03:00", next.Format(time.RFC3339))
	latest, ok := s.Latest(at(t, "8999-12-31T12:00:00Z"))
	assert.True(t, ok)
	assert.Equal(t, "8999-12-31T09:00:00+03:00", latest.Format(time.RFC3339))
}

func TestOccurrencesEndWithTheYear9999(t *testing.T) {
	t.Parallel()
	for every, want := range map[domain.Periodicity]string{
		domain.Daily: "9999-12-31T10:00:00Z", domain.Weekly: "9999-12-31T10:00:00Z", domain.Monthly: "9999-12-30T10:00:00Z",
	} {
		s := domain.Schedule{Start: at(t, "9999-10-30T10:00:00Z"), Zone: "UTC", Periodicity: every}
		if every == domain.Weekly {
			s.Start = at(t, "9999-12-03T10:00:00Z")
		}
		last, ok := s.Latest(at(t, "9999-12-31T23:00:00Z").AddDate(5, 0, 0))
		assert.True(t, ok, every)
		assert.Equal(t, want, last.Format(time.RFC3339), every)
		_, ok = s.Next(last)
		assert.False(t, ok, every)
		assert.Zero(t, s.Occurrence(1<<40), every)
		assert.Zero(t, s.Deadline(last), every)
	}
}

func TestOnce(t *testing.T) {
	t.Parallel()
	start := at(t, "2026-05-01T10:00:00.123456Z")
	s := domain.Schedule{Start: start, Zone: "Asia/Tokyo", Periodicity: domain.Once}
	requireOccurrences(t, s, []time.Time{start})
	assert.Equal(t, "2026-05-01T19:00:00.123456+09:00", s.Occurrence(0).Format(time.RFC3339Nano), "it is told in the zone")
	assert.Zero(t, s.Occurrence(1))
	assert.Zero(t, s.Occurrence(-1))
	_, ok := s.Next(start)
	assert.False(t, ok)
	latest, ok := s.Latest(start.AddDate(50, 0, 0))
	assert.True(t, ok)
	assert.True(t, latest.Equal(start))
	assert.Zero(t, s.Deadline(start), "without an end a one-off has no deadline")
	s.End = start.Add(time.Hour)
	assert.Equal(t, s.End, s.Deadline(start))
}

func TestEnd(t *testing.T) {
	t.Parallel()
	s := domain.Schedule{
		Start: at(t, "2026-05-01T10:00:00Z"), End: at(t, "2026-05-03T10:00:00Z"), Zone: "UTC", Periodicity: domain.Daily,
	}
	second := at(t, "2026-05-02T10:00:00Z")
	_, ok := s.Next(second)
	assert.False(t, ok, "an occurrence at the end does not exist")
	assert.Equal(t, s.End, s.Deadline(second))
	assert.Equal(t, second, s.Deadline(s.Start))
	latest, ok := s.Latest(s.End.AddDate(1, 0, 0))
	assert.True(t, ok)
	assert.True(t, latest.Equal(second))
	assert.True(t, s.Occurrence(2).Equal(s.End), "Occurrence does not look at the end")
	s.End = s.End.Add(1)
	next, ok := s.Next(second)
	assert.True(t, ok)
	assert.True(t, next.Equal(s.End.Add(-1)))
}

func TestUnknownZoneHasNoOccurrences(t *testing.T) {
	t.Parallel()
	s := domain.Schedule{Start: at(t, "2026-05-01T10:00:00Z"), Zone: "Europe/Nowhere", Periodicity: domain.Daily}
	_, ok := s.Next(time.Time{})
	assert.False(t, ok)
	_, ok = s.Latest(s.Start)
	assert.False(t, ok)
	assert.Zero(t, s.Occurrence(0))
	assert.Zero(t, s.Deadline(s.Start))
	assert.Zero(t, s.Plan(domain.PlanState{}, s.Start))
}

func TestScheduleValidate(t *testing.T) {
	t.Parallel()
	good := domain.Schedule{Start: at(t, "2026-05-01T10:00:00Z"), Zone: "Europe/Moscow", Periodicity: domain.Weekly}
	for name, test := range map[string]struct {
		change func(*domain.Schedule)
		want   []string
	}{
		"good":              {func(*domain.Schedule) {}, nil},
		"nothing set":       {func(s *domain.Schedule) { *s = domain.Schedule{} }, []string{"start_at", "time_zone", "periodicity"}},
		"end after":         {func(s *domain.Schedule) { s.End = s.Start.Add(1) }, nil},
		"end at the start":  {func(s *domain.Schedule) { s.End = s.Start }, []string{"end_at"}},
		"end before":        {func(s *domain.Schedule) { s.End = s.Start.Add(-1) }, []string{"end_at"}},
		"end too late":      {func(s *domain.Schedule) { s.End = s.Start.AddDate(8000, 0, 0) }, []string{"end_at"}},
		"first year":        {func(s *domain.Schedule) { s.Start = time.Unix(0, 0) }, nil},
		"before it":         {func(s *domain.Schedule) { s.Start = time.Unix(-1, 0) }, []string{"start_at"}},
		"last year":         {func(s *domain.Schedule) { s.Start = at(t, "9000-12-31T23:59:59Z") }, nil},
		"after it":          {func(s *domain.Schedule) { s.Start = at(t, "9001-01-01T00:00:00Z") }, []string{"start_at"}},
		"other periodicity": {func(s *domain.Schedule) { s.Periodicity = "hourly" }, []string{"periodicity"}},
	} {
		s := good
		test.change(&s)
		assert.Equal(t, test.want, fields(s.Validate()), name)
	}
}

func TestScheduleValidateZone(t *testing.T) {
	t.Parallel()
	s := domain.Schedule{Start: at(t, "2026-05-01T10:00:00Z"), Periodicity: domain.Once}
	for _, s.Zone = range []string{
		"", "Local", "Factory", "local", "europe/moscow", "Europe", "Europe/", "/Europe/Moscow", "Europe//Moscow", "../Europe/Moscow",
		"Europe/../Europe/Moscow", `Europe\Moscow`, "Europe/Moscow\x00", " UTC", "posix/Europe/Moscow", "right/Europe/Moscow",
		"posixrules", "localtime", "zone.tab", "tzdata.zi", "UTC+3", "MSK", "Европа/Москва", "/etc/passwd",
	} {
		assert.Equal(t, []string{"time_zone"}, fields(s.Validate()), s.Zone)
	}
	for _, s.Zone = range zoneNames(t) {
		assert.Empty(t, s.Validate(), s.Zone)
	}
}

func fields(bad []domain.FieldError) []string {
	var names []string
	for _, f := range bad {
		names = append(names, f.Field())
	}
	return names
}
