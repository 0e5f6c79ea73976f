package gateway

import (
	"context"
	"net/http"
	"time"
)

// Stream returns a handler that streams what next says.
func Stream(every, heartbeat, life time.Duration, stopping <-chan struct{}, next func(context.Context) (any, bool, error), ended func(error)) http.Handler {
	s := streams{every, heartbeat, life, stopping}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ended(s.send(r.Context(), w, r.Header.Get("Last-Event-ID"), next))
	})
}
