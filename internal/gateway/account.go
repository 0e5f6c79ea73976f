package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// accountAPI: What one does with one's own account.
type accountAPI struct{}

// GetMe implements openapi.StrictServerInterface.
func (accountAPI) GetMe(ctx context.Context, _ openapi.GetMeRequestObject) (openapi.GetMeResponseObject, error) {
	return openapi.GetMe200JSONResponse(showMe(callerOf(ctx))), nil
}

func showMe(who caller) openapi.Me {
	u := who.user
	me := openapi.Me{
		ID: u.ID, Email: u.Email, Role: openapi.Role(u.Role), Name: u.Name, Language: openapi.Language(u.Language), TimeZone: u.TimeZone,
		Confirmed: u.Confirmed, SecondFactor: u.SecondFactor, HasPassword: u.HasPassword, DeletionAt: u.DeleteAt, CreatedAt: u.CreatedAt,
		Scopes: []openapi.Scope{},
	}
	for _, scope := range domain.Scopes() {
		if domain.Allows(who.scopes, scope) {
			me.Scopes = append(me.Scopes, openapi.Scope(scope))
		}
	}
	return me
}

// UpdateMe implements openapi.StrictServerInterface.
func (accountAPI) UpdateMe(context.Context, openapi.UpdateMeRequestObject) (openapi.UpdateMeResponseObject, error) {
	return nil, errNotBuilt
}

// ChangePassword implements openapi.StrictServerInterface.
func (accountAPI) ChangePassword(context.Context, openapi.ChangePasswordRequestObject) (openapi.ChangePasswordResponseObject, error) {
	return nil, errNotBuilt
}

// ChangeEmail implements openapi.StrictServerInterface.
func (accountAPI) ChangeEmail(context.Context, openapi.ChangeEmailRequestObject) (openapi.ChangeEmailResponseObject, error) {
	return nil, errNotBuilt
}

// DeleteAccount implements openapi.StrictServerInterface.
func (accountAPI) DeleteAccount(context.Context, openapi.DeleteAccountRequestObject) (openapi.DeleteAccountResponseObject, error) {
	return nil, errNotBuilt
}

// RestoreAccount implements openapi.StrictServerInterface.
func (accountAPI) RestoreAccount(context.Context, openapi.RestoreAccountRequestObject) (openapi.RestoreAccountResponseObject, error) {
	return nil, errNotBuilt
}
