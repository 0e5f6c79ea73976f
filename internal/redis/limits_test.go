package redis_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/redistest"
)

func TestLimitsHoldOverProcessesAndWithoutRedis(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB) *redistest.Server{
		"the machine's": redistest.Start,
		"embedded":      redistest.StartEmbedded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			limits, others := redis.NewLimits(open(t, server.URL())), redis.NewLimits(open(t, server.URL()))
			fiveADay := domain.Rate{Burst: 5, Period: 24 * time.Hour}
			for i := range 5 {
				require.Zero(t, []*redis.Limits{limits, others}[i%2].Allow(t.Context(), "a", fiveADay))
			}
			for _, l := range []*redis.Limits{limits, others} {
				wait := l.Allow(t.Context(), "a", fiveADay)
				assert.Greater(t, wait, 4*time.Hour)
				assert.LessOrEqual(t, wait, 24*time.Hour/5)
				assert.Zero(t, l.Allow(t.Context(), "b", fiveADay), "each has its own")
			}

			server.Stop()
			for range 5 {
				require.Zero(t, limits.Allow(t.Context(), "c", fiveADay), "without Redis each process counts")
			}
			assert.Greater(t, limits.Allow(t.Context(), "c", fiveADay), 4*time.Hour)
			for i := range 25_000 { // must neither fill the memory nor fail
				require.Zero(t, limits.Allow(t.Context(), fmt.Sprint("many", i), fiveADay))
			}
		})
	}
}
