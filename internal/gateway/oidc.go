package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// oidcAPI: Signing in at an identity provider.
type oidcAPI struct{}

// StartOIDC implements openapi.StrictServerInterface.
func (oidcAPI) StartOIDC(context.Context, openapi.StartOIDCRequestObject) (openapi.StartOIDCResponseObject, error) {
	return nil, errNotBuilt
}

// FinishOIDC implements openapi.StrictServerInterface.
func (oidcAPI) FinishOIDC(context.Context, openapi.FinishOIDCRequestObject) (openapi.FinishOIDCResponseObject, error) {
	return nil, errNotBuilt
}
