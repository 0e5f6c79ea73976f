package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"
	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// requestID takes the id that a proxy in front has given the request, if it is a sane one, or makes one.
func requestID(clock domain.Clock) gin.HandlerFunc {
	return func(c *gin.Context) {
		id := c.GetHeader("X-Request-Id")
		if !saneID(id) {
			id = domain.NewID(clock.Now()).String()
		}
		c.Header("X-Request-Id", id)
		setValue(c, requestIDKey, id)
	}
}

func saneID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		switch b := id[i]; {
		case '0' <= b && b <= '9', 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b == '-', b == '_', b == '.':
		default:
			return false
		}
	}
	return true
}

func requestIDOf(c *gin.Context) string {
	id, _ := c.Request.Context().Value(requestIDKey).(string)
	return id
}

// observe tells begin of each request.
func observe(begin func(context.Context, string, string, http.Header) (context.Context, func(int))) gin.HandlerFunc {
	return func(c *gin.Context) {
		if begin == nil {
			return
		}
		ctx, ended := begin(c.Request.Context(), c.Request.Method, c.FullPath(), c.Request.Header)
		c.Request = c.Request.WithContext(ctx)
		defer func() { ended(c.Writer.Status()) }() // also when a panic breaks the connection off
		c.Next()
	}
}

// logRequests writes one line a request: never bodies, headers or queries, which hold people's data and keys.
func logRequests(log zerolog.Logger, clock domain.Clock) gin.HandlerFunc {
	return func(c *gin.Context) {
		began := clock.Now()
		c.Next()
		level, faults := zerolog.InfoLevel, make([]error, len(c.Errors))
		for i, err := range c.Errors {
			level, faults[i] = zerolog.ErrorLevel, err.Err
		}
		if c.Request.Context().Err() != nil {
			level = zerolog.InfoLevel // the caller has gone in the middle, which is no fault of ours
		}
		if level == zerolog.InfoLevel && isUpkeep(c.FullPath()) {
			level = zerolog.DebugLevel // they come every few seconds, for ever
		}
		user := ""
		if u := userOf(c); !u.ID.IsZero() {
			user = u.ID.String()
		}
		log.WithLevel(level).AnErr("error", errors.Join(faults...)).Str("user", user).Str("method", c.Request.Method).Str("route", c.FullPath()).Int("status", c.Writer.Status()).
			Dur("duration_ms", clock.Now().Sub(began)).Str("request_id", requestIDOf(c)).Msg("request")
	}
}

// isUpkeep reports whether a route is asked for again and again: health checks, metrics, and the files of a page.
func isUpkeep(route string) bool {
	return route == "/healthz" || route == "/readyz" || route == "/metrics" || route == webAssets
}

// recoverPanics turns a panic into a problem; the stack goes to the log.
func recoverPanics() gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			fault := recover()
			if fault == nil {
				return
			}
			if err, ok := fault.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(fault) // net/http's own way to break a connection off
			}
			err := fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
			if c.Writer.Written() {
				_ = c.Error(err)
				c.Abort()
				return
			}
			fail(c, err)
		}()
		c.Next()
	}
}

// secure sets what holds for every answer.
func secure() gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("X-Content-Type-Options", "nosniff")
		c.Header("Referrer-Policy", "no-referrer")
	}
}

// apiHeaders are for answers that no browser should show, frame or keep.
func apiHeaders(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	c.Header("X-Frame-Options", "DENY")
	c.Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
}
