package redis_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/redistest"
)

// counter is a source of reports that counts how often it is asked.
type counter struct {
	status domain.AttemptStatus
	asked  int
}

func (c *counter) Attempt(_ context.Context, _, id domain.ID) (domain.Attempt, error) {
	c.asked++
	return domain.Attempt{ID: id, Status: c.status, Audience: 5, Totals: domain.Totals{Sent: c.asked}, DueAt: time.Unix(1, 0).UTC()}, nil
}

func TestARunningReportIsAddedUpOnceInAWhileForItsOwner(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client, err := redis.Open(server.URL())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	require.NoError(t, client.Ping(t.Context()))
	owner, other, id := domain.NewID(time.Now()), domain.NewID(time.Now()), domain.NewID(time.Now())

	source := &counter{status: domain.AttemptRunning}
	cache := redis.NewAttempts(client, source)
	first, err := cache.Attempt(t.Context(), owner, id)
	require.NoError(t, err)
	second, err := cache.Attempt(t.Context(), owner, id)
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.Equal(t, 1, source.asked)
	_, err = cache.Attempt(t.Context(), other, id)
	require.NoError(t, err)
	require.Equal(t, 2, source.asked, "another owner is not shown what was kept for this one")
	require.Eventually(t, func() bool {
		a, err := cache.Attempt(t.Context(), owner, id)
		return err == nil && a.Totals.Sent > first.Totals.Sent
	}, 10*time.Second, 50*time.Millisecond, "after a while it is added up anew")

	ended := redis.NewAttempts(client, &counter{status: domain.AttemptFinished})
	for want := 1; want <= 2; want++ {
		a, err := ended.Attempt(t.Context(), owner, domain.NewID(time.Now()))
		require.NoError(t, err)
		require.Equal(t, want, a.Totals.Sent, "what has ended is not kept")
	}

	server.Stop()
	a, err := cache.Attempt(t.Context(), owner, domain.NewID(time.Now()))
	require.NoError(t, err, "without Redis the report is added up all the same")
	require.Equal(t, 5, a.Audience)
	require.Error(t, client.Ping(t.Context()))
}
