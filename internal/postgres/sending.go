package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// LeaseChunk gives a chunk to the sender that holds token, for ttl, unless another one has it or it is not to be sent.
// Recipients that an expired lease left in an open window may have been sent to: they are recorded as unknown, or left
// to be sent again where the mailing says so.
func (s *Store) LeaseChunk(ctx context.Context, chunk int64, token domain.ID, ttl time.Duration) (lease domain.Lease, err error) {
	err = s.inTx(ctx, func(q *sqlc.Queries) error {
		row, err := q.ChunkLock(ctx, chunk)
		if errors.Is(err, pgx.ErrNoRows) {
			lease.State = domain.NoLease
			return nil
		}
		if err != nil {
			return err
		}
		now := s.clock.Now()
		c := row.Chunk
		switch {
		case c.Status != "pending" || row.AttemptStatus != string(domain.AttemptRunning) || row.Held || row.Deleted ||
			(row.Deadline != nil && !row.Deadline.After(now)):
			lease.State = domain.NoLease
			return nil
		case c.DueAt.After(now):
			lease.State, lease.Wait = domain.NotDue, c.DueAt.Sub(now)
			return nil
		case c.LeasedUntil != nil && c.LeasedUntil.After(row.DbNow):
			lease.State, lease.Wait = domain.Busy, c.LeasedUntil.Sub(row.DbNow)
			return nil
		}
		from := int(c.WindowTo)
		if row.OnUnknown == string(domain.ResendUnknown) {
			from = int(c.WindowFrom)
		}
		if lease.Found, err = s.settleOpenWindow(ctx, q, c, from); err != nil {
			return err
		}
		lease.State, lease.Resend = domain.Leased, row.OnUnknown == string(domain.ResendUnknown)
		lease.Provider = row.Provider
		lease.Chunk = domain.Chunk{
			ID: c.ID, AttemptID: c.AttemptID, MailingID: row.MailingID, Try: int(c.Try), Clients: c.ClientIds,
			Window: domain.Window{From: from, To: from},
		}
		return q.ChunkLease(ctx, sqlc.ChunkLeaseParams{ID: chunk, Token: token, Lease: ttl})
	})
	if err != nil {
		return domain.Lease{}, fmt.Errorf("lease chunk %d: %w", chunk, err)
	}
	return lease, nil
}

// settleOpenWindow closes the window of a chunk whose lease is over at from: whoever stands before it without a ledger
// row becomes unknown. It returns how many did.
func (s *Store) settleOpenWindow(ctx context.Context, q *sqlc.Queries, c sqlc.Chunk, from int) (int, error) {
	if c.WindowFrom == c.WindowTo {
		return 0, nil
	}
	found, err := q.CloseOut(ctx, sqlc.CloseOutParams{
		AttemptID: c.AttemptID, Outcome: string(domain.Unknown), Response: domain.TextSenderLost,
		Tries: c.Try, Now: s.clock.Now(), ClientIds: c.ClientIds[c.WindowFrom:from],
	})
	if err != nil {
		return 0, fmt.Errorf("record unknown outcomes: %w", err)
	}
	err = q.ChunkSettle(ctx, sqlc.ChunkSettleParams{
		ID: c.ID, WindowFrom: int32(from), Unknown: int32(len(found)), Now: s.clock.Now(), //nolint:gosec // at most ChunkSize
	})
	if err != nil {
		return 0, fmt.Errorf("close window: %w", err)
	}
	return len(found), nil
}

// Content returns what an attempt says.
func (s *Store) Content(ctx context.Context, attempt domain.ID) (domain.Content, error) {
	row, err := s.q.ContentGet(ctx, attempt)
	if err != nil {
		return domain.Content{}, orNotFound(err, "attempt")
	}
	return domain.Content{
		AttemptID: attempt, MailingID: row.MailingID, MailingName: row.MailingName,
		Subject: row.Subject, HTML: row.Html, Text: row.Text,
	}, nil
}

// Recipients returns the clients with the given keys as they are now. A client that is gone has no entry.
func (s *Store) Recipients(ctx context.Context, keys []int64) (map[int64]domain.Recipient, error) {
	rows, err := s.q.Recipients(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("read recipients: %w", err)
	}
	out := make(map[int64]domain.Recipient, len(rows))
	for _, r := range rows {
		rec := domain.Recipient{Key: r.ID, ID: r.Uid, Email: r.Email, FullName: r.FullName, Suppressed: r.Suppressed}
		if len(r.Attributes) > len("{}") {
			if err := json.Unmarshal(r.Attributes, &rec.Attributes); err != nil {
				return nil, fmt.Errorf("read attributes of client %s: %w", r.Uid, err)
			}
		}
		out[r.ID] = rec
	}
	return out, nil
}

