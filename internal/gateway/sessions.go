package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// sessionAPI: Where one is signed in.
type sessionAPI struct{}

// ListSessions implements openapi.StrictServerInterface.
func (sessionAPI) ListSessions(context.Context, openapi.ListSessionsRequestObject) (openapi.ListSessionsResponseObject, error) {
	return nil, errNotBuilt
}

// EndSessions implements openapi.StrictServerInterface.
func (sessionAPI) EndSessions(context.Context, openapi.EndSessionsRequestObject) (openapi.EndSessionsResponseObject, error) {
	return nil, errNotBuilt
}

// EndSession implements openapi.StrictServerInterface.
func (sessionAPI) EndSession(context.Context, openapi.EndSessionRequestObject) (openapi.EndSessionResponseObject, error) {
	return nil, errNotBuilt
}
