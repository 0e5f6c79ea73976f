package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// userAPI: Users, for managers and administrators.
type userAPI struct{}

// ListUsers implements openapi.StrictServerInterface.
func (userAPI) ListUsers(context.Context, openapi.ListUsersRequestObject) (openapi.ListUsersResponseObject, error) {
	return nil, errNotBuilt
}

// GetUser implements openapi.StrictServerInterface.
func (userAPI) GetUser(context.Context, openapi.GetUserRequestObject) (openapi.GetUserResponseObject, error) {
	return nil, errNotBuilt
}

// BlockUser implements openapi.StrictServerInterface.
func (userAPI) BlockUser(context.Context, openapi.BlockUserRequestObject) (openapi.BlockUserResponseObject, error) {
	return nil, errNotBuilt
}

// UnblockUser implements openapi.StrictServerInterface.
func (userAPI) UnblockUser(context.Context, openapi.UnblockUserRequestObject) (openapi.UnblockUserResponseObject, error) {
	return nil, errNotBuilt
}

// SetUserRole implements openapi.StrictServerInterface.
func (userAPI) SetUserRole(context.Context, openapi.SetUserRoleRequestObject) (openapi.SetUserRoleResponseObject, error) {
	return nil, errNotBuilt
}
