// Package year_test runs Vestnik through a simulated year: the real planner, the real senders and the real store, under
// a clock that leaps, between a broker and a mail service that misbehave. What must come of it is worked out apart, from
// the rules alone.
package year_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestAYear(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			simulate(t, seed)
		})
	}
}

func simulate(t *testing.T, seed uint64) {
	t.Helper()
	begin, end := time.Date(2026, 12, 20, 12, 0, 7, 0, time.UTC), time.Date(2028, 1, 1, 0, 0, 7, 0, time.UTC)
	w := newWorld(t, seed, begin)
	began := time.Now()
	all := zones()
	daily := all[seed%uint64(len(all))]
	for _, s := range []domain.Schedule{
		{Start: wall(daily, 2026, 12, 31, 2, 30), Zone: daily, Periodicity: domain.Daily},
		{Start: wall("Europe/Berlin", 2027, 3, 20, 2, 30), End: wall("Europe/Berlin", 2027, 4, 20, 0, 0), Zone: "Europe/Berlin", Periodicity: domain.Daily},
		{Start: wall("Australia/Lord_Howe", 2027, 3, 25, 1, 45), End: wall("Australia/Lord_Howe", 2027, 4, 15, 0, 0), Zone: "Australia/Lord_Howe", Periodicity: domain.Daily},
		{Start: wall("America/New_York", 2026, 12, 13, 1, 30), Zone: "America/New_York", Periodicity: domain.Weekly},
		{Start: wall("Africa/Casablanca", 2027, 1, 3, 2, 30), Zone: "Africa/Casablanca", Periodicity: domain.Weekly},
		{Start: wall("Asia/Kathmandu", 2026, 12, 31, 2, 30), Zone: "Asia/Kathmandu", Periodicity: domain.Monthly},
		{Start: wall("Europe/Moscow", 2026, 1, 29, 2, 30), Zone: "Europe/Moscow", Periodicity: domain.Monthly},
		{Start: wall("Europe/Berlin", 2027, 6, 30, 12, 0), Zone: "Europe/Berlin", Periodicity: domain.Once},
	} {
		w.create(s)
	}
	w.trouble(begin, end.AddDate(0, 0, -20))
	w.run(end)
	w.settle()
	w.run(end.AddDate(0, 0, 10))
	w.check(end)
	t.Logf("seed %d: %v; %d events lost, %d repeated, %d senders died; %s", seed, w.counts, w.broker.lost, w.broker.repeated, w.mailbox.deaths, time.Since(began).Round(time.Millisecond))
	require.Greater(t, w.counts["ran"], 50)
}
