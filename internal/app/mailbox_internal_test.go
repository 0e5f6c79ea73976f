package app

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheMailboxIsShownOnThisMachineOnly(t *testing.T) {
	t.Parallel()
	mail := onThisMachine(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for from, want := range map[string]int{
		"127.0.0.1:5": http.StatusTeapot, "[::1]:5": http.StatusTeapot, "192.0.2.7:5": http.StatusForbidden, "": http.StatusForbidden,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/mailbox", nil)
		r.RemoteAddr = from
		w := httptest.NewRecorder()
		mail.ServeHTTP(w, r)
		require.Equal(t, want, w.Code, from)
	}
	require.Nil(t, onThisMachine(nil))
}
