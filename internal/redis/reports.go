package redis

import (
	"context"
	"fmt"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

const (
	// statisticsAge is for how long what moves is kept at least.
	statisticsAge = time.Second
	// costFactor bounds what viewers of a large attempt cost: it is read through again after this many times the time that
	// reading it took, so it keeps the database busy for a fifth of the time.
	costFactor = 4
	// endedAge is for how long statistics of an attempt that has ended are kept. What corrects them late changes their key.
	endedAge = time.Hour
)

// reportReader is where reports come from.
type reportReader interface {
	Statistics(ctx context.Context, owner, attempt domain.ID) (domain.Statistics, error)
	Summary(ctx context.Context, owner domain.ID, in domain.Period, zone *time.Location) (domain.Summary, error)
}

// Reports keeps statistics and summaries. Without Redis each process makes them for itself, one at a time for all who
// ask for the same.
type Reports struct {
	statistics *memo[domain.Statistics]
	summaries  *memo[domain.Summary]
	attempts   attemptReader
	from       reportReader
}

// NewReports returns a cache over from; attempts tells whether one has ended or changed.
func NewReports(c *Client, from reportReader, attempts attemptReader) *Reports {
	return &Reports{newMemo[domain.Statistics](c), newMemo[domain.Summary](c), attempts, from}
}

// Statistics returns the statistics of one of owner's attempts: at most a second old while it runs, or four times as old
// as they take to make; exact once it has ended.
func (r *Reports) Statistics(ctx context.Context, owner, attempt domain.ID) (domain.Statistics, error) {
	a, err := r.attempts.Attempt(ctx, owner, attempt)
	if err != nil {
		return domain.Statistics{}, err
	}
	key := "vestnik:statistics:" + owner.String() + ":" + attempt.String()
	if a.Status != domain.AttemptRunning {
		// No row of the ledger changes after the end without its outcome, and so without the totals.
		key += fmt.Sprintf(":%s:%d:%v:%d", a.Status, a.Audience, a.Totals, a.LastActivityAt.UnixMicro())
	}
	return r.statistics.get(ctx, key, func(ctx context.Context) (domain.Statistics, error) {
		return r.from.Statistics(ctx, owner, attempt)
	}, func(_ domain.Statistics, took time.Duration) time.Duration {
		if a.Status != domain.AttemptRunning {
			return endedAge
		}
		return ageOf(took)
	})
}

// Summary returns what owner's attempts in the period came to: at most a second old, or four times as old as it takes to
// make.
func (r *Reports) Summary(ctx context.Context, owner domain.ID, in domain.Period, zone *time.Location) (domain.Summary, error) {
	key := fmt.Sprintf("vestnik:summary:%s:%d:%d:%s", owner, in.From.UnixMicro(), in.To.UnixMicro(), zone)
	return r.summaries.get(ctx, key, func(ctx context.Context) (domain.Summary, error) {
		return r.from.Summary(ctx, owner, in, zone)
	}, func(_ domain.Summary, took time.Duration) time.Duration { return ageOf(took) })
}

func ageOf(took time.Duration) time.Duration { return max(statisticsAge, costFactor*took) }
