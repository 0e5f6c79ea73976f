package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestTotals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		totals domain.Totals
		ended  int
		want   domain.AttemptResult
	}{
		"nobody to send to":        {domain.Totals{}, 0, domain.ResultSucceeded},
		"all sent":                 {domain.Totals{Sent: 5}, 5, domain.ResultSucceeded},
		"skipped do not harm":      {domain.Totals{Sent: 5, Skipped: 2}, 7, domain.ResultSucceeded},
		"all skipped":              {domain.Totals{Skipped: 2}, 2, domain.ResultSucceeded},
		"some failed":              {domain.Totals{Sent: 5, Failed: 1}, 6, domain.ResultPartial},
		"some unknown":             {domain.Totals{Sent: 5, Unknown: 1}, 6, domain.ResultPartial},
		"some expired":             {domain.Totals{Sent: 5, Expired: 1}, 6, domain.ResultPartial},
		"some still deferred":      {domain.Totals{Sent: 5, Deferred: 1}, 5, domain.ResultPartial},
		"all failed":               {domain.Totals{Failed: 3}, 3, domain.ResultFailed},
		"all unknown":              {domain.Totals{Unknown: 3}, 3, domain.ResultFailed},
		"skipped do not help":      {domain.Totals{Failed: 3, Skipped: 9}, 12, domain.ResultFailed},
		"the end came before any":  {domain.Totals{Expired: 3}, 3, domain.ResultFailed},
		"deferred and nothing got": {domain.Totals{Deferred: 3}, 0, domain.ResultFailed},
	} {
		assert.Equal(t, test.want, test.totals.Result(), name)
		assert.Equal(t, test.ended, test.totals.Ended(), name)
	}
}

func TestLate(t *testing.T) {
	t.Parallel()
	due := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	attempt := domain.Attempt{DueAt: due}
	assert.Zero(t, attempt.Late(), "not started")
	attempt.StartedAt = due.Add(-time.Millisecond)
	assert.Zero(t, attempt.Late(), "early is not late")
	attempt.StartedAt = due.Add(90 * time.Second)
	assert.Equal(t, 90*time.Second, attempt.Late())
}

func TestRetryDelay(t *testing.T) {
	t.Parallel()
	for try, want := range map[int]time.Duration{
		2: 5 * time.Minute, 3: 15 * time.Minute, 4: 30 * time.Minute, 5: time.Hour, 6: 2 * time.Hour, 7: 4 * time.Hour,
		8: 4 * time.Hour, 1000: 4 * time.Hour, 1: 5 * time.Minute, 0: 5 * time.Minute, -1: 5 * time.Minute,
	} {
		assert.InDelta(t, want, domain.RetryDelay(try, 0.5), 1, "try %d", try)
	}
}

func TestRetryDelayIsSpread(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		try := rapid.IntRange(2, 50).Draw(t, "try")
		middle := float64(domain.RetryDelay(try, 0.5))
		got := float64(domain.RetryDelay(try, rapid.Float64Range(0, 0.999999).Draw(t, "random")))
		assert.GreaterOrEqual(t, got, 0.8*middle-1)
		assert.LessOrEqual(t, got, 1.2*middle+1)
	})
}

func TestWindowLen(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 20, domain.Window{From: 40, To: 60}.Len())
	assert.Zero(t, domain.Window{}.Len())
}
