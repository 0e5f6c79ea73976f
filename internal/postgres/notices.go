package postgres

import (
	"context"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// notify queues a message of the service itself in q's transaction.
func (s *Store) notify(ctx context.Context, q *sqlc.Queries, n domain.Notice) error {
	data, err := jsonObject(n.Data)
	if err != nil {
		return err
	}
	now := s.stamp()
	err = q.NoticeInsert(ctx, sqlc.NoticeInsertParams{
		ID: domain.NewID(now), UserID: n.UserID, Email: n.Email, Kind: string(n.Kind), Language: string(n.Language), Data: data, Now: now,
	})
	if err != nil {
		return fmt.Errorf("queue a notice: %w", err)
	}
	return nil
}
