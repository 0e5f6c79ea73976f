package gateway

import (
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// exportPage is how many rows of a file are in memory at a time.
const exportPage = domain.MaxPage

// csvFile is a file (RFC 4180, UTF-8) that is written as it is read, however long that takes.
type csvFile struct {
	name   string
	header []string
	// rows calls write for each row.
	rows func(write func(row ...string) error) error
}

// serve writes the file.
func (f csvFile) serve(w http.ResponseWriter) error {
	return download(w, f.name, func(w io.Writer) error {
		out := csv.NewWriter(w)
		out.UseCRLF = true
		if err := out.Write(f.header); err != nil {
			return err
		}
		if err := f.rows(func(row ...string) error { return out.Write(row) }); err != nil {
			return err
		}
		out.Flush()
		return out.Error()
	})
}

// eachRow goes through pages that follow one another, the first of which is there already.
func eachRow[T any](page []T, next func(last T) ([]T, error), row func(T) error) error {
	for {
		for _, item := range page {
			if err := row(item); err != nil {
				return err
			}
		}
		if len(page) < exportPage {
			return nil
		}
		var err error
		if page, err = next(page[len(page)-1]); err != nil {
			return err
		}
	}
}

type deliveriesFile struct{ csvFile }

// VisitExportDeliveriesResponse implements openapi.ExportDeliveriesResponseObject.
func (f deliveriesFile) VisitExportDeliveriesResponse(w http.ResponseWriter) error { return f.serve(w) }

// ExportDeliveries implements openapi.StrictServerInterface.
func (a attemptAPI) ExportDeliveries(ctx context.Context, r openapi.ExportDeliveriesRequestObject) (openapi.ExportDeliveriesResponseObject, error) {
	var outcome domain.Outcome
	set((*openapi.Outcome)(&outcome), r.Params.Outcome)
	after := func(last domain.Delivery) ([]domain.Delivery, error) {
		return a.store.Deliveries(ctx, viewOf(ctx), r.ID, outcome, last.ClientKey, exportPage)
	}
	first, err := after(domain.Delivery{})
	if err != nil {
		return nil, err
	}
	return deliveriesFile{csvFile{
		name:   "deliveries.csv",
		header: []string{"client_id", "email", "outcome", "code", "enhanced", "response", "provider", "tries", "at"},
		rows: func(write func(...string) error) error {
			return eachRow(first, after, func(d domain.Delivery) error {
				client, code := "", ""
				if !d.ClientID.IsZero() {
					client = d.ClientID.String()
				}
				if d.Reply.Code != 0 {
					code = strconv.Itoa(d.Reply.Code)
				}
				return write(client, csvimport.Inert(d.Email), string(d.Outcome), code, d.Reply.Enhanced, csvimport.Inert(d.Reply.Text),
					csvimport.Inert(d.Provider), strconv.Itoa(d.Tries), timeCell(d.At))
			})
		},
	}}, nil
}

// attemptsFile is the CSV file of attempts: those of a mailing, or all.
type attemptsFile struct{ csvFile }

// VisitExportMailingsResponse implements openapi.ExportMailingsResponseObject.
func (f attemptsFile) VisitExportMailingsResponse(w http.ResponseWriter) error { return f.serve(w) }

// VisitExportMailingHistoryResponse implements openapi.ExportMailingHistoryResponseObject.
func (f attemptsFile) VisitExportMailingHistoryResponse(w http.ResponseWriter) error {
	return f.serve(w)
}

func newAttemptsFile(name string, page func(after domain.Attempt) ([]domain.Attempt, error)) (attemptsFile, error) {
	first, err := page(domain.Attempt{})
	if err != nil {
		return attemptsFile{}, err
	}
	return attemptsFile{csvFile{
		name: name,
		header: []string{
			"attempt_id", "mailing_id", "mailing_name", "kind", "due_at", "started_at", "finished_at", "status", "result", "late_ms",
			"duration_ms", "audience", "sent", "failed", "deferred", "unknown", "skipped", "expired", "reason",
		},
		rows: func(write func(...string) error) error {
			return eachRow(first, page, func(a domain.Attempt) error {
				e := showHistory(a)
				t := a.Totals
				return write(a.ID.String(), a.MailingID.String(), csvimport.Inert(a.MailingName), string(a.Kind), timeCell(a.DueAt),
					timeCell(a.StartedAt), timeCell(a.FinishedAt), string(a.Status), string(a.Result), numberCell(e.LateMs),
					numberCell(e.DurationMs), numberCell(e.Audience), strconv.Itoa(t.Sent), strconv.Itoa(t.Failed),
					strconv.Itoa(t.Deferred), strconv.Itoa(t.Unknown), strconv.Itoa(t.Skipped), strconv.Itoa(t.Expired), csvimport.Inert(a.Reason))
			})
		},
	}}, nil
}

// timeCell leaves the cell of a time that is not known empty.
func timeCell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// numberCell leaves the cell of a number that is not known empty.
func numberCell[N int | int64](n *N) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(int64(*n), 10)
}
