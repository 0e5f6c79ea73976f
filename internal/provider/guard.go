package provider

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/ratelimiter"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Settings of a Guard. DefaultSettings gives the values for production.
type Settings struct {
	Name string  // the provider's name
	Rate float64 // messages per second; 0 for no limit

	FailureRate   float64       // the breaker opens at this share of provider-level failures, 0 to 1,
	MinExecutions uint          // of at least so many executions
	Window        time.Duration // within this time
	OpenFor       time.Duration // how long it stays open, ±OpenJitter
	OpenJitter    float64       // share of OpenFor, 0 to 1
	Probes        uint          // how many successes in a row close it again

	DialRetries   int           // how often connecting is repeated at once
	DialBackoff   time.Duration // before the first repeat; doubled for each further one
	DialBackoffTo time.Duration // its upper bound
	DialTimeout   time.Duration // deadline of one attempt to connect, TLS and AUTH included

	StopFor time.Duration // after refused credentials: the time between two probes

	PolicyRate       float64       // the provider is paused at this share of refusals by its policy, 0 to 1,
	PolicyExecutions uint          // of at least so many messages within Window
	PolicyPause      time.Duration // how long, before one message probes whether it is better
}

// DefaultSettings returns the settings for production, without a rate limit.
func DefaultSettings(name string) Settings {
	return Settings{
		Name:        name,
		FailureRate: 0.5, MinExecutions: 20, Window: 30 * time.Second,
		OpenFor: 15 * time.Second, OpenJitter: 0.2, Probes: 3,
		DialRetries: 2, DialBackoff: 250 * time.Millisecond, DialBackoffTo: 2 * time.Second, DialTimeout: 15 * time.Second,
		StopFor:    time.Minute,
		PolicyRate: 0.5, PolicyExecutions: 20, PolicyPause: 5 * time.Minute,
	}
}

// Guard stands before one provider. It is safe for concurrent use.
//
// Its parts are failsafe-go's policies, composed by hand where the library's own composition would lie: its Timeout
// hides the error of what it cuts short, and its breaker counts the caller's cancellations and refused recipients. So a
// caller asks Wait, then Admit or Connect, does the work under its own deadlines, and reports the class to Permit.Done.
type Guard struct {
	settings Settings
	breaker  circuitbreaker.CircuitBreaker[any]
	policy   circuitbreaker.CircuitBreaker[any] // counts refusals by policy; opening, it stops the guard, and closes again
	limiter  ratelimiter.RateLimiter[any]       // nil: no limit
	retry    failsafe.Executor[any]

	stopped   atomic.Bool // mirrors !stop.until.IsZero(), so that the usual path takes no lock
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
	probe bool // the one try during a stop
}

// State is what a Guard shows.
type State struct {
	Breaker     string  // closed, open, half-open, or stopped (credentials)
	Rate        float64 // the limit, messages per second; 0 for none
	LastError   string  // the last failure at the provider's level
	LastErrorAt time.Time
}

// NewGuard returns a guard with its breaker closed.
func NewGuard(s Settings) *Guard {
	g := &Guard{settings: s}
	g.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureRateThreshold(s.FailureRate, s.MinExecutions, s.Window).
		WithDelay(s.OpenFor).WithJitterFactor(s.OpenJitter).
		WithSuccessThreshold(s.Probes).
		Build()
	g.policy = circuitbreaker.NewBuilder[any]().WithFailureRateThreshold(s.PolicyRate, s.PolicyExecutions, s.Window).Build()
	if s.Rate > 0 {
		g.limiter = ratelimiter.NewSmoothBuilderWithMaxRate[any](max(1, time.Duration(float64(time.Second)/s.Rate))).Build()
	}
	g.retry = failsafe.With(retrypolicy.NewBuilder[any]().
		WithMaxRetries(s.DialRetries).WithBackoff(s.DialBackoff, s.DialBackoffTo).WithJitterFactor(0.2).
		AbortIf(func(_ any, err error) bool { return !repeatable(err) }).
		ReturnLastFailure().Build())
	return g
}

