package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
	"github.com/vestnik-mail/vestnik/internal/postgres/staging"
)

const (
	importRows  = 10_000                 // rows a transaction
	importBytes = 8 << 20                // of the file a transaction, about: rows may be long
	importSave  = time.Minute            // a transaction takes at most
	importPause = 400 * time.Millisecond // rows of a slow upload are stored at least this often, so that its progress shows
)

// importer carries one import from batch to batch.
type importer struct {
	store   *Store
	order   csvimport.Order
	columns csvimport.Columns
	total   csvimport.Import // the counters of what is stored
	kept    int              // rejects stored
}

// batch is the rows of one transaction, no address twice.
type batch struct {
	rows    []sqlc.ImportStageParams
	lines   []int64        // where each row is in the file
	at      map[string]int // which row an address has
	doubles int64          // rows replaced by a later one with the same address
	rejects []csvimport.Reject
	since   time.Time
	from    int64 // bytes of the file read before
	upTo    int64 // and after it
}

func newBatch(now time.Time, from int64) *batch {
	return &batch{at: make(map[string]int, importRows), since: now, from: from, upTo: from}
}

func (b *batch) count() int { return len(b.rows) + int(b.doubles) + len(b.rejects) }

// full says that the batch must be stored by now.
func (b *batch) full(now time.Time) bool {
	return b.count() >= importRows || b.upTo-b.from >= importBytes || (b.count() > 0 && now.Sub(b.since) > importPause)
}

// run stores every row. reason is why the import failed, empty if it did not; err is a fault of ours, not of the file.
// Reading and storing take turns on two batches: one is read while the other is stored.
func (im *importer) run(ctx context.Context, rows *csvimport.Reader) (reason string, err error) {
	stop := make(chan struct{}) // storing has failed, reading is of no use any more
	batches := make(chan *batch)
	read := make(chan string, 1)
	go func() {
		defer close(batches)
		read <- im.read(rows, batches, stop)
	}()
	alive := time.NewTicker(importAlive)
	defer alive.Stop()
	for more := true; more; {
		var b *batch
		select {
		case b, more = <-batches:
		case <-alive.C:
			// A fault shows with the next batch; until then there is nothing to lose.
			_ = im.store.q.ImportAlive(ctx, sqlc.ImportAliveParams{ID: im.order.ID, Now: im.store.stamp()})
		}
		if b == nil || err != nil {
			continue
		}
		if err = im.save(ctx, b); err != nil {
			close(stop)
		}
	}
	reason = <-read
	switch {
	case isForeignKey(err):
		return "the list was deleted meanwhile; what was stored before stays", nil
	case domain.KindOf(err) == domain.Forbidden:
		return "a mailing to the list was scheduled meanwhile, and this takes an API key with the scope send; what was stored before stays", nil
	case err != nil:
		return "a fault of ours ended the import; what was stored before stays", err
	}
	return reason, nil
}

// read passes the rows on in batches until the file ends, and returns why it was not read to its end.
func (im *importer) read(rows *csvimport.Reader, out chan<- *batch, stop <-chan struct{}) string {
	b := newBatch(im.store.clock.Now(), 0)
	for {
		c, err := rows.Next()
		now := im.store.clock.Now()
		reject, bad := errors.AsType[*csvimport.RejectError](err)
		reason := ""
		switch {
		case err == nil:
			err = b.add(&c, rows.Line(), now)
			if err != nil {
				b.rejects = append(b.rejects, rows.Reject(err.Error()))
			}
		case bad:
			b.rejects = append(b.rejects, reject.Reject)
		case errors.Is(err, io.EOF):
		default:
			reason = broken(err, rows.Line())
		}
		over := reason != "" || errors.Is(err, io.EOF)
		b.upTo = rows.Offset()
		if over || b.full(now) {
			select {
			case out <- b:
			case <-stop:
				return reason
			}
			b = newBatch(im.store.clock.Now(), b.upTo)
		}
		if over {
			return reason
		}
	}
}

// broken says why a file could not be read to its end.
func broken(err error, line int64) string {
	if format, ok := errors.AsType[*csvimport.FormatError](err); ok {
		return format.Reason + "; what was read before stays"
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Sprintf("the import was interrupted after line %d; what was read before stays", line)
	}
	return fmt.Sprintf("the upload broke off after line %d; what was read before stays", line)
}

