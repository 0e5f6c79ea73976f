package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
	"github.com/vestnik-mail/vestnik/internal/password"
)

const (
	goodPassword  = "correct horse battery staple"
	otherPassword = "лошадь ест зелёный забор" //nolint:gosec // of accounts that live for a test
)

// cheap hashes make the tests fast.
func cheap(d *gateway.Deps) {
	d.Passwords = password.NewHasher(password.Params{Memory: 64, Passes: 1})
}

// notice is one of the queue.
type notice struct {
	kind, email, language string
	data                  map[string]string
}

// notices are those of a kind in the queue, the latest last.
func (a *api) notices(kind domain.NoticeKind) []notice {
	a.t.Helper()
	rows, err := a.connect().Query(a.t.Context(), "SELECT kind, email, language, data FROM notices WHERE kind = $1 ORDER BY id", string(kind))
	require.NoError(a.t, err)
	var out []notice
	for rows.Next() {
		var n notice
		var data []byte
		require.NoError(a.t, rows.Scan(&n.kind, &n.email, &n.language, &data))
		require.NoError(a.t, json.Unmarshal(data, &n.data))
		out = append(out, n)
	}
	require.NoError(a.t, rows.Err())
	return out
}

// latest is the latest notice of a kind.
func (a *api) latest(kind domain.NoticeKind) notice {
	a.t.Helper()
	all := a.notices(kind)
	require.NotEmpty(a.t, all, kind)
	return all[len(all)-1]
}

func (a *api) count(sql string, args ...any) int {
	a.t.Helper()
	var n int
	require.NoError(a.t, a.connect().QueryRow(a.t.Context(), sql, args...).Scan(&n))
	return n
}

func (a *api) actions() []string {
	a.t.Helper()
	rows, err := a.connect().Query(a.t.Context(), "SELECT action FROM audit_log ORDER BY id")
	require.NoError(a.t, err)
	var out []string
	for rows.Next() {
		var action string
		require.NoError(a.t, rows.Scan(&action))
		out = append(out, action)
	}
	require.NoError(a.t, rows.Err())
	return out
}

func (a *api) nobody() *caller { return &caller{api: a} }

func (a *api) register(email string) {
	a.t.Helper()
	a.nobody().do("POST", base+"/auth/register", object{"email": email, "password": goodPassword}).want(http.StatusAccepted)
}

// logIn signs in with a browser of its own.
func (a *api) logIn(email, pw string) *caller {
	a.t.Helper()
	got := a.nobody().do("POST", base+"/auth/login", object{"email": email, "password": pw}).want(http.StatusOK)
	return &caller{api: a, cookie: cookieOf(got)}
}

func cookieOf(got answer) string {
	got.t.Helper()
	cookie, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
	require.Regexp(got.t, `^(__Host-)?vestnik=[\w-]{43}$`, cookie)
	return cookie
}

// together does the same n times at once and returns how often each status came.
func together(n int, do func() int) map[int]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	statuses := map[int]int{}
	for range n {
		all.Go(func() {
			status := do()
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	all.Wait()
	return statuses
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	logIn := func(email, pw string, header ...string) answer {
		return a.nobody().do("POST", base+"/auth/login", object{"email": email, "password": pw}, header...)
	}
	wrong := logIn("anna@example.org", otherPassword).problem(http.StatusUnauthorized, "invalid_credentials")
	unknown := logIn("nobody@example.org", otherPassword).problem(http.StatusUnauthorized, "invalid_credentials")
	for _, a := range []answer{wrong, unknown} {
		delete(a.body, "request_id")
		assert.Empty(t, a.header.Get("Set-Cookie"))
	}
	assert.Equal(t, wrong.body, unknown.body)

	planted := "vestnik=" + strings.Repeat("A", 43)
	got := logIn("anna@example.org", goodPassword, "Cookie", planted).want(http.StatusOK)
	assert.Nil(t, got.body["challenge"])
	assert.NotEqual(t, planted, cookieOf(got), "a session is always new")
	(&caller{api: a, cookie: planted}).do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "session_ended")
	for _, attribute := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		assert.Contains(t, got.header.Get("Set-Cookie"), attribute)
	}
	first, second := &caller{api: a, cookie: cookieOf(got)}, a.logIn("anna@example.org", goodPassword)
	assert.NotEqual(t, first.cookie, second.cookie)
	first.do("GET", base+"/me", nil).want(http.StatusOK) // signing in ends nothing else
	second.do("GET", base+"/me", nil).want(http.StatusOK)
	logIn("anna@example.org", goodPassword, "Cookie", first.cookie).want(http.StatusOK)
	first.do("GET", base+"/me", nil).want(http.StatusOK)

	a.exec("UPDATE users SET blocked_at = now(), blocked_reason = 'spam'")
	blocked := logIn("anna@example.org", goodPassword).problem(http.StatusForbidden, "user_blocked")
	assert.Contains(t, blocked.body["detail"], "spam")
	logIn("anna@example.org", otherPassword).problem(http.StatusUnauthorized, "invalid_credentials")
	a.exec("UPDATE users SET blocked_at = NULL, password_hash = ''")
	logIn("anna@example.org", goodPassword).problem(http.StatusUnauthorized, "invalid_credentials")
}

