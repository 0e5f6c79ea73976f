package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// FinishChunk ends a chunk of which every recipient is recorded: the deferred ones become a new chunk with a due time,
// the next waiting chunk is put out, and subscribers are told the outcomes. When it was the last, the attempt closes.
//
// rows are the outcomes of all its recipients, in their order, if the caller has recorded each of them under token. They spare
// reading the ledger.
func (s *Store) FinishChunk(ctx context.Context, chunk int64, token domain.ID, rows ...domain.Delivery) error {
	var attempt domain.ID
	var goesOn bool
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		row, err := q.ChunkLock(ctx, chunk)
		if err != nil {
			return err
		}
		c := row.Chunk
		if c.Status != "pending" || c.LeaseToken != token {
			return domain.ErrLeaseLost
		}
		if int(c.WindowFrom) != len(c.ClientIds) {
			return fmt.Errorf("%d of its %d recipients are not recorded", len(c.ClientIds)-int(c.WindowFrom), len(c.ClientIds))
		}
		attempt = c.AttemptID
		if c.Deferred > 0 {
			if err := s.retryDeferred(ctx, q, &row); err != nil {
				return err
			}
		}
		if err := s.chunkDone(ctx, q, &row, rows); err != nil {
			return err
		}
		released, err := s.releaseNext(ctx, q, attempt)
		over, _ := overBecause(&row, s.clock.Now())
		goesOn = released && over == domain.Untouched
		return err
	})
	if err != nil {
		return fmt.Errorf("finish chunk %d: %w", chunk, err)
	}
	if goesOn {
		return nil // the chunk that was put out looks whether the attempt is over
	}
	return s.CloseAttempt(ctx, attempt)
}

// retryDeferred makes a later chunk of those to be tried again, or ends them as expired when no later try fits.
func (s *Store) retryDeferred(ctx context.Context, q *sqlc.Queries, row *sqlc.ChunkLockRow) error {
	c, now := row.Chunk, s.clock.Now()
	keys, err := q.DeferredIn(ctx, sqlc.DeferredInParams{AttemptID: c.AttemptID, ClientIds: c.ClientIds, Try: c.Try})
	if err != nil {
		return fmt.Errorf("read deferred recipients: %w", err)
	}
	try := c.Try + 1
	since := int(try - c.TriesBefore)                        // a resend begins the schedule anew
	due := now.Add(domain.RetryDelay(since, rand.Float64())) //nolint:gosec // spreads load; no secret
	if since > domain.MaxTries {
		return s.giveUp(ctx, q, c, keys, domain.Failed)
	}
	if row.Deadline == nil || due.Before(*row.Deadline) {
		id, err := q.ChunkInsertRetry(ctx, sqlc.ChunkInsertRetryParams{
			AttemptID: c.AttemptID, Try: try, TriesBefore: c.TriesBefore, ClientIds: keys, DueAt: due,
		})
		if err != nil {
			return fmt.Errorf("insert chunk of deferred recipients: %w", err)
		}
		return s.putAt(ctx, q, events.ChunkDue{AttemptID: c.AttemptID, ChunkID: id, Provider: row.Provider}, due)
	}
	return s.giveUp(ctx, q, c, keys, domain.Expired)
}

// giveUp ends deferred recipients of a chunk, whom no later try will reach, with the outcome failed or expired. What the
// server said last stays.
func (s *Store) giveUp(ctx context.Context, q *sqlc.Queries, c sqlc.Chunk, keys []int64, outcome domain.Outcome) error {
	ended, err := q.CloseOut(ctx, sqlc.CloseOutParams{
		AttemptID: c.AttemptID, Outcome: string(outcome), Response: "", Tries: c.Try, Now: s.clock.Now(), ClientIds: keys,
	})
	if err != nil {
		return fmt.Errorf("give up deferred recipients: %w", err)
	}
	drop := sqlc.ChunkDropDeferredParams{ID: c.ID}
	if outcome == domain.Failed {
		drop.Failed = int32(len(ended)) //nolint:gosec // at most ChunkSize
	} else {
		drop.Expired = int32(len(ended)) //nolint:gosec // at most ChunkSize
	}
	return q.ChunkDropDeferred(ctx, drop)
}

