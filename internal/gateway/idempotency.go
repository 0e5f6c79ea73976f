package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// idempotencyStore keeps answers to be given again.
type idempotencyStore interface {
	// BeginIdempotent takes key for a request. status 0 says: go on; another is the answer that was given before. It returns
	// an Invalid error when the key was used for another request, and a Conflict with the code request_in_progress when
	// the first is still being answered.
	BeginIdempotent(ctx context.Context, user domain.ID, key string, hash []byte) (status int, headers map[string]string, body []byte, err error)
	// FinishIdempotent keeps the answer.
	FinishIdempotent(ctx context.Context, user domain.ID, key string, hash []byte, status int, headers map[string]string, body []byte) error
	// ForgetIdempotent frees key, because nothing came of the request.
	ForgetIdempotent(ctx context.Context, user domain.ID, key string, hash []byte) error
}

const (
	idempotencyHeader = "Idempotency-Key"
	codeInProgress    = "request_in_progress"
	keepTimeout       = 5 * time.Second
)

// idempotent gives the answer to a write again instead of doing it twice, when the caller asks for that with a key. The
// answer is kept before it is sent, so whoever repeats a request after having seen its answer gets the same. It is for calls
// that promise it alone: answers with secrets in them are not to be kept, nor those to nobody in particular.
func (ct *contract) idempotent(store idempotencyStore) gin.HandlerFunc {
	return func(c *gin.Context) {
		key := c.GetHeader(idempotencyHeader)
		_, promised := ct.of(c).headers[idempotencyHeader]
		if key == "" || !promised {
			return
		}
		if !validKey(key) {
			fail(c, domain.NewInvalid(domain.NewFault(domain.FaultInvalidKey, nil, "must be 1 to 255 visible ASCII characters").At(idempotencyHeader)))
			return
		}
		user, hash := ownerOf(c), hashOf(c)
		status, headers, body, err := store.BeginIdempotent(c, user, key, hash)
		if err != nil {
			fail(c, err)
			return
		}
		if status != 0 {
			replay(c, status, headers, body)
			return
		}
		answer := &heldAnswer{ResponseWriter: c.Writer, status: http.StatusOK}
		c.Writer = answer
		finished := false
		defer func() { // deferred, because a panic must free the key as well
			c.Writer = answer.ResponseWriter
			// Even if the caller has gone: who repeats the request must find out what became of it.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), keepTimeout)
			defer cancel()
			if !finished || answer.status >= http.StatusInternalServerError {
				err = store.ForgetIdempotent(ctx, user, key, hash)
			} else {
				err = keep(ctx, store, user, key, hash, answer)
			}
			if err != nil {
				_ = c.Error(err)
			}
			if finished {
				answer.send()
			}
		}()
		c.Next()
		finished = true
	}
}

func keep(ctx context.Context, store idempotencyStore, user domain.ID, key string, hash []byte, a *heldAnswer) error {
	headers := map[string]string{}
	for _, name := range []string{"Content-Type", "ETag", "Location"} {
		if v := a.Header().Get(name); v != "" {
			headers[name] = v
		}
	}
	return store.FinishIdempotent(ctx, user, key, hash, a.status, headers, a.body.Bytes())
}

func replay(c *gin.Context, status int, headers map[string]string, body []byte) {
	for name, value := range headers {
		c.Header(name, value)
	}
	c.Header("Idempotency-Replayed", "true")
	c.Abort()
	c.Status(status)
	if len(body) == 0 {
		c.Writer.WriteHeaderNow()
		return
	}
	_, _ = c.Writer.Write(body) // who has gone cannot be told
}

func validKey(key string) bool {
	if len(key) > 255 {
		return false
	}
	for i := range len(key) {
		if key[i] < '!' || key[i] > '~' {
			return false
		}
	}
	return true
}

// hashOf tells requests apart: method, path with query, and body.
func hashOf(c *gin.Context) []byte {
	h := sha256.New()
	h.Write([]byte(c.Request.Method + " " + c.Request.URL.RequestURI() + "\n"))
	h.Write(bodyOf(c))
	return h.Sum(nil)
}

// heldAnswer holds an answer back until it is sent.
type heldAnswer struct {
	gin.ResponseWriter

	status  int
	written bool
	body    bytes.Buffer
}

func (a *heldAnswer) WriteHeader(status int) { a.status, a.written = status, true }
func (a *heldAnswer) WriteHeaderNow()        { a.written = true }
func (a *heldAnswer) Status() int            { return a.status }
func (a *heldAnswer) Written() bool          { return a.written }
func (a *heldAnswer) Size() int              { return a.body.Len() }
func (a *heldAnswer) Flush()                 {}

func (a *heldAnswer) Write(p []byte) (int, error) {
	a.written = true
	return a.body.Write(p)
}

func (a *heldAnswer) WriteString(s string) (int, error) {
	a.written = true
	return a.body.WriteString(s)
}

func (a *heldAnswer) send() {
	a.ResponseWriter.WriteHeader(a.status)
	if a.body.Len() == 0 {
		a.ResponseWriter.WriteHeaderNow()
		return
	}
	_, _ = a.ResponseWriter.Write(a.body.Bytes()) // who has gone cannot be told; a repeat gets the answer
}
