package provider_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// settings are those of production, made small.
func settings() provider.Settings {
	s := provider.DefaultSettings("test")
	s.MinExecutions, s.OpenFor, s.OpenJitter, s.StopFor = 4, 100*time.Millisecond, 0, 100*time.Millisecond
	s.DialBackoff, s.DialBackoffTo, s.DialTimeout = time.Millisecond, 2*time.Millisecond, 100*time.Millisecond
	return s
}

func lost() domain.Reply { return domain.Reply{Phase: domain.PhaseMail, Text: "gone"} }

func admit(t *testing.T, g *provider.Guard) provider.Permit {
	t.Helper()
	p, err := g.Admit()
	require.NoError(t, err)
	return p
}

func unreachable(t *testing.T, err error) *domain.Unreachable {
	t.Helper()
	u, ok := errors.AsType[*domain.Unreachable](err)
	require.True(t, ok, "%v", err)
	return u
}

func trip(t *testing.T, g *provider.Guard) {
	t.Helper()
	for range 4 {
		admit(t, g).Done(domain.ClassProvider, lost())
	}
	require.Equal(t, "open", g.State().Breaker)
}

func TestOnlyTheProvidersFailuresOpenTheBreaker(t *testing.T) {
	t.Parallel()
	for _, class := range []domain.Class{
		domain.ClassNone, domain.ClassRecipient, domain.ClassMailboxFull, domain.ClassContent, domain.ClassRate,
	} {
		g := provider.NewGuard(settings())
		for range 50 {
			admit(t, g).Done(class, domain.Reply{Phase: domain.PhaseRcpt, Code: 550})
		}
		assert.Equal(t, "closed", g.State().Breaker, class)
		assert.Empty(t, g.State().LastError)
	}
	g := provider.NewGuard(settings())
	for range 50 {
		admit(t, g).Cancel()
	}
	assert.Equal(t, "closed", g.State().Breaker, "what the caller gave up proves nothing")
}

func TestABurstOfPolicyPausesUntilAProbeIsTaken(t *testing.T) {
	t.Parallel()
	s := settings()
	s.PolicyExecutions, s.PolicyPause = 10, 50*time.Millisecond
	g := provider.NewGuard(s)
	refusal := domain.Reply{Phase: domain.PhaseRcpt, Code: 550, Enhanced: "5.7.1", Text: "enough"}
	for range 8 {
		admit(t, g).Done(domain.ClassNone, domain.Reply{})
	}
	for range 7 {
		admit(t, g).Done(domain.ClassPolicy, refusal)
	}
	assert.Equal(t, "closed", g.State().Breaker, "seven of fifteen are no burst")
	admit(t, g).Done(domain.ClassPolicy, refusal)
	assert.Equal(t, "stopped", g.State().Breaker)
	u := unreachable(t, g.Check())
	assert.True(t, u.Stopped)
	assert.Contains(t, u.Reason, "enough")

	due := func() bool { return g.Check() == nil }
	require.Eventually(t, due, 5*time.Second, time.Millisecond)
	probe := admit(t, g)
	require.Error(t, g.Check(), "one at a time")
	probe.Done(domain.ClassPolicy, refusal)
	assert.Equal(t, "stopped", g.State().Breaker, "the probe was refused as well")
	require.Eventually(t, due, 5*time.Second, time.Millisecond)
	admit(t, g).Done(domain.ClassNone, domain.Reply{})
	assert.Equal(t, "closed", g.State().Breaker)
}

func TestBreakerOpensAtHalf(t *testing.T) {
	t.Parallel()
	g := provider.NewGuard(settings())
	for range 10 {
		admit(t, g).Done(domain.ClassNone, domain.Reply{})
	}
	for i := range 14 { // with a success after each three, so that they are not in a row: 14 and 14 in the end
		require.Equal(t, "closed", g.State().Breaker, i)
		if i%3 == 0 && i > 0 {
			admit(t, g).Done(domain.ClassNone, domain.Reply{})
		}
		admit(t, g).Done(domain.ClassProvider, lost())
	}
	assert.Equal(t, "open", g.State().Breaker)
	_, err := g.Admit()
	u := unreachable(t, err)
	assert.Equal(t, "the circuit breaker is open: mail: gone", u.Reason)
	assert.Positive(t, u.RetryAfter)
	assert.False(t, u.Stopped)
	require.Error(t, g.Check())
}

