package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// sessionStore keeps where people are signed in.
type sessionStore interface {
	Sessions(ctx context.Context, user domain.ID) ([]domain.Session, error)
	// EndSession returns a NotFound error for a session that is not the user's.
	EndSession(ctx context.Context, user, session domain.ID) error
	EndSessions(ctx context.Context, user, but domain.ID) error
}

type sessionAPI struct{ store sessionStore }

// ListSessions implements openapi.StrictServerInterface.
func (a sessionAPI) ListSessions(ctx context.Context, _ openapi.ListSessionsRequestObject) (openapi.ListSessionsResponseObject, error) {
	found, err := a.store.Sessions(ctx, ownerOf(ctx))
	if err != nil {
		return nil, err
	}
	this := callerOf(ctx).session
	return openapi.ListSessions200JSONResponse{Items: convert(found, func(s domain.Session) openapi.Session {
		return openapi.Session{
			ID: s.ID, Current: s.ID == this, Address: s.Address, UserAgent: s.UserAgent, CreatedAt: s.CreatedAt.UTC(),
			LastSeenAt: s.LastSeenAt.UTC(), ExpiresAt: s.ExpiresAt.UTC(),
		}
	})}, nil
}

// EndSessions implements openapi.StrictServerInterface.
func (a sessionAPI) EndSessions(ctx context.Context, _ openapi.EndSessionsRequestObject) (openapi.EndSessionsResponseObject, error) {
	return openapi.EndSessions204Response{}, a.store.EndSessions(ctx, ownerOf(ctx), callerOf(ctx).session)
}

// EndSession implements openapi.StrictServerInterface.
func (a sessionAPI) EndSession(ctx context.Context, r openapi.EndSessionRequestObject) (openapi.EndSessionResponseObject, error) {
	return openapi.EndSession204Response{}, a.store.EndSession(ctx, ownerOf(ctx), r.ID)
}
