package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
)

func TestASessionEndsAfterTwoIdleWeeksAndAfterSixtyDays(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	w := seedtest.New(t, pgtest.URL(t), 1, clock)
	store := w.Store
	const day = 24 * time.Hour
	signIn := func() string {
		secret, err := store.BeginSession(t.Context(), w.Owner, "a browser")
		require.NoError(t, err)
		return secret
	}
	alive := func(secret string, want bool) {
		t.Helper()
		_, _, err := store.UserBySession(t.Context(), secret)
		require.Equal(t, !want, domain.KindOf(err) == domain.Unauthorized && err != nil, "%v", err)
	}
	idle, busy := signIn(), signIn()
	require.NotEqual(t, idle, busy)
	for range 5 {
		clock.now = clock.now.Add(13 * day)
		if clock.now.Before(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)) { // the sixtieth day
			alive(busy, true)
		}
		if clock.now.Day() == 14 && clock.now.Month() == time.January {
			listed, err := store.Sessions(t.Context(), w.Owner)
			require.NoError(t, err)
			require.Len(t, listed, 2)
			require.Equal(t, clock.now.Add(14*day), listed[0].ExpiresAt.UTC())
			require.Equal(t, clock.now.Add(day), listed[1].ExpiresAt.UTC())
		}
	}
	alive(idle, false)
	alive(busy, false)
	fresh := signIn()
	listed, err := store.Sessions(t.Context(), w.Owner)
	require.NoError(t, err)
	require.Len(t, listed, 1, "what has ended is not listed")
	w.Exec(`INSERT INTO tokens (id, user_id, purpose, hash, created_at, expires_at, used_at)
		SELECT gen_random_uuid(), $1, 'reset', decode(n::text, 'escape'), $2::timestamptz, $2 + n * interval '1 day', CASE WHEN n = 2 THEN $2 - interval '2 days' END
		FROM generate_series(-2, 2) n`, w.Owner, clock.now)
	w.Exec(`INSERT INTO oidc_logins SELECT decode(n::text, 'escape'), '', '', '', '', $1::timestamptz - n * interval '40 minutes' FROM generate_series(1, 2) n`, clock.now)
	for range 2 {
		require.NoError(t, store.PurgeEnded(t.Context()))
		require.Equal(t, 1, w.Int("SELECT count(*) FROM sessions"))
		require.Equal(t, 3, w.Int("SELECT count(*) FROM tokens"), "those that work, and those of the last day")
		require.Equal(t, 1, w.Int("SELECT count(*) FROM oidc_logins"))
	}
	alive(fresh, true)
	require.NoError(t, store.EndSessions(t.Context(), w.Owner, domain.ID{}))
	alive(fresh, false)
}
