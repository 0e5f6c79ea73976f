package gateway

import (
	"context"
	"io"
	"net/http"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// exportStore reads all clients of an owner.
type exportStore interface {
	// AttributeNames returns NotFound when the list is not the owner's.
	AttributeNames(ctx context.Context, owner, list domain.ID) ([]string, error)
	ExportClients(ctx context.Context, owner, list domain.ID, fn func(*domain.Client) error) error
}

type exportAPI struct{ store exportStore }

// ExportClients implements openapi.StrictServerInterface.
func (a exportAPI) ExportClients(ctx context.Context, r openapi.ExportClientsRequestObject) (openapi.ExportClientsResponseObject, error) {
	e := export{ctx: ctx, store: a.store}
	set(&e.list, r.Params.ListID)
	set(&e.format.BOM, r.Params.Bom)
	set(&e.format.Inert, r.Params.Inert)
	if d := r.Params.Delimiter; d != nil {
		e.format.Comma = map[openapi.ExportClientsParamsDelimiter]rune{openapi.Comma: ',', openapi.Semicolon: ';', openapi.Tab: '\t'}[*d]
	}
	var err error
	e.attributes, err = a.store.AttributeNames(ctx, ownerOf(ctx), e.list)
	return e, err
}

// export writes itself client by client, because there may be many.
type export struct {
	ctx        context.Context //nolint:containedctx // the generated Visit method has no place for it
	store      exportStore
	list       domain.ID
	attributes []string
	format     csvimport.Format
}

// VisitExportClientsResponse implements openapi.ExportClientsResponseObject.
func (e export) VisitExportClientsResponse(w http.ResponseWriter) error {
	return download(w, "clients.csv", func(out io.Writer) error {
		file, err := csvimport.NewWriter(out, e.attributes, e.format)
		if err != nil {
			return err
		}
		if err := e.store.ExportClients(e.ctx, ownerOf(e.ctx), e.list, file.Write); err != nil {
			return err
		}
		return file.Flush()
	})
}
