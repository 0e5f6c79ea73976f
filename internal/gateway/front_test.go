package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
)

// TestNoPageOfAnotherSiteWrites makes every call that is not safe as a browser does that a stranger's page asks to.
func TestNoPageOfAnotherSiteWrites(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(d *gateway.Deps) {
		d.BaseURL = "http://Mail.example.com:80/"
		d.Mailbox = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	})
	c := a.person("o@example.org", domain.RoleAdmin)
	program := c.program()
	m := c.everything()
	foreign := [][]string{
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
		{"Origin", "http://evil.example", "Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "http://mail.example.com.evil.example"},
		{"Origin", "https://mail.example.com", "Sec-Fetch-Site", "same-site"},
		{"Origin", "http://mail.example.com:8080"},
	}
	own := [][]string{
		{},
		{"Origin", a.url},
		{"Origin", a.url, "Sec-Fetch-Site", "same-origin"},
		{"Sec-Fetch-Site", "none"},
		{"Origin", "http://mail.example.com"},
		{"Origin", "http://mail.example.com", "Sec-Fetch-Site", "cross-site"},
	}
	unsafe := 0
	for _, call := range a.calls {
		if call.op.Extensions["x-foreign-query"] == true {
			continue // the way back from the identity provider
		}
		if call.method == http.MethodGet {
			for _, header := range foreign { // a link from anywhere may be followed
				c.do(call.method, m.fill(call.path)+"?surprise=1", nil, header...).problem(http.StatusUnprocessableEntity, "validation_failed")
			}
			continue
		}
		unsafe++
		path := m.fill(call.path) + "?surprise=1"
		media := []string{"Content-Type", mediaOf(call)}
		for _, header := range foreign {
			got := c.do(call.method, path, object{}, append(slices.Clone(header), media...)...).problem(http.StatusForbidden, "cross_origin")
			assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
			program.do(call.method, path, object{}, append(slices.Clone(header), media...)...).isNot(t, "cross_origin")
		}
		for _, header := range own {
			c.do(call.method, path, object{}, append(slices.Clone(header), media...)...).problem(http.StatusUnprocessableEntity, "validation_failed")
		}
	}
	assert.Greater(t, unsafe, 40)
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		c.do(method, "/mailbox/messages", nil, "Origin", "https://evil.example").problem(http.StatusForbidden, "cross_origin")
		c.do(method, "/mailbox/messages", nil, "Origin", a.url).want(http.StatusOK)
	}
}

func (a answer) isNot(t *testing.T, code string) {
	t.Helper()
	require.NotEqual(t, code, a.body["code"])
}

// TestEveryAnswerHasItsHeaders looks at answers of every sort.
func TestEveryAnswerHasItsHeaders(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.person("o@example.org", domain.RoleAdmin)
	m := c.everything()
	require.NotEmpty(t, m)
	paths := []string{"/", "/api/docs", "/api/docs.css", "/api/openapi.yaml", "/healthz", "/readyz", base + "/nothing", "/nothing"}
	for _, call := range a.calls {
		if call.method == http.MethodGet {
			paths = append(paths, m.fill(call.path)+"?surprise=1")
		}
	}
	paths = append(paths, base+"/me", base+"/clients", base+"/clients/export", base+"/imports/"+m.imported+"/progress", base+"/mailings/"+m.mailing)
	for _, path := range paths {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		r.Host, r.RemoteAddr = "localhost", "127.0.0.1:1"
		r.Header.Set("Cookie", c.cookie)
		w := httptest.NewRecorder()
		a.handler.ServeHTTP(w, r)
		h := w.Header()
		assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "no-referrer", h.Get("Referrer-Policy"), path)
		if html := strings.HasPrefix(h.Get("Content-Type"), "text/html") && w.Code == http.StatusOK; html || strings.HasPrefix(path, base) {
			assert.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'", path)
			assert.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'", path)
			assert.Equal(t, "DENY", h.Get("X-Frame-Options"), path)
		}
		if strings.HasPrefix(path, base) {
			assert.Equal(t, "no-store", h.Get("Cache-Control"), path)
		}
	}
}
