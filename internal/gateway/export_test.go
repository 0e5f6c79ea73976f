package gateway

import (
	"context"
	"net/http"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// CheckContract returns what is wrong with a contract for the gateway.
func CheckContract(doc *openapi3.T) error {
	_, err := newContract(doc)
	return err
}

// Cookies are what a gateway at baseURL makes of a request: the secret it takes the browser's for, the cookie that would
// sign that in with secret, and the one that signs it out.
func Cookies(baseURL string, r *http.Request, secret string) (taken, in, out string, err error) {
	f, err := newFront(baseURL, nil, &unlisted{clock: domain.SystemClock{}})
	if err != nil {
		return "", "", "", err
	}
	ctx := context.WithValue(r.Context(), lineKey, f.line(r))
	taken = sessionSecret(r.WithContext(ctx))
	in, err = signInCookie(ctx, secret)
	return taken, in, signOutCookie(ctx), err
}

// Stream returns a handler that streams what next says.
func Stream(every, heartbeat, life time.Duration, stopping <-chan struct{}, next func(context.Context) (any, bool, error), ended func(error)) http.Handler {
	s := streams{every, heartbeat, life, stopping}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ended(s.send(r.Context(), w, r.Header.Get("Last-Event-ID"), next))
	})
}
