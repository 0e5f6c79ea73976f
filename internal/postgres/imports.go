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

// importAbandoned is after how long without a row an import is taken for that of a process that died.
const importAbandoned = 15 * time.Minute

// rejectPage is how many rejected rows ImportRejects reads at a time.
const rejectPage = 1000

// ImportClients reads clients of owner from a CSV file (see package csvimport) and adds them all to the list, if one is
// given. It works in constant memory and returns when the file has been read. New addresses are created, known ones
// updated.
//
// An Invalid error says that this is no such file, NotFound that the list is not the owner's; there is no import then.
// Otherwise the id is that of the import, which tells what came of it. If r fails on the way, the import is marked so,
// what was read before stays, and that is no error here. A fault of the database is.
func (s *Store) ImportClients(ctx context.Context, owner, list domain.ID, r io.Reader) (domain.ID, error) {
	if !list.IsZero() {
		if err := ownList(ctx, s.q, owner, list); err != nil {
			return domain.ID{}, err
		}
	}
	rows, err := csvimport.NewReader(r)
	if bad, ok := errors.AsType[*csvimport.FormatError](err); ok {
		return domain.ID{}, domain.NewInvalid(domain.FieldError{Field: "file", Message: bad.Reason})
	}
	if err != nil {
		return domain.ID{}, &domain.Error{Kind: domain.Invalid, Code: "upload_broken", Message: "the upload broke off in the first line", Err: err}
	}
	now := s.stamp()
	id := domain.NewID(now)
	if err := s.q.ImportInsert(ctx, sqlc.ImportInsertParams{ID: id, OwnerID: owner, ListID: list, Now: now}); err != nil {
		return domain.ID{}, fmt.Errorf("insert import: %w", err)
	}
	im := &importer{store: s, id: id, owner: owner, list: list, columns: rows.Columns()}
	reason, err := im.run(ctx, rows)
	return id, errors.Join(err, s.endImport(ctx, id, reason))
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
	im := csvimport.Import{
		ID: row.ID, ListID: row.ListID, Status: csvimport.Status(row.Status), Error: row.Error, Rows: row.Rows,
		Created: row.Created, Updated: row.Updated, Rejected: row.Rejected,
		StartedAt: row.StartedAt, FinishedAt: orZero(row.FinishedAt),
	}
	if im.Status == csvimport.Running && s.clock.Now().Sub(row.ActiveAt) > importAbandoned {
		im.Status, im.Error, im.FinishedAt = csvimport.Failed, "the import was interrupted; what was read before stays", row.ActiveAt
	}
	return im, nil
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
			if err := fn(csvimport.Reject{Line: r.Line, Reason: r.Reason, Email: r.Email}); err != nil {
				return err
			}
		}
		if len(rows) < rejectPage {
			return nil
		}
		after = rows[len(rows)-1].Line
	}
}
