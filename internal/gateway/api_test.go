package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/postgres"
)

// api is a gateway on a database of its own, called over HTTP.
type api struct {
	t     *testing.T
	store *postgres.Store // the service's: the gateway itself has a scoped one
	url   string
	db    string
	log   *bytes.Buffer // read it after stop only
	stop  func()
	calls []call

	handler http.Handler
}

// caller is a user with a key.
type caller struct {
	*api

	user   domain.User
	key    string
	cookie string // instead of a key
}

type object = map[string]any

func newAPI(t *testing.T, change ...func(*gateway.Deps)) *api {
	t.Helper()
	db := pgtest.URL(t)
	store, err := postgres.Open(t.Context(), db, 8, domain.SystemClock{})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	scoped, err := postgres.OpenScoped(t.Context(), db, 8, domain.SystemClock{})
	require.NoError(t, err)
	t.Cleanup(scoped.Close)
	log := &bytes.Buffer{}
	deps := gateway.Deps{
		Store: scoped, Clock: domain.SystemClock{}, Log: zerolog.New(zerolog.SyncWriter(log)),
		CheckMessage: checkBraces,
		Preview: func(m domain.Message, c domain.Client, _ string) (string, string, string, error) {
			fill := strings.NewReplacer("{{ client.full_name }}", c.FullName)
			return fill.Replace(m.Subject), fill.Replace(m.HTML), fill.Replace(m.Text), nil
		},
		Identities: awayProvider{},
		Checks:     []gateway.Check{{Name: "postgres", Run: store.Ping}},
	}
	for _, f := range change {
		f(&deps)
	}
	handler, err := gateway.New(deps)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &api{t: t, store: store, url: server.URL, db: db, log: log, stop: server.Close, calls: calls(t), handler: handler}
}

// awayProvider is an identity provider that cannot be reached.
type awayProvider struct{}

func (awayProvider) Name() string { return "Elsewhere" }

func (awayProvider) Start(context.Context, domain.IdentityLogin) (string, error) {
	return "", &domain.Error{Kind: domain.Unavailable, Code: "oidc_unavailable", Message: "away"}
}

func (awayProvider) Finish(context.Context, domain.IdentityLogin, string, string) (domain.Identity, error) {
	return domain.Identity{}, &domain.Error{Kind: domain.Unavailable, Code: "oidc_unavailable", Message: "away"}
}

// checkBraces stands in for the templates' real check.
func checkBraces(m domain.Message) []domain.FieldError {
	var bad []domain.FieldError
	for field, text := range map[string]string{"subject": m.Subject, "html": m.HTML, "text": m.Text} {
		if strings.Count(text, "{{") != strings.Count(text, "}}") {
			bad = append(bad, domain.NewFault(domain.FaultNotClosed, domain.Params{"line": 1, "what": "{{", "missing": "}}"}, "line 1: {{ is not closed").At(field))
		}
	}
	return bad
}

func (a *api) caller(email string, role domain.Role) *caller {
	a.t.Helper()
	parsed, err := address.Parse(email)
	require.NoError(a.t, err)
	user, err := a.store.CreateUser(a.t.Context(), parsed, "-", role, true)
	require.NoError(a.t, err)
	key, err := a.store.CreateAPIKey(a.t.Context(), user.ID, "test")
	require.NoError(a.t, err)
	return &caller{api: a, user: user, key: key}
}

// person is a caller who is signed in with a browser.
func (a *api) person(email string, role domain.Role) *caller {
	a.t.Helper()
	return a.caller(email, role).browser()
}

// browser is the same user, signed in anew.
func (c *caller) browser() *caller {
	c.t.Helper()
	secret, err := c.store.BeginSession(c.t.Context(), c.user.ID, "a browser")
	require.NoError(c.t, err)
	return &caller{api: c.api, user: c.user, cookie: "vestnik=" + secret}
}

