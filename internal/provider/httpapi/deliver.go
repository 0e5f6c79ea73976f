package httpapi

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// Deliver tries the messages in order, several at once, and returns as many receipts in the same order.
//
// Receipts with domain.Untouched are a suffix of the result: the service was asked nothing about their recipients. There
// are some if and only if the error is not nil: it is a *domain.Unreachable (the breaker is open, the token is refused,
// the service asked to be left alone, no connection can be made), or ctx's. When ctx ends, messages already handed over
// are finished within the deadline of a request and none is begun or repeated.
func (p *Provider) Deliver(ctx context.Context, batch []domain.Envelope) ([]domain.Receipt, error) {
	d := &delivery{p: p, ctx: ctx, batch: batch, receipts: make([]domain.Receipt, len(batch))}
	if len(batch) > 0 {
		d.flow = batch[0].Flow
	}
	for range min(p.config.Connections, len(batch)) {
		d.workers.Go(d.work)
	}
	d.workers.Wait()
	if p.closed.Load() {
		p.http.CloseIdleConnections()
	}
	if provider.Settle(d.receipts, p.config.Name) == 0 {
		return d.receipts, nil
	}
	return d.receipts, d.err
}

// delivery is one call of Deliver. Its workers share the batch. A worker first reserves a message, whichever it will be,
// and takes the next in order only when it may begin it at once: so those begun are always a prefix.
type delivery struct {
	p        *Provider
	ctx      context.Context //nolint:containedctx // a delivery is one call, and this is its argument
	flow     domain.ID
	batch    []domain.Envelope
	receipts []domain.Receipt
	workers  sync.WaitGroup

	mu       sync.Mutex
	begun    int
	reserved int
	err      error // the first reason why a worker gave up
}

// work is the loop of one worker. It ends when nothing is left, or with the first message that could not be begun.
func (d *delivery) work() {
	for d.reserve() {
		t, err := d.p.admit(d.ctx, d.flow)
		if err != nil {
			d.giveUp(err)
			return
		}
		i, r := d.begin()
		if r == nil {
			t.cancel()
			return
		}
		v := d.p.send(d.ctx, r, t)
		d.receipts[i] = d.receipt(v)
		if v.outcome == domain.Untouched {
			d.note(v.err)
			return
		}
	}
}

// reserve finds out whether there is a message that nobody has reserved.
func (d *delivery) reserve() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.begun+d.reserved >= len(d.batch) {
		return false
	}
	d.reserved++
	return true
}

// giveUp returns a reservation.
func (d *delivery) giveUp(err error) {
	d.note(err)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reserved--
}

// note keeps the first reason for giving up.
func (d *delivery) note(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.err = err
	}
}

// begin turns a reservation into the next message. Those that no service would take have their receipt at once and are
// passed over; the request is nil when there was nothing else.
func (d *delivery) begin() (int, *request) {
	for reserved := 1; ; reserved = 0 {
		i := d.next(reserved)
		if i == len(d.batch) {
			return i, nil
		}
		r, v := d.p.prepare(&d.batch[i])
		if r != nil {
			return i, r
		}
		d.receipts[i] = d.receipt(v)
	}
}

// next takes the next message and gives reservations back.
func (d *delivery) next(reserved int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reserved -= reserved
	i := d.begun
	d.begun = min(d.begun+1, len(d.batch))
	return i
}

func (d *delivery) receipt(v verdict) domain.Receipt {
	return domain.Receipt{
		Outcome: v.outcome, Class: v.class, Reply: v.reply, Provider: d.p.config.Name, At: d.p.clock.Now(),
	}
}

// turn is the right to one request: a slot of the bulkhead and the breaker's permit. It ends with done or cancel.
type turn struct {
	p      *Provider
	permit provider.Permit
}

func (t turn) done(class domain.Class, reply domain.Reply) {
	t.permit.Done(class, reply)
	t.p.slots.Release()
}

func (t turn) cancel() {
	t.permit.Cancel()
	t.p.slots.Release()
}

// admit waits for the turn of one request. The breaker's permit comes last, for a half-open breaker has few. The error is
// a *domain.Unreachable, or ctx's.
func (p *Provider) admit(ctx context.Context, flow domain.ID) (turn, error) {
	if err := p.slots.Acquire(ctx, flow); err != nil {
		return turn{}, err
	}
	permit, err := p.permit(ctx)
	if err != nil {
		p.slots.Release()
		return turn{}, err
	}
	return turn{p, permit}, nil
}

func (p *Provider) permit(ctx context.Context) (provider.Permit, error) {
	if p.closed.Load() || p.life.Err() != nil {
		return provider.Permit{}, p.unreachable("the provider has been closed", time.Second)
	}
	// Whoever is going to be refused need not wait before that, or take a turn of the rate.
	if err := p.guard.Check(); err != nil {
		return provider.Permit{}, err
	}
	for {
		left, why := p.pause.left()
		if left > p.patience {
			return provider.Permit{}, p.unreachable("the service asks to be left alone: "+why, left)
		}
		if left == 0 {
			break
		}
		if err := wait(ctx, left); err != nil {
			return provider.Permit{}, err
		}
	}
	// The rate is the service's own; what the recipients' servers bear is its business, not ours.
	if err := p.guard.Wait(ctx, ""); err != nil {
		return provider.Permit{}, err
	}
	if err := ctx.Err(); err != nil {
		return provider.Permit{}, err
	}
	return p.guard.Admit()
}

func (p *Provider) unreachable(reason string, again time.Duration) error {
	return &domain.Unreachable{Provider: p.config.Name, Reason: reason, RetryAfter: again}
}

// errAgain tells the retry policy that a message is worth another request.
var errAgain = errors.New("again")

// send tries a message until it has an outcome that stands, or it is not worth another request now. It takes the first
// turn over.
//
// The verdict is kept here and not returned through the retry policy, which would put ctx's error in its place.
func (p *Provider) send(ctx context.Context, r *request, first turn) verdict {
	v, touched, next := verdict{err: ctx.Err()}, false, &first
	_ = p.retry.WithContext(ctx).Run(func() error {
		t := next
		if next = nil; t == nil {
			again, err := p.admit(ctx, r.flow)
			if err != nil { // the last verdict stands
				if v.outcome == domain.Untouched {
					v.err = err
				}
				return nil
			}
			t = &again
		}
		v = p.exchange(ctx, r)
		if v.ours {
			t.cancel()
		} else {
			t.done(v.class, v.reply)
		}
		if v.after > 0 {
			p.pause.extend(v.after, provider.Describe(v.reply))
		}
		touched = touched || v.outcome != domain.Untouched
		if touched && v.outcome == domain.Untouched { // an earlier request did reach the service
			v.outcome = domain.Deferred
		}
		if v.again && p.life.Err() == nil {
			return errAgain
		}
		return nil
	})
	if next != nil {
		next.cancel()
	}
	if v.outcome == domain.Untouched && v.err == nil {
		v.err = p.whyUntouched(v)
	}
	return v
}

// whyUntouched makes the error for a message of which the service was asked nothing.
func (p *Provider) whyUntouched(v verdict) error {
	if v.class == domain.ClassCredentials {
		if err := p.guard.Check(); err != nil {
			return err
		}
	}
	jitter := time.Duration(rand.Int64N(int64(time.Second))) //nolint:gosec // not a secret
	return p.unreachable(provider.Describe(v.reply), time.Second+jitter)
}
