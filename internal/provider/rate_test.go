package provider_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/provider"
)

// schedule is a shared rate in this process.
type schedule struct {
	mu       sync.Mutex
	next     time.Time
	calls    int
	reserved int
	fail     func(ctx context.Context) error
}

func (s *schedule) Reserve(ctx context.Context, _ string, perSecond float64, n int) (time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.fail != nil {
		return 0, s.fail(ctx)
	}
	s.reserved += n
	now := time.Now()
	if s.next.Before(now) {
		s.next = now
	}
	begin := s.next
	s.next = begin.Add(time.Duration(float64(n) * float64(time.Second) / perSecond))
	return begin.Sub(now), nil
}

// limited returns a guard of the rate.
func limited(perSecond float64, shared provider.SharedRate, senders int) *provider.Guard {
	s := settings()
	s.Rate, s.Shared, s.Senders = perSecond, shared, func() int { return senders }
	return provider.NewGuard(s)
}

// sendFor lets workers wait for their turns as fast as they come, and returns how many there were.
func sendFor(t *testing.T, g *provider.Guard, workers int, d time.Duration) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var sent atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for g.Wait(ctx, "") == nil && ctx.Err() == nil {
				sent.Add(1)
			}
		})
	}
	wg.Wait()
	return int(sent.Load())
}

func TestTurnsAreReservedInBatches(t *testing.T) {
	t.Parallel()
	for _, perSecond := range []float64{10, 1000, 20_000} {
		synctest.Test(t, func(t *testing.T) {
			shared := &schedule{}
			g := limited(perSecond, shared, 1)
			assert.InEpsilon(t, perSecond*10, sendFor(t, g, 20, 10*time.Second), 0.02)
			assert.LessOrEqual(t, shared.calls, 220, "20 calls a second, and some for the batches to grow")
		})
	}
}

func TestASenderWithLittleToDoReservesLittle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := &schedule{}
		g := limited(1000, shared, 1)
		sendFor(t, g, 20, time.Second)
		shared.reserved = 0
		for range 10 {
			require.NoError(t, pass(t, time.Second))
			require.NoError(t, g.Wait(t.Context(), ""))
		}
		assert.LessOrEqual(t, shared.reserved, 11)
	})
}

// pass lets d go by.
func pass(t *testing.T, d time.Duration) error {
	t.Helper()
	select {
	case <-time.After(d):
		return nil
	case <-t.Context().Done():
		return t.Context().Err()
	}
}

func TestUnusedTurnsDoNotPileUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := limited(1000, &schedule{}, 1)
		sendFor(t, g, 20, time.Second)
		require.NoError(t, pass(t, 10*time.Second))
		assert.LessOrEqual(t, sendFor(t, g, 500, 100*time.Millisecond), 201)
	})
}

func TestRatesBelowOneASecond(t *testing.T) {
	t.Parallel()
	for _, shared := range []provider.SharedRate{nil, &schedule{}} {
		synctest.Test(t, func(t *testing.T) {
			g := limited(0.5, shared, 1)
			began := time.Now()
			for range 4 {
				require.NoError(t, g.Wait(t.Context(), ""))
			}
			assert.InDelta(t, 6, time.Since(began).Seconds(), 0.01)
		})
	}
}

func TestTheTurnOfACallerThatGivesUpIsUsed(t *testing.T) {
	t.Parallel()
	for _, shared := range []provider.SharedRate{nil, &schedule{}} {
		synctest.Test(t, func(t *testing.T) {
			g := limited(1, shared, 1)
			began := time.Now()
			require.NoError(t, g.Wait(t.Context(), ""))
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			require.ErrorIs(t, g.Wait(ctx, ""), context.DeadlineExceeded)
			require.NoError(t, g.Wait(t.Context(), ""))
			assert.InDelta(t, 1, time.Since(began).Seconds(), 0.01)
		})
	}
}

func TestWithoutTheSharedRateEachSenderKeepsItsShare(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(context.Context) error{
		"gone": func(context.Context) error { return errors.New("connection refused") },
		"hung": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				shared := &schedule{}
				g := limited(300, shared, 3)
				assert.InEpsilon(t, 300, sendFor(t, g, 10, time.Second), 0.05)
				assert.True(t, g.State().Shared)

				shared.fail = fail
				began := time.Now()
				for g.State().Shared {
					require.NoError(t, g.Wait(t.Context(), ""))
				}
				assert.LessOrEqual(t, time.Since(began), 250*time.Millisecond, "what was reserved, and two calls")
				shared.calls = 0
				assert.InEpsilon(t, 500, sendFor(t, g, 10, 5*time.Second), 0.05)
				assert.LessOrEqual(t, shared.calls, 6, "it is asked once a second whether it is back")

				shared.fail = nil
				for !g.State().Shared {
					require.NoError(t, g.Wait(t.Context(), ""))
				}
				assert.InEpsilon(t, 300, sendFor(t, g, 10, time.Second), 0.05)
			})
		})
	}
}

func TestTheShareFollowsTheNumberOfSenders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := settings()
		senders := 0
		s.Rate, s.Senders = 100, func() int { return senders }
		g := provider.NewGuard(s)
		assert.InEpsilon(t, 100, sendFor(t, g, 4, time.Second), 0.05, "nobody knows of a sender yet: there is this one")
		senders = 4
		assert.InEpsilon(t, 50, sendFor(t, g, 4, 2*time.Second), 0.1)
	})
}
