package gateway

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

const (
	// watchEvery is how often it is asked whether the caller of a long-lived answer may still have it. With the age that a
	// cached session may have it stays under a second.
	watchEvery = 300 * time.Millisecond
	// lastWords is how long a write that has begun may take when the answer is ended.
	lastWords = 100 * time.Millisecond
)

// watch ends an upload, a download or a stream when its session ends, its key is revoked, or its user is blocked or gets
// another role. While the database is away nobody can tell, and nothing new is read from it either.
func (ct *contract) watch(store credentialStore) gin.HandlerFunc {
	return func(c *gin.Context) {
		op := ct.of(c)
		if !op.lasting {
			return
		}
		ctx, cancel := context.WithCancel(c.Request.Context())
		c.Request = c.Request.WithContext(ctx)
		answer := &revocable{ResponseWriter: c.Writer}
		c.Writer = answer
		was, stopped := callerOf(c), make(chan struct{})
		go func() {
			defer close(stopped)
			tick := time.NewTicker(watchEvery)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				if op.rule.lapsed(ctx, store, was) {
					answer.revoke(cancel)
					return
				}
			}
		}()
		defer func() {
			cancel()
			<-stopped // from here on the connection may go on to another request, and is not to be touched
			if answer.revoked.Load() {
				c.Set(brokenKey, true) // but not this one: its deadlines have passed
			}
		}()
		c.Next()
	}
}

// lapsed reports whether who was admitted would not be any more.
func (r rule) lapsed(ctx context.Context, store credentialStore, was caller) bool {
	now, err := was.shown.holder(ctx, store)
	if err == nil {
		err = r.admits(now)
	}
	if err != nil {
		kind := domain.KindOf(err)
		return kind == domain.Unauthorized || kind == domain.Forbidden
	}
	return now.user.Role != was.user.Role
}

// revocable is an answer that can be taken away from its caller at any moment.
type revocable struct {
	gin.ResponseWriter

	revoked atomic.Bool
}

// revoke ends the answer: what waits for the network is woken, and nothing more is written. The order matters, because
// writers put the deadline off and then write.
func (a *revocable) revoke(cancel context.CancelFunc) {
	a.revoked.Store(true)
	cancel()
	control := http.NewResponseController(a.ResponseWriter)
	_ = control.SetReadDeadline(time.Now()) // a connection without deadlines is not woken, and ends when it moves
	_ = control.SetWriteDeadline(time.Now().Add(lastWords))
}

// Unwrap lets http.ResponseController find the connection.
func (a *revocable) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Write implements io.Writer.
func (a *revocable) Write(p []byte) (int, error) {
	if a.revoked.Load() {
		return 0, context.Canceled
	}
	return a.ResponseWriter.Write(p)
}

// WriteString implements io.StringWriter.
func (a *revocable) WriteString(s string) (int, error) {
	if a.revoked.Load() {
		return 0, context.Canceled
	}
	return a.ResponseWriter.WriteString(s)
}
