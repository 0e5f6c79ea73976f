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
	// importAlive is how often an import shows that its process lives, importAbandoned after how long without that sign
	// it is taken for that of a process that died. One transaction (see importSave) lies within.
	importAlive     = 10 * time.Second
	importAbandoned = 2 * time.Minute
)

// rejectPage is how many rejected rows ImportRejects reads at a time.
const rejectPage = 1000

// ImportClients reads clients from a CSV file (see package csvimport) and adds them all to the list, if one is given. It
// works in constant memory and returns when the file has been read. New addresses are created, known ones updated.
// Meanwhile Import tells how far it is.
//
// An Invalid error says that this is no such file, NotFound that the list is not the owner's, Conflict that the id is
// taken; there is no import then. Otherwise the id is that of the import, which tells what came of it. If r fails on the
// way or ctx ends, the import is marked so, what was read before stays, and that is no error here. A fault of the
// database is.
func (s *Store) ImportClients(ctx context.Context, order csvimport.Order, r io.Reader) (domain.ID, error) {
	if !order.List.IsZero() {
		if err := ownList(ctx, s.q, order.Owner, order.List); err != nil {
			return domain.ID{}, err
		}
		if err := spareOutgoingList(ctx, s.q, order.List); err != nil {
			return domain.ID{}, err
		}
	}
	rows, err := csvimport.NewReader(interruptible{ctx, r}, order.Charset)
	if bad, ok := errors.AsType[*csvimport.FormatError](err); ok {
		return domain.ID{}, domain.NewInvalid(domain.NewFault(domain.FaultBadFile, nil, "%s", bad.Reason).At("file"))
	}
	if err != nil {
		return domain.ID{}, &domain.Error{Kind: domain.Invalid, Code: "upload_broken", Message: "the upload broke off in the first line", Err: err}
	}
	now := s.stamp()
	if order.ID.IsZero() {
		order.ID = domain.NewID(now)
	}
	err = s.beginImport(ctx, &sqlc.ImportInsertParams{ID: order.ID, OwnerID: order.Owner, ListID: order.List, Size: order.Size, Now: now})
	if isUnique(err, "imports_pkey") {
		if _, err := s.Import(ctx, order.Owner, order.ID); err != nil {
			return domain.ID{}, err // somebody else's: not found, as for every other call
		}
		return domain.ID{}, &domain.Error{Kind: domain.Conflict, Code: "import_exists", Message: "there is an import with this id already; make a new id for each"}
	}
	if isForeignKey(err) { // the list was deleted this instant
		return domain.ID{}, domain.NewNotFound("list")
	}
	if err != nil {
		return domain.ID{}, fmt.Errorf("insert import: %w", err)
	}
	im := &importer{store: s, order: order, columns: rows.Columns()}
	reason, err := im.run(ctx, rows)
	return order.ID, errors.Join(err, s.endImport(ctx, order.ID, reason))
}

// interruptible is a reader that fails when its context is over. What it has given out by then is stored all the same.
type interruptible struct {
	ctx context.Context //nolint:containedctx // a Read has none
	r   io.Reader
}

// Read implements io.Reader.
func (i interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}

// beginImport stores that there is an import, even when ctx is over because the client has gone: what it sent is there.
func (s *Store) beginImport(ctx context.Context, p *sqlc.ImportInsertParams) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return s.q.ImportInsert(ctx, *p)
}

// endImport stores how the import ended, even when ctx is over because the client has gone.
func (s *Store) endImport(ctx context.Context, id domain.ID, reason string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	status := csvimport.Finished
	if reason != "" {
		status = csvimport.Failed
	}
	if err := s.q.ImportEnd(ctx, sqlc.ImportEndParams{ID: id, Status: string(status), Error: reason, Now: s.stamp()}); err != nil {
		return fmt.Errorf("end import %s: %w", id, err)
	}
	return nil
}

// Import returns one of owner's imports, or a NotFound error. One whose process died is reported as failed.
func (s *Store) Import(ctx context.Context, owner, id domain.ID) (csvimport.Import, error) {
	row, err := s.q.ImportGet(ctx, sqlc.ImportGetParams{ID: id, OwnerID: owner})
	if err != nil {
		return csvimport.Import{}, orNotFound(err, "import")
	}
	return s.toImport(row), nil
}

// Imports returns a page of owner's imports, newest first.
func (s *Store) Imports(ctx context.Context, owner domain.ID, page domain.Page) ([]csvimport.Import, error) {
	rows, err := s.q.ImportList(ctx, sqlc.ImportListParams{
		OwnerID: owner, After: page.After, PageSize: int32(page.Limit), //nolint:gosec // at most MaxPage
	})
	if err != nil {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	out := make([]csvimport.Import, 0, len(rows))
	for _, row := range rows {
		out = append(out, s.toImport(row))
	}
	return out, nil
}

// toImport reads a row; one whose process died is reported as failed.
func (s *Store) toImport(row sqlc.Import) csvimport.Import {
	im := csvimport.Import{
		ID: row.ID, ListID: row.ListID, Status: csvimport.Status(row.Status), Error: row.Error, Rows: row.Rows,
		Created: row.Created, Updated: row.Updated, Unchanged: row.Unchanged, Rejected: row.Rejected,
		Bytes: row.Bytes, Size: row.Size, StartedAt: row.StartedAt, FinishedAt: orZero(row.FinishedAt),
	}
	if im.Status == csvimport.Running && s.clock.Now().Sub(row.ActiveAt) > importAbandoned {
		im.Status, im.Error, im.FinishedAt = csvimport.Failed, "the import was interrupted; what was read before stays", row.ActiveAt
	}
	return im
}

// ImportRejects calls fn with each row that one of owner's imports left out, in their order, until fn fails. It returns
// a NotFound error before the first call if there is no such import.
func (s *Store) ImportRejects(ctx context.Context, owner, id domain.ID, fn func(csvimport.Reject) error) error {
	if _, err := s.q.ImportGet(ctx, sqlc.ImportGetParams{ID: id, OwnerID: owner}); err != nil {
		return orNotFound(err, "import")
	}
	after := int64(0)
	for {
		rows, err := s.q.ImportRejectPage(ctx, sqlc.ImportRejectPageParams{ImportID: id, After: after, PageSize: rejectPage})
		if err != nil {
			return fmt.Errorf("read rejects of import %s: %w", id, err)
		}
		for _, r := range rows {
			if err := fn(csvimport.Reject{Line: r.Line, Reason: r.Reason, Email: r.Email, Content: r.Content}); err != nil {
				return err
			}
		}
		if len(rows) < rejectPage {
			return nil
		}
		after = rows[len(rows)-1].Line
	}
}
