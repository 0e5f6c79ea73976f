package smtp

import (
	"bufio"
	"context"
	"io"
	"net"
	"runtime"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// AppendBody shows appendBody to the tests.
func AppendBody(data []byte) []byte { return appendBody(nil, data) }

// ReadReply shows the parser of replies to the tests.
func ReadReply(r io.Reader) (domain.Reply, error) {
	var got reply
	err := got.read(bufio.NewReaderSize(r, maxReplyLine))
	return got.domain(domain.PhaseDot), err
}

// WriteBody shows what becomes of a message when a write of its body over nc fails; sent is true when none did.
func WriteBody(nc net.Conn, data []byte) (outcome domain.Outcome, phase domain.Phase, sent bool) {
	t := DefaultTimeouts()
	c := &conn{nc: nc, br: bufio.NewReader(nc), timeouts: &t}
	v, ok := c.writeBody(data, nil)
	return v.outcome, v.reply.Phase, ok
}

// Turns acquires the only slot of a pool for each of the flows, all at once and while it is taken, and returns the flows
// in the order they got it.
func Turns(ctx context.Context, flows []domain.ID) []domain.ID {
	p := &pool{limit: 1}
	_, _ = p.acquire(ctx, domain.ID{})
	got := make(chan domain.ID)
	for i, flow := range flows {
		go func() {
			if _, err := p.acquire(ctx, flow); err == nil {
				got <- flow
				p.put(nil)
			}
		}()
		for queued := 0; queued <= i; {
			p.mu.Lock()
			queued = len(p.waiting)
			p.mu.Unlock()
			runtime.Gosched()
		}
	}
	p.put(nil)
	var order []domain.ID
	for range flows {
		order = append(order, <-got)
	}
	return order
}
