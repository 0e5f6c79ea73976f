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
	for d.begun < len(batch) {
		if d.err = p.guard.Check(); d.err != nil {
			break
		}
		before := d.begun
		var c *conn
		if c, d.err = p.pool.acquire(ctx); d.err != nil {
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
	batch    []domain.Envelope
	receipts []domain.Receipt
	helpers  sync.WaitGroup

	mu       sync.Mutex
	begun    int
	reserved int
	active   int   // workers
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

// begin turns a reservation into the next message.
func (d *delivery) begin() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reserved--
	d.begun++
	return d.begun - 1
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
	w := &worker{d: d, p: d.p, slot: true, c: c}
	left := false
	for d.reserve() {
		d.spread()
		if err := w.ready(); err != nil {
			d.giveUp(err)
			break
		}
		w.try(d.begin())
		if d.p.pool.crowded() && d.leave() {
			left = true
			break
		}
	}
	w.end()
	if !left {
		d.mu.Lock()
		d.active--
		d.mu.Unlock()
	}
}

// over reports whether no further message is going to be begun.
func (d *delivery) over() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err != nil || d.ctx.Err() != nil
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

// finish sets apart what was not touched: behind the last message that was tried it stays so; before it, the order of
// the caller's records allows no gap, and the try counts.
func (d *delivery) finish() ([]domain.Receipt, error) {
	last := len(d.receipts) - 1
	for last >= 0 && d.receipts[last].Outcome == domain.Untouched {
		d.receipts[last] = domain.Receipt{Provider: d.p.config.Name}
		last--
	}
	for i := range last {
		if d.receipts[i].Outcome == domain.Untouched {
			d.receipts[i].Outcome = domain.Deferred
		}
	}
	if last == len(d.receipts)-1 {
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

// worker holds one slot of the pool, and sends over its connection.
type worker struct {
	d      *delivery
	p      *Provider
	slot   bool
	c      *conn            // nil: none yet, or it was lost
	permit *provider.Permit // taken and not used yet
}

// ready waits until a message can be begun at once: its turn by the rate, the breaker's permit, a connection.
func (w *worker) ready() error {
	ctx := w.d.ctx
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.p.guard.Wait(ctx); err != nil {
		return err
	}
	for w.c == nil {
		if err := w.connect(); err != nil {
			return err
		}
	}
	if w.permit == nil {
		permit, err := w.p.guard.Admit()
		if err != nil {
			return err
		}
		w.permit = &permit
	}
	return ctx.Err()
}

// connect opens a connection. If the server refuses one more while it serves others, the last worker of a batch waits
// for one of those instead; w.c may be nil after it then.
func (w *worker) connect() error {
	c, permit, err := w.p.connect(w.d.ctx, w.permit)
	w.permit = nil
	if err == nil {
		w.c, w.permit = c, &permit
		return nil
	}
	if w.d.ctx.Err() != nil || w.p.pool.living() == 0 || !w.d.alone() || w.p.guard.Check() != nil {
		return err
	}
	w.p.pool.put(nil)
	w.c, err = w.p.pool.acquire(w.d.ctx)
	w.slot = err == nil
	return w.p.asUnreachable(err)
}

// try sends the i-th message and writes its receipt.
func (w *worker) try(i int) {
	m, v, ok := prepare(&w.d.batch[i])
	if ok {
		began := time.Now()
		v = w.send(&m)
		if v.spoke {
			w.p.noteTime(time.Since(began))
		}
	}
	w.d.receipts[i] = domain.Receipt{
		Outcome: v.outcome, Class: v.class, Reply: v.reply, Provider: w.p.config.Name, At: w.p.clock.Now(),
	}
	if !v.spoke {
		return
	}
	if w.permit != nil {
		w.permit.Done(v.class, v.reply)
		w.permit = nil
	}
	if w.c == nil {
		return
	}
	if v.fate != keep {
		w.p.pool.lost(w.c)
		w.c = nil
	} else if w.c.used >= w.p.config.PerConnection {
		w.p.pool.replace(w.c)
		w.c = nil
	}
}

// send tries a message; when the connection turns out to have been closed before it, once more over a new one. Nothing
// was accepted over the old, so that is the same try.
func (w *worker) send(m *message) verdict {
	v := w.c.send(m)
	if v.fate != stale {
		return v
	}
	w.p.pool.lost(w.c)
	w.c = nil
	c, permit, err := w.p.connect(w.d.ctx, w.permit)
	w.permit = nil
	if err != nil {
		w.d.note(err)
		reply := v.reply
		if u, ok := errors.AsType[*domain.Unreachable](err); ok {
			reply = domain.Reply{Phase: domain.PhaseDial, Text: u.Reason}
		}
		return verdict{outcome: domain.Untouched, class: domain.ClassProvider, reply: reply, spoke: true}
	}
	w.c, w.permit = c, &permit
	return w.c.send(m)
}

// note keeps the first reason for giving up.
func (d *delivery) note(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.err = err
	}
}

// end gives everything back.
func (w *worker) end() {
	if w.permit != nil {
		w.permit.Cancel()
	}
	if w.slot {
		w.p.pool.put(w.c)
	}
}
