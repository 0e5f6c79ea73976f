package postgres

import (
	"context"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// RecordLate is for a sender that lost its lease and comes back knowing how its window ended: each recipient that was
// recorded as unknown for want of better gets the true outcome; whatever else stands in the ledger stays. Those it was
// told to send later, and those it did not touch at all, are tried again while the attempt runs, and count as failed
// once it has ended. It returns how many outcomes it corrected.
func (s *Store) RecordLate(ctx context.Context, chunk domain.Chunk, rows []domain.Delivery) (int, error) {
	fixed := 0
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		// The chunk first, as everywhere: its lock keeps whoever has it now from finishing it, the attempt's lock keeps
		// the attempt from ending and from being counted.
		row, err := q.ChunkLock(ctx, chunk.ID)
		if err != nil {
			return err
		}
		attempt, err := q.AttemptLock(ctx, chunk.AttemptID)
		if err != nil {
			return err
		}
		running := attempt.Status == string(domain.AttemptRunning)
		c := toColumns(lateOutcomes(rows, running))
		corrected, err := q.LateTruth(ctx, sqlc.LateTruthParams{
			AttemptID: chunk.AttemptID, Try: int32(chunk.Try), //nolint:gosec // a few tens
			ClientIds: c.keys, Outcomes: c.outcomes, Classes: c.classes, Phases: c.phases,
			Codes: c.codes, Enhanced: c.enhanced, Responses: c.responses, Providers: c.providers, Ats: c.ats,
		})
		if err != nil {
			return err
		}
		if fixed = len(corrected); fixed < len(c.keys) {
			if err := lateHistory(ctx, q, chunk, rows); err != nil {
				return err
			}
		}
		counts, again := countLate(chunk.ID, corrected)
		if err := q.LateCounts(ctx, counts); err != nil {
			return err
		}
		if !running {
			return s.correctClosed(ctx, q, attempt, counts)
		}
		if len(again) == 0 || row.Chunk.Status != "done" {
			return nil // whoever finishes the chunk makes a later one of its deferred recipients, these among them
		}
		now := s.clock.Now()
		id, err := q.ChunkInsertRetry(ctx, sqlc.ChunkInsertRetryParams{
			AttemptID: chunk.AttemptID, Try: row.Chunk.Try + 1, TriesBefore: row.Chunk.TriesBefore, ClientIds: again, DueAt: now,
		})
		if err != nil {
			return err
		}
		return s.put(ctx, q, events.ChunkDue{AttemptID: chunk.AttemptID, ChunkID: id, Provider: attempt.Provider})
	})
	if err != nil {
		return 0, fmt.Errorf("record late outcomes of chunk %d: %w", chunk.ID, err)
	}
	return fixed, nil
}

// lateHistory tells the truth about tries that were unknown and, because somebody asked for it, repeated since. Only
// their history changes.
func lateHistory(ctx context.Context, q *sqlc.Queries, chunk domain.Chunk, rows []domain.Delivery) error {
	c := toColumns(lateOutcomes(rows, true))
	err := q.LateHistory(ctx, sqlc.LateHistoryParams{
		AttemptID: chunk.AttemptID, Try: int32(chunk.Try), ClientIds: c.keys, Outcomes: c.outcomes, Classes: c.classes, //nolint:gosec // a few tens
		Phases: c.phases, Codes: c.codes, Enhanced: c.enhanced, Responses: c.responses, Providers: c.providers, Ats: c.ats,
	})
	if err != nil {
		return fmt.Errorf("correct the history: %w", err)
	}
	return nil
}

// lateOutcomes keeps what a late sender knows for certain.
func lateOutcomes(rows []domain.Delivery, running bool) []domain.Delivery {
	known := make([]domain.Delivery, 0, len(rows))
	for _, r := range rows {
		switch r.Outcome {
		case domain.Untouched, domain.Deferred:
			if r.Outcome == domain.Untouched {
				r.Reply.Text = "the sender lost its lease before it came to this recipient"
			}
			r.Outcome = domain.Deferred
			if !running {
				r.Outcome = domain.Failed // nobody is going to try again
			}
		case domain.Sent, domain.Failed:
		case domain.Unknown, domain.Skipped, domain.Expired:
			continue
		}
		known = append(known, r)
	}
	return known
}

func countLate(chunk int64, corrected []sqlc.LateTruthRow) (counts sqlc.LateCountsParams, again []int64) {
	counts.ID = chunk
	for _, row := range corrected {
		counts.Fixed++
		switch domain.Outcome(row.Outcome) { //nolint:exhaustive // lateOutcomes leaves these three
		case domain.Sent:
			counts.Sent++
		case domain.Failed:
			counts.Failed++
		case domain.Deferred:
			counts.Deferred++
			again = append(again, row.ClientID)
		}
	}
	return counts, again
}

// correctClosed carries late outcomes into the report of an attempt that has ended.
func (s *Store) correctClosed(ctx context.Context, q *sqlc.Queries, a sqlc.Attempt, n sqlc.LateCountsParams) error {
	err := q.LateTotals(ctx, sqlc.LateTotalsParams{ID: a.ID, Fixed: n.Fixed, Sent: n.Sent, Failed: n.Failed})
	if err != nil || a.Status != string(domain.AttemptFinished) {
		return err
	}
	t := domain.Totals{
		Sent: int(a.Sent + n.Sent), Failed: int(a.Failed + n.Failed), Unknown: int(a.Unknown - n.Fixed),
		Skipped: int(a.Skipped), Expired: int(a.Expired),
	}
	return q.AttemptSetResult(ctx, sqlc.AttemptSetResultParams{ID: a.ID, Result: string(t.Result())})
}
