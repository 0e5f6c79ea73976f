package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	// stalled is how long an upload or a download may stand still.
	stalled = time.Minute
	// lastUploads is how long an upload may go on when the process stops: less than the server waits for requests.
	lastUploads = 10 * time.Second
	// brokenKey marks a request whose answer failed half-way.
	brokenKey = "broken"
)

// patient lets an upload take as long as it needs while it moves: the server's own limits are for small requests. When
// the process stops, it ends soon.
func (ct *contract) patient(c *gin.Context) {
	control := http.NewResponseController(c.Writer)
	_ = control.SetWriteDeadline(time.Time{}) // a writer without deadlines needs none lifted
	ctx, cancel := context.WithCancel(c.Request.Context())
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Request.Body = &patientBody{ReadCloser: c.Request.Body, ctx: ctx, control: control}
	go func() {
		select {
		case <-ctx.Done():
			return
		case <-ct.stopping:
		}
		late := time.NewTimer(lastUploads)
		defer late.Stop()
		select {
		case <-ctx.Done():
		case <-late.C:
			cancel()
			_ = control.SetReadDeadline(time.Now()) // who waits for the network is woken
		}
	}()
	c.Next()
}

type patientBody struct {
	io.ReadCloser

	ctx     context.Context //nolint:containedctx // a Read has none
	control *http.ResponseController
}

// Read implements io.Reader.
func (b *patientBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(stalled)) // the network's clock, not the program's
	if err := b.ctx.Err(); err != nil {
		return 0, err // after the deadline was set: the other order could miss the end
	}
	return b.ReadCloser.Read(p)
}

// download answers with a CSV file that write writes. It may take as long as it needs while it moves.
func download(w http.ResponseWriter, name string, write func(io.Writer) error) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // else the server takes the end of ReadTimeout for the caller's going
	buffered := bufio.NewWriterSize(&patientWriter{Writer: w, control: control}, 64<<10)
	if err := write(buffered); err != nil {
		w.Header().Del("Content-Disposition") // if nothing has been sent, the answer is a problem
		return err
	}
	return buffered.Flush()
}

// patientWriter moves the server's deadline on with each write.
type patientWriter struct {
	io.Writer

	control *http.ResponseController
}

// Write implements io.Writer.
func (p *patientWriter) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(stalled))
	return p.Writer.Write(b)
}

// breakOff breaks the connection when an answer has failed half-way, so that nobody takes the half for the whole. It is
// outside the log.
func breakOff(c *gin.Context) {
	c.Next()
	if c.GetBool(brokenKey) {
		panic(http.ErrAbortHandler) // net/http's own way
	}
}
