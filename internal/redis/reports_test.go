package redis_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/redistest"
)

// source makes reports and counts how often; ask, if not nil, is waited for first.
type source struct {
	mu      sync.Mutex
	attempt domain.Attempt
	gate    chan struct{}
	err     error
	made    atomic.Int64
	summed  atomic.Int64
}

func (s *source) Attempt(context.Context, domain.ID, domain.ID) (domain.Attempt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempt, nil
}

func (s *source) set(a domain.Attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempt = a
}

func (s *source) Statistics(ctx context.Context, _, _ domain.ID) (domain.Statistics, error) {
	n := s.made.Add(1)
	if s.gate != nil {
		<-s.gate
	}
	a, _ := s.Attempt(ctx, domain.ID{}, domain.ID{})
	return domain.Statistics{
		Attempt: a, Kept: true, Totals: a.Totals, Peak: int(n), Width: time.Minute, FirstAt: time.Unix(1, 0).UTC(),
		Replies:  []domain.ReplyGroup{{Outcome: domain.Sent, Folded: "Ok: queued as #", Count: 5}},
		Timeline: []domain.Bucket{{At: time.Unix(1, 0).UTC(), Totals: a.Totals}},
	}, s.err
}

func (s *source) Summary(_ context.Context, _ domain.ID, in domain.Period, _ *time.Location) (domain.Summary, error) {
	return domain.Summary{Period: in, Reached: int(s.summed.Add(1)), Known: true, Mailings: map[domain.MailingStatus]int{domain.MailingDraft: 2}}, nil
}

func newReports(t *testing.T, s *source) (*redis.Reports, *redistest.Server) {
	t.Helper()
	server := redistest.Start(t)
	client, err := redis.Open(server.URL())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return redis.NewReports(client, s, s), server
}

func TestStatisticsOfARunningAttemptAreKeptForASecond(t *testing.T) {
	t.Parallel()
	s := &source{attempt: domain.Attempt{Status: domain.AttemptRunning, Totals: domain.Totals{Sent: 5}, DueAt: time.Unix(1, 0).UTC()}}
	reports, _ := newReports(t, s)
	owner, id := domain.NewID(time.Now()), domain.NewID(time.Now())
	first, err := reports.Statistics(t.Context(), owner, id)
	require.NoError(t, err)
	again, err := reports.Statistics(t.Context(), owner, id)
	require.NoError(t, err)
	assert.Equal(t, first, again, "all of it comes back")
	_, err = reports.Statistics(t.Context(), domain.NewID(time.Now()), id)
	require.NoError(t, err)
	assert.EqualValues(t, 2, s.made.Load(), "each owner asks for himself")
	require.Eventually(t, func() bool {
		_, err := reports.Statistics(t.Context(), owner, id)
		return err == nil && s.made.Load() == 3
	}, 10*time.Second, 50*time.Millisecond, "after a second they are made anew")
}

func TestStatisticsOfAnEndedAttemptAreKeptUntilItIsCorrected(t *testing.T) {
	t.Parallel()
	ended := domain.Attempt{Status: domain.AttemptFinished, Audience: 5, Totals: domain.Totals{Sent: 4, Unknown: 1}}
	s := &source{attempt: ended}
	reports, server := newReports(t, s)
	owner, id := domain.NewID(time.Now()), domain.NewID(time.Now())
	began := time.Now()
	require.Eventually(t, func() bool { // longer than what runs is kept
		_, err := reports.Statistics(t.Context(), owner, id)
		return err != nil || time.Since(began) > 1500*time.Millisecond
	}, 10*time.Second, 100*time.Millisecond)
	assert.EqualValues(t, 1, s.made.Load())

	ended.Totals = domain.Totals{Sent: 5}
	s.set(ended)
	corrected, err := reports.Statistics(t.Context(), owner, id)
	require.NoError(t, err)
	assert.Equal(t, ended.Totals, corrected.Totals, "the truth that comes late is shown at once")

	server.Stop()
	kept, err := reports.Statistics(t.Context(), owner, id)
	require.NoError(t, err, "without Redis they are made anew")
	assert.Equal(t, ended.Totals, kept.Totals)
	server.Restart()
	require.Eventually(t, func() bool {
		before := s.made.Load()
		_, err := reports.Statistics(t.Context(), owner, id)
		return err == nil && s.made.Load() == before
	}, 20*time.Second, 100*time.Millisecond, "a Redis that is back is used again")
}

func TestFiftyViewersCostOneQuery(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]bool{"with Redis": false, "without Redis": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &source{attempt: domain.Attempt{Status: domain.AttemptRunning}, gate: make(chan struct{})}
			reports, server := newReports(t, s)
			if away {
				server.Stop()
			}
			owner, id := domain.NewID(time.Now()), domain.NewID(time.Now())
			var wg sync.WaitGroup
			var good atomic.Int64
			for range 50 {
				wg.Go(func() {
					if got, err := reports.Statistics(t.Context(), owner, id); err == nil && got.Kept {
						good.Add(1)
					}
				})
			}
			require.Eventually(t, func() bool { return s.made.Load() == 1 }, 20*time.Second, time.Millisecond)
			close(s.gate)
			wg.Wait()
			assert.EqualValues(t, 50, good.Load())
			assert.EqualValues(t, 1, s.made.Load(), "those who came while it was made, and those who came a moment later")
		})
	}
}

func TestFaultsAreNotKept(t *testing.T) {
	t.Parallel()
	s := &source{attempt: domain.Attempt{Status: domain.AttemptRunning}, err: errors.New("away")}
	reports, _ := newReports(t, s)
	for range 2 {
		_, err := reports.Statistics(t.Context(), domain.ID{1}, domain.ID{2})
		require.ErrorIs(t, err, s.err)
	}
	assert.EqualValues(t, 2, s.made.Load())
}

func TestAViewerWhoLeavesDoesNotSpoilItForTheOthers(t *testing.T) {
	t.Parallel()
	s := &source{attempt: domain.Attempt{Status: domain.AttemptRunning}}
	reports, _ := newReports(t, s)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := reports.Statistics(gone, domain.ID{1}, domain.ID{2})
	require.NoError(t, err, "what was begun for one is made for all")
}

func TestSummariesAreKeptForTheirPeriodAndZone(t *testing.T) {
	t.Parallel()
	s := &source{}
	reports, _ := newReports(t, s)
	owner := domain.NewID(time.Now())
	in := domain.Period{From: time.Unix(0, 0).UTC(), To: time.Unix(1e6, 0).UTC()}
	first, err := reports.Summary(t.Context(), owner, in, time.UTC)
	require.NoError(t, err)
	again, err := reports.Summary(t.Context(), owner, in, time.UTC)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	zone, err := domain.LoadZone("Europe/Moscow")
	require.NoError(t, err)
	other, err := reports.Summary(t.Context(), owner, in, zone)
	require.NoError(t, err)
	assert.Equal(t, 2, other.Reached)
	in.To = in.To.Add(time.Hour)
	other, err = reports.Summary(t.Context(), owner, in, time.UTC)
	require.NoError(t, err)
	assert.Equal(t, 3, other.Reached)
}
