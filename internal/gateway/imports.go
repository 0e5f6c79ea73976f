package gateway

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// importStore imports clients.
type importStore interface {
	// ImportClients returns when r has been read. An Invalid error says that r is no such file, NotFound that the list is
	// not the owner's. An upload that broke off is no error: the import says so.
	ImportClients(ctx context.Context, owner, list domain.ID, r io.Reader) (domain.ID, error)
	Import(ctx context.Context, owner, id domain.ID) (csvimport.Import, error)
	// ImportRejects returns a NotFound error before it calls fn.
	ImportRejects(ctx context.Context, owner, id domain.ID, fn func(csvimport.Reject) error) error
}

type importAPI struct{ store importStore }

// stalled is how long an upload may stand still.
const stalled = time.Minute

// ImportClients implements openapi.StrictServerInterface.
func (a importAPI) ImportClients(ctx context.Context, r openapi.ImportClientsRequestObject) (openapi.ImportClientsResponseObject, error) {
	file := r.Body
	if r.MultipartBody != nil {
		part, err := filePart(r.MultipartBody)
		if err != nil {
			return nil, err
		}
		file = part
	}
	var list domain.ID
	set(&list, r.Params.ListID)
	id, err := a.store.ImportClients(ctx, ownerOf(ctx), list, file)
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
			return nil, domain.NewInvalid(domain.FieldError{Field: "file", Message: "is required: the form has no such field"})
		}
		if err != nil {
			return nil, malformed("the form cannot be read")
		}
		if part.FormName() == "file" {
			return part, nil
		}
	}
}

// patient lets an upload take as long as it needs while it moves: the server's own limits are for small requests.
func patient(c *gin.Context) {
	control := http.NewResponseController(c.Writer)
	_ = control.SetWriteDeadline(time.Time{}) // a writer without deadlines needs none lifted
	c.Request.Body = &patientBody{ReadCloser: c.Request.Body, control: control}
}

type patientBody struct {
	io.ReadCloser

	control *http.ResponseController
}

func (b *patientBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(stalled)) // the network's clock, not the program's
	return b.ReadCloser.Read(p)
}

// GetImport implements openapi.StrictServerInterface.
func (a importAPI) GetImport(ctx context.Context, r openapi.GetImportRequestObject) (openapi.GetImportResponseObject, error) {
	im, err := a.store.Import(ctx, ownerOf(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	out := openapi.GetImport200JSONResponse{
		ID: im.ID, Status: openapi.ImportStatus(im.Status), Error: im.Error, Rows: im.Rows, Created: im.Created, Updated: im.Updated,
		Rejected: im.Rejected, RejectsURL: *location("/imports/", im.ID) + "/rejects",
		StartedAt: im.StartedAt.UTC(), FinishedAt: timeOrNull(im.FinishedAt),
	}
	if !im.ListID.IsZero() {
		out.ListID = &im.ListID
	}
	return out, nil
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
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="rejects.csv"`)
	w.WriteHeader(http.StatusOK)
	buffered := bufio.NewWriter(w)
	out := csv.NewWriter(buffered)
	err := out.Write([]string{"line", "reason", "email"})
	if err != nil {
		return err
	}
	err = r.store.ImportRejects(r.ctx, ownerOf(r.ctx), r.id, func(row csvimport.Reject) error {
		return out.Write([]string{strconv.FormatInt(row.Line, 10), row.Reason, inert(row.Email)})
	})
	out.Flush()
	return errors.Join(err, out.Error(), buffered.Flush())
}

// inert keeps a spreadsheet from taking what a stranger wrote for a formula.
func inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
