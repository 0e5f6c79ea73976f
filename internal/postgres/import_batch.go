package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

const (
	importRows  = 5000             // rows a transaction
	importSave  = time.Minute      // a transaction takes at most
	importPause = 10 * time.Second // rows of a slow upload are stored at least this often, so that its progress shows
)

// importer carries one import from batch to batch.
type importer struct {
	store   *Store
	id      domain.ID
	owner   domain.ID
	list    domain.ID
	columns csvimport.Columns
	total   csvimport.Import // the counters of what is stored
	kept    int              // rejects stored
}

// batch is the rows of one transaction, by column, no address twice.
type batch struct {
	sqlc.ImportBatchParams
	at      map[string]int // where the row of an address is
	lines   []int64
	doubles int64 // rows replaced by a later one with the same address
	rejects []csvimport.Reject
	since   time.Time
}

func newBatch(now time.Time) *batch { return &batch{at: make(map[string]int, importRows), since: now} }

func (b *batch) size() int { return len(b.Uids) + int(b.doubles) + len(b.rejects) }

// run stores every row. reason is why the import failed, empty if it did not; err is a fault of ours, not of the file.
// Reading and storing take turns on two batches: one is read while the other is stored.
func (im *importer) run(ctx context.Context, rows *csvimport.Reader) (reason string, err error) {
	stop := make(chan struct{}) // storing has failed, reading is of no use any more
	batches := make(chan *batch)
	read := make(chan string, 1)
	go func() {
		defer close(batches)
		read <- im.read(ctx, rows, batches, stop)
	}()
	for b := range batches {
		if err != nil {
			continue
		}
		if err = im.save(ctx, b); err != nil {
			close(stop)
		}
	}
	if reason = <-read; err != nil {
		reason = "a fault of ours ended the import; what was stored before stays"
	}
	return reason, err
}

// read passes the rows on in batches until the file ends or ctx does, and returns why it was not read to its end.
func (im *importer) read(ctx context.Context, rows *csvimport.Reader, out chan<- *batch, stop <-chan struct{}) string {
	b := newBatch(im.store.clock.Now())
	for {
		c, err := rows.Next()
		reject, bad := errors.AsType[*csvimport.RejectError](err)
		format, broken := errors.AsType[*csvimport.FormatError](err)
		reason := ""
		switch {
		case err == nil:
			if err := b.add(&c, rows.Line(), im.store.clock.Now()); err != nil {
				b.rejects = append(b.rejects, csvimport.Reject{Line: rows.Line(), Reason: err.Error(), Email: c.Email.Display})
			}
		case bad:
			b.rejects = append(b.rejects, reject.Reject)
		case errors.Is(err, io.EOF):
		case broken:
			reason = format.Reason + "; what was read before stays"
		default:
			reason = fmt.Sprintf("the upload broke off after line %d; what was read before stays", rows.Line())
		}
		if reason == "" && ctx.Err() != nil && !errors.Is(err, io.EOF) {
			reason = fmt.Sprintf("the import was interrupted after line %d; what was read before stays", rows.Line())
		}
		over := reason != "" || errors.Is(err, io.EOF)
		if over || b.size() >= importRows || im.store.clock.Now().Sub(b.since) > importPause {
			select {
			case out <- b:
			case <-stop:
				return reason
			}
			b = newBatch(im.store.clock.Now())
		}
		if over {
			return reason
		}
	}
}

func (b *batch) add(c *domain.Client, line int64, now time.Time) error {
	attributes, err := encodeAttributes(c.Attributes)
	if err != nil {
		return err
	}
	if i, double := b.at[c.Email.Key]; double { // the last line wins
		b.doubles++
		b.Emails[i], b.FullNames[i], b.Comments[i], b.Attributes[i], b.lines[i] = c.Email.Display, c.FullName, c.Comment, string(attributes), line
		return nil
	}
	b.at[c.Email.Key] = len(b.Uids)
	b.Uids = append(b.Uids, domain.NewID(now))
	b.Emails = append(b.Emails, c.Email.Display)
	b.EmailKeys = append(b.EmailKeys, c.Email.Key)
	b.FullNames = append(b.FullNames, c.FullName)
	b.Comments = append(b.Comments, c.Comment)
	b.Attributes = append(b.Attributes, string(attributes))
	b.lines = append(b.lines, line)
	return nil
}

// save stores a batch and the counters after it, in one transaction. What has been read is stored even when ctx is over
// because the upload broke off.
func (im *importer) save(ctx context.Context, b *batch) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), importSave)
	defer cancel()
	total, kept := im.total, im.kept
	err := im.store.inTx(ctx, func(q *sqlc.Queries) error {
		now := im.store.stamp()
		if len(b.Uids) > 0 {
			b.OwnerID, b.ListID, b.Now, b.MaxAttributes = im.owner, im.list, now, domain.MaxAttributes
			b.HasFullName, b.HasComment, b.HasAttributes = im.columns.FullName, im.columns.Comment, len(im.columns.Attributes) > 0
			done, err := q.ImportBatch(ctx, b.ImportBatchParams)
			if err != nil {
				return fmt.Errorf("store clients: %w", err)
			}
			total.Created += done.Created
			total.Updated += done.Updated + b.doubles
			for _, key := range done.Refused {
				i := b.at[key]
				b.rejects = append(b.rejects, csvimport.Reject{Line: b.lines[i], Email: b.Emails[i], Reason: fmt.Sprintf(
					"has more than %d attributes together with those that the client has already", domain.MaxAttributes)})
			}
		}
		total.Rejected += int64(len(b.rejects))
		total.Rows = total.Created + total.Updated + total.Rejected
		if err := im.saveRejects(ctx, q, b.rejects, &kept); err != nil {
			return err
		}
		return q.ImportProgress(ctx, sqlc.ImportProgressParams{
			ID: im.id, Rows: total.Rows, Created: total.Created, Updated: total.Updated, Rejected: total.Rejected, Now: now,
		})
	})
	if err != nil {
		return fmt.Errorf("import %s: %w", im.id, err)
	}
	im.total, im.kept = total, kept
	return nil
}

func (im *importer) saveRejects(ctx context.Context, q *sqlc.Queries, rejects []csvimport.Reject, kept *int) error {
	rejects = rejects[:min(len(rejects), csvimport.MaxRejects-*kept)]
	if len(rejects) == 0 {
		return nil
	}
	p := sqlc.ImportRejectParams{ImportID: im.id}
	for _, r := range rejects {
		p.Lines, p.Reasons, p.Emails = append(p.Lines, r.Line), append(p.Reasons, r.Reason), append(p.Emails, r.Email)
	}
	if err := q.ImportReject(ctx, p); err != nil {
		return fmt.Errorf("store rejects: %w", err)
	}
	*kept += len(rejects)
	return nil
}
