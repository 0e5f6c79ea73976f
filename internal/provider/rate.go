package provider

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/ratelimiter"
)

const (
	// batchTime is how much of the rate one call to the shared rate reserves at most: 1,000 messages a second cost 20
	// calls a second.
	batchTime = 50 * time.Millisecond
	// turnLife is for how long a turn may be used after its time. It bounds the burst of turns that were not used when
	// they came: all senders together send at most rate × (T + turnLife) + 1 messages in any time T.
	turnLife = 100 * time.Millisecond
	// askTimeout is how long the shared rate is waited for, and askPause how long it is left alone after it has failed.
	askTimeout = 50 * time.Millisecond
	askPause   = time.Second
	// nearQueue and farQueue keep batches small when many senders share a low rate: each waits for the others' batches.
	nearQueue = 500 * time.Millisecond
	farQueue  = time.Second
	// maxReturned bounds the turns kept of callers that gave up; there are never more than callers.
	maxReturned = 1024
)

// rate hands out turns: points in time at which one message each may go. They come from the shared rate in batches,
// and from a limiter of our own, with this sender's share, while that is away.
type rate struct {
	name      string
	perSecond float64
	shared    SharedRate                         // nil: none
	senders   func() int                         // nil: 1
	away      circuitbreaker.CircuitBreaker[any] // of the shared rate

	mu       sync.Mutex
	returned []time.Time // turns of callers that gave up, the earliest first
	next     time.Time   // the batch's next turn
	left     int         // turns of the batch
	end      time.Time   // when the batch is over
	want     int         // turns of the next batch
	wait     time.Duration
	asking   chan struct{} // not nil while the shared rate is asked; closed then
	share    int           // how many senders the limiter was made for
	limiter  ratelimiter.RateLimiter[any]
}

// newRate returns nil when there is no limit.
func newRate(s *Settings) *rate {
	if s.Rate <= 0 {
		return nil
	}
	return &rate{
		name: s.Name, perSecond: s.Rate, shared: s.Shared, senders: s.Senders,
		away: circuitbreaker.NewBuilder[any]().WithFailureThreshold(2).WithDelay(askPause).WithSuccessThreshold(1).Build(),
	}
}

// hold keeps the caller until its turn, or returns ctx's error; then someone else gets the turn.
func (r *rate) hold(ctx context.Context) error {
	at, err := r.turn(ctx)
	if err != nil {
		return err
	}
	// Turns follow a schedule, so waits too short for a timer may be left out without exceeding the rate.
	wait := time.Until(at)
	if wait < time.Millisecond {
		return nil
	}
	if err := pause(ctx, wait); err != nil {
		r.giveBack(at)
		return err
	}
	return nil
}

// pause waits for d, or returns ctx's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// turn returns the caller's turn, which may lie a little in the past. One caller asks the shared rate for all.
func (r *rate) turn(ctx context.Context) (time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		now := time.Now()
		if at, ok := r.take(now); ok {
			return at, nil
		}
		if r.shared == nil || r.asking != nil && !r.away.IsClosed() {
			return r.own(now), nil
		}
		if r.asking == nil {
			if !r.away.TryAcquirePermit() || !r.ask(ctx, now) {
				return r.own(now), nil
			}
			continue
		}
		asking := r.asking
		r.mu.Unlock()
		select {
		case <-asking:
		case <-ctx.Done():
		}
		r.mu.Lock()
		if err := ctx.Err(); err != nil {
			return time.Time{}, err
		}
	}
}

// take finds a turn among those at hand. mu is held.
func (r *rate) take(now time.Time) (time.Time, bool) {
	oldest := now.Add(-turnLife)
	for len(r.returned) > 0 {
		at := r.returned[0]
		r.returned = slices.Delete(r.returned, 0, 1)
		if !at.Before(oldest) {
			return at, true
		}
	}
	interval := r.interval(1)
	if late := oldest.Sub(r.next); r.left > 0 && late > 0 {
		lost := min(r.left, int((late+interval-1)/interval))
		r.left -= lost
		r.next = r.next.Add(time.Duration(lost) * interval)
	}
	if r.left == 0 {
		return time.Time{}, false
	}
	at := r.next
	r.left--
	r.next = at.Add(interval)
	return at, true
}

// ask gets the next batch; it is false when the shared rate is away. mu is held, but not while it waits. The caller's
// change of mind does not break it off: others wait for the answer as well.
func (r *rate) ask(ctx context.Context, now time.Time) bool {
	r.adapt(now)
	n := r.want
	r.asking = make(chan struct{})
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	begin, err := r.shared.Reserve(ctx, r.name, r.perSecond, n)
	cancel()
	r.mu.Lock()
	close(r.asking)
	r.asking = nil
	if err != nil {
		r.away.RecordFailure()
		return false
	}
	r.away.RecordSuccess()
	r.next = time.Now().Add(begin)
	r.left, r.wait = n, begin
	r.end = r.next.Add(time.Duration(n) * r.interval(1))
	return true
}

// adapt sets the size of the next batch: one after a time of rest, then double each time, so that a sender with little
// to do reserves no turns that others could use. mu is held.
func (r *rate) adapt(now time.Time) {
	switch {
	case now.After(r.end.Add(turnLife)):
		r.want = 1
	case r.wait > farQueue:
		r.want = max(1, r.want/2)
	case r.wait < nearQueue:
		r.want = min(r.want*2, max(1, int(r.perSecond*batchTime.Seconds())))
	}
}

// own returns a turn of this sender's share. mu is held.
func (r *rate) own(now time.Time) time.Time {
	share := 1
	if r.senders != nil {
		share = max(1, r.senders())
	}
	if r.limiter == nil || r.share != share {
		r.share = share
		r.limiter = ratelimiter.NewSmoothBuilderWithMaxRate[any](r.interval(share)).Build()
	}
	return now.Add(r.limiter.ReservePermit())
}

// interval is the time between two turns of one of so many senders.
func (r *rate) interval(senders int) time.Duration {
	return max(1, time.Duration(float64(time.Second)*float64(senders)/r.perSecond))
}

func (r *rate) giveBack(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.returned) == maxReturned {
		return
	}
	i, _ := slices.BinarySearchFunc(r.returned, at, time.Time.Compare)
	r.returned = slices.Insert(r.returned, i, at)
}

// isShared reports whether all senders keep the rate together now.
func (r *rate) isShared() bool { return r.shared != nil && r.away.IsClosed() }
