package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// importStore imports clients.
type importStore interface {
	// ImportClients returns when r has been read. An Invalid error says that r is no such file, NotFound that the list is
	// not the owner's, Conflict that the id is taken. An upload that broke off is no error: the import says so.
	ImportClients(ctx context.Context, order csvimport.Order, r io.Reader) (domain.ID, error)
	Import(ctx context.Context, owner, id domain.ID) (csvimport.Import, error)
	// Imports returns a page, newest first.
	Imports(ctx context.Context, owner domain.ID, page domain.Page) ([]csvimport.Import, error)
	// ImportRejects returns a NotFound error before it calls fn.
	ImportRejects(ctx context.Context, owner, id domain.ID, fn func(csvimport.Reject) error) error
}

type importAPI struct {
	store   importStore
	streams streams
}

// ImportClients implements openapi.StrictServerInterface.
func (a importAPI) ImportClients(ctx context.Context, r openapi.ImportClientsRequestObject) (openapi.ImportClientsResponseObject, error) {
	up := uploadOf(ctx)
	file := r.Body
	if r.MultipartBody != nil {
		part, err := filePart(r.MultipartBody)
		if err != nil {
			return nil, err
		}
		_, params, _ := mime.ParseMediaType(part.Header.Get("Content-Type")) // what it is, the file itself tells
		file, up.charset = part, params["charset"]
	}
	order := csvimport.Order{Owner: ownerOf(ctx), Size: up.size}
	set(&order.List, r.Params.ListID)
	set(&order.ID, r.Params.ID)
	if r.Params.Charset != nil {
		order.Charset = string(*r.Params.Charset)
	} else if order.Charset = csvimport.Charset(up.charset); order.Charset == "" && up.charset != "" {
		return nil, &httpError{
			http.StatusUnsupportedMediaType, "unsupported_media_type",
			fmt.Sprintf("the charset %.40q is not known; there are %s", up.charset, strings.Join(csvimport.Charsets(), ", ")),
		}
	}
	id, err := a.store.ImportClients(ctx, order, file)
	if err != nil {
		return nil, err
	}
	return openapi.ImportClients202JSONResponse{
		Body: openapi.Accepted{ID: id}, Headers: openapi.ImportClients202ResponseHeaders{Location: location("/imports/", id)},
	}, nil
}

// filePart finds the form's field "file"; nothing of it is read yet.
func filePart(form *multipart.Reader) (*multipart.Part, error) {
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, domain.NewInvalid(domain.Required("is required: the form has no such field").At("file"))
		}
		if err != nil {
			return nil, malformed("the form cannot be read")
		}
		if part.FormName() == "file" {
			return part, nil
		}
	}
}

// ListImports implements openapi.StrictServerInterface.
func (a importAPI) ListImports(ctx context.Context, r openapi.ListImportsRequestObject) (openapi.ListImportsResponseObject, error) {
	page, err := pageOf(r.Params.Limit, r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	found, err := a.store.Imports(ctx, ownerOf(ctx), page)
	if err != nil {
		return nil, err
	}
	found, next := cut(found, r.Params.Limit, func(im csvimport.Import) string { return cursorOfID(im.ID) })
	return openapi.ListImports200JSONResponse{
		Items: convert(found, func(im csvimport.Import) openapi.Import { return showImport(&im) }), NextCursor: next,
	}, nil
}

// GetImport implements openapi.StrictServerInterface.
func (a importAPI) GetImport(ctx context.Context, r openapi.GetImportRequestObject) (openapi.GetImportResponseObject, error) {
	im, err := a.store.Import(ctx, ownerOf(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.GetImport200JSONResponse(showImport(&im)), nil
}

func showImport(im *csvimport.Import) openapi.Import {
	out := openapi.Import{
		ID: im.ID, Status: openapi.ImportStatus(im.Status), Error: im.Error, Rows: im.Rows, Created: im.Created, Updated: im.Updated,
		Unchanged: im.Unchanged, Rejected: im.Rejected, Bytes: im.Bytes, RejectsURL: *location("/imports/", im.ID) + "/rejects",
		StartedAt: im.StartedAt.UTC(), FinishedAt: timeOrNull(im.FinishedAt),
	}
	if !im.ListID.IsZero() {
		out.ListID = &im.ListID
	}
	if im.Size > 0 {
		out.Size = &im.Size
	}
	return out
}

// WatchImport implements openapi.StrictServerInterface.
func (a importAPI) WatchImport(ctx context.Context, r openapi.WatchImportRequestObject) (openapi.WatchImportResponseObject, error) {
	if _, err := a.store.Import(ctx, ownerOf(ctx), r.ID); err != nil {
		return nil, err
	}
	out := watched{ctx: ctx, api: a, id: r.ID}
	set(&out.lastID, r.Params.LastEventID)
	return out, nil
}

// watched is an import as it goes on.
type watched struct {
	ctx context.Context //nolint:containedctx // the generated Visit method has no place for it
	api importAPI
	id  domain.ID

	lastID string
}

// VisitWatchImportResponse implements openapi.WatchImportResponseObject.
func (v watched) VisitWatchImportResponse(w http.ResponseWriter) error {
	return v.api.streams.send(v.ctx, w, v.lastID, func(ctx context.Context) (any, bool, error) {
		im, err := v.api.store.Import(ctx, ownerOf(ctx), v.id)
		return showImport(&im), im.Status != csvimport.Running, err
	})
}

// GetImportRejects implements openapi.StrictServerInterface.
func (a importAPI) GetImportRejects(ctx context.Context, r openapi.GetImportRejectsRequestObject) (openapi.GetImportRejectsResponseObject, error) {
	if _, err := a.store.Import(ctx, ownerOf(ctx), r.ID); err != nil {
		return nil, err
	}
	return rejects{ctx: ctx, store: a.store, id: r.ID}, nil
}

// rejects writes itself row by row, because there may be many.
type rejects struct {
	ctx   context.Context //nolint:containedctx // the generated Visit method has no place for it
	store importStore
	id    domain.ID
}

// VisitGetImportRejectsResponse implements openapi.GetImportRejectsResponseObject.
func (r rejects) VisitGetImportRejectsResponse(w http.ResponseWriter) error {
	return download(w, "rejects.csv", func(out io.Writer) error {
		return csvimport.WriteRejects(out, func(fn func(csvimport.Reject) error) error {
			return r.store.ImportRejects(r.ctx, ownerOf(r.ctx), r.id, fn)
		})
	})
}
