package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// secondFactorAPI: The second factor.
type secondFactorAPI struct{}

// LogInSecondFactor implements openapi.StrictServerInterface.
func (secondFactorAPI) LogInSecondFactor(context.Context, openapi.LogInSecondFactorRequestObject) (openapi.LogInSecondFactorResponseObject, error) {
	return nil, errNotBuilt
}

// BeginSecondFactor implements openapi.StrictServerInterface.
func (secondFactorAPI) BeginSecondFactor(context.Context, openapi.BeginSecondFactorRequestObject) (openapi.BeginSecondFactorResponseObject, error) {
	return nil, errNotBuilt
}

// ConfirmSecondFactor implements openapi.StrictServerInterface.
func (secondFactorAPI) ConfirmSecondFactor(context.Context, openapi.ConfirmSecondFactorRequestObject) (openapi.ConfirmSecondFactorResponseObject, error) {
	return nil, errNotBuilt
}

// RemoveSecondFactor implements openapi.StrictServerInterface.
func (secondFactorAPI) RemoveSecondFactor(context.Context, openapi.RemoveSecondFactorRequestObject) (openapi.RemoveSecondFactorResponseObject, error) {
	return nil, errNotBuilt
}

// RenewRecoveryCodes implements openapi.StrictServerInterface.
func (secondFactorAPI) RenewRecoveryCodes(context.Context, openapi.RenewRecoveryCodesRequestObject) (openapi.RenewRecoveryCodesResponseObject, error) {
	return nil, errNotBuilt
}
