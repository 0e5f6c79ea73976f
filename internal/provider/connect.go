package provider

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Connect calls dial, each time under the breaker and the deadline, and repeats it until it succeeds or its *ConnectError is
// permanent. On success the permit, still open, is for the work that the connection was made for.
//
// held, if not nil, is a permit that the caller has already and that serves for the first try; Connect takes it over.
// The error is a *domain.Unreachable, or ctx's.
func (g *Guard) Connect(ctx context.Context, held *Permit, dial func(context.Context) error) (Permit, error) {
	var permit Permit
	connected := false // the retry policy reports ctx's end even when the try it interrupts has succeeded
	try := func() error {
		if held != nil {
			permit, held = *held, nil
		} else {
			var err error
			if permit, err = g.Admit(); err != nil {
				return err
			}
		}
		err := g.dial(ctx, permit, dial)
		connected = err == nil
		return err
	}
	err := g.retry.WithContext(ctx).Run(try)
	if connected {
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

// repeatable tells a failed dial from the guard's own refusals and the caller's change of mind.
func repeatable(err error) bool {
	if _, refused := errors.AsType[*domain.Unreachable](err); refused || errors.Is(err, context.Canceled) {
		return false
	}
	return !asFault(err).Permanent
}
