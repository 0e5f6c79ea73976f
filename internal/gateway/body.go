package gateway

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
)

const (
	jsonType    = "application/json"
	csvType     = "text/csv"
	eventsType  = "text/event-stream"
	problemType = "application/problem+json"
	maxBody     = 10 << 20
)

// readBody reads the body, whose size and type it bounds, and keeps it for the handlers after it. Uploads are left to be
// read as a stream.
func (ct *contract) readBody(c *gin.Context) {
	op := ct.of(c)
	if len(op.upload) > 0 {
		media, params, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
		if err != nil || !slices.Contains(op.upload, media) {
			fail(c, &httpError{http.StatusUnsupportedMediaType, "unsupported_media_type", "send the file as text/csv, or as multipart/form-data"})
			return
		}
		up := upload{charset: params["charset"]}
		if media == csvType {
			up.size = max(c.Request.ContentLength, 0)
		}
		setValue(c, uploadKey, up)
		ct.patient(c)
		return
	}
	if c.Request.ContentLength > maxBody {
		fail(c, errTooLarge)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		fail(c, errTooLarge)
		return
	}
	if err != nil {
		fail(c, malformed("the body broke off"))
		return
	}
	if op.body != nil && (len(body) > 0 || op.bodyNeeded) && mediaType(c) != jsonType {
		fail(c, &httpError{http.StatusUnsupportedMediaType, "unsupported_media_type", "send JSON, with Content-Type: application/json"})
		return
	}
	setValue(c, bodyKey, body)
}

// mediaType is the Content-Type without its parameters; a charset other than UTF-8 is no type that is known here.
func mediaType(c *gin.Context) string {
	media, params, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil {
		return ""
	}
	switch params["charset"] {
	case "", "utf-8", "UTF-8":
		return media
	default:
		return ""
	}
}

// upload is what the header says of a body that is read as a stream.
type upload struct {
	charset string // of the whole; "": it does not say
	size    int64  // of the file; 0: it does not say
}

func uploadOf(ctx context.Context) upload {
	up, _ := ctx.Value(uploadKey).(upload)
	return up
}

func bodyOf(c *gin.Context) []byte {
	body, _ := c.Request.Context().Value(bodyKey).([]byte)
	return body
}