// AdvanceWindow records the outcomes of the window that ended and opens the next one, all or nothing (design §4). The
// window it returns is the one asked for, or an empty one at its start when the mailing may not go on. It fails with
// domain.ErrLeaseLost when token no longer holds the chunk.
func (s *Store) AdvanceWindow(ctx context.Context, chunk int64, token domain.ID, ttl time.Duration, done []domain.Delivery, next domain.Window) (domain.Window, error) {
	now := s.clock.Now()
	p := sqlc.AdvanceWindowParams{
		ID: chunk, Token: token, Lease: ttl, Now: now,
		WindowFrom: int32(next.From), WindowTo: int32(next.To), //nolint:gosec // at most ChunkSize
	}
	p.ClientIds, p.Emails = make([]int64, len(done)), make([]string, len(done))
	p.Receipts, p.Ats = make([]int32, len(done)), make([]time.Time, len(done))
	for i := range done {
		r := &done[i]
		p.ClientIds[i], p.Emails[i], p.Ats[i] = r.ClientKey, r.Email, r.At
		if i == 0 || !sameButTime(&r.Receipt, &done[i-1].Receipt) {
			p.Outcomes, p.Classes = append(p.Outcomes, string(r.Outcome)), append(p.Classes, string(r.Class))
			p.Phases, p.Codes = append(p.Phases, string(r.Reply.Phase)), append(p.Codes, int32(r.Reply.Code)) //nolint:gosec // three digits
			p.Enhanced, p.Responses = append(p.Enhanced, r.Reply.Enhanced), append(p.Responses, r.Reply.Text)
			p.Providers = append(p.Providers, r.Provider)
		}
		p.Receipts[i] = int32(len(p.Outcomes)) //nolint:gosec // at most ChunkSize
		switch done[i].Outcome {
		case domain.Sent:
			p.Sent++
		case domain.Failed:
			p.Failed++
		case domain.Deferred:
			p.Deferred++
		case domain.Skipped:
			p.Skipped++
		case domain.Unknown:
			p.Unknown++
		case domain.Untouched, domain.Expired:
			return domain.Window{}, fmt.Errorf("record chunk %d: %q is no outcome of a window", chunk, done[i].Outcome)
		}
		if done[i].Reply.Text != "" || done[i].Reply.Code != 0 {
			p.LastResponse = lastResponse(done[i].Reply)
		}
	}
	if len(done) > 0 {
		p.LastAt = &now
	}
	to, err := s.advanceWindow(ctx, p, done)
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.Window{}, domain.ErrLeaseLost
	}
	if err != nil {
		return domain.Window{}, fmt.Errorf("advance window of chunk %d: %w", chunk, err)
	}
	return domain.Window{From: next.From, To: int(to)}, nil
}

// advanceWindow takes the statement for first tries where done has no other. Inserting alone is cheaper by a third of the log
// and by looking for each row first. The primary key tells if somebody has a row after all: then nothing has been written.
func (s *Store) advanceWindow(ctx context.Context, p sqlc.AdvanceWindowParams, done []domain.Delivery) (int32, error) {
	if slices.ContainsFunc(done, func(d domain.Delivery) bool { return d.Tries > 1 }) {
		return s.q.AdvanceWindow(ctx, p)
	}
	to, err := s.q.AdvanceWindowFirst(ctx, sqlc.AdvanceWindowFirstParams(p))
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == uniqueViolation {
		return s.q.AdvanceWindow(ctx, p)
	}
	return to, err
}

func sameButTime(a, b *domain.Receipt) bool {
	return a.Outcome == b.Outcome && a.Class == b.Class && a.Reply == b.Reply && a.Provider == b.Provider
}

func lastResponse(r domain.Reply) string {
	switch {
	case r.Code == 0:
		return r.Text
	case r.Enhanced == "":
		return fmt.Sprintf("%d %s", r.Code, r.Text)
	default:
		return fmt.Sprintf("%d %s %s", r.Code, r.Enhanced, r.Text)
	}
}

// columns are deliveries turned on their side, as SQL takes them.
type columns struct {
	keys                                                              int64s
	emails, outcomes, classes, phases, enhanced, responses, providers []string
	codes                                                             []int32
	ats                                                               []time.Time
}

type int64s = []int64

