package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// userStore keeps users as managers see them. An unknown user is NotFound; what the actor of the context may not do is
// Forbidden. Doing something twice changes nothing.
type userStore interface {
	Users(ctx context.Context, f domain.UserFilter, page domain.Page) ([]domain.UserOverview, error)
	UserOverview(ctx context.Context, id domain.ID) (domain.UserOverview, error)
	// BlockUser returns a Conflict for the last administrator.
	BlockUser(ctx context.Context, id domain.ID, reason string) error
	UnblockUser(ctx context.Context, id domain.ID) error
	// SetRole returns a Conflict for the last administrator, and without pause for mailings that go out of a new manager.
	SetRole(ctx context.Context, id domain.ID, role domain.Role, pause bool) error
}

// userAPI: Users, for managers and administrators.
type userAPI struct{ store userStore }

// ListUsers implements openapi.StrictServerInterface.
func (a userAPI) ListUsers(ctx context.Context, r openapi.ListUsersRequestObject) (openapi.ListUsersResponseObject, error) {
	page, err := pageOf(r.Params.Limit, r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	f := domain.UserFilter{Part: orEmpty(r.Params.Q)}
	set((*openapi.Role)(&f.Role), r.Params.Role)
	set((*openapi.UserStatus)(&f.Status), r.Params.Status)
	found, err := a.store.Users(ctx, f, page)
	if err != nil {
		return nil, err
	}
	found, next := cut(found, r.Params.Limit, func(u domain.UserOverview) string { return cursorOfID(u.ID) })
	return openapi.ListUsers200JSONResponse{Items: convert(found, showAccount), NextCursor: next}, nil
}

// GetUser implements openapi.StrictServerInterface.
func (a userAPI) GetUser(ctx context.Context, r openapi.GetUserRequestObject) (openapi.GetUserResponseObject, error) {
	u, err := a.store.UserOverview(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.GetUser200JSONResponse(showAccount(u)), nil
}

// BlockUser implements openapi.StrictServerInterface.
func (a userAPI) BlockUser(ctx context.Context, r openapi.BlockUserRequestObject) (openapi.BlockUserResponseObject, error) {
	if err := invalid(ctx, badReason(r.Body.Reason)...); err != nil {
		return nil, err
	}
	if err := a.store.BlockUser(ctx, r.ID, r.Body.Reason); err != nil {
		return nil, err
	}
	u, err := a.store.UserOverview(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.BlockUser200JSONResponse(showAccount(u)), nil
}

// UnblockUser implements openapi.StrictServerInterface.
func (a userAPI) UnblockUser(ctx context.Context, r openapi.UnblockUserRequestObject) (openapi.UnblockUserResponseObject, error) {
	if err := a.store.UnblockUser(ctx, r.ID); err != nil {
		return nil, err
	}
	u, err := a.store.UserOverview(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.UnblockUser200JSONResponse(showAccount(u)), nil
}

// SetUserRole implements openapi.StrictServerInterface.
func (a userAPI) SetUserRole(ctx context.Context, r openapi.SetUserRoleRequestObject) (openapi.SetUserRoleResponseObject, error) {
	if err := invalid(ctx); err != nil {
		return nil, err
	}
	if err := a.store.SetRole(ctx, r.ID, domain.Role(r.Body.Role), r.Body.PauseMailings != nil && *r.Body.PauseMailings); err != nil {
		return nil, err
	}
	u, err := a.store.UserOverview(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.SetUserRole200JSONResponse(showAccount(u)), nil
}

func showAccount(u domain.UserOverview) openapi.Account {
	return openapi.Account{
		ID: u.ID, Email: u.Email, Name: u.Name, Role: openapi.Role(u.Role), Status: openapi.UserStatus(u.Status()),
		BlockedAt: timeOrNull(u.BlockedAt), BlockedReason: u.BlockedReason, CreatedAt: u.CreatedAt.UTC(), LastSeenAt: timeOrNull(u.LastSeenAt),
		Clients: u.Clients, Mailings: u.Mailings, ActiveMailings: u.ActiveMailings,
	}
}
