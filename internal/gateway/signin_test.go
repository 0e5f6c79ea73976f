package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
	"github.com/vestnik-mail/vestnik/internal/password"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/redistest"
)

const (
	goodPassword  = "correct horse battery staple"
	otherPassword = "лошадь ест зелёный забор" //nolint:gosec // of accounts that live for a test
)

// cheap hashes make the tests fast.
func cheap(d *gateway.Deps) {
	d.Passwords = password.NewHasher(password.Params{Memory: 64, Passes: 1})
}

// behindProxy lets the tests say where a request comes from: see from.
func behindProxy(d *gateway.Deps) {
	cheap(d)
	d.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
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

func TestAnAccountFromItsOpeningToItsFirstSession(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	nobody := a.nobody()
	methods := nobody.do("GET", base+"/auth/methods", nil).want(http.StatusOK)
	assert.Equal(t, object{"password": true, "registration": true, "mailbox": false, "oidc": object{"name": "Elsewhere", "url": base + "/auth/oidc/start"}}, methods.body)
	nobody.do("POST", base+"/auth/register", object{"email": "Анна@Пример.рф", "password": goodPassword, "name": " Анна "},
		"Accept-Language", "ru-RU,ru;q=0.9,en;q=0.8", "Host", "evil.example", "X-Forwarded-Host", "evil.example").want(http.StatusAccepted)
	mail := a.latest(domain.NoticeVerify)
	assert.Equal(t, "Анна@Пример.рф", mail.email)
	assert.Equal(t, "ru", mail.language)
	assert.Regexp(t, `^[\w-]{43}$`, mail.data["token"])
	assert.Regexp(t, `^\d{6}$`, mail.data["code"])
	assert.Len(t, mail.data, 2, "where the link leads is not up to the request")
	assert.Zero(t, a.count("SELECT count(*) FROM notices n WHERE n::text LIKE '%evil%'"))

	anna := a.logIn("анна@xn--e1afmkfd.xn--p1ai", goodPassword)
	me := anna.do("GET", base+"/me", nil).want(http.StatusOK)
	assert.Equal(t, []any{"Анна", "ru", false, true}, []any{me.body["name"], me.body["language"], me.body["confirmed"], me.body["has_password"]})
	anna.do("POST", base+"/messages", object{"subject": "x", "text": "x"}).want(http.StatusCreated)
	mailing := anna.mailingOf()
	anna.do("POST", base+"/mailings/"+mailing+"/start", nil).problem(http.StatusForbidden, "email_unconfirmed")

	nobody.do("GET", base+"/auth/verify?token="+mail.data["token"], nil).want(http.StatusMethodNotAllowed) // a scanner
	nobody.do("POST", base+"/auth/verify", object{"token": mail.data["token"]}).want(http.StatusNoContent)
	nobody.do("POST", base+"/auth/verify", object{"token": mail.data["token"]}).problem(http.StatusUnprocessableEntity, "token_unknown")
	assert.Equal(t, true, anna.do("GET", base+"/me", nil).body["confirmed"])
	assert.Equal(t, []string{"user.register", "session.begin", "user.confirm"}, a.actions())

	nobody.do("POST", base+"/auth/logout", nil, "Cookie", anna.cookie).want(http.StatusNoContent)
	anna.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "session_ended")
	out := anna.do("POST", base+"/auth/logout", nil).want(http.StatusNoContent)
	assert.Contains(t, out.header.Get("Set-Cookie"), "Max-Age=0")
}

// mailingOf is a draft of a mailing.
func (c *caller) mailingOf() string {
	c.t.Helper()
	return c.do("POST", base+"/mailings", object{
		"name": "x", "message_id": c.message(), "client_ids": []string{c.client("one@example.org")}, "draft": true,
		"start_at": time.Now().Add(time.Hour).Format(time.RFC3339),
	}).want(http.StatusCreated).id()
}

func TestWhatARegistrationMustBe(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	for field, body := range map[string]object{
		"email":    {"email": "anna@@example.org", "password": goodPassword},
		"password": {"email": "anna@example.org", "password": "password123"},
		"name":     {"email": "anna@example.org", "password": goodPassword, "name": "a\u2028b"},
		"language": {"email": "anna@example.org", "password": goodPassword, "language": "xx"},
		"role":     {"email": "anna@example.org", "password": goodPassword, "role": "admin"},
	} {
		refused := a.nobody().do("POST", base+"/auth/register", body).problem(http.StatusUnprocessableEntity, "validation_failed")
		assert.Equal(t, []string{field}, refused.fields())
	}
	assert.Zero(t, a.count("SELECT count(*) FROM users"))

	closed := newAPI(t, cheap, func(d *gateway.Deps) { d.RegistrationClosed = true })
	closed.nobody().do("POST", base+"/auth/register", object{"email": "anna@example.org", "password": goodPassword}).problem(http.StatusForbidden, "registration_closed")
	assert.Equal(t, false, closed.nobody().do("GET", base+"/auth/methods", nil).body["registration"])
}

