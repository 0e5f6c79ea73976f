package gateway

import (
	"context"
	"net/http"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// sessionCookie is the name of the cookie over TLS: a browser takes a cookie of that prefix only from the host itself,
// over TLS and for the whole of it (RFC 6265bis §4.1.3.2), so no neighbour can plant one.
const sessionCookie = "__Host-vestnik"

// plainCookie is its name on this machine without TLS, where no browser would take the other.
const plainCookie = "vestnik"

// sessionSecret is the secret that the browser sent in the cookie that fits the way it came; empty for none. Another cookie
// besides was planted.
func sessionSecret(r *http.Request) string {
	var name string
	switch lineOf(r.Context()) {
	case lineTLS:
		name = sessionCookie
	case lineLocal:
		name = plainCookie
	case linePlain:
		return "" // nobody was given one on such a line
	}
	if c, err := r.Cookie(name); err == nil && len(c.Value) == secretLength {
		return c.Value
	}
	return ""
}

// mayHoldSession reports whether a browser can be signed in on the line that the request came by, and if not why. Ask it
// before anything is done for a sign-in.
func mayHoldSession(ctx context.Context) error {
	if lineOf(ctx) != linePlain {
		return nil
	}
	return &domain.Error{
		Kind: domain.Forbidden, Code: "tls_required",
		Message: "signing in needs TLS, because anybody on the way could take the session over: use the https address, and set VESTNIK_BASE_URL to it where a proxy speaks TLS for Vestnik",
	}
}

// signInCookie is the Set-Cookie header that signs in the browser that asks; an error, and no cookie, where mayHoldSession
// says so.
func signInCookie(ctx context.Context, secret string) (string, error) {
	if err := mayHoldSession(ctx); err != nil {
		return "", err
	}
	return setCookie(secret, lineOf(ctx) == lineTLS), nil
}

// signOutCookie is the Set-Cookie header that signs out the browser that asks.
func signOutCookie(ctx context.Context) string { return setCookie("", lineOf(ctx) == lineTLS) }

// setCookie is the Set-Cookie header that signs a browser in; with an empty secret, the one that signs it out.
func setCookie(secret string, tls bool) string {
	c := http.Cookie{ //nolint:gosec // without Secure on this machine alone, where there is no line to listen on
		Name: sessionCookie, Value: secret, Path: "/", MaxAge: int((60 * 24 * time.Hour).Seconds()),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if !tls {
		c.Name, c.Secure = plainCookie, false
	}
	if secret == "" {
		c.MaxAge = -1
	}
	return c.String()
}
