package gateway_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
)

func TestTheCookieFitsTheLine(t *testing.T) {
	t.Parallel()
	secret, other := strings.Repeat("a", 43), strings.Repeat("b", 43)
	const https = "https://mail.example.com"
	for name, c := range map[string]struct {
		base, host, peer, forwarded string
		overTLS                     bool
		want                        string // "tls", "local" or "plain"
	}{
		"this machine":                           {"http://127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1:5", "", false, "local"},
		"this machine by name":                   {"", "localhost:8080", "[::1]:5", "", false, "local"},
		"this machine by its IPv6 address":       {"", "[::1]:8080", "[::1]:5", "", false, "local"},
		"another machine":                        {"", "10.0.0.5:8080", "10.0.0.9:5", "", false, "plain"},
		"another machine that names itself ours": {"", "localhost", "10.0.0.9:5", "", false, "plain"},
		"a stranger's name for this machine":     {"", "rebound.example", "127.0.0.1:5", "", false, "plain"},
		"a proxy here that nobody told us of":    {"", "127.0.0.1:8080", "127.0.0.1:5", "https", false, "plain"},
		"claims of TLS by anybody":               {"", "mail.example.com", "10.0.0.9:5", "https", false, "plain"},
		"TLS of our own":                         {"", "mail.example.com", "10.0.0.9:5", "", true, "tls"},
		"a proxy elsewhere that keeps the host":  {https, "mail.example.com", "10.0.0.9:5", "", false, "tls"},
		"a proxy here that does not":             {https, "127.0.0.1:8080", "127.0.0.1:5", "https", false, "tls"},
		"a proxy that had no TLS":                {https, "mail.example.com", "127.0.0.1:5", "http", false, "plain"},
		"past the proxy":                         {https, "10.0.0.5:8080", "10.0.0.9:5", "", false, "plain"},
		"past the proxy, with a claim of TLS":    {https, "10.0.0.5:8080", "10.0.0.9:5", "https", false, "plain"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/me", nil)
		r.Host, r.RemoteAddr = c.host, c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-Proto", c.forwarded)
		}
		if c.overTLS {
			r.TLS = &tls.ConnectionState{}
		}
		r.Header.Set("Cookie", "vestnik="+other+"; __Host-vestnik="+secret)
		taken, in, out, err := gateway.Cookies(c.base, r, secret)
		switch c.want {
		case "tls":
			require.NoError(t, err, name)
			assert.Equal(t, secret, taken, name)
			assert.Equal(t, "__Host-vestnik="+secret+"; Path=/; Max-Age=5184000; HttpOnly; Secure; SameSite=Lax", in, name)
			assert.Equal(t, "__Host-vestnik=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax", out, name)
		case "local":
			require.NoError(t, err, name)
			assert.Equal(t, other, taken, name)
			assert.Equal(t, "vestnik="+secret+"; Path=/; Max-Age=5184000; HttpOnly; SameSite=Lax", in, name)
			assert.Equal(t, "vestnik=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", out, name)
		default:
			require.ErrorContains(t, err, "needs TLS", name)
			assert.Equal(t, domain.Forbidden, domain.KindOf(err), name)
			assert.Empty(t, in, name)
			assert.Empty(t, taken, name)
		}
	}
	_, _, _, err := gateway.Cookies("mail.example.com", httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), secret)
	require.ErrorContains(t, err, "base URL")
}

func TestOnlyTheFittingCookieSignsIn(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	me, other := a.person("me@example.org", domain.RoleUser), a.person("other@example.org", domain.RoleUser)
	secretOf := func(c *caller) string { return strings.TrimPrefix(c.cookie, "vestnik=") }
	both := &caller{api: a, cookie: "__Host-vestnik=" + secretOf(other) + "; vestnik=" + secretOf(me)}
	assert.Equal(t, "me@example.org", both.do("GET", base+"/me", nil).want(http.StatusOK).body["email"])
	wrong := &caller{api: a, cookie: "__Host-vestnik=" + secretOf(me)}
	wrong.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "api_key_missing")

	proxied := newAPI(t, func(d *gateway.Deps) { d.BaseURL = "https://mail.example.com" })
	me = proxied.person("me@example.org", domain.RoleUser)
	me.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "api_key_missing")
	me.cookie = "__Host-" + me.cookie
	me.do("GET", base+"/me", nil).want(http.StatusOK)
	me.cookie = "__Host-vestnik=" + strings.Repeat("A", 43)
	me.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "session_ended")
}

func TestSessions(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	here := a.person("o@example.org", domain.RoleUser)
	there, away := here.browser(), here.browser()
	stranger := a.person("stranger@example.org", domain.RoleUser)
	list := here.do("GET", base+"/me/sessions", nil).want(http.StatusOK).items()
	require.Len(t, list, 3)
	var current, elsewhere []string
	for _, s := range list {
		assert.Equal(t, "a browser", s["user_agent"])
		id, _ := s["id"].(string)
		if s["current"] == true {
			current = append(current, id)
			assert.Equal(t, "127.0.0.1", s["address"])
		} else {
			elsewhere = append(elsewhere, id)
		}
	}
	require.Len(t, current, 1)
	stranger.do("DELETE", base+"/me/sessions/"+elsewhere[0], nil).problem(http.StatusNotFound, "session_not_found")
	here.do("DELETE", base+"/me/sessions/"+elsewhere[0], nil).want(http.StatusNoContent)
	here.do("DELETE", base+"/me/sessions/"+elsewhere[0], nil).problem(http.StatusNotFound, "session_not_found")
	alive := 0
	for _, c := range []*caller{there, away} {
		if c.do("GET", base+"/me", nil).status == http.StatusOK {
			alive++
		}
	}
	assert.Equal(t, 1, alive)
	for range 2 {
		here.do("DELETE", base+"/me/sessions", nil).want(http.StatusNoContent)
	}
	for _, c := range []*caller{there, away} {
		c.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "session_ended")
	}
	here.do("GET", base+"/me", nil).want(http.StatusOK)
	stranger.do("GET", base+"/me", nil).want(http.StatusOK)
	here.do("DELETE", base+"/me/sessions/"+current[0], nil).want(http.StatusNoContent)
	here.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "session_ended")
	assert.Equal(t, []string{"session.end", "session.end", "session.end"}, a.audited(here.user.ID))
}

