package gateway

import (
	"net/http"
	"strings"
	"time"
)

// overTLS says whether browsers reach the address over TLS, and so whether cookies can be Secure.
func overTLS(baseURL string) bool { return strings.HasPrefix(baseURL, "https://") }

// sessionCookie is the name of the cookie over TLS: a browser takes a cookie of that prefix only from the host itself,
// over TLS and for the whole of it (RFC 6265bis §4.1.3.2), so no neighbour can plant one.
const sessionCookie = "__Host-vestnik"

// plainCookie is its name on this machine without TLS, where no browser would take the other.
const plainCookie = "vestnik"

// sessionSecret is the secret that the browser sent; empty for none.
func sessionSecret(r *http.Request) string {
	for _, name := range []string{sessionCookie, plainCookie} {
		if c, err := r.Cookie(name); err == nil && len(c.Value) == secretLength {
			return c.Value
		}
	}
	return ""
}

// setCookie is the Set-Cookie header that signs a browser in; with an empty secret, the one that signs it out.
func setCookie(secret string, tls bool) string {
	c := http.Cookie{
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