func TestTheOwnerIsToldOnceAnHourThatSomebodyRegistersHisAddress(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	for range 3 {
		a.nobody().do("POST", base+"/auth/register", object{"email": "ANNA@example.org", "password": otherPassword}).want(http.StatusAccepted)
	}
	assert.Len(t, a.notices(domain.NoticeExists), 1)
	assert.Len(t, a.notices(domain.NoticeVerify), 1)
	a.exec("UPDATE users SET told_at = told_at - interval '61 minutes'")
	a.register("anna@example.org")
	assert.Len(t, a.notices(domain.NoticeExists), 2)
	assert.Equal(t, 1, a.count("SELECT count(*) FROM users"), "of shadows nothing is kept")
	a.logIn("anna@example.org", goodPassword)
}

func TestTokensWorkOnceAndNotForEver(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	first := a.latest(domain.NoticeVerify).data["token"]
	a.nobody().do("POST", base+"/auth/verify/resend", object{"email": "anna@example.org"}).want(http.StatusAccepted)
	second := a.latest(domain.NoticeVerify).data["token"]
	a.nobody().do("POST", base+"/auth/verify", object{"token": first}).problem(http.StatusUnprocessableEntity, "token_unknown")
	assert.Zero(t, a.count("SELECT count(*) FROM tokens WHERE hash = convert_to($1, 'UTF8')", second), "only a hash is kept")

	a.exec("UPDATE tokens SET expires_at = now() - interval '1 second'")
	a.nobody().do("POST", base+"/auth/verify", object{"token": second}).problem(http.StatusUnprocessableEntity, "token_unknown")
	a.nobody().do("POST", base+"/auth/verify/resend", object{"email": "anna@example.org"}).want(http.StatusAccepted)
	third := a.latest(domain.NoticeVerify).data["token"]
	assert.Equal(t, map[int]int{http.StatusNoContent: 1, http.StatusUnprocessableEntity: 7}, together(8, func() int {
		return a.nobody().do("POST", base+"/auth/verify", object{"token": third}).status
	}))
	a.nobody().do("POST", base+"/auth/verify/resend", object{"email": "anna@example.org"}).want(http.StatusAccepted)
	assert.Len(t, a.notices(domain.NoticeVerify), 3, "there is nothing to confirm any more")
}

func TestACodeStandsFiveTries(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	try := func(code string) answer {
		return a.nobody().do("POST", base+"/auth/verify", object{"email": "anna@example.org", "code": code})
	}
	code := a.latest(domain.NoticeVerify).data["code"]
	wrong := fmt.Sprintf("%06d", (int(code[5]-'0')+1)%10)
	if wrong == code {
		wrong = "999999"
	}
	assert.Equal(t, map[int]int{http.StatusUnprocessableEntity: 20}, together(20, func() int { return try(wrong).status }))
	assert.Equal(t, 5, a.count("SELECT code_tries FROM tokens"))
	try(code).problem(http.StatusUnprocessableEntity, "code_wrong")
	unknown := a.nobody().do("POST", base+"/auth/verify", object{"email": "nobody@example.org", "code": code}).problem(http.StatusUnprocessableEntity, "code_wrong")
	assert.Equal(t, try(code).body["errors"], unknown.body["errors"])

	a.nobody().do("POST", base+"/auth/verify/resend", object{"email": "anna@example.org"}).want(http.StatusAccepted)
	code = a.latest(domain.NoticeVerify).data["code"]
	assert.Equal(t, map[int]int{http.StatusNoContent: 1, http.StatusUnprocessableEntity: 3}, together(4, func() int { return try(code[:3] + " " + code[3:]).status }))
	assert.Equal(t, 1, a.count("SELECT count(*) FROM users WHERE verified_at IS NOT NULL"))
	for _, body := range []object{{}, {"email": "anna@example.org"}, {"code": "123456"}, {"token": "x", "code": "1"}} {
		assert.Equal(t, []string{"token"}, a.nobody().do("POST", base+"/auth/verify", body).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	}
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