// audited are the actions that were recorded about what is the user's, in order.
func (a *api) audited(owner domain.ID) (actions []string) {
	a.t.Helper()
	rows, err := a.connect().Query(a.t.Context(), "SELECT action FROM audit_log WHERE owner_id = $1 AND actor_id = $1 AND address = '127.0.0.1' ORDER BY id", owner)
	require.NoError(a.t, err)
	defer rows.Close()
	for rows.Next() {
		var action string
		require.NoError(a.t, rows.Scan(&action))
		actions = append(actions, action)
	}
	require.NoError(a.t, rows.Err())
	return actions
}

func TestAPIKeysAreMadeListedAndRevoked(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.person("o@example.org", domain.RoleUser) // who has one already
	made := c.do("POST", base+"/me/api-keys", object{"name": "касса", "scopes": []string{"write", "read", "write"}}, "Idempotency-Key", "once").want(http.StatusCreated)
	secret, _ := made.body["key"].(string)
	shown, _ := made.body["api_key"].(object)
	assert.Regexp(t, "^vst_[A-Za-z0-9_-]{43}$", secret)
	assert.Equal(t, []any{"read", "write"}, shown["scopes"])
	assert.Equal(t, secret[:8], shown["prefix"])
	assert.Nil(t, shown["last_used_at"])
	c.do("POST", base+"/me/api-keys", object{"name": "касса", "scopes": []string{"read"}}, "Idempotency-Key", "once").problem(http.StatusConflict, "api_key_exists")

	program := &caller{api: a, user: c.user, key: secret}
	program.do("POST", base+"/lists", object{"name": "x"}).want(http.StatusCreated)
	for _, call := range []string{"GET /me/api-keys", "POST /me/api-keys", "GET /me/sessions"} {
		method, path, _ := strings.Cut(call, " ")
		program.do(method, base+path, object{"name": "y", "scopes": []string{"send"}}).problem(http.StatusForbidden, "session_required")
	}
	listed := c.do("GET", base+"/me/api-keys", nil).want(http.StatusOK)
	assert.NotContains(t, string(listed.raw), secret)
	require.Len(t, listed.items(), 2)
	assert.Equal(t, "касса", listed.items()[0]["name"])
	assert.NotNil(t, listed.items()[0]["last_used_at"])

	id, _ := shown["id"].(string)
	a.person("stranger@example.org", domain.RoleAdmin).do("DELETE", base+"/me/api-keys/"+id, nil).want(http.StatusNotFound)
	c.do("DELETE", base+"/me/api-keys/"+id, nil).want(http.StatusNoContent)
	c.do("DELETE", base+"/me/api-keys/"+id, nil).want(http.StatusNotFound)
	program.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "unknown_api_key")
	c.do("POST", base+"/me/api-keys", object{"name": "касса", "scopes": []string{"read"}}).want(http.StatusCreated)
	assert.Equal(t, []string{"api_key.create", "api_key.revoke", "api_key.create"}, a.audited(c.user.ID))

	for field, body := range map[string]object{
		"name":     {"name": " ", "scopes": []string{"read"}},
		"scopes":   {"name": "z", "scopes": []string{}},
		"scopes.0": {"name": "z", "scopes": []string{"admin"}},
	} {
		assert.Equal(t, []string{field}, c.do("POST", base+"/me/api-keys", body).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	}
	var kept string
	require.NoError(t, a.connect().QueryRow(t.Context(), `SELECT coalesce(string_agg(row_to_json(k)::text, ''), '') || coalesce((SELECT string_agg(row_to_json(i)::text, '')
		FROM idempotency_keys i), '') || coalesce((SELECT string_agg(row_to_json(l)::text, '') FROM audit_log l), '') FROM api_keys k`).Scan(&kept))
	assert.NotContains(t, kept, secret, "it is shown this once")
}

func TestThereAreFiftyKeysAtMostHoweverManyAskAtOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.person("o@example.org", domain.RoleUser)
	for range domain.MaxAPIKeys - 3 {
		c.program(domain.ScopeRead)
	}
	var wg sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		wg.Go(func() {
			body, _ := json.Marshal(object{"name": fmt.Sprint("key ", i%4), "scopes": []string{"read"}})
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, base+"/me/api-keys", strings.NewReader(string(body)))
			r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost"
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Cookie", c.cookie)
			w := httptest.NewRecorder()
			a.handler.ServeHTTP(w, r)
			statuses[i] = w.Code
		})
	}
	wg.Wait()
	made := 0
	for _, status := range statuses {
		if status == http.StatusCreated {
			made++
			continue
		}
		assert.Equal(t, http.StatusConflict, status)
	}
	assert.Equal(t, 2, made)
	c.do("POST", base+"/me/api-keys", object{"name": "one more", "scopes": []string{"read"}}).problem(http.StatusConflict, "too_many_api_keys")
}
