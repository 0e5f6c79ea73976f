package provider

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Guard stands before one provider. It is safe for concurrent use.
//
// Its parts are failsafe-go's policies, composed by hand where the library's own composition would lie: its Timeout
// hides the error of what it cuts short, and its breaker counts the caller's cancellations and refused recipients. So a
// caller asks Wait, then Admit or Connect, does the work under its own deadlines, and reports the class to Permit.Done
// and to Heard.
type Guard struct {
	settings Settings
	breaker  circuitbreaker.CircuitBreaker[any]
	policy   circuitbreaker.CircuitBreaker[any] // counts refusals by policy; opening, it stops the guard, and closes again
	rate     *rate                              // nil: no limit
	slow     slowdowns
	retry    failsafe.Executor[any]

	opened    atomic.Uint64 // how often the breaker has opened
	failed    atomic.Int64  // failures of the provider in a row
	stopped   atomic.Bool   // mirrors !stop.until.IsZero(), so that the usual path takes no lock
	mu        sync.Mutex
	stop      stop
	lastError string
	lastAt    time.Time
}

// stop is the state after refused credentials, or a burst of refusals by policy.
type stop struct {
	until   time.Time // zero: not stopped
	reason  string
	probing bool // someone is trying whether they are accepted again
}

// Permit is the right to one piece of work with the provider. Done must be called exactly once.
type Permit struct {
	guard *Guard
	opens uint64 // how often the breaker had opened when it was given
	probe bool   // the one try during a stop
}

// NewGuard returns a guard with its breaker closed.
func NewGuard(s Settings) *Guard {
	g := &Guard{settings: s, rate: newRate(&s), slow: slowdowns{settings: s.Slow}}
	g.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureRateThreshold(s.FailureRate, s.MinExecutions, s.Window).
		WithDelay(s.OpenFor).WithJitterFactor(s.OpenJitter).
		WithSuccessThreshold(s.Probes).
		OnOpen(func(circuitbreaker.StateChangedEvent) { g.opened.Add(1) }).
		Build()
	g.policy = circuitbreaker.NewBuilder[any]().WithFailureRateThreshold(s.PolicyRate, s.PolicyExecutions, s.Window).Build()
	g.retry = failsafe.With(retrypolicy.NewBuilder[any]().
		WithMaxRetries(s.DialRetries).WithBackoff(s.DialBackoff, s.DialBackoffTo).WithJitterFactor(0.2).
		AbortIf(func(_ any, err error) bool { return !repeatable(err) }).
		ReturnLastFailure().Build())
	return g
}

// Wait holds the caller until one more message to the address may go: until its domain's turn, if that asked for fewer
// messages, and then its turn by the rate limit. Without an address it is the rate alone. The error is ctx's, or a
// *domain.Unreachable when the domain's turn is too far away to wait for; nothing was taken then.
func (g *Guard) Wait(ctx context.Context, to string) error {
	if name := g.Slowed(to); name != "" {
		wait, err := g.Turn(name)
		if err != nil {
			return err
		}
		if wait >= time.Millisecond {
			if err := pause(ctx, wait); err != nil {
				return err
			}
		}
	}
	if g.rate == nil {
		return nil
	}
	return g.rate.hold(ctx)
}

// Limited reports whether messages wait for turns of a rate.
func (g *Guard) Limited() bool { return g.rate != nil }

// Slowed returns the domain of an address, as Turn takes it, if it asked for fewer messages and gets fewer now; else "".
// It is for callers that have something better to do than to wait in Wait.
func (g *Guard) Slowed(to string) string { return g.slow.slowed(to) }

// Turn takes the next turn of a slowed domain and returns how long it is away. The error is a *domain.Unreachable: that is
// too long to wait for, and no turn was taken.
func (g *Guard) Turn(name string) (time.Duration, error) {
	wait, limit, ok := g.slow.turn(name)
	if !ok {
		return 0, g.slowError(name, limit, wait)
	}
	return wait, nil
}

// Heard tells what a message to an address met with. It must be told of every message that was tried, whichever its
// class, so that the rate of a domain that asks for fewer messages (domain.ClassRate) is known.
func (g *Guard) Heard(to string, class domain.Class) { g.slow.heard(to, class) }

// Check returns a *domain.Unreachable when Admit would surely refuse, and takes no permit.
func (g *Guard) Check() error {
	if g.stopped.Load() {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.stopError()
	}
	if g.breaker.IsOpen() && g.breaker.RemainingDelay() > 0 {
		return g.openError()
	}
	return nil
}

// Admit gives the permit for one piece of work, or says at once why not: the error is a *domain.Unreachable.
func (g *Guard) Admit() (Permit, error) {
	if g.stopped.Load() {
		return g.admitProbe()
	}
	if !g.breaker.TryAcquirePermit() {
		return Permit{}, g.openError()
	}
	return Permit{guard: g, opens: g.opened.Load()}, nil
}

