package gateway

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// reportStore adds up how things went. What is not the owner's is NotFound.
type reportStore interface {
	Statistics(ctx context.Context, owner, attempt domain.ID) (domain.Statistics, error)
	// AttemptHistory returns the attempts of a mailing (zero: all of the owner's) that were due in the period, latest first,
	// from behind after on (zero: from the first).
	AttemptHistory(ctx context.Context, owner, mailing domain.ID, in domain.Period, after domain.Attempt, limit int) ([]domain.Attempt, error)
	// Summary returns an Invalid error for a period that is too long.
	Summary(ctx context.Context, owner domain.ID, in domain.Period, zone *time.Location) (domain.Summary, error)
	// RecipientGroups returns NotFound for a mailing that is not the owner's.
	RecipientGroups(ctx context.Context, g domain.Grouping) (domain.Groups, error)
}

type reportAPI struct {
	store reportStore
	clock domain.Clock
}

// GetMailingHistory implements openapi.StrictServerInterface.
func (a reportAPI) GetMailingHistory(ctx context.Context, r openapi.GetMailingHistoryRequestObject) (openapi.GetMailingHistoryResponseObject, error) {
	after, err := dueCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	in, err := periodOf(r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	found, err := a.store.AttemptHistory(ctx, viewOf(ctx), r.ID, in, after, limitOf(r.Params.Limit)+1)
	if err != nil {
		return nil, err
	}
	found, next := cut(found, r.Params.Limit, cursorOfDue)
	return openapi.GetMailingHistory200JSONResponse{Items: convert(found, showHistory), NextCursor: next}, nil
}

// ExportMailingHistory implements openapi.StrictServerInterface.
func (a reportAPI) ExportMailingHistory(ctx context.Context, r openapi.ExportMailingHistoryRequestObject) (openapi.ExportMailingHistoryResponseObject, error) {
	in, err := periodOf(r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	return newAttemptsFile("history.csv", func(after domain.Attempt) ([]domain.Attempt, error) {
		return a.store.AttemptHistory(ctx, viewOf(ctx), r.ID, in, after, exportPage)
	})
}

// ExportMailings implements openapi.StrictServerInterface.
func (a reportAPI) ExportMailings(ctx context.Context, r openapi.ExportMailingsRequestObject) (openapi.ExportMailingsResponseObject, error) {
	in, err := periodOf(r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	owner, err := askedOwner(ctx, r.Params.Owner)
	if err != nil {
		return nil, err
	}
	return newAttemptsFile("mailings.csv", func(after domain.Attempt) ([]domain.Attempt, error) {
		return a.store.AttemptHistory(ctx, owner, domain.ID{}, in, after, exportPage)
	})
}

// periodOf reads bounds either of which may be left open.
func periodOf(from, to *time.Time) (domain.Period, error) {
	in := domain.AllTime()
	set(&in.From, from)
	set(&in.To, to)
	if bad := in.Validate(); len(bad) > 0 {
		return in, domain.NewInvalid(bad...)
	}
	return in, nil
}

func showHistory(a domain.Attempt) openapi.HistoryEntry {
	out := openapi.HistoryEntry{
		AttemptID: a.ID, MailingID: a.MailingID, MailingName: a.MailingName, Kind: openapi.AttemptKind(a.Kind), DueAt: a.DueAt.UTC(),
		StartedAt: timeOrNull(a.StartedAt), FinishedAt: timeOrNull(a.FinishedAt), Status: openapi.AttemptStatus(a.Status),
		Totals: showCounts(a.Totals), Reason: a.Reason,
		ReasonCode: showReason(domain.ReasonOf(a.Reason)),
	}
	if a.Result != "" {
		result := openapi.AttemptResult(a.Result)
		out.Result = &result
	}
	if a.StartedAt.IsZero() {
		return out
	}
	late := a.Late().Milliseconds()
	out.LateMs, out.Audience = &late, &a.Audience
	if !a.FinishedAt.IsZero() {
		took := a.FinishedAt.Sub(a.StartedAt).Milliseconds()
		out.DurationMs = &took
	}
	return out
}

func showCounts(t domain.Totals) openapi.Counts {
	return openapi.Counts{
		Sent: t.Sent, Failed: t.Failed, Deferred: t.Deferred, Unknown: t.Unknown, Skipped: t.Skipped, Expired: t.Expired,
	}
}

// cursorOfDue is a place in a list by due time and id. PostgreSQL keeps times to the microsecond.
func cursorOfDue(a domain.Attempt) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(a.DueAt.UnixMicro()))
	return base64.RawURLEncoding.EncodeToString(append(b, a.ID[:]...))
}

func dueCursor(cursor *string) (after domain.Attempt, err error) {
	if cursor == nil || *cursor == "" {
		return after, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil || len(b) != 8+len(after.ID) {
		return after, errCursor
	}
	after.DueAt = time.UnixMicro(int64(binary.BigEndian.Uint64(b))) //nolint:gosec // as it was written
	copy(after.ID[:], b[8:])
	if all := domain.AllTime(); after.DueAt.Before(all.From) || after.DueAt.After(all.To) {
		return after, errCursor
	}
	return after, nil
}
