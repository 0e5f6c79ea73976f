package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// apiKeyAPI: Keys for programs.
type apiKeyAPI struct{}

// ListAPIKeys implements openapi.StrictServerInterface.
func (apiKeyAPI) ListAPIKeys(context.Context, openapi.ListAPIKeysRequestObject) (openapi.ListAPIKeysResponseObject, error) {
	return nil, errNotBuilt
}

// CreateAPIKey implements openapi.StrictServerInterface.
func (apiKeyAPI) CreateAPIKey(context.Context, openapi.CreateAPIKeyRequestObject) (openapi.CreateAPIKeyResponseObject, error) {
	return nil, errNotBuilt
}

// RevokeAPIKey implements openapi.StrictServerInterface.
func (apiKeyAPI) RevokeAPIKey(context.Context, openapi.RevokeAPIKeyRequestObject) (openapi.RevokeAPIKeyResponseObject, error) {
	return nil, errNotBuilt
}
