package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheMailboxIsShownOnThisMachineOnly(t *testing.T) {
	t.Parallel()
	mail := onThisMachine("no", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for from, want := range map[string]int{
		"127.0.0.1:5": http.StatusTeapot, "[::1]:5": http.StatusTeapot, "192.0.2.7:5": http.StatusForbidden, "": http.StatusForbidden,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8080/mailbox", nil)
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		mail.ServeHTTP(w, r)
		require.Equal(t, want, w.Code, from)
	}
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8080/mailbox", nil)
		r.RemoteAddr = "127.0.0.1:5"
		r.Header.Set(header, "for=192.0.2.7")
		w := httptest.NewRecorder()
		mail.ServeHTTP(w, r)
		require.Equal(t, http.StatusForbidden, w.Code, "%s: a proxy on this machine speaks for someone else", header)
	}
	for host, want := range map[string]int{
		"127.0.0.1:8080": http.StatusTeapot, "[::1]:8080": http.StatusTeapot, "LOCALHOST": http.StatusTeapot, "::1": http.StatusTeapot,
		"news.evil.example": http.StatusForbidden, "127.0.0.1.evil.example:8080": http.StatusForbidden, "": http.StatusForbidden,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/mailbox", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:5", host
		w := httptest.NewRecorder()
		mail.ServeHTTP(w, r)
		require.Equal(t, want, w.Code, "%q: a page of a stranger has the browser ask under its own name", host)
	}
	require.Nil(t, onThisMachine("no", nil))
}

func TestWhatStaysOpenEndsWithTheServer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	began := make(chan struct{})
	handler := until(ctx, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
	}))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	}()
	<-began
	cancel()
	<-ended
	require.Nil(t, until(ctx, nil))
}
