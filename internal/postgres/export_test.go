package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

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

// Scoped runs SQL as the store's own statements run.
func (s *Store) Scoped() sqlc.DBTX { return scopedPool{s.pool} }

// Bare runs SQL on a connection as it is.
func (s *Store) Bare() *pgxpool.Pool { return s.pool }

// InScopedTx runs SQL in one transaction and rolls it back if fn fails.
func (s *Store) InScopedTx(ctx context.Context, fn func(q *sqlc.Queries) error) error {
	return s.inTx(ctx, fn)
}

// SetFew makes n the most clients that a page begins with without their order.
func (s *Store) SetFew(n int32) { s.few = n }

// AsAuth is asAuth.
func AsAuth(ctx context.Context) context.Context { return asAuth(ctx) }

// AsRelay is asRelay.
func AsRelay(ctx context.Context) context.Context { return asRelay(ctx) }
