package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// partitionLock serialises EnsurePartitions over all processes; the number is arbitrary.
const partitionLock = 7_620_114

// EnsurePartitions makes the ledger's monthly partitions for this month and the two to come. Safe to repeat and to
// race. Partitions are bounds of ids: an id begins with the time it was made at.
func (s *Store) EnsurePartitions(ctx context.Context) error {
	now := s.clock.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", partitionLock); err != nil {
			return err
		}
		for i := range 3 {
			from, to := month.AddDate(0, i, 0), month.AddDate(0, i+1, 0)
			name := pgx.Identifier{"deliveries_" + from.Format("2006_01")}.Sanitize()
			_, err := tx.Exec(ctx, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s PARTITION OF deliveries FOR VALUES FROM ('%s') TO ('%s')",
				name, domain.FirstIDAt(from), domain.FirstIDAt(to)))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("make the ledger's partitions: %w", err)
	}
	return nil
}
