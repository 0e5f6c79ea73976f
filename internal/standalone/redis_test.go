package standalone_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/standalone"
)

func TestRedis(t *testing.T) {
	t.Parallel()
	r, err := standalone.StartRedis()
	require.NoError(t, err)
	defer r.Stop()
	opts, err := redis.ParseURL(r.URL())
	require.NoError(t, err)
	opts.MaxRetries, opts.DialerRetries = -1, 1
	client := redis.NewClient(opts)
	defer func() { assert.NoError(t, client.Close()) }()
	ctx := testContext(t)

	require.NoError(t, client.Set(ctx, "ключ", "значение", 100*time.Millisecond).Err())
	require.NoError(t, client.Set(ctx, "kept", "v", time.Hour).Err())
	require.Eventually(t, func() bool { return client.Exists(ctx, "ключ").Val() == 0 }, patience, 10*time.Millisecond,
		"keys expire by themselves")
	assert.Equal(t, "v", client.Get(ctx, "kept").Val())

	opts.Password = ""
	stranger := redis.NewClient(opts)
	defer func() { assert.NoError(t, stranger.Close()) }()
	require.ErrorContains(t, stranger.Get(ctx, "kept").Err(), "NOAUTH")

	r.Stop()
	r.Stop()
	require.Error(t, client.Ping(ctx).Err())

	again, err := standalone.StartRedisAt(r.Addr(), r.Password())
	require.NoError(t, err)
	defer again.Stop()
	assert.Equal(t, r.URL(), again.URL())
	require.NoError(t, client.Ping(ctx).Err())
	assert.Zero(t, client.Exists(ctx, "kept").Val(), "it comes back empty")
	_, err = standalone.StartRedisAt(r.Addr(), r.Password())
	require.ErrorContains(t, err, "address already in use")
}
