package gateway_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
)

// exec changes the database behind the gateway's back.
func (a *api) exec(sql string, args ...any) {
	a.t.Helper()
	_, err := a.connect().Exec(a.t.Context(), sql, args...)
	require.NoError(a.t, err)
}

func (a *api) connect() *pgx.Conn {
	a.t.Helper()
	conn, err := pgx.Connect(a.t.Context(), a.db)
	require.NoError(a.t, err)
	a.t.Cleanup(func() { assert.NoError(a.t, conn.Close(context.WithoutCancel(a.t.Context()))) })
	return conn
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	good := a.caller("o@example.org", domain.RoleUser)
	me := good.do("GET", base+"/me", nil).want(http.StatusOK)
	assert.Equal(t, []any{good.user.ID.String(), "o@example.org", "user"}, []any{me.body["id"], me.body["email"], me.body["role"]})
	good.do("GET", base+"/me", nil, "Authorization", "bearer "+good.key).want(http.StatusOK)

	nobody := &caller{api: a}
	refused := nobody.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "api_key_missing")
	assert.Equal(t, `Bearer realm="vestnik"`, refused.header.Get("WWW-Authenticate"))
	for header, code := range map[string]string{ //nolint:gosec // the names of refusals, no credentials
		"Basic dTpw": "api_key_missing", "Bearer": "api_key_malformed", "Bearer vst_short": "api_key_malformed",
		"Bearer vst_" + strings.Repeat("*", 43): "api_key_malformed", "Bearer vst_" + strings.Repeat("A", 43): "unknown_api_key",
		"Bearer " + strings.ToUpper(good.key): "api_key_malformed",
	} {
		nobody.do("GET", base+"/me", nil, "Authorization", header).problem(http.StatusUnauthorized, code)
	}
	a.exec("UPDATE users SET blocked_at = now() WHERE id = $1", good.user.ID)
	good.do("GET", base+"/me", nil).problem(http.StatusForbidden, "user_blocked")
	a.exec("UPDATE users SET blocked_at = NULL")
	good.do("GET", base+"/me", nil).want(http.StatusOK)
	a.exec("UPDATE api_keys SET revoked_at = now()")
	good.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "unknown_api_key")
}

func TestLastUseOfAKeyIsRecordedOnceAMinute(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.caller("o@example.org", domain.RoleUser)
	conn := a.connect()
	lastUse := func() (stamp string) {
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT coalesce(last_used_at::text, '') FROM api_keys").Scan(&stamp))
		return stamp
	}
	assert.Empty(t, lastUse())
	c.do("GET", base+"/me", nil).want(http.StatusOK)
	first := lastUse()
	assert.NotEmpty(t, first)
	c.do("GET", base+"/me", nil).want(http.StatusOK)
	assert.Equal(t, first, lastUse())
	a.exec("UPDATE api_keys SET last_used_at = now() - interval '61 seconds'")
	c.do("GET", base+"/me", nil).want(http.StatusOK)
	assert.Greater(t, lastUse(), first)
}

func TestUnknownAddressesAndMethods(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	for _, path := range []string{"/api", base, base + "/", base + "/nothing", base + "/clients/", "/mailbox"} {
		c.do("GET", path, nil).problem(http.StatusNotFound, "not_found")
	}
	refused := c.do("PUT", base+"/clients", object{}).problem(http.StatusMethodNotAllowed, "method_not_allowed")
	assert.Contains(t, refused.header.Get("Allow"), "POST")
}

func TestHeadersAndRequestIDs(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	a := c.do("GET", base+"/me", nil, "X-Request-Id", "from-the-proxy_1")
	assert.Equal(t, "from-the-proxy_1", a.header.Get("X-Request-Id"))
	assert.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
	assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
	assert.Equal(t, "DENY", a.header.Get("X-Frame-Options"))
	a = c.do("GET", base+"/nothing", nil, "X-Request-Id", "<script>")
	assert.Equal(t, a.body["request_id"], a.header.Get("X-Request-Id"))
	assert.NotContains(t, a.header.Get("X-Request-Id"), "<")
}

