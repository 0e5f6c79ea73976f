package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// auditStore keeps the audit log.
type auditStore interface {
	// Audit returns entries newest first, from the first older than before; 0: from the newest.
	Audit(ctx context.Context, f domain.AuditFilter, before int64, limit int) ([]domain.AuditEntry, error)
}

// auditAPI: The audit log.
type auditAPI struct{ store auditStore }

// ListAudit implements openapi.StrictServerInterface.
func (a auditAPI) ListAudit(ctx context.Context, r openapi.ListAuditRequestObject) (openapi.ListAuditResponseObject, error) {
	f := domain.AuditFilter{Action: domain.AuditAction(orEmpty(r.Params.Action)), TargetID: orEmpty(r.Params.TargetID)}
	set(&f.ActorID, r.Params.ActorID)
	set(&f.OwnerID, r.Params.OwnerID)
	set(&f.Since, r.Params.Since)
	set(&f.Until, r.Params.Until)
	page, err := a.page(ctx, f, r.Params.Limit, r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	return openapi.ListAudit200JSONResponse(page), nil
}

// ListActivity implements openapi.StrictServerInterface.
func (a auditAPI) ListActivity(ctx context.Context, r openapi.ListActivityRequestObject) (openapi.ListActivityResponseObject, error) {
	me := ownerOf(ctx)
	page, err := a.page(ctx, domain.AuditFilter{OwnerID: me}, r.Params.Limit, r.Params.Cursor, func(e *domain.AuditEntry) { e.Hide(me) })
	if err != nil {
		return nil, err
	}
	return openapi.ListActivity200JSONResponse(page), nil
}

// page shows a page of the audit log, each entry as change left it.
func (a auditAPI) page(ctx context.Context, f domain.AuditFilter, limit *int, cursor *string, change ...func(*domain.AuditEntry)) (page openapi.AuditPage, err error) {
	before, err := keyCursor(cursor)
	if err != nil {
		return page, err
	}
	found, err := a.store.Audit(ctx, f, before, limitOf(limit)+1)
	if err != nil {
		return page, err
	}
	for i := range found {
		for _, f := range change {
			f(&found[i])
		}
	}
	found, page.NextCursor = cut(found, limit, func(e domain.AuditEntry) string { return cursorOfKey(e.ID) })
	page.Items = convert(found, showAuditEntry)
	return page, nil
}

func showAuditEntry(e domain.AuditEntry) openapi.AuditEntry {
	return openapi.AuditEntry{
		ID: e.ID, At: e.At.UTC(), ActorID: idOrNull(e.Actor.ID), ActorEmail: e.Actor.Email, Action: string(e.Action),
		TargetType: e.TargetType, TargetID: e.TargetID, OwnerID: idOrNull(e.OwnerID), Address: e.Actor.Address, Reason: e.Reason,
		Before: e.Before, After: e.After,
	}
}

// idOrNull shows the zero ID as null.
func idOrNull(id domain.ID) *domain.ID {
	if id.IsZero() {
		return nil
	}
	return &id
}
