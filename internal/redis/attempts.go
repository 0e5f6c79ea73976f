package redis

import (
	"context"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// ReportAge is for how long the counters of a running attempt are not added up again. Whoever looks every 450 ms sees
// something new each time while something moves, which is the "at least twice a second" that live progress promises; a
// second would be too long for that. Adding up costs about a millisecond.
const ReportAge = 400 * time.Millisecond

// attemptReader is where the counters come from.
type attemptReader interface {
	Attempt(ctx context.Context, owner, id domain.ID) (domain.Attempt, error)
}

// Attempts reads attempts and keeps the report of one that is running for ReportAge, so that many who watch a mailing to
// a million cost one sum. Without Redis each process adds up for itself, as often.
type Attempts struct {
	memo *memo[domain.Attempt]
	from attemptReader
}

// NewAttempts returns a cache over from.
func NewAttempts(c *Client, from attemptReader) *Attempts {
	return &Attempts{memo: newMemo[domain.Attempt](c), from: from}
}

// Attempt returns one of owner's attempts. The owner is part of the key: nobody is shown what is not theirs.
func (a *Attempts) Attempt(ctx context.Context, owner, id domain.ID) (domain.Attempt, error) {
	return a.memo.get(ctx, "vestnik:attempt:"+owner.String()+":"+id.String(), func(ctx context.Context) (domain.Attempt, error) {
		return a.from.Attempt(ctx, owner, id)
	}, func(found domain.Attempt, _ time.Duration) time.Duration {
		if found.Status != domain.AttemptRunning {
			return 0
		}
		return ReportAge
	})
}