func TestAPanicIsAProblem(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(d *gateway.Deps) {
		d.CheckMessage = func(domain.Message) []domain.FieldError { panic("secret detail") }
	})
	c := a.caller("o@example.org", domain.RoleUser)
	// With a key, so that the way through the held answer is taken too; the repeat shows that the key is free again.
	for range 2 {
		got := c.do("POST", base+"/messages", object{"subject": "s", "html": "body-of-it"}, "Idempotency-Key", "k").problem(http.StatusInternalServerError, "internal")
		assert.NotContains(t, string(got.raw), "secret detail")
	}
	c.do("GET", base+"/me", nil).want(http.StatusOK)
	a.stop()
	log := a.log.String()
	assert.Contains(t, log, "secret detail")
	assert.Contains(t, log, "CreateMessage", "the stack")
	assert.Contains(t, log, `"status":500`)
	assert.NotContains(t, log, "body-of-it")
	assert.NotContains(t, log, c.key)
	assert.Contains(t, log, c.user.ID.String())
}

func TestHealth(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(d *gateway.Deps) {
		d.Checks = append(d.Checks,
			gateway.Check{Name: "nats", Run: func(context.Context) error { return errAway }},
			gateway.Check{Name: "slow", Run: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }})
	})
	nobody := &caller{api: a}
	assert.Equal(t, object{"status": "ok"}, nobody.do("GET", "/healthz", nil).want(http.StatusOK).body)
	got := nobody.do("GET", "/readyz", nil).want(http.StatusServiceUnavailable)
	assert.Equal(t, object{"status": "not ready", "parts": object{"postgres": "ok", "nats": "away", "slow": "away"}}, got.body)

	well := &caller{api: newAPI(t)}
	assert.Equal(t, object{"status": "ready", "parts": object{"postgres": "ok"}}, well.do("GET", "/readyz", nil).want(http.StatusOK).body)
}

func TestReferenceAndMailbox(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(d *gateway.Deps) {
		d.Mailbox = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Path", r.URL.Path) })
	})
	nobody := &caller{api: a}
	assert.Contains(t, string(nobody.do("GET", "/api/openapi.yaml", nil).want(http.StatusOK).raw), "openapi: 3.0.3")
	page := string(nobody.do("GET", "/api/docs", nil).want(http.StatusOK).raw)
	for _, c := range a.calls {
		assert.Contains(t, page, base+c.path)
		assert.Contains(t, page, `id="`+c.op.OperationID+`"`)
	}
	assert.NotContains(t, page, "<script")
	assert.NotContains(t, page, "http://")
	assert.Contains(t, nobody.do("GET", "/api/docs.css", nil).want(http.StatusOK).header.Get("Content-Type"), "text/css")
	assert.Equal(t, "/mailbox/messages/1", nobody.do("GET", "/mailbox/messages/1", nil).want(http.StatusOK).header.Get("X-Path"))
	assert.Equal(t, "/mailbox", nobody.do("DELETE", "/mailbox", nil).want(http.StatusOK).header.Get("X-Path"))
}

func TestTheMailboxIsOfferedToThoseWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(d *gateway.Deps) {
		d.Mailbox = http.NotFoundHandler()
		d.ShowsTo = func(r *http.Request) bool { return r.Header.Get("Accept-Language") == "here" }
	})
	nobody := &caller{api: a}
	assert.Equal(t, true, nobody.do("GET", base+"/auth/methods", nil, "Accept-Language", "here").want(http.StatusOK).body["mailbox"])
	assert.Equal(t, false, nobody.do("GET", base+"/auth/methods", nil, "Accept-Language", "ru").want(http.StatusOK).body["mailbox"])
}
