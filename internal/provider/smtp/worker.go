package smtp

import (
	"errors"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// worker holds one slot of the pool, and sends over its connection.
type worker struct {
	d      *delivery
	p      *Provider
	slot   bool
	since  time.Time        // when it got the slot
	c      *conn            // nil: none yet, or it was lost
	permit *provider.Permit // taken and not used yet
	paid   bool             // the rate's turn was waited for and not used yet
	turn   string           // the slowed domain whose turn was waited for and not used yet

	message message // the one being sent
	ahead   head
}

// head is the message that was begun while the one before it was being sent.
type head struct {
	taken   bool
	i       int // its place in the batch
	message message
	final   verdict // of a message that no server is asked about
	ok      bool    // false: final is its outcome
	permit  provider.Permit
}

// errHeld says that another worker waits for the turn of the next message's domain.
var errHeld = errors.New("the next message waits for its domain's turn")

// next begins the next message as soon as that can be sent at once.
func (w *worker) next() (int, error) {
	if w.ahead.taken {
		w.d.spread()
		return w.ahead.i, nil
	}
	for {
		if err := w.await(); err != nil {
			return 0, err
		}
		w.d.spread()
		if err := w.ready(); err != nil {
			return 0, err
		}
		if i, ok := w.d.begin(w.turn); ok {
			w.paid = false
			return i, nil
		}
	}
}

// await waits for the turn of the next message's domain if that asked for fewer messages. Others have the connection
// meanwhile, so that only this batch is held up: its order allows no gap.
func (w *worker) await() error {
	name := w.p.guard.Slowed(w.d.head())
	if name == "" || name == w.turn {
		return nil
	}
	if !w.d.hold() {
		return errHeld
	}
	defer w.d.unhold()
	wait, err := w.p.guard.Turn(name)
	if err != nil {
		return err
	}
	w.turn = name
	if wait < time.Millisecond {
		return nil
	}
	w.p.pool.put(w.c)
	w.c, w.slot = nil, false
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.d.ctx.Done():
		return w.d.ctx.Err()
	}
	return w.acquire()
}

// ready waits until a message can be begun at once: its turn by the rate, the breaker's permit, a connection.
func (w *worker) ready() error {
	ctx := w.d.ctx
	if err := ctx.Err(); err != nil {
		return err
	}
	if !w.paid {
		if err := w.p.guard.Wait(ctx, ""); err != nil {
			return err
		}
		w.paid = true
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
	return w.acquire()
}

// makeRoom lets another mailing have the connection and waits for its next turn.
func (w *worker) makeRoom() error {
	w.p.pool.put(w.c)
	return w.acquire()
}

func (w *worker) acquire() error {
	var err error
	w.c, err = w.p.pool.acquire(w.d.ctx, w.d.flow)
	w.slot, w.since = err == nil, time.Now()
	return w.p.asUnreachable(err)
}

// try sends the i-th message and writes its receipt.
func (w *worker) try(i int) {
	if w.turn != "" && w.turn == w.p.guard.Slowed(w.d.batch[i].To) {
		w.turn = ""
	}
	v, ok := w.take(i)
	if ok {
		began := time.Now()
		v = w.send(&w.message)
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
	w.p.guard.Heard(w.d.batch[i].To, v.class)
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

// take makes the i-th message the one to be sent; ok is false when v is its outcome.
func (w *worker) take(i int) (v verdict, ok bool) {
	if !w.ahead.taken {
		w.message, v, ok = prepare(&w.d.batch[i])
		return v, ok
	}
	// Its commands may be on their way: then the connection knows the message by its address.
	begun := w.c != nil && w.c.begun == &w.ahead.message
	w.message, v, ok = w.ahead.message, w.ahead.final, w.ahead.ok
	if begun {
		w.c.begun = &w.message
	}
	permit := w.ahead.permit
	w.permit = &permit
	w.ahead = head{}
	return v, ok
}

// look begins the message after the one being sent, if that can be sent at once and over this connection. It returns nil
// when there is none, or when the server is not to be asked about it.
func (w *worker) look() *message {
	d := w.d
	if w.ahead.taken || w.p.guard.Limited() || w.c.used+2 > w.p.config.PerConnection || d.over() || d.p.pool.othersWait(d.flow) || !d.reserve() {
		return nil
	}
	permit, err := w.p.guard.Admit()
	if err != nil {
		d.unreserve()
		return nil
	}
	i, ok := d.begin("")
	if !ok {
		permit.Cancel()
		d.unreserve()
		return nil
	}
	w.ahead = head{taken: true, i: i, permit: permit}
	w.ahead.message, w.ahead.final, w.ahead.ok = prepare(&d.batch[i])
	if !w.ahead.ok {
		return nil
	}
	if _, unfit := w.c.unsendable(&w.ahead.message); unfit {
		return nil
	}
	return &w.ahead.message
}

// send tries a message; when the connection turns out to have been closed before it, once more over a new one. Nothing
// was accepted over the old, so that is the same try.
func (w *worker) send(m *message) verdict {
	v := verdict{reply: domain.Reply{Phase: domain.PhaseDial, Text: "the connection was lost"}}
	if w.c != nil {
		if v = w.c.send(m, w.look); v.fate != stale {
			return v
		}
		w.p.pool.lost(w.c)
		w.c = nil
	}
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
	return w.c.send(m, w.look)
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
