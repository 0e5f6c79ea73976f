package gateway_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
)

// browse asks a gateway that serves files for path, as a browser does that opens a page; headers in pairs.
func browse(t *testing.T, files fs.FS, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	handler, err := gateway.New(gateway.Deps{Clock: domain.SystemClock{}, Web: files})
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func builtApp() fstest.MapFS {
	return fstest.MapFS{
		"index.html":           {Data: []byte("<p>the application")},
		"theme.js":             {Data: []byte("1")},
		"assets/a-12ab.js":     {Data: []byte("plain")},
		"assets/a-12ab.js.br":  {Data: []byte("brotli")},
		"assets/a-12ab.js.gz":  {Data: []byte("gzip")},
		"assets/inter-1.woff2": {Data: []byte("font")},
		".vite/manifest.json":  {Data: []byte("{}")},
	}
}

func TestPagesOfTheApplicationAreItsIndex(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/sign-in", "/mailings/0190b4b0-0000-7000-8000-000000000000", "/apiary"} {
		w := browse(t, builtApp(), http.MethodGet, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		assert.Equal(t, "<p>the application", w.Body.String(), path)
		assert.Equal(t, "no-cache", w.Header().Get("Cache-Control"), path)
		policy := w.Header().Get("Content-Security-Policy")
		assert.Contains(t, policy, "script-src 'self';", path)
		assert.Contains(t, policy, "frame-ancestors 'none'", path)
		assert.Equal(t, "DENY", w.Header().Get("X-Frame-Options"), path)
	}
	w := browse(t, builtApp(), http.MethodHead, "/sign-in")
	assert.Equal(t, http.StatusOK, w.Code)
}

func TestFilesOfTheApplication(t *testing.T) {
	t.Parallel()
	for encoding, want := range map[string]string{
		"": "plain", "gzip, deflate": "gzip", "gzip, deflate, br": "brotli", "br;q=0, gzip;q=0.5": "gzip", "identity": "plain",
	} {
		w := browse(t, builtApp(), http.MethodGet, "/assets/a-12ab.js", "Accept-Encoding", encoding)
		assert.Equal(t, want, w.Body.String(), encoding)
		assert.Equal(t, "public, max-age=31536000, immutable", w.Header().Get("Cache-Control"))
		assert.Equal(t, "text/javascript; charset=utf-8", w.Header().Get("Content-Type"))
		assert.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
	}
	assert.Equal(t, "font/woff2", browse(t, builtApp(), http.MethodGet, "/assets/inter-1.woff2").Header().Get("Content-Type"))
	assert.Equal(t, "no-cache", browse(t, builtApp(), http.MethodGet, "/theme.js").Header().Get("Cache-Control"))
}

func TestWhatIsNotOfTheApplicationIsNotFound(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/api", "/api/v2/me", "/mailbox", "/metrics", "/healthz/x", "/assets/gone-1.js", "/assets/a-12ab.js.br", "/favicon.ico",
		"/.vite/manifest.json", "/.env", "/../secret.txt",
	} {
		w := browse(t, builtApp(), http.MethodGet, path)
		assert.Equal(t, http.StatusNotFound, w.Code, path)
		assert.Contains(t, w.Body.String(), `"not_found"`, path)
	}
	assert.Equal(t, http.StatusNotFound, browse(t, builtApp(), http.MethodPost, "/sign-in").Code)
	assert.Equal(t, http.StatusNotFound, browse(t, builtApp(), http.MethodGet, "/sign-in", "Accept", "application/json").Code)
}

func TestWithoutABuildThePageTellsHow(t *testing.T) {
	t.Parallel()
	for _, files := range []fs.FS{nil, fstest.MapFS{"robots.txt": {Data: []byte("Disallow: /")}}} {
		w := browse(t, files, http.MethodGet, "/")
		require.Equal(t, http.StatusOK, w.Code)
		assert.Contains(t, w.Body.String(), "make web")
		assert.Contains(t, w.Body.String(), "/api/docs")
	}
}
