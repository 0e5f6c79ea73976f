package redis_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/redistest"
)

// door knows one session, and counts how often it is asked.
type door struct {
	secret string // "": it has ended
	user   domain.User
	asked  int
	asking func() // nil: nothing
}

func (d *door) UserBySession(_ context.Context, secret string) (domain.User, domain.ID, error) {
	d.asked++
	if d.asking != nil {
		d.asking()
	}
	if secret != d.secret {
		return domain.User{}, domain.ID{}, &domain.Error{Kind: domain.Unauthorized, Code: "session_ended"}
	}
	return d.user, d.user.ID, nil
}

func TestASessionIsRememberedForAMomentAndUnderItsHash(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client, err := redis.Open(server.URL())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	secret, leaves := strings.Repeat("s", 43), time.Unix(1_800_000_000, 0).UTC()
	d := &door{secret: secret, user: domain.User{ID: domain.NewID(time.Now()), Email: "o@example.org", Role: domain.RoleAdmin, Confirmed: true, DeleteAt: &leaves}}
	cache := redis.NewSessions(client, d)
	options, err := goredis.ParseURL(server.URL())
	require.NoError(t, err)
	raw := goredis.NewClient(options)
	t.Cleanup(func() { require.NoError(t, raw.Close()) })

	require.Eventually(t, func() bool { // on a slow machine one may be too old already when the other asks
		before := d.asked
		for range 2 {
			user, session, err := cache.UserBySession(t.Context(), secret)
			require.NoError(t, err)
			require.Equal(t, d.user, user)
			require.Equal(t, d.user.ID, session)
		}
		keys, err := raw.Keys(t.Context(), "*").Result()
		require.NoError(t, err)
		for _, key := range keys {
			require.NotContains(t, key, secret)
			require.NotContains(t, raw.Get(t.Context(), key).Val(), secret)
			require.LessOrEqual(t, raw.PTTL(t.Context(), key).Val(), redis.SessionAge)
		}
		return d.asked <= before+1 && len(keys) == 1
	}, 20*time.Second, time.Millisecond)

	hash := sha256.Sum256([]byte(secret))
	cache.Forget(t.Context(), [][]byte{hash[:]})
	require.Zero(t, raw.Exists(t.Context(), "vestnik:session:*").Val())
	d.secret = ""
	_, _, err = cache.UserBySession(t.Context(), secret)
	require.Equal(t, domain.Unauthorized, domain.KindOf(err), "at once when the cache is told")

	d.secret = secret
	_, _, err = cache.UserBySession(t.Context(), secret)
	require.NoError(t, err)
	d.secret = ""
	require.Eventually(t, func() bool {
		_, _, err := cache.UserBySession(t.Context(), secret)
		return domain.KindOf(err) == domain.Unauthorized
	}, 10*time.Second, 20*time.Millisecond, "and by itself when nobody tells it")

	server.Stop()
	d.secret = secret
	before := d.asked
	for range 3 {
		_, _, err = cache.UserBySession(t.Context(), secret)
		require.NoError(t, err)
	}
	require.Equal(t, before+3, d.asked, "without Redis the database is asked every time")
}

// TestNobodyIsTakenForSignedInLonger has keys that never expire, as if Redis were late with it, and holds what the cache says
// to when the database was last asked, by Redis's own clock: however slow the machine is, no answer is older.
func TestNobodyIsTakenForSignedInLonger(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB) *redistest.Server{"redis": redistest.Start, "embedded": redistest.StartEmbedded} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			client, err := redis.Open(server.URL())
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, client.Close()) })
			options, err := goredis.ParseURL(server.URL())
			require.NoError(t, err)
			raw := goredis.NewClient(options)
			t.Cleanup(func() { require.NoError(t, raw.Close()) })
			secret := strings.Repeat("s", 43)
			key := sha256.Sum256([]byte(secret))
			var answered time.Time
			d := &door{secret: secret, user: domain.User{ID: domain.NewID(time.Now())}}
			d.asking = func() { answered = raw.Time(t.Context()).Val() }
			cache := redis.NewSessions(client, d)
			kept := 0
			for d.asked < 5 {
				before, times := raw.Time(t.Context()).Val(), d.asked
				_, _, err := cache.UserBySession(t.Context(), secret)
				require.NoError(t, err)
				if d.asked == times {
					kept++
					require.Less(t, before.Sub(answered), redis.SessionAge)
				}
				require.NoError(t, raw.Persist(t.Context(), "vestnik:session:"+hex.EncodeToString(key[:])).Err())
			}
			t.Logf("%d answers from Redis", kept)
		})
	}
}
