package smtp

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// narrowFor is how long no connection is opened beside living ones after one was refused: the server's limit may be
// lower than ours.
const narrowFor = 10 * time.Second

var errClosed = errors.New("the provider has been closed")

// pool shares the connections. Whoever uses it holds a slot: with a connection, or with the right to open one. It is
// the bulkhead of the provider. Slots and connections go to those who wait in the order of their flows.
type pool struct {
	limit         int
	perConnection int
	idleTimeout   time.Duration

	mu       sync.Mutex
	slots    int                // taken, or kept by idle connections
	live     map[*conn]struct{} // connections that are open and ready
	idle     []*conn            // the last used is the last: it is the least likely to have been closed by the server
	waiting  []waiter
	order    provider.Order
	narrowed time.Time // until then, only as many slots as there are living connections
	timer    *time.Timer
	closed   bool
	cut      bool // no connection waits for its server any more
	quitting sync.WaitGroup
}

// waiter is a worker without a slot.
type waiter struct {
	flow domain.ID
	turn chan *conn
}

// acquire waits for a slot. A nil connection is the right to open one. The error is ctx's or errClosed.
func (p *pool) acquire(ctx context.Context, flow domain.ID) (*conn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errClosed
	}
	if c, ok := p.take(true); ok {
		p.mu.Unlock()
		return c, nil
	}
	turn := make(chan *conn, 1)
	p.waiting = append(p.waiting, waiter{flow, turn})
	p.mu.Unlock()
	select {
	case c, ok := <-turn:
		if !ok {
			return nil, errClosed
		}
		return c, nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	i := slices.IndexFunc(p.waiting, func(w waiter) bool { return w.turn == turn })
	if i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
	p.mu.Unlock()
	if i < 0 { // it came at the same moment
		if c, ok := <-turn; ok {
			p.put(c)
		}
	}
	return nil, ctx.Err()
}

// tryAcquire takes a slot if one is free and nobody waits for it; open says whether opening a connection will do.
func (p *pool) tryAcquire(open bool) (*conn, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.waiting) > 0 {
		return nil, false
	}
	return p.take(open)
}

// take finds a slot at once. mu is held.
func (p *pool) take(open bool) (*conn, bool) {
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		return c, true
	}
	if !open || p.slots >= p.room() {
		return nil, false
	}
	p.slots++
	return nil, true
}

// room is how many slots there may be now. mu is held.
func (p *pool) room() int {
	if len(p.live) > 0 && time.Now().Before(p.narrowed) {
		return min(len(p.live), p.limit)
	}
	return p.limit
}

// crowded reports whether someone waits for a slot.
func (p *pool) crowded() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiting) > 0
}

// othersWait reports whether another flow waits for a slot.
func (p *pool) othersWait(flow domain.ID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.waiting, func(w waiter) bool { return w.flow != flow })
}

// next takes the one off the queue whose turn it is. mu is held; someone waits.
func (p *pool) next() waiter {
	i := p.order.Next(len(p.waiting), func(i int) domain.ID { return p.waiting[i].flow })
	w := p.waiting[i]
	p.waiting = slices.Delete(p.waiting, i, i+1)
	return w
}

// living is how many connections are ready or in use.
func (p *pool) living() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.live)
}

// opened says that the holder of a slot has a connection now.
func (p *pool) opened(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live == nil {
		p.live = make(map[*conn]struct{}, p.limit)
	}
	p.live[c] = struct{}{}
	if p.cut {
		c.cutShort()
	}
}

// cutShort ends the patience of every connection, now and for good.
func (p *pool) cutShort() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for c := range p.live {
		c.cutShort()
	}
}

// refused says that the holder of a slot could not open a connection.
func (p *pool) refused() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.live) > 0 {
		p.narrowed = time.Now().Add(narrowFor)
	}
}

// lost closes a connection whose holder keeps the slot.
func (p *pool) lost(c *conn) {
	_ = c.nc.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.live, c)
}

// replace lets go of a connection that has done its share; its holder keeps the slot.
func (p *pool) replace(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retire(c)
}

// put gives a slot back, with its connection or, if c is nil, without.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c != nil && (p.closed || c.used >= p.perConnection) {
		p.retire(c)
		c = nil
	}
	if c == nil {
		p.slots--
	}
	if len(p.waiting) > 0 && (c != nil || p.slots < p.room()) {
		if c == nil {
			p.slots++
		}
		p.next().turn <- c
		return
	}
	if c == nil {
		return
	}
	c.since = time.Now()
	p.idle = append(p.idle, c)
	if p.timer == nil {
		p.timer = time.AfterFunc(p.idleTimeout, p.reap)
	}
}

// retire lets a connection go politely. mu is held; the slot is the caller's.
func (p *pool) retire(c *conn) {
	delete(p.live, c)
	if p.closed {
		_ = c.nc.Close()
		return
	}
	p.quitting.Go(c.quit)
}

// reap closes what has been idle for too long and comes back for the rest.
func (p *pool) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = nil
	if p.closed {
		return
	}
	now := time.Now()
	kept := p.idle[:0]
	for _, c := range p.idle { // the first has been idle the longest
		if now.Sub(c.since) >= p.idleTimeout {
			p.slots--
			p.retire(c)
			continue
		}
		kept = append(kept, c)
	}
	clear(p.idle[len(kept):])
	p.idle = kept
	if len(kept) > 0 {
		p.timer = time.AfterFunc(p.idleTimeout-now.Sub(kept[0].since), p.reap)
	}
}

// close says good-bye on the idle connections and waits for the answers until ctx is done; then it cuts them.
func (p *pool) close(ctx context.Context) error {
	p.mu.Lock()
	var idle []*conn
	if !p.closed {
		idle = p.idle
		p.idle = nil
		for _, c := range idle {
			p.slots--
			p.retire(c)
		}
		for _, w := range p.waiting {
			close(w.turn)
		}
		p.waiting = nil
		p.closed = true
	}
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	p.mu.Unlock()
	done := make(chan struct{})
	go func() {
		p.quitting.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	for _, c := range idle {
		_ = c.nc.Close()
	}
	<-done // those retired before are bounded by the timeout of QUIT
	return ctx.Err()
}