func toColumns(rows []domain.Delivery) columns {
	c := columns{
		keys: make([]int64, len(rows)), emails: make([]string, len(rows)), outcomes: make([]string, len(rows)),
		classes: make([]string, len(rows)), phases: make([]string, len(rows)), enhanced: make([]string, len(rows)),
		responses: make([]string, len(rows)), providers: make([]string, len(rows)), codes: make([]int32, len(rows)),
		ats: make([]time.Time, len(rows)),
	}
	for i := range rows {
		r := &rows[i]
		c.keys[i], c.emails[i], c.outcomes[i], c.classes[i] = r.ClientKey, r.Email, string(r.Outcome), string(r.Class)
		c.phases[i], c.enhanced[i], c.responses[i] = string(r.Reply.Phase), r.Reply.Enhanced, r.Reply.Text
		c.providers[i], c.codes[i], c.ats[i] = r.Provider, int32(r.Reply.Code), r.At //nolint:gosec // three digits
	}
	return c
}

// WindowOf returns the window of a chunk that token holds, or domain.ErrLeaseLost: how a sender that lost the answer to
// AdvanceWindow learns whether it was carried out.
func (s *Store) WindowOf(ctx context.Context, chunk int64, token domain.ID) (domain.Window, error) {
	row, err := s.q.ChunkWindow(ctx, sqlc.ChunkWindowParams{ID: chunk, Token: token})
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.Window{}, domain.ErrLeaseLost
	}
	if err != nil {
		return domain.Window{}, fmt.Errorf("read window of chunk %d: %w", chunk, err)
	}
	return domain.Window{From: int(row.WindowFrom), To: int(row.WindowTo)}, nil
}

// RenewLease keeps a chunk for another ttl and reports whether it may still be sent; domain.ErrLeaseLost when it is gone.
func (s *Store) RenewLease(ctx context.Context, chunk int64, token domain.ID, ttl time.Duration) (allowed bool, err error) {
	allowed, err = s.q.ChunkRenew(ctx, sqlc.ChunkRenewParams{ID: chunk, Token: token, Lease: ttl, Now: s.clock.Now()})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, domain.ErrLeaseLost
	}
	if err != nil {
		return false, fmt.Errorf("renew lease of chunk %d: %w", chunk, err)
	}
	return allowed, nil
}

// ReleaseChunk gives a chunk back, its window closed, to be taken again at due (now or later). reason, when set, shows
// in the attempt's report. Nothing happens when token no longer holds the chunk.
func (s *Store) ReleaseChunk(ctx context.Context, chunk int64, token domain.ID, due time.Time, reason string) error {
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		released, err := q.ChunkRelease(ctx, sqlc.ChunkReleaseParams{ID: chunk, Token: token, DueAt: due, Reason: reason, Now: s.clock.Now()})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.putAt(ctx, q, events.ChunkDue{AttemptID: released.AttemptID, ChunkID: chunk, Provider: released.Provider}, due)
	})
	if err != nil {
		return fmt.Errorf("release chunk %d: %w", chunk, err)
	}
	return nil
}

// Suppress stops mail to a client's address: a server refused it for good. A client whose address has been corrected
// since is left alone.
func (s *Store) Suppress(ctx context.Context, client int64, email, reason string) error {
	err := s.q.SuppressClient(ctx, sqlc.SuppressClientParams{ClientID: client, Email: email, Reason: reason, Now: s.clock.Now()})
	if err != nil {
		return fmt.Errorf("suppress addresses: %w", err)
	}
	return nil
}

// SuppressFull stops mail to a client whose mailbox has been full in domain.FullMailboxes attempts, this one included.
func (s *Store) SuppressFull(ctx context.Context, client int64, email, reason string) error {
	err := s.q.SuppressFull(ctx, sqlc.SuppressFullParams{
		ClientID: client, Email: email, Attempts: domain.FullMailboxes, Reason: reason, Now: s.clock.Now(),
	})
	if err != nil {
		return fmt.Errorf("suppress a full mailbox: %w", err)
	}
	return nil
}

// PauseAttempt pauses the mailing that an attempt belongs to, for a reason its owner reads. Pausing what is not running
// does nothing.
func (s *Store) PauseAttempt(ctx context.Context, attempt domain.ID, reason string) error {
	a, err := s.q.AttemptForStart(ctx, attempt)
	if err != nil {
		return orNotFound(err, "attempt")
	}
	err = s.changeMailing(ctx, domain.ID{}, a.MailingID, func(_ *sqlc.Queries, row *sqlc.MailingLockRow) (string, error) {
		if row.Status != string(domain.MailingRunning) {
			return "", nil
		}
		row.Status, row.Reason = string(domain.MailingPaused), reason
		return "paused", nil
	})
	if err != nil {
		return fmt.Errorf("pause the mailing of attempt %s: %w", attempt, err)
	}
	return nil
}
