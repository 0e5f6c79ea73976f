package redis_test

import (
	"context"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/redistest"
)

func open(t *testing.T, at string) *redis.Client {
	t.Helper()
	client, err := redis.Open(at)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	return client
}

func TestTurnsFollowEachOther(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB) *redistest.Server{
		"the machine's": redistest.Start,
		"embedded":      redistest.StartEmbedded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			rates, others := redis.NewRates(open(t, server.URL())), redis.NewRates(open(t, server.URL()))
			// reserve returns when the turns begin, by our clock, as late as it can be.
			reserve := func(r *redis.Rates, provider string, perSecond float64, n int) time.Time {
				begin, err := r.Reserve(t.Context(), provider, perSecond, n)
				require.NoError(t, err)
				return time.Now().Add(begin)
			}
			const near = float64(time.Second) // of calls on a machine with other things to do
			began := time.Now()
			assert.InDelta(t, 0, reserve(rates, "a", 10, 100).Sub(began), near)
			assert.InDelta(t, 10*time.Second, reserve(others, "a", 10, 5).Sub(began), near)
			assert.InDelta(t, 10500*time.Millisecond, reserve(rates, "a", 0.5, 1).Sub(began), near)
			assert.InDelta(t, 12500*time.Millisecond, reserve(others, "a", 60_000, 3).Sub(began), near)
			assert.InDelta(t, 0, reserve(rates, "b", 10, 1).Sub(began), near, "each provider has its own")

			begin, err := rates.Reserve(t.Context(), "c", 1000, 1)
			require.NoError(t, err)
			assert.Equal(t, -50*time.Millisecond, begin, "the turns of the last moments are still free")
			_, err = rates.Reserve(t.Context(), "c", 0.001, 10_001)
			require.NoError(t, err)
			begin, err = others.Reserve(t.Context(), "c", 0.001, 1)
			require.NoError(t, err)
			assert.Zero(t, begin, "a schedule that nobody can be waiting for is begun anew")

			server.Restart()
			assert.InDelta(t, 0, time.Until(reserve(rates, "a", 10, 1)), near)
			server.Stop()
			_, err = rates.Reserve(t.Context(), "a", 10, 1)
			require.ErrorContains(t, err, "reserve turns of a:")
		})
	}
}

// TestAServerThatHangs accepts connections and never says a word.
func TestAServerThatHangs(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	at := url.URL{Scheme: "redis", Host: listener.Addr().String()}
	client := open(t, at.String())
	took := func(f func()) time.Duration {
		began := time.Now()
		f()
		return time.Since(began)
	}

	rates := redis.NewRates(client)
	assert.Less(t, took(func() {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := rates.Reserve(ctx, "a", 10, 1)
		require.Error(t, err)
	}), time.Second)
	assert.Less(t, took(func() {
		_, err := rates.Reserve(t.Context(), "a", 10, 1)
		require.Error(t, err)
	}), 4*time.Second)
	assert.Less(t, took(func() { require.Error(t, client.Ping(t.Context())) }), 4*time.Second)
	cache := redis.NewAttempts(client, &counter{status: domain.AttemptRunning})
	assert.Less(t, took(func() {
		a, err := cache.Attempt(t.Context(), domain.NewID(time.Now()), domain.NewID(time.Now()))
		require.NoError(t, err)
		require.Equal(t, 5, a.Audience)
	}), time.Second)
}
