package smtptest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// SinkOptions say how a Sink behaves. The zero value answers at once, refuses nobody and forgets bodies.
type SinkOptions struct {
	Addr           string        // to listen on; empty: a free port of 127.0.0.1
	Latency        time.Duration // between the final dot and its reply
	CommandLatency time.Duration // before the replies to each group of commands that came together
	NoPipelining   bool          // do not offer PIPELINING
	KeepBodies     bool          // keep what was between DATA and the final dot, dot-stuffing removed
	// Refuse, if set, may answer RCPT for a recipient with its own reply ("450 4.2.1 later"); empty accepts. nth is 1
	// for the first time this recipient is named. It is called from many goroutines.
	Refuse func(recipient string, nth int) string
}

// Message is one accepted message.
type Message struct {
	Recipient string
	MessageID string    // of the header, with its angle brackets; empty when it has none
	Size      int       // bytes of the message, dot-stuffing removed
	At        time.Time // when the server took the responsibility: just before its 250
	Conn      int       // which connection brought it, from 1
	Body      []byte    // with KeepBodies
}

// Sink is an SMTP server that accepts mail and counts it. A message counts from the moment its final dot has been read
// and its 250 is about to be written, as with a real server: the sender may never see that 250. It is safe for
// concurrent use and takes tens of thousands of messages a second.
type Sink struct {
	Addr string // host:port it listens on

	options  SinkOptions
	listener net.Listener
	ctx      context.Context //nolint:containedctx // the life of the server: Close ends it
	cancel   context.CancelFunc
	running  sync.WaitGroup

	count  atomic.Int64
	target atomic.Int64 // the least count someone waits for
	paused atomic.Bool

	mu      sync.Mutex
	conns   []*sinkConn // every connection ever, for its messages
	open    int
	resume  chan struct{} // closed by Resume
	waiters []sinkWaiter
	named   map[string]int // times each recipient was named, with Refuse
}

type sinkWaiter struct {
	count int64
	done  chan struct{}
}

// StartSink listens and serves until Close.
func StartSink(options SinkOptions) (*Sink, error) {
	if options.Addr == "" {
		options.Addr = "127.0.0.1:0"
	}
	ctx, cancel := context.WithCancel(context.Background())
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", options.Addr)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("listen for the sink: %w", err)
	}
	s := &Sink{
		Addr: listener.Addr().String(), options: options, listener: listener, ctx: ctx, cancel: cancel,
		named: make(map[string]int),
	}
	s.target.Store(math.MaxInt64)
	s.running.Go(s.accept)
	return s, nil
}

func (s *Sink) accept() {
	for {
		nc, err := s.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || s.ctx.Err() != nil {
				return
			}
			continue
		}
		s.mu.Lock()
		if s.ctx.Err() != nil {
			s.mu.Unlock()
			_ = nc.Close()
			return
		}
		c := &sinkConn{sink: s, nc: nc, number: len(s.conns) + 1}
		s.conns = append(s.conns, c)
		s.open++
		s.mu.Unlock()
		s.running.Go(func() {
			defer s.closed(c)
			c.serve()
		})
	}
}

func (s *Sink) closed(c *sinkConn) {
	_ = c.nc.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
}

// accepted counts a message and wakes those who waited for it.
func (s *Sink) accepted() {
	if n := s.count.Add(1); n >= s.target.Load() {
		s.wake()
	}
}

func (s *Sink) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, target := s.count.Load(), int64(math.MaxInt64)
	rest := s.waiters[:0]
	for _, w := range s.waiters {
		if w.count <= n {
			close(w.done)
			continue
		}
		target = min(target, w.count)
		rest = append(rest, w)
	}
	s.waiters = rest
	s.target.Store(target)
}

// Count is how many messages have been accepted.
func (s *Sink) Count() int { return int(s.count.Load()) }

// WaitFor returns when n messages have been accepted, or with ctx's error and the count so far.
func (s *Sink) WaitFor(ctx context.Context, n int) error {
	done := make(chan struct{})
	s.mu.Lock()
	s.waiters = append(s.waiters, sinkWaiter{int64(n), done})
	s.target.Store(min(s.target.Load(), int64(n)))
	s.mu.Unlock()
	s.wake() // the count may have been reached already
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%d of %d messages came: %w", s.Count(), n, ctx.Err())
	}
}

// Messages returns every accepted message, in the order of each connection.
func (s *Sink) Messages() []Message {
	s.mu.Lock()
	conns := s.conns
	s.mu.Unlock()
	all := make([]Message, 0, s.Count())
	for _, c := range conns {
		all = c.appendMessages(all)
	}
	return all
}

// Recipients returns how many messages each recipient got.
func (s *Sink) Recipients() map[string]int {
	got := make(map[string]int)
	for _, m := range s.Messages() {
		got[m.Recipient]++
	}
	return got
}

// Duplicates returns the recipients who got more than one message, with how many they got.
func (s *Sink) Duplicates() map[string]int {
	got := s.Recipients()
	for to, n := range got {
		if n == 1 {
			delete(got, to)
		}
	}
	return got
}

// Connections returns how many connections were ever accepted and how many are open now.
func (s *Sink) Connections() (ever, open int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns), s.open
}

// Pause makes the server hang: connections are accepted and nothing is answered until Resume.
func (s *Sink) Pause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.paused.Swap(true) {
		s.resume = make(chan struct{})
	}
}

// Resume ends a Pause.
func (s *Sink) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paused.Swap(false) {
		close(s.resume)
	}
}

// Close stops listening, cuts every connection as a crash would and waits until all is quiet. The records stay.
func (s *Sink) Close() error {
	s.cancel()
	err := s.listener.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		_ = c.nc.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// hold waits for Resume while paused and then for the delay; it returns false when the server was closed meanwhile.
func (s *Sink) hold(delay time.Duration) bool {
	for s.paused.Load() {
		s.mu.Lock()
		resume := s.resume
		s.mu.Unlock()
		select {
		case <-resume:
		case <-s.ctx.Done():
			return false
		}
	}
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// nth counts how often a recipient was named.
func (s *Sink) nth(recipient string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.named[recipient]++
	return s.named[recipient]
}
