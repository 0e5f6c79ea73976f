package postgres

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// Notify queues n in a transaction that ends with the given error; nil commits it.
func (s *Store) Notify(ctx context.Context, n domain.Notice, end error) error {
	return s.inTx(ctx, func(q *sqlc.Queries) error {
		if err := s.notify(ctx, q, n); err != nil {
			return err
		}
		return end
	})
}