func TestASecondFactorIsAskedFor(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	a.exec("UPDATE users SET totp_on = true")
	got := a.nobody().do("POST", base+"/auth/login", object{"email": "anna@example.org", "password": goodPassword}).want(http.StatusOK)
	assert.Nil(t, got.body["me"])
	assert.Regexp(t, `^[\w-]{43}$`, got.body["challenge"])
	assert.Empty(t, got.header.Get("Set-Cookie"))
	assert.Zero(t, a.count("SELECT count(*) FROM sessions"))
	assert.Equal(t, 1, a.count("SELECT count(*) FROM tokens WHERE purpose = 'second_factor' AND expires_at <= created_at + interval '5 minutes'"))
}

func TestAHashIsMadeAnewWithTodaysParameters(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	old, err := password.NewHasher(password.Params{Memory: 128, Passes: 1}).Hash(t.Context(), goodPassword)
	require.NoError(t, err)
	a.exec("UPDATE users SET password_hash = $1", old)
	a.logIn("anna@example.org", goodPassword)
	assert.Equal(t, 1, a.count("SELECT count(*) FROM users WHERE password_hash LIKE '$argon2id$v=19$m=64,t=1,p=1$%'"))
	a.logIn("anna@example.org", goodPassword)
}

func TestAForgottenPassword(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	thief := a.logIn("anna@example.org", goodPassword)
	key, err := a.store.CreateAPIKey(t.Context(), a.userID("anna@example.org"), "made before the address was confirmed")
	require.NoError(t, err)
	known := a.nobody().do("POST", base+"/auth/password/forgot", object{"email": "anna@example.org"}, "Host", "evil.example").want(http.StatusAccepted)
	unknown := a.nobody().do("POST", base+"/auth/password/forgot", object{"email": "nobody@example.org"}).want(http.StatusAccepted)
	assert.Equal(t, known.raw, unknown.raw)
	require.Len(t, a.notices(domain.NoticeReset), 1)
	token := a.latest(domain.NoticeReset).data["token"]
	assert.Len(t, a.latest(domain.NoticeReset).data, 1)

	reset := func(token, pw string) answer {
		return a.nobody().do("POST", base+"/auth/password/reset", object{"token": token, "password": pw})
	}
	assert.Equal(t, []string{"password"}, reset(token, "anna@example.org").problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	assert.Equal(t, map[int]int{http.StatusNoContent: 1, http.StatusUnprocessableEntity: 5}, together(6, func() int { return reset(token, otherPassword).status }))
	reset(token, otherPassword).problem(http.StatusUnprocessableEntity, "token_unknown")
	thief.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "session_ended")
	(&caller{api: a, key: key}).do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "unknown_api_key")
	a.nobody().do("POST", base+"/auth/login", object{"email": "anna@example.org", "password": goodPassword}).want(http.StatusUnauthorized)
	anna := a.logIn("anna@example.org", otherPassword)
	assert.Equal(t, true, anna.do("GET", base+"/me", nil).body["confirmed"], "the link came to the address")
	assert.Len(t, a.notices(domain.NoticePasswordSet), 1)

	a.nobody().do("POST", base+"/auth/password/forgot", object{"email": "anna@example.org"}).want(http.StatusAccepted)
	a.exec("UPDATE tokens SET expires_at = now() WHERE purpose = 'reset'")
	reset(a.latest(domain.NoticeReset).data["token"], otherPassword).problem(http.StatusUnprocessableEntity, "token_unknown")
	reset(a.latest(domain.NoticeVerify).data["token"], otherPassword).problem(http.StatusUnprocessableEntity, "token_unknown")
	a.exec("UPDATE users SET blocked_at = now()")
	a.nobody().do("POST", base+"/auth/password/forgot", object{"email": "anna@example.org"}).want(http.StatusAccepted)
	assert.Len(t, a.notices(domain.NoticeReset), 2)
}

func (a *api) userID(email string) domain.ID {
	a.t.Helper()
	u, _, err := a.store.UserByEmail(a.t.Context(), domain.Address{Key: email})
	require.NoError(a.t, err)
	return u.ID
}
