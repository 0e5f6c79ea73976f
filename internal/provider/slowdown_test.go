package provider_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// complain sends perSecond messages to an address for a time, each of which is answered by a request for fewer.
func complain(t *testing.T, g *provider.Guard, to string, perSecond int, d time.Duration) {
	t.Helper()
	for range int(d.Seconds() * float64(perSecond)) {
		require.NoError(t, pass(t, time.Second/time.Duration(perSecond)))
		g.Heard(to, domain.ClassRate)
	}
}

// limit returns what slow.test is held to; 0 for nothing.
func limit(g *provider.Guard) float64 {
	for _, s := range g.State().Slowed {
		if s.Domain == "slow.test" {
			return s.Rate
		}
	}
	return 0
}

func TestADomainThatAsksForFewerGetsHalf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := provider.NewGuard(provider.DefaultSettings("test"))
		g.Heard("a@other.test", domain.ClassNone)
		complain(t, g, "a@Slow.test", 100, 900*time.Millisecond)
		assert.Empty(t, g.State().Slowed, "replies of one moment tell no rate yet")
		complain(t, g, "b@slow.test", 100, 200*time.Millisecond)
		assert.InDelta(t, 50, limit(g), 2)
		complain(t, g, "b@slow.test", 100, 2800*time.Millisecond)
		assert.InDelta(t, 50, limit(g), 2, "what was on its way then is not counted again")
		complain(t, g, "b@slow.test", 100, 500*time.Millisecond)
		assert.InDelta(t, 25, limit(g), 1)

		began := time.Now()
		for range 51 {
			require.NoError(t, g.Wait(t.Context(), "c@slow.test"))
		}
		assert.InDelta(t, 2, time.Since(began).Seconds(), 0.1)
		began = time.Now()
		for range 1000 {
			require.NoError(t, g.Wait(t.Context(), "c@other.test"))
		}
		assert.Zero(t, time.Since(began), "other domains do not wait")
	})
}

func TestASlowedDomainIsRestoredByTrial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := provider.DefaultSettings("test")
		g := provider.NewGuard(s)
		complain(t, g, "a@slow.test", 100, 11*time.Second)
		assert.InDelta(t, 6, limit(g), 1, "four times halved")
		for want := 12.5; want < 100; want *= 2 {
			require.NoError(t, pass(t, s.Slow.Step))
			assert.InEpsilon(t, want, limit(g), 0.1)
		}
		require.NoError(t, pass(t, s.Slow.Step))
		assert.Empty(t, g.State().Slowed, "it is back where it was")

		complain(t, g, "a@slow.test", 100, 2*time.Second)
		assert.InDelta(t, 50, limit(g), 10, "a domain that is known is slowed again")
		require.NoError(t, pass(t, s.Slow.For))
		assert.Empty(t, g.State().Slowed, "it was forgotten")
	})
}

func TestAMessageDoesNotWaitLongForItsDomain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := provider.NewGuard(provider.DefaultSettings("test"))
		complain(t, g, "a@slow.test", 1, 9*time.Second)
		assert.InDelta(t, 1, limit(g), 0.001, "never less than a message a second")
		for want := range 3 {
			wait, err := g.Turn("slow.test")
			require.NoError(t, err)
			assert.Equal(t, time.Duration(want)*time.Second, wait)
		}
		began := time.Now()
		for range 2 { // refusing takes no turn
			u := unreachable(t, g.Wait(t.Context(), "b@slow.test"))
			assert.Equal(t, 3*time.Second, u.RetryAfter)
			assert.False(t, u.Stopped)
			assert.Equal(t, "the domain slow.test asked for fewer messages and gets 1 a second for now", u.Reason)
		}
		assert.Zero(t, time.Since(began))
		require.NoError(t, pass(t, time.Second))
		require.NoError(t, g.Wait(t.Context(), "b@slow.test"))
	})
}

func TestDomainsAreComparedInOneForm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := provider.NewGuard(provider.DefaultSettings("test"))
		complain(t, g, "a@Почта.РФ", 10, 2*time.Second)
		complain(t, g, "b@xn--80A1ACNY.xn--p1ai", 10, 2*time.Second)
		for _, to := range []string{"c@почта.рф", "d@XN--80a1acny.xn--p1ai"} {
			assert.Equal(t, "xn--80a1acny.xn--p1ai", g.Slowed(to))
		}
		for _, to := range []string{"", "c", "c@", "c@example.org", "почта.рф"} {
			assert.Empty(t, g.Slowed(to))
			g.Heard(to, domain.ClassRate)
		}
	})
}

func TestFewDomainsAreRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := provider.DefaultSettings("test")
		s.Slow.Most = 30
		g := provider.NewGuard(s)
		all := func(from, to int) {
			require.NoError(t, pass(t, time.Second))
			for i := from; i < to; i++ {
				g.Heard("a@d"+strconv.Itoa(i)+".test", domain.ClassRate)
			}
		}
		for range 5 {
			all(0, 100)
		}
		assert.Empty(t, g.State().Slowed, "each is pushed out before it is known for long")
		for range 5 {
			all(70, 100)
		}
		slowed := g.State().Slowed
		assert.Len(t, slowed, 20, "the list is short")
		assert.Equal(t, domain.SlowedDomain{Domain: "d70.test", Rate: 1}, slowed[0])
	})
}

// BenchmarkHeard is what a message costs in the bookkeeping of domains: before any has complained, and after.
func BenchmarkHeard(b *testing.B) {
	for _, name := range []string{"nobody complained", "somebody complained"} {
		b.Run(name, func(b *testing.B) {
			g := provider.NewGuard(provider.DefaultSettings("test"))
			if name == "somebody complained" {
				g.Heard("a@slow.test", domain.ClassRate)
			}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if g.Slowed("client@example.org") == "" {
						g.Heard("client@example.org", domain.ClassNone)
					}
				}
			})
		})
	}
}