// chunkDone marks a chunk done and puts its outcomes out, in one event. rows are those of its recipients, as far as its sender
// knows them.
func (s *Store) chunkDone(ctx context.Context, q *sqlc.Queries, row *sqlc.ChunkLockRow, rows []domain.Delivery) error {
	c := &row.Chunk
	if err := q.ChunkDone(ctx, c.ID); err != nil {
		return fmt.Errorf("mark done: %w", err)
	}
	told, unsure := toldOf(c, rows)
	outcomes, err := readOutcomes(ctx, q, c.AttemptID, unsure)
	if err != nil {
		return err
	}
	if told == nil {
		told, outcomes = outcomes, nil
	}
	for i := range told {
		if len(outcomes) > 0 && !isSettled(told[i].Outcome) {
			told[i], outcomes = outcomes[0], outcomes[1:]
		}
	}
	return s.put(ctx, q, events.DeliveriesRecorded{
		AttemptID: c.AttemptID, MailingID: row.MailingID, OwnerID: row.OwnerID, ChunkID: c.ID, Deliveries: told,
	})
}

// toldOf is what subscribers are told of a chunk by what its sender knows, and the keys of the recipients of whom the ledger
// may say something else by now: a resend or the end of all tries has changed it. Reading so many rows again costs more than
// anything else in finishing a chunk, and nearly all are sent. told is nil when the ledger is to be asked about everyone.
func toldOf(c *sqlc.Chunk, rows []domain.Delivery) (told []events.Delivery, unsure []int64) {
	if c.Try > 1 || len(rows) != len(c.ClientIds) {
		return nil, c.ClientIds
	}
	told = make([]events.Delivery, len(rows))
	for i := range rows {
		r := &rows[i]
		told[i] = events.Delivery{
			ClientID: r.ClientID, Email: r.Email, Outcome: r.Outcome, Code: r.Reply.Code, Response: r.Reply.Text,
			Tries: r.Tries, At: r.At.UTC().Truncate(time.Microsecond), // as the ledger keeps it
		}
		if utf8.RuneCountInString(r.Reply.Text) > toldChars {
			told[i].Response = string([]rune(r.Reply.Text)[:toldChars])
		}
		if !isSettled(r.Outcome) {
			unsure = append(unsure, r.ClientKey)
		}
	}
	return told, unsure
}

// toldChars is how much of a response subscribers are told; ChunkOutcomes has it too.
const toldChars = 200

// isSettled reports whether nothing that happens later changes an outcome.
func isSettled(o domain.Outcome) bool { return o == domain.Sent || o == domain.Skipped }

// readOutcomes reads what the ledger says of recipients, in the order of their keys.
func readOutcomes(ctx context.Context, q *sqlc.Queries, attempt domain.ID, keys []int64) ([]events.Delivery, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	outcomes, err := q.ChunkOutcomes(ctx, sqlc.ChunkOutcomesParams{AttemptID: attempt, ClientIds: keys})
	if err != nil {
		return nil, fmt.Errorf("read outcomes: %w", err)
	}
	told := make([]events.Delivery, 0, len(outcomes))
	for _, o := range outcomes {
		told = append(told, events.Delivery{
			ClientID: o.ClientUid, Email: o.Email, Outcome: domain.Outcome(o.Outcome), Code: int(o.Code),
			Response: o.Response, Tries: int(o.Tries), At: o.At.UTC(),
		})
	}
	return told, nil
}

// releaseNext puts out one of the attempt's waiting chunks and reports whether there was one.
func (s *Store) releaseNext(ctx context.Context, q *sqlc.Queries, attempt domain.ID) (bool, error) {
	next, err := q.ChunkReleaseNext(ctx, sqlc.ChunkReleaseNextParams{AttemptID: attempt, Now: s.clock.Now()})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("release the next chunk: %w", err)
	}
	return true, s.put(ctx, q, events.ChunkDue{AttemptID: attempt, ChunkID: next.ID, Provider: next.Provider})
}

// closeBatch is how many chunks CloseAttempt looks up at a time.
const closeBatch = 100