func TestHalfOpenBreaker(t *testing.T) {
	t.Parallel()
	probes := func(g *provider.Guard) (permits []provider.Permit) {
		require.Eventually(t, func() bool {
			p, err := g.Admit()
			permits = append(permits, p)
			return err == nil
		}, 5*time.Second, 5*time.Millisecond)
		permits = append(permits[len(permits)-1:], admit(t, g), admit(t, g))
		_, err := g.Admit()
		require.Error(t, err)
		return permits
	}
	g := provider.NewGuard(settings())
	trip(t, g)
	for _, p := range probes(g) {
		assert.Equal(t, "half-open", g.State().Breaker)
		p.Done(domain.ClassNone, domain.Reply{})
	}
	assert.Equal(t, "closed", g.State().Breaker)

	trip(t, g)
	probes(g)[1].Done(domain.ClassProvider, lost())
	assert.Equal(t, "open", g.State().Breaker)

	g = provider.NewGuard(settings())
	trip(t, g)
	probes(g)[0].Cancel()
	assert.Equal(t, "open", g.State().Breaker, "a permit that proved nothing is not lost")
}

func TestStop(t *testing.T) {
	t.Parallel()
	g := provider.NewGuard(settings())
	refused := domain.Reply{Phase: domain.PhaseAuth, Code: 535, Enhanced: "5.7.8", Text: "who are you"}
	admit(t, g).Done(domain.ClassCredentials, refused)
	_, err := g.Admit()
	u := unreachable(t, err)
	assert.True(t, u.Stopped)
	assert.Equal(t, "auth: 535 5.7.8 who are you", u.Reason)
	assert.Equal(t, "stopped", g.State().Breaker)
	require.Error(t, g.Check())

	probe := func() (p provider.Permit) {
		require.Eventually(t, func() bool {
			var err error
			p, err = g.Admit()
			return err == nil
		}, 5*time.Second, 5*time.Millisecond)
		_, err := g.Admit()
		require.True(t, unreachable(t, err).Stopped, "one probe at a time")
		return p
	}
	probe().Done(domain.ClassCredentials, refused)
	require.Error(t, g.Check())
	probe().Cancel()
	probe().Done(domain.ClassProvider, lost())
	assert.Equal(t, "stopped", g.State().Breaker)
	probe().Done(domain.ClassRecipient, domain.Reply{})
	assert.Equal(t, "closed", g.State().Breaker)
	require.NoError(t, g.Check())
	admit(t, g).Done(domain.ClassNone, domain.Reply{})
}

func TestConnectRepeats(t *testing.T) {
	t.Parallel()
	fault := &provider.ConnectError{Reply: domain.Reply{Phase: domain.PhaseBanner, Code: 421, Text: "busy"}, Class: domain.ClassProvider}
	for _, tt := range []struct {
		name      string
		permanent bool
		failures  int
		calls     int
		ok        bool
	}{
		{"at once", false, 0, 1, true},
		{"the second time", false, 1, 2, true},
		{"the third time", false, 2, 3, true},
		{"never", false, 9, 3, false},
		{"permanent", true, 9, 1, false},
	} {
		g := provider.NewGuard(settings())
		calls := 0
		permit, err := g.Connect(t.Context(), nil, func(context.Context) error {
			calls++
			if calls <= tt.failures {
				f := *fault
				f.Permanent = tt.permanent
				return &f
			}
			return nil
		})
		assert.Equal(t, tt.calls, calls, tt.name)
		if tt.ok {
			require.NoError(t, err, tt.name)
			permit.Done(domain.ClassNone, domain.Reply{})
			continue
		}
		u := unreachable(t, err)
		assert.Equal(t, "banner: 421 busy", u.Reason)
		assert.GreaterOrEqual(t, u.RetryAfter, time.Second)
		assert.LessOrEqual(t, u.RetryAfter, 2*time.Second)
	}
}

func TestConnectStopsAtTheBreaker(t *testing.T) {
	t.Parallel()
	s := settings()
	s.MinExecutions = 2
	g := provider.NewGuard(s)
	calls := 0
	_, err := g.Connect(t.Context(), nil, func(context.Context) error {
		calls++
		return errors.New("refused")
	})
	assert.Contains(t, unreachable(t, err).Reason, "breaker is open: dial: refused")
	assert.Equal(t, 2, calls)
}