// admitProbe lets one through when a stop is due to be tried.
func (g *Guard) admitProbe() (Permit, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.stopError(); err != nil {
		return Permit{}, err
	}
	if !g.breaker.TryAcquirePermit() {
		return Permit{}, g.openError()
	}
	g.stop.probing = !g.stop.until.IsZero()
	return Permit{guard: g, opens: g.opened.Load(), probe: g.stop.probing}, nil
}

// stopError returns nil when the provider is not stopped or a probe is due. mu is held.
func (g *Guard) stopError() error {
	left := time.Until(g.stop.until)
	if g.stop.until.IsZero() || left <= 0 && !g.stop.probing {
		return nil
	}
	return &domain.Unreachable{
		Provider: g.settings.Name, Reason: g.stop.reason, Stopped: true, RetryAfter: max(left, time.Second),
	}
}

func (g *Guard) openError() error {
	g.mu.Lock()
	last := g.lastError
	g.mu.Unlock()
	return &domain.Unreachable{
		Provider: g.settings.Name, Reason: domain.TextBreakerOpen(last),
		// 0 while it is half-open and others probe: their answer takes about a second.
		RetryAfter: max(g.breaker.RemainingDelay(), time.Second),
	}
}

// Done returns the permit with what came of the work; reply is kept for people to see when the class is the provider's
// or the credentials'. Whatever was said about a recipient or a message is a success of the provider, but for its policy:
// a burst of such refusals pauses it.
func (p Permit) Done(class domain.Class, reply domain.Reply) {
	switch class {
	case domain.ClassProvider:
		p.guard.note(Describe(reply))
		if p.isLate() {
			p.endProbe(false)
			return
		}
		p.guard.breaker.RecordFailure()
		// A share of the last half minute's messages is slow to reach for a service that was fast and fails at once: as many
		// recipients' tries would be spent as it took messages before. So failures in a row open the breaker too.
		if p.guard.failed.Add(1) >= int64(p.guard.settings.MinExecutions) && p.guard.breaker.IsClosed() { //nolint:gosec // a few tens
			p.guard.breaker.Open()
		}
		p.endProbe(false)
	case domain.ClassCredentials:
		p.guard.stopNow(Describe(reply), p.guard.settings.StopFor)
		p.release()
	case domain.ClassPolicy:
		p.answered()
		p.guard.policy.RecordFailure()
		if p.probe || p.guard.policy.IsOpen() {
			p.guard.policy.Close()
			p.guard.stopNow("paused for "+p.guard.settings.PolicyPause.String()+", since its policy refuses message after message: "+Describe(reply),
				p.guard.settings.PolicyPause)
		}
	case domain.ClassNone, domain.ClassRecipient, domain.ClassMailboxFull, domain.ClassContent, domain.ClassRate:
		p.answered()
		p.guard.policy.RecordSuccess()
		p.endProbe(true)
	}
}

// isLate tells work that began before the breaker opened last. What becomes of it says nothing of the service as it is now:
// messages that hung when it went away fail one by one for minutes, and would keep the breaker open after its return.
func (p Permit) isLate() bool { return p.opens != p.guard.opened.Load() }

// answered counts a success of the provider.
func (p Permit) answered() {
	if p.isLate() {
		return
	}
	p.guard.breaker.RecordSuccess()
	if p.guard.failed.Load() != 0 { // the usual path only reads
		p.guard.failed.Store(0)
	}
}

// Cancel returns the permit of work that was given up and proved nothing.
func (p Permit) Cancel() {
	p.release()
	p.endProbe(false)
}

// release gives a half-open breaker its permit back, which it takes with a verdict only. Nothing was proved, so the
// breaker opens again; a closed one counts nothing.
func (p Permit) release() {
	if !p.isLate() && p.guard.breaker.IsHalfOpen() {
		p.guard.breaker.RecordFailure()
	}
}

// endProbe closes the one try during a stop: a provider that does its work again has accepted us.
func (p Permit) endProbe(accepted bool) {
	if !p.probe {
		return
	}
	p.guard.mu.Lock()
	defer p.guard.mu.Unlock()
	p.guard.stop.probing = false
	if accepted {
		p.guard.stop = stop{}
		p.guard.stopped.Store(false)
	}
}

func (g *Guard) stopNow(reason string, pause time.Duration) {
	reason = withoutAddresses(reason)
	g.note(reason)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stop = stop{until: time.Now().Add(pause), reason: reason}
	g.stopped.Store(true)
}

// withoutAddresses takes addresses out of what a service said: its state is shown to everybody who sends through it, and
// whose client was being mailed is nobody else's business.
func withoutAddresses(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		if strings.Contains(word, "@") {
			words[i] = "‹…›"
		}
	}
	return strings.Join(words, " ")
}

func (g *Guard) note(reason string) {
	reason = withoutAddresses(reason)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lastError, g.lastAt = reason, time.Now()
}