// CloseAttempt ends a running attempt that is over. When its end has come or its mailing is deleted, the recipients
// nobody has contacted get their outcome (expired, skipped), chunk by chunk; chunks that a sender holds are left for it
// to let go. Then, with every chunk done, the attempt gets its result. It is safe to repeat and does nothing to an
// attempt that is not over.
func (s *Store) CloseAttempt(ctx context.Context, attempt domain.ID) error {
	for {
		chunks, err := s.q.ChunksToCloseOut(ctx, sqlc.ChunksToCloseOutParams{AttemptID: attempt, Batch: closeBatch})
		if err != nil {
			return fmt.Errorf("look for open chunks of attempt %s: %w", attempt, err)
		}
		closed := 0
		for _, id := range chunks {
			done, err := s.closeOutChunk(ctx, id)
			if err != nil {
				return fmt.Errorf("close chunk %d: %w", id, err)
			}
			if !done {
				break // what holds for one chunk of an attempt holds for all
			}
			closed++
		}
		if closed < closeBatch {
			break
		}
	}
	open, err := s.q.OpenChunks(ctx, attempt)
	if err != nil {
		return fmt.Errorf("count open chunks of attempt %s: %w", attempt, err)
	}
	if open > 0 {
		return nil
	}
	err = s.inTx(ctx, func(q *sqlc.Queries) error {
		a, err := q.AttemptForStart(ctx, attempt)
		if err != nil {
			return orNotFound(err, "attempt")
		}
		m, err := q.MailingLock(ctx, a.MailingID)
		if err != nil {
			return err
		}
		return s.closeLocked(ctx, q, &m, attempt)
	})
	if err != nil {
		return fmt.Errorf("close attempt %s: %w", attempt, err)
	}
	return nil
}

// closeOutChunk ends a chunk of an attempt that is over; it reports false when the attempt is not.
func (s *Store) closeOutChunk(ctx context.Context, chunk int64) (done bool, err error) {
	err = s.inTx(ctx, func(q *sqlc.Queries) error {
		row, err := q.ChunkLock(ctx, chunk)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		c := row.Chunk
		outcome, why := overBecause(&row, now)
		if outcome == domain.Untouched || row.AttemptStatus != string(domain.AttemptRunning) {
			return nil
		}
		done = true
		if c.Status == "done" || (c.LeasedUntil != nil && c.LeasedUntil.After(row.DbNow)) {
			return nil
		}
		if _, err := s.settleOpenWindow(ctx, q, c, int(c.WindowTo)); err != nil {
			return err
		}
		ended, err := q.CloseOut(ctx, sqlc.CloseOutParams{
			AttemptID: c.AttemptID, Outcome: string(outcome), Response: why, Tries: c.Try - 1, Now: now,
			ClientIds: c.ClientIds[c.WindowTo:],
		})
		if err != nil {
			return fmt.Errorf("end the rest: %w", err)
		}
		settle := sqlc.ChunkSettleParams{ID: c.ID, WindowFrom: int32(len(c.ClientIds)), Now: now} //nolint:gosec // at most ChunkSize
		n := int32(len(ended))                                                                    //nolint:gosec // at most ChunkSize
		if outcome == domain.Expired {
			settle.Expired = n
		} else {
			settle.Skipped = n
		}
		if err := q.ChunkSettle(ctx, settle); err != nil {
			return fmt.Errorf("count the rest: %w", err)
		}
		if c.Deferred > 0 { // deferred in this chunk's own earlier windows, so no later chunk has them
			keys, err := q.DeferredIn(ctx, sqlc.DeferredInParams{AttemptID: c.AttemptID, ClientIds: c.ClientIds, Try: c.Try})
			if err != nil {
				return fmt.Errorf("read deferred recipients: %w", err)
			}
			if err := s.giveUp(ctx, q, c, keys, domain.Expired); err != nil {
				return err
			}
		}
		return s.chunkDone(ctx, q, &row, nil)
	})
	return done, err
}

// overBecause says which outcome the recipients nobody contacted get, and why; Untouched when the attempt goes on.
func overBecause(row *sqlc.ChunkLockRow, now time.Time) (domain.Outcome, string) {
	switch {
	case row.Deleted:
		return domain.Skipped, domain.TextMailingDeleted
	case row.Deadline != nil && !row.Deadline.After(now):
		return domain.Expired, domain.TextEndFirst
	default:
		return domain.Untouched, ""
	}
}

