package provider_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// However many requests of one mailing wait for a slot, another gets every other one.
func TestSlotsGoToMailingsByTurns(t *testing.T) {
	t.Parallel()
	large, small := domain.NewID(time.Now()), domain.NewID(time.Now())
	turns := provider.NewTurns(1)
	require.NoError(t, turns.Acquire(t.Context(), domain.ID{}))
	got := make(chan domain.ID)
	for i, flow := range []domain.ID{large, large, large, large, small, small} {
		go func() {
			if turns.Acquire(t.Context(), flow) == nil {
				got <- flow
				turns.Release()
			}
		}()
		require.Eventually(t, func() bool { return turns.Waiting() == i+1 }, 5*time.Second, time.Millisecond)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	require.ErrorIs(t, turns.Acquire(gone, small), context.Canceled)
	turns.Release()
	var order []domain.ID
	for range 6 {
		order = append(order, <-got)
	}
	require.Equal(t, []domain.ID{large, small, large, small, large, large}, order)
}

// Messages that hung when the service went away fail one by one for minutes. They say nothing of it after its return.
func TestFailuresFromBeforeTheBreakerOpenedDoNotKeepItOpen(t *testing.T) {
	t.Parallel()
	g := provider.NewGuard(settings())
	hung := make([]provider.Permit, 10)
	for i := range hung {
		hung[i] = admit(t, g)
	}
	trip(t, g)
	require.Eventually(t, func() bool {
		p, err := g.Admit()
		if err == nil {
			hung[0].Done(domain.ClassProvider, lost()) // between the probe and its answer
			hung = append(hung[1:], hung[0])
			p.Done(domain.ClassNone, domain.Reply{Phase: domain.PhaseDot, Code: 250})
		}
		return g.State().Breaker == "closed"
	}, 5*time.Second, time.Millisecond)
	for range 50 {
		hung[0].Done(domain.ClassProvider, lost())
		require.Equal(t, "closed", g.State().Breaker)
	}
}

// What a service says of itself is shown to all who send through it, so whose client was being mailed is left out.
func TestTheStateOfAProviderNamesNoRecipient(t *testing.T) {
	t.Parallel()
	s := settings()
	s.MinExecutions, s.OpenFor, s.StopFor = 1, time.Minute, time.Minute
	g := provider.NewGuard(s)
	admit(t, g).Done(domain.ClassProvider, domain.Reply{Phase: domain.PhaseRcpt, Code: 421, Text: "<client@owner.example>: try later"})
	require.NotContains(t, g.State().LastError, "owner.example")
	require.Contains(t, g.State().LastError, "try later")
	_, err := g.Admit()
	require.NotContains(t, err.Error(), "owner.example")
	g = provider.NewGuard(s)
	admit(t, g).Done(domain.ClassCredentials, domain.Reply{Phase: domain.PhaseAuth, Code: 535, Text: "no user news@owner.example here"})
	_, err = g.Admit()
	require.NotContains(t, err.Error(), "owner.example")
	require.Contains(t, err.Error(), "535")
}
