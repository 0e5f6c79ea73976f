package gateway_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/gateway"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/redistest"
)

func TestTwentyWrongPasswordsSlowTheAttackerAndNotTheOwner(t *testing.T) {
	t.Parallel()
	for name, limiter := range map[string]func(*testing.T) string{
		"Redis": func(t *testing.T) string { t.Helper(); return redistest.StartEmbedded(t).URL() },
		"away":  func(*testing.T) string { return "redis://127.0.0.1:1" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := redis.Open(limiter(t))
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, client.Close()) })
			a := newAPI(t, behindProxy, func(d *gateway.Deps) { d.Limiter = redis.NewLimits(client) })
			a.register("anna@example.org")
			logIn := func(from, email, pw string) answer {
				return a.nobody().do("POST", base+"/auth/login", object{"email": email, "password": pw}, "X-Forwarded-For", from, "X-Forwarded-Proto", "https")
			}
			statuses := map[int]int{}
			for range 20 {
				statuses[logIn("203.0.113.1", "anna@example.org", otherPassword).status]++
			}
			assert.Equal(t, map[int]int{http.StatusUnauthorized: 10, http.StatusTooManyRequests: 10}, statuses)
			limited := logIn("203.0.113.1", "anna@example.org", goodPassword).problem(http.StatusTooManyRequests, "too_many_tries")
			assert.Regexp(t, `^[1-9]\d?$`, limited.header.Get("Retry-After"))
			logIn("203.0.113.2", "anna@example.org", goodPassword).want(http.StatusOK)
			logIn("2001:db8::1", "anna@example.org", goodPassword).want(http.StatusOK)
			logIn("203.0.113.1", "boris@example.org", otherPassword).want(http.StatusUnauthorized) // neighbours of his

			for range 10 { // an unknown address is no different
				logIn("203.0.113.3", "nobody@example.org", otherPassword).want(http.StatusUnauthorized)
			}
			logIn("203.0.113.3", "nobody@example.org", otherPassword).problem(http.StatusTooManyRequests, "too_many_tries")
			for i := range 40 { // from everywhere: the owner waits a moment, and gets in
				logIn(fmt.Sprintf("198.51.100.%d", i), "anna@example.org", otherPassword).want(http.StatusUnauthorized)
			}
			logIn("203.0.113.4", "anna@example.org", goodPassword).want(http.StatusOK)

			for _, call := range []string{"/auth/password/forgot", "/auth/verify/resend"} {
				for _, email := range []string{"anna@example.org", "nobody@example.org"} {
					for i := range 5 {
						a.nobody().do("POST", base+call, object{"email": email}, "X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i)).want(http.StatusAccepted)
					}
					a.nobody().do("POST", base+call, object{"email": email}, "X-Forwarded-For", "192.0.2.9").problem(http.StatusTooManyRequests, "too_many_tries")
				}
			}
			for i := range 30 {
				a.nobody().do("POST", base+"/auth/register", object{"email": fmt.Sprintf("new%d@example.org", i), "password": goodPassword}, "X-Forwarded-For", "192.0.2.77").want(http.StatusAccepted)
			}
			a.nobody().do("POST", base+"/auth/register", object{"email": "new@example.org", "password": goodPassword}, "X-Forwarded-For", "192.0.2.77").problem(http.StatusTooManyRequests, "too_many_tries")
		})
	}
}
