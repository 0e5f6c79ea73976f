package mailbox

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// message is one message as it came. What came never changes.
type message struct {
	n    int64 // from 1
	from string
	to   []string
	at   time.Time
	raw  []byte

	once    sync.Once
	summary summary
	seen    atomic.Bool // its page has been opened
}

// size counts what the message holds in memory, roughly.
func (m *message) size() int64 {
	size := int64(len(m.raw)+len(m.from)) + 256
	for _, to := range m.to {
		size += int64(len(to)) + 16
	}
	return size
}

// head parses the header on first use and keeps what lists show of it.
func (m *message) head() summary {
	m.once.Do(func() { m.summary = summarize(m.raw) })
	return m.summary
}

// concerns tells whether q, which is in lower case, is part of an address of the envelope or of the subject.
func (m *message) concerns(q string) bool {
	has := func(text string) bool { return strings.Contains(strings.ToLower(text), q) }
	return has(m.from) || slices.ContainsFunc(m.to, has) || has(m.head().subject)
}

// store is a ring of the newest messages, bounded by number and by bytes.
type store struct {
	maxBytes int64

	mu    sync.RWMutex
	ring  []*message // message n at n % len
	first int64      // the oldest kept
	next  int64      // the number of the next one
	bytes int64
	added chan struct{} // closed by the next message; nil: nobody waits for it
}

func newStore(maxMessages int, maxBytes int64) *store {
	return &store{maxBytes: maxBytes, ring: make([]*message, maxMessages), first: 1, next: 1}
}

func (s *store) add(m *message) {
	size := m.size()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.first < s.next && (s.next-s.first == int64(len(s.ring)) || s.bytes+size > s.maxBytes) {
		s.bytes -= s.slot(s.first).size()
		s.ring[s.first%int64(len(s.ring))] = nil
		s.first++
	}
	m.n = s.next
	s.ring[m.n%int64(len(s.ring))] = m
	s.bytes += size
	s.next++
	if s.added != nil {
		close(s.added)
		s.added = nil
	}
}

// watch returns what total does, and a channel that is closed when that is no longer true.
func (s *store) watch() (int64, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.added == nil {
		s.added = make(chan struct{})
	}
	return s.next - 1, s.added
}

func (s *store) slot(n int64) *message { return s.ring[n%int64(len(s.ring))] }

func (s *store) get(n int64) (*message, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if n < s.first || n >= s.next {
		return nil, false
	}
	return s.slot(n), true
}

func (s *store) total() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.next - 1
}

// listing is one page of the messages that match, newest first.
type listing struct {
	total   int64 // taken since the start
	kept    int
	unread  int
	matched int
	page    []*message
}

func (s *store) list(q string, skip, limit int) listing {
	q = strings.ToLower(strings.TrimSpace(q))
	s.mu.RLock()
	all := make([]*message, 0, s.next-s.first)
	for n := s.next - 1; n >= s.first; n-- {
		all = append(all, s.slot(n))
	}
	l := listing{total: s.next - 1, kept: len(all)}
	s.mu.RUnlock()
	for _, m := range all {
		if !m.seen.Load() {
			l.unread++
		}
	}
	if q != "" {
		all = slices.DeleteFunc(all, func(m *message) bool { return !m.concerns(q) })
	}
	l.matched = len(all)
	from := min(skip, len(all))
	l.page = all[from:min(from+limit, len(all))]
	return l
}
