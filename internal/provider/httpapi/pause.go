package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxPause is how long a service is left alone at most because it asked for that: one that asks for a day is asked
// again sooner, for what it says may be a mistake.
const maxPause = 5 * time.Minute

// pause is the time for which the service asked to be left alone. It is safe for concurrent use.
type pause struct {
	mu    sync.Mutex
	until time.Time
	why   string
}

// extend asks for a pause from now on; a longer one that is already there stays.
func (p *pause) extend(d time.Duration, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(min(d, maxPause)); until.After(p.until) {
		p.until, p.why = until, why
	}
}

// left is how much of it is to come, and the reply that asked for it; 0 when there is none.
func (p *pause) left() (time.Duration, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, time.Until(p.until)), p.why
}

// retryAfter reads Retry-After (RFC 9110 §10.2.3): seconds, or a date, which is taken relative to the answer's own Date,
// so that a clock that is off does no harm. 0 when there is none that can be read, or it has passed.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(maxPause/time.Second))) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return min(max(0, at.Sub(now)), maxPause)
}

// wait returns when d is over, or with ctx's error.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
