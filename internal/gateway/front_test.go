package gateway_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
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

// TestAProxyThatNobodyListedIsNamedOnceAnHour: all who come through it would share its limits.
func TestAProxyThatNobodyListedIsNamedOnceAnHour(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	now := atomic.Int64{}
	now.Store(time.Now().UnixNano())
	a := newAPI(t, func(d *gateway.Deps) {
		d.Log = zerolog.New(zerolog.SyncWriter(&log))
		d.Clock = clockFunc(func() time.Time { return time.Unix(0, now.Load()) })
		d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	})
	ask := func(peer string, header ...string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, base+"/auth/methods", http.NoBody)
		r.RemoteAddr = peer + ":5"
		for pair := range slices.Chunk(header, 2) {
			r.Header.Set(pair[0], pair[1])
		}
		a.handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	warned := func() int { return strings.Count(log.String(), "VESTNIK_TRUSTED_PROXIES") }
	ask("10.0.0.9")
	ask("192.0.2.7", "X-Forwarded-For", "203.0.113.1")
	require.Zero(t, warned())
	for range 3 {
		ask("10.0.0.9", "X-Forwarded-For", "203.0.113.1")
	}
	require.Equal(t, 1, warned())
	require.Contains(t, log.String(), `"peer":"10.0.0.9"`)
	require.NotContains(t, log.String(), "203.0.113.1", "what is claimed may be anything")
	now.Add(int64(time.Hour))
	ask("10.0.0.10", "X-Forwarded-For", "203.0.113.1")
	require.Equal(t, 2, warned())
}

type clockFunc func() time.Time

// Now implements domain.Clock.
func (f clockFunc) Now() time.Time { return f() }