// repeatable tells a failed dial from the guard's own refusals and the caller's change of mind.
func repeatable(err error) bool {
	if _, refused := errors.AsType[*domain.Unreachable](err); refused || errors.Is(err, context.Canceled) {
		return false
	}
	return !asFault(err).Permanent
}

// Wait holds the caller until the rate limit allows one more message, or returns ctx's error. The turn of a caller that
// gives up is not given to another.
func (g *Guard) Wait(ctx context.Context) error {
	if g.limiter == nil {
		return nil
	}
	// The limiter keeps a schedule, so waits too short for a timer may be left out without exceeding the rate.
	wait := g.limiter.ReservePermit()
	if wait < time.Millisecond {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

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
	return Permit{guard: g}, nil
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
	return Permit{guard: g, probe: g.stop.probing}, nil
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
		Provider: g.settings.Name, Reason: "the circuit breaker is open: " + last,
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
		p.guard.breaker.RecordFailure()
		p.endProbe(false)
	case domain.ClassCredentials:
		p.guard.stopNow(Describe(reply), p.guard.settings.StopFor)
		p.release()
	case domain.ClassPolicy:
		p.guard.breaker.RecordSuccess()
		p.guard.policy.RecordFailure()
		if p.probe || p.guard.policy.IsOpen() {
			p.guard.policy.Close()
			p.guard.stopNow("paused for "+p.guard.settings.PolicyPause.String()+", since its policy refuses message after message: "+Describe(reply),
				p.guard.settings.PolicyPause)
		}
	case domain.ClassNone, domain.ClassRecipient, domain.ClassMailboxFull, domain.ClassContent, domain.ClassRate:
		p.guard.breaker.RecordSuccess()
		p.guard.policy.RecordSuccess()
		p.endProbe(true)
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
	if p.guard.breaker.IsHalfOpen() {
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
	g.note(reason)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stop = stop{until: time.Now().Add(pause), reason: reason}
	g.stopped.Store(true)
}

func (g *Guard) note(reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lastError, g.lastAt = reason, time.Now()
}

// Connect calls dial, each time under the breaker and the deadline, and repeats it until it succeeds or its *ConnectError is
// permanent. On success the permit, still open, is for the work that the connection was made for.
//
// held, if not nil, is a permit that the caller has already and that serves for the first try; Connect takes it over.
// The error is a *domain.Unreachable, or ctx's.
func (g *Guard) Connect(ctx context.Context, held *Permit, dial func(context.Context) error) (Permit, error) {
	var permit Permit
	try := func() error {
		if held != nil {
			permit, held = *held, nil
		} else {
			var err error
			if permit, err = g.Admit(); err != nil {
				return err
			}
		}
		return g.dial(ctx, permit, dial)
	}
	err := g.retry.WithContext(ctx).Run(try)
	if err == nil {
		return permit, nil
	}
	if held != nil { // ctx ended before the first try
		held.Cancel()
	}
	return Permit{}, g.unreachable(ctx, err)
}

// dial makes one try. The deadline is the context's: whoever dials heeds it, so the error of a late one is its own.
func (g *Guard) dial(ctx context.Context, permit Permit, dial func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, g.settings.DialTimeout)
	defer cancel()
	err := dial(limited)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		permit.Cancel()
		return ctx.Err()
	default:
		fault := asFault(err)
		permit.Done(fault.Class, fault.Reply)
	}
	return err
}

func (g *Guard) unreachable(ctx context.Context, err error) error {
	if u, ok := errors.AsType[*domain.Unreachable](err); ok {
		return u
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	fault := asFault(err)
	u := &domain.Unreachable{
		Provider: g.settings.Name, Reason: fault.Error(),
		RetryAfter: time.Second + time.Duration(rand.Int64N(int64(time.Second))), //nolint:gosec // jitter, not a secret
	}
	if fault.Class == domain.ClassCredentials {
		u.Stopped, u.RetryAfter = true, g.settings.StopFor
	}
	return u
}

// State returns a snapshot.
func (g *Guard) State() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := State{Breaker: g.breaker.State().String(), Rate: g.settings.Rate, LastError: g.lastError, LastErrorAt: g.lastAt}
	if !g.stop.until.IsZero() {
		s.Breaker = "stopped"
	}
	return s
}