func TestConnectHasADeadline(t *testing.T) {
	t.Parallel()
	s := settings()
	s.DialRetries = 0
	g := provider.NewGuard(s)
	held := admit(t, g)
	_, err := g.Connect(t.Context(), &held, func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	assert.Contains(t, unreachable(t, err).Reason, "deadline")
	assert.NotEmpty(t, g.State().LastError)
}

func TestConnectHeedsTheCaller(t *testing.T) {
	t.Parallel()
	g := provider.NewGuard(settings())
	ctx, cancel := context.WithCancel(t.Context())
	_, err := g.Connect(ctx, nil, func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return errors.New("closed by us")
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, g.State().LastError, "that was no fault of the server")
}

func TestConnectWithRefusedCredentials(t *testing.T) {
	t.Parallel()
	g := provider.NewGuard(settings())
	_, err := g.Connect(t.Context(), nil, func(context.Context) error {
		return &provider.ConnectError{
			Reply: domain.Reply{Phase: domain.PhaseAuth, Code: 535, Text: "no"}, Class: domain.ClassCredentials, Permanent: true,
		}
	})
	u := unreachable(t, err)
	assert.True(t, u.Stopped)
	assert.Equal(t, 100*time.Millisecond, u.RetryAfter)
	assert.Equal(t, "stopped", g.State().Breaker)
}

func TestWait(t *testing.T) {
	t.Parallel()
	s := settings()
	s.Rate = 200
	g := provider.NewGuard(s)
	began := time.Now()
	for range 21 {
		require.NoError(t, g.Wait(t.Context(), ""))
	}
	assert.GreaterOrEqual(t, time.Since(began), 90*time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 {
		_ = g.Wait(ctx, "")
	}
	require.ErrorIs(t, g.Wait(ctx, ""), context.Canceled)
	require.NoError(t, provider.NewGuard(settings()).Wait(ctx, ""), "without a limit there is nothing to wait for")
}

// A service that served thousands in the last half minute and fails at once must not take thousands of tries with it
// before the breaker is open.
func TestFailuresInARowOpenTheBreakerWhateverWasBefore(t *testing.T) {
	t.Parallel()
	s := settings()
	s.OpenFor = time.Second // longer than a busy machine takes between two lines
	g := provider.NewGuard(s)
	for range 5000 {
		admit(t, g).Done(domain.ClassNone, domain.Reply{Phase: domain.PhaseDot, Code: 250})
	}
	for range s.MinExecutions - 1 {
		admit(t, g).Done(domain.ClassProvider, lost())
	}
	admit(t, g).Done(domain.ClassRecipient, domain.Reply{Phase: domain.PhaseRcpt, Code: 550}) // the service answers
	for range s.MinExecutions - 1 {
		admit(t, g).Done(domain.ClassProvider, lost())
		require.Equal(t, "closed", g.State().Breaker)
	}
	admit(t, g).Done(domain.ClassProvider, lost())
	require.Equal(t, "open", g.State().Breaker)
	_, err := g.Admit()
	require.LessOrEqual(t, unreachable(t, err).RetryAfter, time.Second)
	require.Eventually(t, func() bool {
		p, err := g.Admit()
		if err == nil {
			p.Done(domain.ClassNone, domain.Reply{Phase: domain.PhaseDot, Code: 250})
		}
		return g.State().Breaker == "closed"
	}, 5*time.Second, time.Millisecond, "it closes as any other")
}

// A connection that was made at the moment its caller went away is still the caller's to close.
func TestConnectReturnsWhatItMadeEvenIfItsCallerLeaves(t *testing.T) {
	t.Parallel()
	g := provider.NewGuard(settings())
	ctx, leave := context.WithCancel(t.Context())
	made := false
	p, err := g.Connect(ctx, nil, func(context.Context) error {
		made = true
		leave()
		return nil
	})
	require.True(t, made)
	require.NoError(t, err)
	p.Done(domain.ClassNone, domain.Reply{Phase: domain.PhaseDot, Code: 250})
	require.Equal(t, "closed", g.State().Breaker)
}
