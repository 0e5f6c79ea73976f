package redis

import (
	"context"
	"encoding/json"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// reportAge is for how long the counters of a running attempt are not added up again (design §4).
const reportAge = time.Second

// attemptReader is where the counters come from.
type attemptReader interface {
	Attempt(ctx context.Context, owner, id domain.ID) (domain.Attempt, error)
}

// Attempts reads attempts and keeps the report of one that is running for a second, so that many who watch a mailing to
// a million cost one sum. Without Redis each report is added up anew.
type Attempts struct {
	client *Client
	from   attemptReader
}

// NewAttempts returns a cache over from.
func NewAttempts(c *Client, from attemptReader) *Attempts { return &Attempts{client: c, from: from} }

// Attempt returns one of owner's attempts. The owner is part of the key: nobody is shown what is not theirs.
func (a *Attempts) Attempt(ctx context.Context, owner, id domain.ID) (domain.Attempt, error) {
	key := "vestnik:attempt:" + owner.String() + ":" + id.String()
	var found domain.Attempt
	if raw, err := a.client.rdb.Get(ctx, key).Bytes(); err == nil && json.Unmarshal(raw, &found) == nil {
		return found, nil
	}
	found, err := a.from.Attempt(ctx, owner, id)
	if err != nil || found.Status != domain.AttemptRunning {
		return found, err
	}
	if raw, err := json.Marshal(found); err == nil {
		_ = a.client.rdb.Set(ctx, key, raw, reportAge).Err() // a cache that is away is no fault of the report
	}
	return found, nil
}
