package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

type accountAPI struct{}

// GetMe implements openapi.StrictServerInterface.
func (accountAPI) GetMe(ctx context.Context, _ openapi.GetMeRequestObject) (openapi.GetMeResponseObject, error) {
	user := userOf(ctx)
	return openapi.GetMe200JSONResponse{ID: user.ID, Email: user.Email, Role: openapi.Role(user.Role)}, nil
}
