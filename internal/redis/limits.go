package redis

import (
	"context"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"golang.org/x/time/rate"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// limitsHere is how many limits a process remembers by itself while Redis is away. It takes some megabytes.
const limitsHere = 20_000

// Limits counts how often things are done, over all processes. While Redis is away each process counts for itself, so
// that a limit holds at least within it. It is safe for concurrent use.
type Limits struct {
	client  *Client
	limiter *redis_rate.Limiter

	mu   sync.Mutex
	here map[string]*rate.Limiter
}

// NewLimits returns the limits that are kept at c's server.
func NewLimits(c *Client) *Limits {
	return &Limits{client: c, limiter: redis_rate.NewLimiter(c.rdb), here: map[string]*rate.Limiter{}}
}

// Allow counts one more of key and returns 0 if that is within the rate; otherwise it is not counted, and the result is how
// long to wait until it would be.
func (l *Limits) Allow(ctx context.Context, key string, r domain.Rate) time.Duration {
	var wait time.Duration
	err := l.client.ask(ctx, func(ctx context.Context) error {
		result, err := l.limiter.Allow(ctx, "vestnik:"+key, redis_rate.Limit{Rate: r.Burst, Burst: r.Burst, Period: r.Period})
		if err == nil && result.Allowed == 0 {
			wait = max(result.RetryAfter, time.Millisecond)
		}
		return err
	})
	if err != nil {
		return l.allowHere(key, r, time.Now())
	}
	return wait
}

func (l *Limits) allowHere(key string, r domain.Rate, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.here[key]
	if limiter == nil {
		l.makeRoom(now)
		limiter = rate.NewLimiter(rate.Every(r.Period/time.Duration(r.Burst)), r.Burst)
		l.here[key] = limiter
	}
	reservation := limiter.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now) // what is refused is not counted
	}
	return wait
}

// makeRoom forgets limits that nothing is counted against any more and, when all are in use, any of them: better one too
// few than all the memory.
func (l *Limits) makeRoom(now time.Time) {
	if len(l.here) < limitsHere {
		return
	}
	for key, limiter := range l.here {
		if limiter.TokensAt(now) >= float64(limiter.Burst()) {
			delete(l.here, key)
		}
	}
	for key := range l.here {
		if len(l.here) < limitsHere*9/10 { // not again for the next one
			return
		}
		delete(l.here, key)
	}
}
