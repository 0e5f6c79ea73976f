package postgres

import (
	"context"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// recount counts an attempt whose chunks are all done by its ledger. Its chunks' counters ought to account for everyone;
// where they do not, that is a fault of ours or of the hardware, and an attempt that can never end helps nobody. A
// recipient without a row becomes unknown, and is not mailed again unless the owner says so; a deferred one has failed.
// Those whose very names are lost count as unknown as well.
func (s *Store) recount(ctx context.Context, q *sqlc.Queries, a *sqlc.Attempt, counted domain.Totals) (domain.Totals, error) {
	now := s.clock.Now()
	filled, err := q.LedgerFill(ctx, sqlc.LedgerFillParams{AttemptID: a.ID, Response: domain.TextNotRecorded, Now: now})
	if err != nil {
		return domain.Totals{}, fmt.Errorf("record those without an outcome: %w", err)
	}
	ended, err := q.LedgerEndDeferred(ctx, a.ID)
	if err != nil {
		return domain.Totals{}, fmt.Errorf("end those who were deferred: %w", err)
	}
	n, err := q.LedgerCounts(ctx, a.ID)
	if err != nil {
		return domain.Totals{}, fmt.Errorf("count the ledger: %w", err)
	}
	t := domain.Totals{Sent: int(n.Sent), Failed: int(n.Failed), Unknown: int(n.Unknown), Skipped: int(n.Skipped), Expired: int(n.Expired)}
	lost := max(int(a.Audience)-t.Ended(), 0)
	t.Unknown += lost
	s.log.Error().Stringer("attempt", a.ID).Int32("audience", a.Audience).Int("by_chunks", counted.Ended()).
		Int64("without_row", filled).Int64("deferred", ended).Int("lost", lost).
		Msg("the chunks of an attempt do not account for everyone; closing it by the ledger")
	err = q.LedgerEntry(ctx, sqlc.LedgerEntryParams{
		AttemptID: a.ID, Now: now, Sent: n.Sent, Failed: n.Failed, Unknown: int32(t.Unknown), Skipped: n.Skipped, Expired: n.Expired, //nolint:gosec // an audience
	})
	if err != nil {
		return domain.Totals{}, fmt.Errorf("make up for the chunks: %w", err)
	}
	a.Audience = int32(t.Ended()) //nolint:gosec // an audience
	return t, nil
}
