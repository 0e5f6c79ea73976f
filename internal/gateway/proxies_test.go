package gateway_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/gateway"
)

// behindProxy lets the tests say where a request comes from: see from.
func behindProxy(d *gateway.Deps) {
	cheap(d)
	d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
}

func TestTheCookieIsForTLSWhereThereIsTLS(t *testing.T) {
	t.Parallel()
	secure := func(a *api, header ...string) bool {
		a.t.Helper()
		got := a.nobody().do("POST", base+"/auth/login", object{"email": "anna@example.org", "password": goodPassword}, header...).want(http.StatusOK)
		cookie := got.header.Get("Set-Cookie")
		assert.Equal(t, strings.Contains(cookie, "; Secure"), strings.HasPrefix(cookie, "__Host-vestnik="))
		return strings.Contains(cookie, "; Secure")
	}
	plain := newAPI(t, cheap)
	plain.register("anna@example.org")
	assert.False(t, secure(plain))
	plain.nobody().do("POST", base+"/auth/login", object{"email": "anna@example.org", "password": goodPassword}, "X-Forwarded-Proto", "https").
		problem(http.StatusForbidden, "tls_required") // anybody can say so
	proxied := newAPI(t, behindProxy)
	proxied.register("anna@example.org")
	assert.True(t, secure(proxied, "X-Forwarded-Proto", "https"))
	assert.False(t, secure(proxied))
	public := newAPI(t, cheap, func(d *gateway.Deps) { d.BaseURL = "https://mail.example.org" })
	public.register("anna@example.org")
	assert.True(t, secure(public))
}

func TestOnlyATrustedProxySaysWhereARequestComesFrom(t *testing.T) {
	t.Parallel()
	from := func(a *api, header ...string) string {
		a.t.Helper()
		a.register("anna@example.org")
		a.nobody().do("POST", base+"/auth/login", object{"email": "anna@example.org", "password": goodPassword}, header...).want(http.StatusOK)
		var address string
		require.NoError(t, a.connect().QueryRow(t.Context(), "SELECT address FROM audit_log WHERE action = 'session.begin' ORDER BY id DESC LIMIT 1").Scan(&address))
		return address
	}
	public := func(d *gateway.Deps) { d.BaseURL = "https://mail.example.org" }
	direct, proxied := newAPI(t, cheap, public), newAPI(t, behindProxy, public)
	assert.Equal(t, "127.0.0.1", from(direct, "X-Forwarded-For", "203.0.113.1"))
	assert.Equal(t, "127.0.0.1", from(direct, "X-Real-Ip", "203.0.113.1"))
	assert.Equal(t, "203.0.113.1", from(proxied, "X-Forwarded-For", "203.0.113.1"))
	assert.Equal(t, "203.0.113.1", from(proxied, "X-Forwarded-For", "198.51.100.7, 203.0.113.1"), "what the caller sent himself stands before")
	assert.Equal(t, "127.0.0.1", from(proxied, "X-Real-Ip", "203.0.113.1"))
}
