package gateway

import (
	"context"
	"strings"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// mailingActions start and stop mailings. What the mailing's status forbids is a Conflict.
type mailingActions interface {
	// StartMailing starts anybody's mailing when owner is the zero ID.
	StartMailing(ctx context.Context, owner, id domain.ID) (domain.Attempt, error)
	PauseMailing(ctx context.Context, owner, id domain.ID) (domain.Mailing, error)
	ResumeMailing(ctx context.Context, owner, id domain.ID) (domain.Mailing, error)
	// DisableMailing and EnableMailing work on anybody's mailing.
	DisableMailing(ctx context.Context, id domain.ID, reason string) (domain.Mailing, error)
	EnableMailing(ctx context.Context, id domain.ID) (domain.Mailing, error)
}

// StartMailing implements openapi.StrictServerInterface.
func (a mailingAPI) StartMailing(ctx context.Context, r openapi.StartMailingRequestObject) (openapi.StartMailingResponseObject, error) {
	owner := ownerOf(ctx)
	if userOf(ctx).Role == domain.RoleAdmin {
		owner = domain.ID{}
	}
	attempt, err := a.store.StartMailing(ctx, owner, r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.StartMailing200JSONResponse(showAttempt(attempt)), nil
}

// PauseMailing implements openapi.StrictServerInterface.
func (a mailingAPI) PauseMailing(ctx context.Context, r openapi.PauseMailingRequestObject) (openapi.PauseMailingResponseObject, error) {
	m, err := a.store.PauseMailing(ctx, ownerOf(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.PauseMailing200JSONResponse{Body: showMailing(m), Headers: openapi.PauseMailing200ResponseHeaders{ETag: etag(m.Revision)}}, nil
}

// ResumeMailing implements openapi.StrictServerInterface.
func (a mailingAPI) ResumeMailing(ctx context.Context, r openapi.ResumeMailingRequestObject) (openapi.ResumeMailingResponseObject, error) {
	m, err := a.store.ResumeMailing(ctx, ownerOf(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.ResumeMailing200JSONResponse{Body: showMailing(m), Headers: openapi.ResumeMailing200ResponseHeaders{ETag: etag(m.Revision)}}, nil
}

// DisableMailing implements openapi.StrictServerInterface.
func (a mailingAPI) DisableMailing(ctx context.Context, r openapi.DisableMailingRequestObject) (openapi.DisableMailingResponseObject, error) {
	if err := invalid(ctx, badReason(r.Body.Reason)...); err != nil {
		return nil, err
	}
	m, err := a.store.DisableMailing(ctx, r.ID, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return openapi.DisableMailing200JSONResponse{Body: showMailing(m), Headers: openapi.DisableMailing200ResponseHeaders{ETag: etag(m.Revision)}}, nil
}

// EnableMailing implements openapi.StrictServerInterface.
func (a mailingAPI) EnableMailing(ctx context.Context, r openapi.EnableMailingRequestObject) (openapi.EnableMailingResponseObject, error) {
	m, err := a.store.EnableMailing(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.EnableMailing200JSONResponse{Body: showMailing(m), Headers: openapi.EnableMailing200ResponseHeaders{ETag: etag(m.Revision)}}, nil
}

// badReason is what is wrong with a reason: people read it in tables and in mail.
func badReason(reason string) []domain.FieldError {
	if strings.TrimSpace(reason) == "" {
		return []domain.FieldError{domain.Required("must say why, in a few words").At("reason")}
	}
	return domain.CheckLine("reason", reason)
}