// program is the same user's program, with a new key of the scopes.
func (c *caller) program(scopes ...domain.Scope) *caller {
	c.t.Helper()
	key, err := c.store.CreateAPIKey(c.t.Context(), c.user.ID, domain.NewID(time.Now()).String(), scopes...)
	require.NoError(c.t, err)
	return &caller{api: c.api, user: c.user, key: key}
}

// answer is a response, read to its end.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	raw    []byte
	body   object // when it is a JSON object
}

// do sends a request. body is sent as it is when it is a string or reader, as JSON otherwise; header comes in pairs.
func (c *caller) do(method, path string, body any, header ...string) answer {
	c.t.Helper()
	var payload io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		payload = strings.NewReader(b)
	case io.Reader:
		payload = b
	default:
		encoded, err := json.Marshal(b)
		require.NoError(c.t, err)
		payload = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, payload)
	require.NoError(c.t, err)
	c.show(r)
	if payload != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for pair := range slices.Chunk(header, 2) {
		r.Header.Set(pair[0], pair[len(pair)-1])
	}
	sends := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := sends.Do(r)
	require.NoError(c.t, err)
	defer func() { assert.NoError(c.t, response.Body.Close()) }()
	raw, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	a := answer{t: c.t, status: response.StatusCode, header: response.Header, raw: raw}
	_ = json.Unmarshal(raw, &a.body) // not every answer is JSON
	c.conforms(method, path, a)
	return a
}

// show adds what says who asks.
func (c *caller) show(r *http.Request) {
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	if c.cookie != "" {
		r.Header.Set("Cookie", c.cookie)
	}
}

// want fails the test unless the status is the one expected.
func (a answer) want(status int) answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%s", a.raw)
	return a
}

// problem is want for a problem document with a code.
func (a answer) problem(status int, code string) answer {
	a.t.Helper()
	a.want(status)
	require.Equal(a.t, "application/problem+json", a.header.Get("Content-Type"))
	require.Equal(a.t, code, a.body["code"], "%s", a.raw)
	require.EqualValues(a.t, status, a.body["status"])
	require.NotEmpty(a.t, a.body["title"])
	require.NotEmpty(a.t, a.body["request_id"])
	return a
}

// fields are the names of the fields at fault.
func (a answer) fields() []string {
	a.t.Helper()
	list, ok := a.body["errors"].([]any)
	require.True(a.t, ok, "%s", a.raw)
	var names []string
	for _, item := range list {
		f, _ := item.(object)
		require.NotEmpty(a.t, f["message"])
		require.NotContains(a.t, []any{nil, "", "invalid"}, f["code"], "%s", a.raw)
		name, _ := f["field"].(string)
		names = append(names, name)
	}
	return names
}

func (a answer) id() string {
	a.t.Helper()
	id, ok := a.body["id"].(string)
	require.True(a.t, ok, "%s", a.raw)
	return id
}

func (a answer) items() []object {
	a.t.Helper()
	list, ok := a.body["items"].([]any)
	require.True(a.t, ok, "%s", a.raw)
	out := make([]object, len(list))
	for i, item := range list {
		out[i], _ = item.(object)
	}
	return out
}

func (c *caller) client(email string) string {
	c.t.Helper()
	return c.do("POST", "/api/v1/clients", object{"email": email, "full_name": "Имя " + email}).want(http.StatusCreated).id()
}

func (c *caller) list(name string) string {
	c.t.Helper()
	return c.do("POST", "/api/v1/lists", object{"name": name}).want(http.StatusCreated).id()
}

func (c *caller) message() string {
	c.t.Helper()
	return c.do("POST", "/api/v1/messages", object{"subject": "Здравствуйте, {{ client.full_name }}!", "html": "<p>Привет</p>"}).want(http.StatusCreated).id()
}

// mailing is one to a client, to be sent in an hour.
func (c *caller) mailing(message, client string) string {
	c.t.Helper()
	return c.do("POST", "/api/v1/mailings", object{
		"name": "Рассылка", "message_id": message, "client_ids": []string{client},
		"start_at": time.Now().Add(time.Hour).Format(time.RFC3339),
	}).want(http.StatusCreated).id()
}

var errAway = errors.New("connection refused")
