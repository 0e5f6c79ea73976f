package redistest_test

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vestnik-mail/vestnik/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBothKindsStopAndComeBackEmpty(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB) *redistest.Server{
		"the machine's": redistest.Start,
		"embedded":      redistest.StartEmbedded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			at := s.URL()
			opts, err := redis.ParseURL(at)
			require.NoError(t, err)
			opts.MaxRetries = 1
			opts.DialerRetries = 1
			client := redis.NewClient(opts)
			defer func() { assert.NoError(t, client.Close()) }()
			require.NoError(t, client.Set(t.Context(), "ключ", "v", 0).Err())
			got, err := client.Eval(t.Context(), "return redis.call('GET', KEYS[1])", []string{"ключ"}).Result()
			require.NoError(t, err)
			assert.Equal(t, "v", got)

			s.Stop()
			s.Stop()
			require.Error(t, client.Ping(t.Context()).Err())
			s.Restart()
			require.NoError(t, client.Ping(t.Context()).Err())
			assert.Zero(t, client.Exists(t.Context(), "ключ").Val())
			assert.Equal(t, at, s.URL())
			s.Restart()
			require.NoError(t, client.Ping(t.Context()).Err())
		})
	}
}
