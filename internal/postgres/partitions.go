package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// partitionLock serialises EnsurePartitions over all processes; the number is arbitrary.
const partitionLock = 7_620_114

// EnsurePartitions makes the monthly partitions of the ledger and of its earlier tries for this month and the two to come.
// Safe to repeat and to race. Partitions are bounds of ids: an id begins with the time it was made at. One that cannot be
// made does not keep the others from being made; until it is, its rows go to the default partition.
func (s *Store) EnsurePartitions(ctx context.Context) error {
	now := s.clock.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	var errs []error
	for i := range 3 {
		from, to := month.AddDate(0, i, 0), month.AddDate(0, i+1, 0)
		for _, table := range []string{"deliveries", "delivery_tries"} {
			if err := s.ensurePartition(ctx, table, from, to); err != nil {
				errs = append(errs, fmt.Errorf("make the partition of %s for %s: %w", table, from.Format("2006-01"), err))
			}
		}
	}
	return errors.Join(errs...)
}

func (s *Store) ensurePartition(ctx context.Context, table string, from, to time.Time) error {
	name := table + from.Format("_2006_01")
	values := fmt.Sprintf("FOR VALUES FROM ('%s') TO ('%s')", domain.FirstIDAt(from), domain.FirstIDAt(to))
	err := s.underPartitionLock(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s PARTITION OF %s %s", name, table, values))
		return err
	})
	// Rows of that month are in the default partition already: they were written before it could be made.
	if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != "23514" {
		return err
	}
	return s.underPartitionLock(ctx, func(tx pgx.Tx) error {
		for _, statement := range []string{
			fmt.Sprintf("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", table),
			fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING ALL)", name, table),
			fmt.Sprintf(`WITH moved AS (DELETE FROM %s_default WHERE attempt_id >= '%s' AND attempt_id < '%s' RETURNING *)
				INSERT INTO %s SELECT * FROM moved`, table, domain.FirstIDAt(from), domain.FirstIDAt(to), name),
			fmt.Sprintf("ALTER TABLE %s ATTACH PARTITION %s %s", table, name, values),
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// underPartitionLock runs fn while no other process makes partitions. It does not wait long for tables: whoever sends holds
// them, and would wait behind us.
func (s *Store) underPartitionLock(ctx context.Context, fn func(tx pgx.Tx) error) error {
	return s.transact(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '5s'"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", partitionLock); err != nil {
			return err
		}
		return fn(tx)
	})
}
