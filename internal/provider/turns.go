package provider

import (
	"context"
	"slices"
	"sync"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// keptFlows bounds the memory of whose turn was when.
const keptFlows = 256

// Order tells whose turn it is among flows that wait for the same thing: theirs whose last turn is the longest ago (round
// robin, RFC 970), and within a flow the one that came first. However many wait for a large mailing, a small one gets every
// other turn. The zero value is ready; its user's lock guards it.
type Order struct {
	given uint64
	last  map[domain.ID]uint64 // turn of each flow; one that is not in it has waited the longest
}

// Next returns which of n that wait, in the order they came, has its turn, and takes that for had. n is not 0.
func (o *Order) Next(n int, flow func(i int) domain.ID) int {
	first := 0
	for i := 1; i < n; i++ {
		if o.last[flow(i)] < o.last[flow(first)] {
			first = i
		}
	}
	o.Had(flow(first))
	return first
}

// Had takes note that a flow has had a turn without waiting.
func (o *Order) Had(flow domain.ID) {
	if o.last == nil || len(o.last) >= keptFlows {
		o.last = make(map[domain.ID]uint64)
	}
	o.given++
	o.last[flow] = o.given
}

// Turns are slots that flows take in their Order. They are the bulkhead of a provider. Make them with NewTurns; they are safe
// for concurrent use.
type Turns struct {
	mu      sync.Mutex
	free    int
	waiting []turnWaiter
	order   Order
}

type turnWaiter struct {
	flow domain.ID
	turn chan struct{}
}

// NewTurns returns n slots, all of them free.
func NewTurns(n int) *Turns { return &Turns{free: n} }

// Acquire waits for a slot for flow, or returns ctx's error. Release gives it back.
func (t *Turns) Acquire(ctx context.Context, flow domain.ID) error {
	t.mu.Lock()
	if t.free > 0 && len(t.waiting) == 0 {
		t.free--
		t.order.Had(flow)
		t.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	t.waiting = append(t.waiting, turnWaiter{flow, turn})
	t.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	i := slices.IndexFunc(t.waiting, func(w turnWaiter) bool { return w.turn == turn })
	if i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
	}
	t.mu.Unlock()
	if i < 0 { // it came at the same moment
		t.Release()
	}
	return ctx.Err()
}

// Waiting is how many wait for a slot.
func (t *Turns) Waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting)
}

// Release gives a slot to the flow that has waited the longest for its turn.
func (t *Turns) Release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.free++
		return
	}
	first := t.order.Next(len(t.waiting), func(i int) domain.ID { return t.waiting[i].flow })
	turn := t.waiting[first].turn
	t.waiting = slices.Delete(t.waiting, first, first+1)
	close(turn)
}
