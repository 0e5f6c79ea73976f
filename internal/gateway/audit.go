package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// auditAPI: The audit log.
type auditAPI struct{}

// ListAudit implements openapi.StrictServerInterface.
func (auditAPI) ListAudit(context.Context, openapi.ListAuditRequestObject) (openapi.ListAuditResponseObject, error) {
	return nil, errNotBuilt
}

// ListActivity implements openapi.StrictServerInterface.
func (auditAPI) ListActivity(context.Context, openapi.ListActivityRequestObject) (openapi.ListActivityResponseObject, error) {
	return nil, errNotBuilt
}
