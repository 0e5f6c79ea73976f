package gateway

import (
	"context"
	"slices"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// mailingStore keeps mailings. What is not the owner's is NotFound; a revision other than 0 must be the current one
// (Stale otherwise).
type mailingStore interface {
	mailingActions
	// CreateMailing sets the id, status, revision and times. It returns an Invalid error when the message, a client or a
	// list is not the owner's.
	CreateMailing(ctx context.Context, m *domain.Mailing) error
	Mailing(ctx context.Context, owner, id domain.ID) (domain.Mailing, error)
	// Mailings returns those with the status, all when it is empty.
	Mailings(ctx context.Context, owner domain.ID, status domain.MailingStatus, page domain.Page) ([]domain.Mailing, error)
	// UpdateMailing validates what change made of the mailing and returns change's error as it is.
	UpdateMailing(ctx context.Context, owner, id domain.ID, revision int, change func(*domain.Mailing) error) (domain.Mailing, error)
	DeleteMailing(ctx context.Context, owner, id domain.ID, revision int) error
}

type mailingAPI struct {
	store mailingStore
	clock domain.Clock
}

// ListMailings implements openapi.StrictServerInterface.
func (a mailingAPI) ListMailings(ctx context.Context, r openapi.ListMailingsRequestObject) (openapi.ListMailingsResponseObject, error) {
	page, err := pageOf(r.Params.Limit, r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	var status domain.MailingStatus
	set((*openapi.MailingStatus)(&status), r.Params.Status)
	owner, err := askedOwner(ctx, r.Params.Owner)
	if err != nil {
		return nil, err
	}
	found, err := a.store.Mailings(ctx, owner, status, page)
	if err != nil {
		return nil, err
	}
	found, next := cut(found, r.Params.Limit, func(m domain.Mailing) string { return cursorOfID(m.ID) })
	return openapi.ListMailings200JSONResponse{Items: convert(found, showMailing), NextCursor: next}, nil
}

// CreateMailing implements openapi.StrictServerInterface.
func (a mailingAPI) CreateMailing(ctx context.Context, r openapi.CreateMailingRequestObject) (openapi.CreateMailingResponseObject, error) {
	now := a.clock.Now()
	m := domain.Mailing{
		OwnerID: ownerOf(ctx), Name: r.Body.Name, MessageID: r.Body.MessageID, OnUnknown: domain.HoldUnknown, Status: domain.MailingScheduled,
		Schedule: domain.Schedule{Start: now, Zone: "UTC", Periodicity: domain.Once},
	}
	set(&m.ClientIDs, r.Body.ClientIds)
	set(&m.ListIDs, r.Body.ListIds)
	set(&m.Schedule.Start, r.Body.StartAt)
	set(&m.Schedule.End, r.Body.EndAt)
	set(&m.Schedule.Zone, r.Body.TimeZone)
	set((*openapi.Periodicity)(&m.Schedule.Periodicity), r.Body.Periodicity)
	set((*openapi.OnUnknown)(&m.OnUnknown), r.Body.OnUnknown)
	set(&m.ProviderID, r.Body.ProviderID)
	if r.Body.Draft != nil && *r.Body.Draft {
		m.Status = domain.MailingDraft
	}
	if err := mayHave(ctx, m.Status); err != nil {
		return nil, err
	}
	if err := invalidMailing(ctx, m.Validate(now)); err != nil {
		return nil, err
	}
	if err := a.store.CreateMailing(ctx, &m); err != nil {
		return nil, err
	}
	stored, err := a.store.Mailing(ctx, m.OwnerID, m.ID) // as it will be shown from now on
	if err != nil {
		return nil, err
	}
	return openapi.CreateMailing201JSONResponse{
		Body:    showMailing(stored),
		Headers: openapi.CreateMailing201ResponseHeaders{ETag: etag(stored.Revision), Location: location("/mailings/", m.ID)},
	}, nil
}

// mayHave reports whether the caller may bring a mailing about, or alter one, that has this status: who may not send may
// only work on what goes out after somebody who may has said so.
func mayHave(ctx context.Context, status domain.MailingStatus) error {
	if slices.Contains([]domain.MailingStatus{domain.MailingDraft, domain.MailingPaused, domain.MailingDisabled}, status) {
		return nil
	}
	return maySend(ctx)
}

// invalidMailing is invalid, but does not complain of an audience that is missing only because its ids were at fault.
func invalidMailing(ctx context.Context, found []domain.FieldError) error {
	in := inputOf(ctx)
	if in.faulty("client_ids") || in.faulty("list_ids") {
		found = slices.DeleteFunc(found, func(f domain.FieldError) bool { return f.Field() == "list_ids" })
	}
	return invalid(ctx, found...)
}

// GetMailing implements openapi.StrictServerInterface.
func (a mailingAPI) GetMailing(ctx context.Context, r openapi.GetMailingRequestObject) (openapi.GetMailingResponseObject, error) {
	m, err := a.store.Mailing(ctx, viewOf(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.GetMailing200JSONResponse{Body: showMailing(m), Headers: openapi.GetMailing200ResponseHeaders{ETag: etag(m.Revision)}}, nil
}

// UpdateMailing implements openapi.StrictServerInterface.
func (a mailingAPI) UpdateMailing(ctx context.Context, r openapi.UpdateMailingRequestObject) (openapi.UpdateMailingResponseObject, error) {
	revision, err := revisionOf(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	m, err := a.store.UpdateMailing(ctx, ownerOf(ctx), r.ID, revision, func(m *domain.Mailing) error {
		bad := patchMailing(m, r.Body, inputOf(ctx))
		if err := mayHave(ctx, m.Status); err != nil {
			return err
		}
		if len(bad) > 0 || len(inputOf(ctx).faults) > 0 {
			return invalidMailing(ctx, append(bad, m.Validate(a.clock.Now())...))
		}
		return nil // the store validates, because what is allowed depends on what has run
	})
	if err != nil {
		return nil, err
	}
	return openapi.UpdateMailing200JSONResponse{Body: showMailing(m), Headers: openapi.UpdateMailing200ResponseHeaders{ETag: etag(m.Revision)}}, nil
}

func patchMailing(m *domain.Mailing, p *openapi.MailingPatch, in *input) []domain.FieldError {
	set(&m.Name, p.Name)
	set(&m.MessageID, p.MessageID)
	set(&m.ClientIDs, p.ClientIds)
	set(&m.ListIDs, p.ListIds)
	set(&m.Schedule.Start, p.StartAt)
	set(&m.Schedule.End, p.EndAt)
	set(&m.Schedule.Zone, p.TimeZone)
	set((*openapi.Periodicity)(&m.Schedule.Periodicity), p.Periodicity)
	set((*openapi.OnUnknown)(&m.OnUnknown), p.OnUnknown)
	set(&m.ProviderID, p.ProviderID)
	if in.isNull("end_at") {
		m.Schedule.End = domain.Schedule{}.End
	}
	if in.isNull("provider_id") {
		m.ProviderID = ""
	}
	switch {
	case p.Draft == nil:
	case !*p.Draft && m.Status == domain.MailingDraft:
		m.Status = domain.MailingScheduled
	case *p.Draft && m.Status != domain.MailingDraft:
		return []domain.FieldError{domain.NewFault(domain.FaultNoLongerDraft, nil, "a mailing that is no draft any more cannot become one again; pause it instead").At("draft")}
	}
	return nil
}

// DeleteMailing implements openapi.StrictServerInterface.
func (a mailingAPI) DeleteMailing(ctx context.Context, r openapi.DeleteMailingRequestObject) (openapi.DeleteMailingResponseObject, error) {
	revision, err := revisionOf(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	return openapi.DeleteMailing204Response{}, a.store.DeleteMailing(ctx, ownerOf(ctx), r.ID, revision)
}

func showMailing(m domain.Mailing) openapi.Mailing {
	same := func(id domain.ID) domain.ID { return id }
	out := openapi.Mailing{
		ID: m.ID, OwnerID: m.OwnerID, OwnerEmail: m.OwnerEmail, Name: m.Name, MessageID: m.MessageID, ClientIds: convert(m.ClientIDs, same), ListIds: convert(m.ListIDs, same),
		StartAt: m.Schedule.Start.UTC(), EndAt: timeOrNull(m.Schedule.End), TimeZone: m.Schedule.Zone,
		Periodicity: openapi.Periodicity(m.Schedule.Periodicity), Draft: m.Status == domain.MailingDraft,
		OnUnknown: openapi.OnUnknown(m.OnUnknown), Status: openapi.MailingStatus(m.Status), Reason: m.Reason,
		ReasonCode: showReason(domain.ReasonOfMailing(m.Status, m.Reason)),
		NextAt:     timeOrNull(m.NextAt), Revision: m.Revision, CreatedAt: m.CreatedAt.UTC(), UpdatedAt: m.UpdatedAt.UTC(),
	}
	if m.ProviderID != "" {
		out.ProviderID = &m.ProviderID
	}
	return out
}
