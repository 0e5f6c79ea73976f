package smtp

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// A batch spreads over further connections only where that pays. A server that answers in microseconds is served best
// by one connection a batch; one that takes a millisecond is worth the idle connections there are; one that takes
// longer than that is worth opening more.
const (
	worthIdle    = 500 * time.Microsecond
	worthOpening = 5 * time.Millisecond
	// holdAtMost is how long a worker keeps its connection while other mailings wait for one: behind a server that is slow
	// or a rate that is low a whole batch can take seconds.
	holdAtMost = 10 * time.Millisecond
)

// Deliver tries the messages in order, each at most once, over as many connections as are useful, and returns as many
// receipts in the same order. It waits for the first connection.
//
// Receipts with domain.Untouched are a suffix of the result: their recipients were named to nobody. There are some if
// and only if the error is not nil: it is a *domain.Unreachable (the breaker is open, the credentials are refused, no
// connection can be made), or ctx's. When ctx ends, messages already begun are finished within the deadlines of their
// phases and none is begun.
func (p *Provider) Deliver(ctx context.Context, batch []domain.Envelope) ([]domain.Receipt, error) {
	d := &delivery{p: p, ctx: ctx, batch: batch, receipts: make([]domain.Receipt, len(batch))}
	if len(batch) > 0 {
		d.flow = batch[0].Flow
	}
	for d.begun < len(batch) {
		if d.err = p.guard.Check(); d.err != nil {
			break
		}
		before := d.begun
		var c *conn
		if c, d.err = p.pool.acquire(ctx, d.flow); d.err != nil {
			d.err = p.asUnreachable(d.err)
			break
		}
		d.active = 1
		d.work(c)
		d.helpers.Wait()
		// A helper may have given a message back when the others had found nothing left and gone. That is worth
		// another round only if there is a living connection, and it cannot go on for ever.
		if d.begun == before || ctx.Err() != nil || p.pool.living() == 0 {
			break
		}
	}
	return d.finish()
}

// asUnreachable leaves ctx's error as it is.
func (p *Provider) asUnreachable(err error) error {
	if errors.Is(err, errClosed) {
		return &domain.Unreachable{Provider: p.config.Name, Reason: err.Error(), RetryAfter: time.Second}
	}
	return err
}

// delivery is one call of Deliver. Its workers have a connection each and share the batch. A worker first reserves a
// message, whichever it will be, and takes the next in order only when it can begin it at once: so those begun are
// always a prefix.
type delivery struct {
	p        *Provider
	ctx      context.Context //nolint:containedctx // a delivery is one call, and this is its argument
	flow     domain.ID
	batch    []domain.Envelope
	receipts []domain.Receipt
	helpers  sync.WaitGroup

	mu       sync.Mutex
	begun    int
	reserved int
	active   int   // workers
	held     bool  // one of them waits until the next message's domain may get it
	err      error // the first reason why a worker gave up
}

func (d *delivery) reserve() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.begun+d.reserved >= len(d.batch) {
		return false
	}
	d.reserved++
	return true
}

// head is the recipient of the next message. It may be begun by another worker than the one that asks.
func (d *delivery) head() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.batch[d.begun].To
}

// begin turns a reservation into the next message. It is false, and nothing has changed, when that is for a slowed domain
// other than the one whose turn the worker has.
func (d *delivery) begin(turn string) (int, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if name := d.p.guard.Slowed(d.batch[d.begun].To); name != "" && name != turn {
		return 0, false
	}
	d.reserved--
	d.begun++
	return d.begun - 1, true
}

// hold makes one worker the one that waits for the turn of the next message's domain.
func (d *delivery) hold() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held {
		return false
	}
	d.held = true
	return true
}

func (d *delivery) unhold() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held = false
}

// giveUp returns a reservation.
func (d *delivery) giveUp(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reserved--
	if d.err == nil {
		d.err = err
	}
}

// unreserve returns a reservation of a worker that leaves the rest to others.
func (d *delivery) unreserve() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reserved--
}

// left is how many messages nobody has reserved.
func (d *delivery) left() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.batch) - d.begun - d.reserved
}

// leave lets a worker go unless it is the last.
func (d *delivery) leave() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.active == 1 {
		return false
	}
	d.active--
	return true
}

func (d *delivery) alone() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.active == 1
}

// work is the loop of one worker; c may be nil, then it opens a connection.
func (d *delivery) work(c *conn) {
	w := &worker{d: d, p: d.p, slot: true, since: time.Now(), c: c}
	left := false
	for w.ahead.taken || d.reserve() {
		i, err := w.next()
		if errors.Is(err, errHeld) {
			d.unreserve()
			if left = d.leave(); left {
				break
			}
			continue
		}
		if err != nil {
			d.giveUp(err)
			break
		}
		w.try(i)
		if w.ahead.taken {
			continue // the server has been told of it
		}
		if d.p.pool.crowded() && d.leave() {
			left = true
			break
		}
		if time.Since(w.since) > holdAtMost && d.left() > 0 && d.p.pool.othersWait(d.flow) {
			if err := w.makeRoom(); err != nil {
				d.note(err)
				break
			}
		}
	}
	w.end()
	if !left {
		d.mu.Lock()
		d.active--
		d.mu.Unlock()
	}
}

// over reports whether no further message is going to be begun, or none before a domain's turn.
func (d *delivery) over() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err != nil || d.held || d.ctx.Err() != nil
}

// spread starts helpers while the server is slow, there is work for them and connections are to be had.
func (d *delivery) spread() {
	pace := time.Duration(d.p.pace.Load())
	// Once a worker has given up, or is about to because ctx has ended, a helper would only do the same, and each would
	// start the next: the reservation it returns looks like work.
	if pace < worthIdle || d.over() {
		return
	}
	for n := d.left(); n > 0; n-- {
		c, ok := d.p.pool.tryAcquire(pace >= worthOpening)
		if !ok {
			return
		}
		d.mu.Lock()
		d.active++
		d.mu.Unlock()
		d.helpers.Go(func() { d.work(c) })
	}
}

// finish sets apart what was not touched.
func (d *delivery) finish() ([]domain.Receipt, error) {
	if provider.Settle(d.receipts, d.p.config.Name) == 0 {
		return d.receipts, nil
	}
	if d.err == nil { // the last message found the credentials refused
		d.err = d.p.guard.Check()
	}
	if d.err == nil {
		d.err = &domain.Unreachable{Provider: d.p.config.Name, Reason: "the connection was lost", RetryAfter: time.Second}
	}
	return d.receipts, d.err
}

// note keeps the first reason for giving up.
func (d *delivery) note(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.err = err
	}
}