func (b *batch) add(c *domain.Client, line int64, now time.Time) error {
	attributes, err := encodeAttributes(c.Attributes)
	if err != nil {
		return err
	}
	row := sqlc.ImportStageParams{
		Email: c.Email.Display, EmailKey: c.Email.Key, FullName: c.FullName, Comment: c.Comment, Attributes: attributes,
	}
	if i, double := b.at[c.Email.Key]; double { // the last line wins
		b.doubles++
		row.Uid = b.rows[i].Uid
		b.rows[i], b.lines[i] = row, line
		return nil
	}
	row.Uid = domain.NewID(now)
	b.at[c.Email.Key] = len(b.rows)
	b.rows, b.lines = append(b.rows, row), append(b.lines, line)
	return nil
}

// save stores a batch and the counters after it, in one transaction. What has been read is stored even when ctx is over
// because the upload broke off.
func (im *importer) save(ctx context.Context, b *batch) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), importSave)
	defer cancel()
	total, kept := im.total, im.kept
	err := im.store.transact(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, staging.ImportRows()); err != nil {
			return fmt.Errorf("prepare for the rows: %w", err)
		}
		q, now := im.store.q.WithTx(tx), im.store.stamp()
		if !im.order.List.IsZero() {
			if err := spareOutgoingList(ctx, q, im.order.List); err != nil {
				return err
			}
		}
		if err := im.saveClients(ctx, q, b, now, &total); err != nil {
			return err
		}
		total.Rejected += int64(len(b.rejects))
		total.Rows = total.Created + total.Updated + total.Rejected
		if err := im.saveRejects(ctx, q, b.rejects, &kept); err != nil {
			return err
		}
		return q.ImportProgress(ctx, sqlc.ImportProgressParams{
			ID: im.order.ID, Rows: total.Rows, Created: total.Created, Updated: total.Updated, Unchanged: total.Unchanged,
			Rejected: total.Rejected, Bytes: b.upTo, Now: now,
		})
	})
	if err != nil {
		return fmt.Errorf("import %s: %w", im.order.ID, err)
	}
	im.total, im.kept = total, kept
	return nil
}

// saveClients copies the rows into the connection's own table, and from there all at once to where they belong.
func (im *importer) saveClients(ctx context.Context, q *sqlc.Queries, b *batch, now time.Time, total *csvimport.Import) error {
	if len(b.rows) == 0 {
		return nil
	}
	if _, err := q.ImportStage(ctx, b.rows); err != nil {
		return fmt.Errorf("copy the rows: %w", err)
	}
	attributes := im.columns.Attributes
	if attributes == nil {
		attributes = []string{} // not NULL
	}
	done, err := q.ImportMerge(ctx, sqlc.ImportMergeParams{
		OwnerID: im.order.Owner, Now: now, HasFullName: im.columns.FullName, HasComment: im.columns.Comment,
		Columns: attributes, MaxAttributes: domain.MaxAttributes,
	})
	if err != nil {
		return fmt.Errorf("store clients: %w", err)
	}
	left := int64(len(b.rows)) - done.Created - done.Changed
	if left > 0 && len(attributes) > 0 {
		refused, err := q.ImportRefuse(ctx, sqlc.ImportRefuseParams{Columns: attributes, OwnerID: im.order.Owner, MaxAttributes: domain.MaxAttributes})
		if err != nil {
			return fmt.Errorf("find clients with too many attributes: %w", err)
		}
		for _, key := range refused {
			i := b.at[key]
			b.rejects = append(b.rejects, csvimport.Reject{Line: b.lines[i], Email: b.rows[i].Email, Reason: fmt.Sprintf(
				"has more than %d attributes together with those that the client has already", domain.MaxAttributes)})
		}
		left -= int64(len(refused))
	}
	total.Created += done.Created
	total.Updated += done.Changed + left + b.doubles
	total.Unchanged += left
	if im.order.List.IsZero() {
		return nil
	}
	if err := q.ImportIntoList(ctx, sqlc.ImportIntoListParams{ListID: im.order.List, OwnerID: im.order.Owner}); err != nil {
		return fmt.Errorf("put clients into the list: %w", err)
	}
	return nil
}

func (im *importer) saveRejects(ctx context.Context, q *sqlc.Queries, rejects []csvimport.Reject, kept *int) error {
	rejects = rejects[:min(len(rejects), csvimport.MaxRejects-*kept)]
	if len(rejects) == 0 {
		return nil
	}
	p := sqlc.ImportRejectParams{ImportID: im.order.ID}
	for _, r := range rejects {
		p.Lines, p.Reasons = append(p.Lines, r.Line), append(p.Reasons, r.Reason)
		p.Emails, p.Contents = append(p.Emails, r.Email), append(p.Contents, r.Content)
	}
	if err := q.ImportReject(ctx, p); err != nil {
		return fmt.Errorf("store rejects: %w", err)
	}
	*kept += len(rejects)
	return nil
}
