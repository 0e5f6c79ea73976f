package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// ClaimOutbox takes up to batch messages for claim: nobody else gets them before that has passed. They come in the
// order they were written in.
func (s *Store) ClaimOutbox(ctx context.Context, batch int, claim time.Duration) ([]events.Stored, error) {
	rows, err := s.q.OutboxClaim(asRelay(ctx), sqlc.OutboxClaimParams{Claim: claim, Batch: int32(batch)}) //nolint:gosec // a few hundred
	if err != nil {
		return nil, fmt.Errorf("claim messages of the outbox: %w", err)
	}
	slices.SortFunc(rows, func(a, b sqlc.OutboxClaimRow) int { return cmp.Compare(a.ID, b.ID) })
	out := make([]events.Stored, 0, len(rows))
	for _, r := range rows {
		m := events.Stored{ID: r.ID, Message: events.Message{Subject: r.Subject, Payload: r.Payload}}
		if err := json.Unmarshal(r.Headers, &m.Header); err != nil {
			return nil, fmt.Errorf("read headers of outbox message %d: %w", r.ID, err)
		}
		out = append(out, m)
	}
	return out, nil
}

// OutboxPublished removes messages that JetStream has acknowledged.
func (s *Store) OutboxPublished(ctx context.Context, ids []int64) error {
	if err := s.q.OutboxDone(asRelay(ctx), ids); err != nil {
		return fmt.Errorf("remove published messages: %w", err)
	}
	return nil
}

// OutboxFailed gives messages back that could not be published.
func (s *Store) OutboxFailed(ctx context.Context, ids []int64) error {
	if err := s.q.OutboxUnclaim(asRelay(ctx), ids); err != nil {
		return fmt.Errorf("give messages back: %w", err)
	}
	return nil
}

// WatchOutbox calls wake whenever a transaction anywhere has put something in the outbox, until ctx ends or the
// connection is lost. It holds one connection of the pool.
func (s *Store) WatchOutbox(ctx context.Context, wake func()) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("watch the outbox: %w", err)
	}
	// The connection listens: it must not go back to the pool as it is.
	raw := conn.Hijack()
	defer raw.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to be done with it
	if _, err := raw.Exec(ctx, "LISTEN vestnik_outbox"); err != nil {
		return fmt.Errorf("watch the outbox: %w", err)
	}
	for {
		wake()
		if _, err := raw.WaitForNotification(ctx); err != nil {
			return fmt.Errorf("watch the outbox: %w", err)
		}
	}
}

// OutboxSize returns how many messages wait to be published.
func (s *Store) OutboxSize(ctx context.Context) (int64, error) { return s.q.OutboxSize(asRelay(ctx)) }