// closeLocked gives an attempt whose chunks are all done its result and its mailing its next status. The mailing's row
// is locked by the caller.
func (s *Store) closeLocked(ctx context.Context, q *sqlc.Queries, m *sqlc.MailingLockRow, attempt domain.ID) error {
	now := s.clock.Now()
	a, err := q.AttemptLock(ctx, attempt)
	if err != nil {
		return orNotFound(err, "attempt")
	}
	if a.Status != string(domain.AttemptRunning) {
		return nil
	}
	if open, err := q.OpenChunks(ctx, attempt); err != nil || open > 0 {
		return err // a resend, or a late truth, has added some meanwhile
	}
	sums, err := q.AttemptSums(ctx, attempt)
	if err != nil {
		return fmt.Errorf("add up chunks: %w", err)
	}
	totals := domain.Totals{
		Sent: int(sums.Sent), Failed: int(sums.Failed), Unknown: int(sums.Unknown),
		Skipped: int(sums.Skipped), Expired: int(sums.Expired),
	}
	closing := sqlc.AttemptCloseParams{ID: attempt, Now: now, Status: string(domain.AttemptFinished)}
	anew := totals.Ended() != int(a.Audience)
	if anew {
		closing.Reason = domain.TextCountedAnew
		if totals, err = s.recount(ctx, q, &a, totals); err != nil {
			return err
		}
	}
	switch {
	case m.DeletedAt != nil:
		closing.Status, closing.Reason = string(domain.AttemptCancelled), domain.TextMailingDeleted
	case totals.Expired > 0:
		closing.Status, closing.Reason = string(domain.AttemptExpired), domain.TextCutOff
	default:
		result := string(totals.Result())
		closing.Result = &result
	}
	if _, err := q.AttemptClose(ctx, closing); err != nil {
		return fmt.Errorf("store its result: %w", err)
	}
	if anew { // AttemptClose stored what the chunks say
		err := q.AttemptCounts(ctx, sqlc.AttemptCountsParams{
			ID: attempt, Audience: a.Audience, Sent: int32(totals.Sent), Failed: int32(totals.Failed), //nolint:gosec // at most the audience
			Unknown: int32(totals.Unknown), Skipped: int32(totals.Skipped), Expired: int32(totals.Expired), //nolint:gosec // the same
		})
		if err != nil {
			return fmt.Errorf("store its counts: %w", err)
		}
	}
	e := events.AttemptFinished{
		AttemptID: attempt, MailingID: a.MailingID, OwnerID: a.OwnerID, Status: domain.AttemptStatus(closing.Status),
		Audience: int(a.Audience), Sent: totals.Sent, Failed: totals.Failed, Unknown: totals.Unknown,
		Skipped: totals.Skipped, Expired: totals.Expired, FinishedAt: now,
	}
	if closing.Result != nil {
		e.Result = domain.AttemptResult(*closing.Result)
	}
	if err := s.put(ctx, q, e); err != nil {
		return err
	}
	return s.afterAttempt(ctx, q, m, now)
}

// afterAttempt moves a mailing whose attempt has ended: back to scheduled when more is to come, else to finished. One
// that is held stays so.
func (s *Store) afterAttempt(ctx context.Context, q *sqlc.Queries, m *sqlc.MailingLockRow, now time.Time) error {
	if m.Status != string(domain.MailingRunning) && m.Status != string(domain.MailingScheduled) && m.Status != string(domain.MailingFinished) {
		return nil
	}
	last, err := q.LastOccurrence(ctx, m.ID)
	if err != nil {
		return fmt.Errorf("read last occurrence: %w", err)
	}
	schedule := toSchedule(m.StartAt, m.EndAt, m.TimeZone, m.Periodicity)
	status := domain.MailingScheduled
	if schedule.Plan(domain.PlanState{Last: last, Since: m.SetAt, Active: m.ActiveAt}, now).Occurrence.IsZero() {
		status = domain.MailingFinished
	}
	if err := q.MailingSetStatus(ctx, sqlc.MailingSetStatusParams{ID: m.ID, Status: string(status), Now: now}); err != nil {
		return fmt.Errorf("set status of mailing: %w", err)
	}
	return q.MailingNeedsPlan(ctx, m.ID)
}
