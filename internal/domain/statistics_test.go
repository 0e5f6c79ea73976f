package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestFoldReply(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                  "",
		"Ok: queued as 3F2A":                "Ok: queued as #",
		"Ok: queued as FACADE":              "Ok: queued as #",
		"Ok: queued as zqBkZx":              "Ok: queued as #",
		"OK id=1rXyZa-0003Jk-1A":            "OK #",
		"OK  1699999999 a1-2si3.45 - gsmtp": "OK # - gsmtp",
		"accepted (BADCAFE)":                "accepted #",
		"<a@example.org>: Recipient address rejected: User unknown": "# Recipient address rejected: User unknown",
		"too many connections from [192.0.2.1]":                     "too many connections from #",
		"come back in 300 seconds":                                  "come back in # seconds",
		"DEAD letter FED up":                                        "DEAD letter FED up",
		"queued as":                                                 "queued as",
		"the end came first":                                        "the end came first",
		"ящик переполнен на 95%":                                    "ящик переполнен на #",
	} {
		assert.Equal(t, want, domain.FoldReply(text), text)
	}
}

func TestFoldingTwiceIsFoldingOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-zA-F0-9@#]{0,8} ?|queued as ){0,8}`).Draw(t, "text")
		once := domain.FoldReply(text)
		assert.Equal(t, once, domain.FoldReply(once))
	})
}

func TestBucketWidth(t *testing.T) {
	t.Parallel()
	for span, want := range map[time.Duration]time.Duration{
		0: time.Second, 2 * time.Minute: time.Second, 2*time.Minute + 1: 5 * time.Second, time.Hour: 30 * time.Second,
		72 * time.Hour: time.Hour, 59 * 24 * time.Hour: 12 * time.Hour, 61 * 24 * time.Hour: 24 * time.Hour, 121 * 24 * time.Hour: 48 * time.Hour,
	} {
		assert.Equal(t, want, domain.BucketWidth(span), span)
	}
	rapid.Check(t, func(t *rapid.T) {
		span := time.Duration(rapid.Int64Range(0, int64(50*365*24*time.Hour)).Draw(t, "span"))
		width := domain.BucketWidth(span)
		assert.LessOrEqual(t, span, 120*width)
		assert.Zero(t, width%time.Second)
	})
}

func TestRate(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	s := domain.Statistics{Kept: true, Totals: domain.Totals{Sent: 1, Skipped: 7}, FirstAt: at, LastAt: at}
	_, known := s.Rate()
	assert.False(t, known, "one answer has no rate")
	s.Totals.Failed, s.LastAt = 9, at.Add(100*time.Millisecond)
	rate, known := s.Rate()
	assert.True(t, known)
	assert.InDelta(t, 10, rate, 0, "what takes less than a second counts as one")
	s.LastAt = at.Add(20 * time.Second)
	rate, _ = s.Rate()
	assert.InDelta(t, 0.5, rate, 0)
	s.Kept = false
	_, known = s.Rate()
	assert.False(t, known)
}

func TestDaysOfAPeriod(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		zone, now string
		n         int
		first     string
		hours     float64
	}{
		"a day":                     {"UTC", "2026-05-01T10:00:00Z", 1, "2026-05-01T00:00:00Z", 24},
		"its first instant":         {"Europe/Moscow", "2026-04-30T21:00:00Z", 1, "2026-04-30T21:00:00Z", 24},
		"clocks go forward":         {"Europe/Berlin", "2026-03-31T10:00:00Z", 30, "2026-03-01T23:00:00Z", 30*24 - 1},
		"clocks go back":            {"Europe/Berlin", "2026-10-25T10:00:00Z", 1, "2026-10-24T22:00:00Z", 25},
		"forward at midnight":       {"America/Havana", "2026-03-08T15:00:00Z", 1, "2026-03-08T05:00:00Z", 23},
		"the day that was left out": {"Pacific/Apia", "2011-12-31T10:00:00Z", 2, "2011-12-30T10:00:00Z", 48},
	} {
		zone, err := domain.LoadZone(test.zone)
		require.NoError(t, err)
		now, err := time.Parse(time.RFC3339, test.now)
		require.NoError(t, err)
		in := domain.LastDays(test.n, now, zone)
		assert.False(t, now.Before(in.From) || !now.Before(in.To), name)
		days, err := in.Days(zone)
		require.NoError(t, err)
		assert.Equal(t, test.first, days[0].UTC().Format(time.RFC3339), name)
		if name != "the day that was left out" {
			assert.Len(t, days, test.n, name)
			assert.InDelta(t, test.hours, in.To.Sub(in.From).Hours(), 0, name)
		}
		for i := 1; i < len(days); i++ {
			assert.True(t, days[i].After(days[i-1]), name)
		}
	}
	_, err := domain.AllTime().Days(time.UTC)
	assert.Equal(t, domain.Invalid, domain.KindOf(err), "a period has an end")
	assert.NotEmpty(t, domain.Period{From: time.Unix(1, 0), To: time.Unix(1, 0)}.Validate())
}

func TestAttemptCounts(t *testing.T) {
	t.Parallel()
	var c domain.AttemptCounts
	for i, status := range []domain.AttemptStatus{
		domain.AttemptPlanned, domain.AttemptRunning, domain.AttemptCancelled, domain.AttemptExpired, domain.AttemptMissed,
	} {
		c.Add(status, "", i)
	}
	for i, result := range []domain.AttemptResult{domain.ResultSucceeded, domain.ResultPartial, domain.ResultFailed} {
		c.Add(domain.AttemptFinished, result, 10*(i+1))
	}
	assert.Equal(t, domain.AttemptCounts{Running: 1, Succeeded: 10, Partial: 20, Failed: 30, Cancelled: 2, Expired: 3, Missed: 4}, c)
	assert.Equal(t, 70, c.All())
}
