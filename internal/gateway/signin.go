package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// signInAPI: Opening an account, confirming its address, signing in and out, forgotten passwords.
type signInAPI struct{}

// GetSignInMethods implements openapi.StrictServerInterface.
func (signInAPI) GetSignInMethods(context.Context, openapi.GetSignInMethodsRequestObject) (openapi.GetSignInMethodsResponseObject, error) {
	return nil, errNotBuilt
}

// Register implements openapi.StrictServerInterface.
func (signInAPI) Register(context.Context, openapi.RegisterRequestObject) (openapi.RegisterResponseObject, error) {
	return nil, errNotBuilt
}

// VerifyEmail implements openapi.StrictServerInterface.
func (signInAPI) VerifyEmail(context.Context, openapi.VerifyEmailRequestObject) (openapi.VerifyEmailResponseObject, error) {
	return nil, errNotBuilt
}

// ResendVerification implements openapi.StrictServerInterface.
func (signInAPI) ResendVerification(context.Context, openapi.ResendVerificationRequestObject) (openapi.ResendVerificationResponseObject, error) {
	return nil, errNotBuilt
}

// LogIn implements openapi.StrictServerInterface.
func (signInAPI) LogIn(context.Context, openapi.LogInRequestObject) (openapi.LogInResponseObject, error) {
	return nil, errNotBuilt
}

// LogOut implements openapi.StrictServerInterface.
func (signInAPI) LogOut(context.Context, openapi.LogOutRequestObject) (openapi.LogOutResponseObject, error) {
	return nil, errNotBuilt
}

// ForgotPassword implements openapi.StrictServerInterface.
func (signInAPI) ForgotPassword(context.Context, openapi.ForgotPasswordRequestObject) (openapi.ForgotPasswordResponseObject, error) {
	return nil, errNotBuilt
}

// ResetPassword implements openapi.StrictServerInterface.
func (signInAPI) ResetPassword(context.Context, openapi.ResetPasswordRequestObject) (openapi.ResetPasswordResponseObject, error) {
	return nil, errNotBuilt
}
