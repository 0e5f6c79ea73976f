package cli_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// process answers as a Vestnik does that misses some servers.
func process(t *testing.T, missing ...string) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"status":"ok"}`)) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		parts := map[string]string{"postgresql": "ok", "nats": "ok", "redis": "ok"}
		status := "ready"
		for _, name := range missing {
			parts[name], status = "away", "not ready"
		}
		if len(missing) > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "parts": parts})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestHealthcheckSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	ready, waiting := process(t), process(t, "redis", "nats")

	r := vestnik(t, []string{}, "", "healthcheck", "--url", ready).ok(t)
	require.Equal(t, ready+"/readyz: ready\n", r.out)

	r = vestnik(t, []string{}, "", "healthcheck", "--url", waiting+"/")
	require.Equal(t, 1, r.status)
	require.Equal(t, "vestnik: "+waiting+"/readyz: not ready: missing are nats, redis\n", r.errors)

	r = vestnik(t, []string{}, "", "healthcheck", "--url", waiting, "--json")
	require.Equal(t, 1, r.status)
	require.JSONEq(t, `{"url":"`+waiting+`/readyz","healthy":false,"status":"not ready","missing":["nats","redis"]}`, r.out)
	require.Empty(t, r.errors)

	vestnik(t, []string{}, "", "healthcheck", "--url", waiting, "--live").ok(t)
	require.Equal(t, 2, vestnik(t, []string{}, "", "healthcheck", "--url", "localhost:8080").status)
}

func TestHealthcheckFailsWhereNobodyAnswers(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	strange := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	defer strange.Close()
	gone.Close()

	r := vestnik(t, []string{}, "", "healthcheck", "--url", gone.URL, "--live")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, "does not answer")
	r = vestnik(t, []string{}, "", "healthcheck", "--url", strange.URL)
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, "which no Vestnik does")
}

func TestHealthcheckFindsTheProcessByTheSettings(t *testing.T) {
	t.Parallel()
	ready, waiting := process(t), process(t, "nats")
	port := func(url string) string { return url[strings.LastIndex(url, ":"):] }
	dir := "VESTNIK_DATA_DIR=" + t.TempDir()

	vestnik(t, []string{dir, "VESTNIK_HTTP_ADDR=0.0.0.0" + port(ready)}, "", "healthcheck").ok(t)
	vestnik(t, []string{dir, "VESTNIK_HTTP_ADDR=" + port(waiting), "VESTNIK_HEALTH_ADDR=" + port(ready)}, "", "healthcheck").ok(t)
	require.Equal(t, 1, vestnik(t, []string{dir, "VESTNIK_HTTP_ADDR=" + port(ready), "VESTNIK_HEALTH_ADDR=[::]" + port(waiting)}, "", "healthcheck").status)
}
