package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// httpError is a fault in how something was asked, which the domain has no word for.
type httpError struct {
	status int
	code   string
	detail string
}

// Error implements error.
func (e *httpError) Error() string { return e.detail }

var (
	errNoRoute  = &httpError{http.StatusNotFound, "not_found", "there is nothing at this address"}
	errNoMethod = &httpError{http.StatusMethodNotAllowed, "method_not_allowed", "the Allow header says which methods there are here"}
	errTooLarge = &httpError{http.StatusRequestEntityTooLarge, "body_too_large", "the body is larger than 10 MB"}
)

func malformed(detail string) error {
	return &httpError{http.StatusBadRequest, "malformed_request", detail}
}

// statusOf is the one place where a kind of error becomes an HTTP status.
func statusOf(kind domain.Kind) int {
	switch kind {
	case domain.Internal:
		return http.StatusInternalServerError
	case domain.Invalid:
		return http.StatusUnprocessableEntity
	case domain.NotFound:
		return http.StatusNotFound
	case domain.Conflict:
		return http.StatusConflict
	case domain.Stale:
		return http.StatusPreconditionFailed
	case domain.Unauthorized:
		return http.StatusUnauthorized
	case domain.Forbidden:
		return http.StatusForbidden
	case domain.Unavailable:
		return http.StatusServiceUnavailable
	case domain.Limited:
		return http.StatusTooManyRequests
	}
	return http.StatusInternalServerError
}

// isAway tells a server that cannot be reached from a fault of ours.
func isAway(err error) bool {
	if domain.KindOf(err) != domain.Internal {
		return false
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, io.ErrUnexpectedEOF)
}

// problemOf describes err for the caller. What an internal error says stays in the log.
func problemOf(err error) openapi.Problem {
	if isAway(err) {
		err = &domain.Error{
			Kind: domain.Unavailable, Code: "unavailable", Err: err,
			Message: "a server that Vestnik needs is away; nothing was changed that was not confirmed, try again in a moment (/readyz names it)",
		}
	}
	p := openapi.Problem{Type: "about:blank", Status: http.StatusInternalServerError, Code: "internal"}
	detail := "a fault of ours; it is in the log under this request_id"
	if e, ok := errors.AsType[*httpError](err); ok {
		p.Status, p.Code, detail = e.status, openapi.ProblemCode(e.code), e.detail
	} else if e, ok := errors.AsType[*domain.Error](err); ok && e.Kind != domain.Internal {
		p.Status, p.Code, detail = statusOf(e.Kind), openapi.ProblemCode(e.Code), e.Message
		if len(e.Fields) > 0 {
			fields := fieldProblems(e.Fields)
			p.Errors = &fields
		}
	}
	p.Title, p.Detail = http.StatusText(p.Status), &detail
	return p
}

// fieldProblems sorts by field, because domain rules over maps report in no order.
func fieldProblems(fields []domain.FieldError) []openapi.FieldProblem {
	out := make([]openapi.FieldProblem, len(fields))
	for i, f := range fields {
		out[i] = openapi.FieldProblem{Field: f.Field(), Code: openapi.FieldCode(f.Code().String()), Message: f.Message()}
		if params := map[string]any(f.Params()); len(params) > 0 {
			out[i].Params = &params
		}
	}
	slices.SortStableFunc(out, func(a, b openapi.FieldProblem) int { return strings.Compare(a.Field, b.Field) })
	return out
}

// fail answers with the problem document of err (RFC 9457) and ends the request.
func fail(c *gin.Context, err error) {
	p := problemOf(err)
	if id := requestIDOf(c); id != "" {
		p.RequestID = &id
	}
	switch p.Status {
	case http.StatusUnauthorized:
		c.Header("WWW-Authenticate", `Bearer realm="vestnik"`)
	case http.StatusServiceUnavailable:
		c.Header("Retry-After", "5")
	case http.StatusConflict:
		if p.Code == codeInProgress {
			c.Header("Retry-After", "1")
		}
	case http.StatusTooManyRequests:
		if e, ok := errors.AsType[*domain.Error](err); ok && e.RetryAfter > 0 {
			c.Header("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
		}
	}
	if e, ok := errors.AsType[*domain.Error](err); ok && e.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	if p.Status >= http.StatusInternalServerError {
		_ = c.Error(err) // for the log
	}
	c.Abort()
	body, encodeErr := json.Marshal(p)
	if encodeErr != nil {
		_ = c.Error(encodeErr)
		c.Status(http.StatusInternalServerError)
		return
	}
	c.Data(p.Status, problemType, body)
}
