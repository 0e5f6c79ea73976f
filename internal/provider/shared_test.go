package provider_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/provider"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/redistest"
)

const (
	sharedRate   = 200.0 // messages per second of all
	sharedGuards = 3
	// sharedWorkers is how many take turns at each guard.
	sharedWorkers = 5
	sharedBurst   = 0.1*sharedRate + 1 // as documented: 100 ms worth, and one
)

// run is when each guard let messages go during a time.
type run struct {
	took time.Duration
	at   [sharedGuards][]time.Time
}

func (r *run) all() []time.Time {
	all := slices.Concat(r.at[:]...)
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// most is the largest number of messages within any window of the length.
func most(at []time.Time, window time.Duration) int {
	found, from := 0, 0
	for to := range at {
		for at[to].Sub(at[from]) > window {
			from++
		}
		found = max(found, to-from+1)
	}
	return found
}

// together lets the workers of each guard send for a time.
func together(t *testing.T, guards []*provider.Guard, took time.Duration) *run {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), took)
	defer cancel()
	r := &run{took: took}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, g := range guards {
		for range sharedWorkers {
			wg.Go(func() {
				for g.Wait(ctx, "c@example.org") == nil && ctx.Err() == nil {
					now := time.Now()
					mu.Lock()
					r.at[i] = append(r.at[i], now)
					mu.Unlock()
				}
			})
		}
	}
	wg.Wait()
	return r
}

func TestSendersKeepOneRateThroughRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	guards := make([]*provider.Guard, sharedGuards)
	for i := range guards {
		client, err := redis.Open(server.URL())
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, client.Close()) })
		s := provider.DefaultSettings("shared")
		s.Rate, s.Shared, s.Senders = sharedRate, redis.NewRates(client), func() int { return sharedGuards }
		guards[i] = provider.NewGuard(s)
	}
	checkShared := func(r *run) {
		all := r.all()
		seconds := r.took.Seconds()
		t.Logf("shared: %d messages in %v (%d, %d, %d), at most %d in 1 s", len(all), r.took, len(r.at[0]), len(r.at[1]), len(r.at[2]), most(all, time.Second))
		assert.GreaterOrEqual(t, float64(len(all)), 0.6*sharedRate*seconds, "the rate is used")
		// A machine that is busy may let each worker note its message late, once.
		assert.LessOrEqual(t, float64(most(all, time.Second)), sharedRate+sharedBurst+sharedGuards*sharedWorkers)
		assert.LessOrEqual(t, float64(len(all)), sharedRate*seconds+sharedBurst)
		for i := range r.at {
			assert.Greater(t, float64(len(r.at[i])), 0.2*float64(len(all)), "guard %d is not starved", i)
		}
	}
	checkShared(together(t, guards, 2*time.Second))

	server.Stop()
	mode := func(shared bool) func() bool {
		return func() bool {
			for _, g := range guards { // who is away is found out by asking
				if ctx, cancel := context.WithTimeout(t.Context(), time.Second); g.Wait(ctx, "") != nil {
					cancel()
					return false
				} else if cancel(); g.State().Shared != shared {
					return false
				}
			}
			return true
		}
	}
	require.Eventually(t, mode(false), 10*time.Second, time.Millisecond)
	apart := together(t, guards, 2*time.Second)
	for i := range apart.at {
		share := sharedRate / sharedGuards * 2
		t.Logf("apart: guard %d sent %d", i, len(apart.at[i]))
		assert.GreaterOrEqual(t, float64(len(apart.at[i])), 0.6*share)
		assert.LessOrEqual(t, float64(len(apart.at[i])), share+sharedBurst)
	}

	server.Restart()
	require.Eventually(t, mode(true), 10*time.Second, time.Millisecond)
	checkShared(together(t, guards, 2*time.Second))
}
