package gateway_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
	"github.com/vestnik-mail/vestnik/internal/oidc"
	"github.com/vestnik-mail/vestnik/internal/oidctest"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/redistest"
	"github.com/vestnik-mail/vestnik/internal/totp"
)

// elsewhere is a gateway whose people sign in at an identity provider.
type elsewhere struct {
	*api

	provider *oidctest.Provider
	clock    *laterClock
}

func newElsewhere(t *testing.T, change ...func(*gateway.Deps)) *elsewhere {
	t.Helper()
	e := &elsewhere{provider: oidctest.New(t), clock: &laterClock{}}
	factor, err := totp.New("the key of a test, of at least 32 characters")
	require.NoError(t, err)
	e.api = newAPI(t, append([]func(*gateway.Deps){func(d *gateway.Deps) {
		d.Factor, d.Clock, d.BaseURL = factor, e.clock, "http://127.0.0.1:8080"
		d.Identities = e.client()
	}}, change...)...)
	return e
}

func (e *elsewhere) client() *oidc.Provider {
	return oidc.New(oidc.Settings{
		Name: "Example Inc.", Issuer: e.provider.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret,
		RedirectURL: "http://127.0.0.1:8080" + base + "/auth/oidc/callback",
	}, domain.SystemClock{})
}

// browse asks as a browser does that does not follow redirects by itself, with the cookie if there is one.
func (e *elsewhere) browse(path, cookie string) answer {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, e.url+path, http.NoBody)
	require.NoError(e.t, err)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(e.t, err)
	require.NoError(e.t, response.Body.Close())
	got := answer{t: e.t, status: response.StatusCode, header: response.Header}
	e.conforms(http.MethodGet, path, got)
	return got
}

// cookieOf is the cookie that the answer sets, as a browser sends it back; empty for none.
func (a answer) cookieOf(name string) string {
	for _, line := range a.header.Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		if err == nil && cookie.Name == name && cookie.MaxAge > 0 {
			return name + "=" + cookie.Value
		}
	}
	return ""
}

func (a answer) location() string {
	a.t.Helper()
	a.want(http.StatusFound)
	return a.header.Get("Location")
}

// start sets out for the provider; at is where the browser is sent, browser the cookie that it gets.
func (e *elsewhere) start(returnTo string) (at, browser string) {
	e.t.Helper()
	got := e.browse(base+"/auth/oidc/start?"+url.Values{"return_to": {returnTo}}.Encode(), "")
	browser = got.cookieOf("vestnik-oidc")
	require.NotEmpty(e.t, browser)
	return got.location(), browser
}

// finish comes back from the provider.
func (e *elsewhere) finish(back *url.URL, browser string) answer {
	e.t.Helper()
	return e.browse(back.RequestURI(), browser)
}

// signIn is the whole way of somebody there and back.
func (e *elsewhere) signIn(who oidctest.Claims) answer {
	e.t.Helper()
	at, browser := e.start("/mailings?page=2")
	return e.finish(e.provider.SignIn(e.t, at, who), browser)
}

// me is who is signed in with the answer.
func (e *elsewhere) me(a answer) object {
	e.t.Helper()
	require.Equal(e.t, "/mailings?page=2", a.location())
	cookie := a.cookieOf("vestnik")
	require.NotEmpty(e.t, cookie)
	return (&caller{api: e.api, cookie: cookie}).do("GET", base+"/me", nil).want(http.StatusOK).body
}

// refused is an answer that signs nobody in and says why.
func (e *elsewhere) refused(a answer, code string) {
	e.t.Helper()
	require.Equal(e.t, "/sign-in?error="+code, a.location())
	require.Empty(e.t, a.cookieOf("vestnik"))
	require.Empty(e.t, a.cookieOf("vestnik-oidc"), "the way back is over")
}

// anna is somebody at the provider; change comes in pairs.
func anna(change ...string) oidctest.Claims {
	claims := oidctest.Claims{"sub": "subject-1", "email": "Anna@Example.org", "email_verified": true, "name": "Анна", "locale": "ru-RU"}
	for pair := range slices.Chunk(change, 2) {
		claims[pair[0]] = pair[len(pair)-1]
	}
	return claims
}

func TestSigningInElsewhere(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	me := e.me(e.signIn(anna()))
	assert.Equal(t, "Anna@Example.org", me["email"])
	assert.Equal(t, "Анна", me["name"])
	assert.Equal(t, "ru", me["language"])
	assert.Equal(t, "user", me["role"])
	assert.Equal(t, true, me["confirmed"])
	assert.Equal(t, false, me["has_password"])

	again := e.me(e.signIn(anna("email", "anna@elsewhere.example.org", "name", "Another")))
	assert.Equal(t, me["id"], again["id"], "issuer and subject name a person, not the address")
	assert.Equal(t, "Anna@Example.org", again["email"])
	other := e.me(e.signIn(anna("sub", "subject-2", "email", "boris@example.org")))
	assert.NotEqual(t, me["id"], other["id"])

	var entries int
	e.query(&entries, "SELECT count(*) FROM audit_log WHERE action = 'session.begin' AND actor_id = $1 AND after->>'by' = $2", me["id"], e.provider.URL)
	assert.Equal(t, 2, entries)
	e.query(&entries, "SELECT count(*) FROM audit_log WHERE action IN ('user.register', 'identity.link') AND owner_id = $1", me["id"])
	assert.Equal(t, 2, entries)
}

func TestOnlyTheBrowserThatSetOutComesBackAndOnce(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	at, browser := e.start("/")
	back := e.provider.SignIn(t, at, anna())
	_, other := e.start("/")
	e.refused(e.finish(back, other), "oidc_state")
	e.refused(e.finish(back, browser), "oidc_state") // whoever got hold of the state, it is spent

	at, _ = e.start("/")
	back = e.provider.SignIn(t, at, anna())
	e.refused(e.finish(back, ""), "oidc_state")

	at, browser = e.start("/")
	back = e.provider.SignIn(t, at, anna())
	require.Equal(t, "/", e.finish(back, browser).location())
	e.refused(e.finish(back, browser), "oidc_state")

	at, browser = e.start("/")
	back = e.provider.SignIn(t, at, anna())
	q := back.Query()
	q.Set("state", strings.Repeat("A", 43))
	back.RawQuery = q.Encode()
	e.refused(e.finish(back, browser), "oidc_state")
	e.refused(e.browse(base+"/auth/oidc/callback", browser), "oidc_state")

	at, browser = e.start("/")
	back = e.provider.SignIn(t, at, anna())
	e.exec("UPDATE oidc_logins SET created_at = created_at - interval '11 minutes'")
	e.refused(e.finish(back, browser), "oidc_state")
}

func TestTokensThatProveNothing(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	for name, change := range map[string]func(oidctest.Claims){
		"nonce":    func(c oidctest.Claims) { c["nonce"] = "another" },
		"no nonce": func(c oidctest.Claims) { delete(c, "nonce") },
		"issuer":   func(c oidctest.Claims) { c["iss"] = "https://evil.example.org" },
		"audience": func(c oidctest.Claims) { c["aud"] = "another client" },
		"party":    func(c oidctest.Claims) { c["aud"] = []string{oidctest.ClientID, "another"} },
		"azp":      func(c oidctest.Claims) { c["azp"] = "another" },
		"expiry":   func(c oidctest.Claims) { c["exp"] = time.Now().Add(-time.Hour).Unix() },
		"nobody":   func(c oidctest.Claims) { delete(c, "sub") },
	} {
		e.provider.ChangeTokens(change)
		got := e.signIn(anna())
		assert.Equal(t, "/sign-in?error=oidc_failed", got.location(), name)
		e.refused(got, "oidc_failed")
	}
	e.provider.ChangeTokens(nil)

	at, browser := e.start("/")
	back := e.provider.SignIn(t, at, anna())
	q := back.Query()
	q.Set("iss", "https://evil.example.org") // a mix-up (RFC 9207)
	back.RawQuery = q.Encode()
	e.refused(e.finish(back, browser), "oidc_failed")

	at, browser = e.start("/")
	back = e.provider.SignIn(t, at, anna())
	q = back.Query()
	q.Set("code", "made up")
	back.RawQuery = q.Encode()
	e.refused(e.finish(back, browser), "oidc_failed")

	for problem, code := range map[string]string{"access_denied": "oidc_denied", "server_error": "oidc_failed"} {
		at, browser = e.start("/")
		back = e.provider.SignIn(t, at, anna())
		back.RawQuery = url.Values{"error": {problem}, "error_description": {"<secret>"}, "state": {back.Query().Get("state")}}.Encode()
		e.refused(e.finish(back, browser), code)
	}
	var users int
	e.query(&users, "SELECT count(*) FROM users")
	assert.Zero(t, users)
}

func TestAProviderThatNamesItselfAlwaysMust(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	e.provider.Say("authorization_response_iss_parameter_supported", true)
	at, browser := e.start("/")
	back := e.provider.SignIn(t, at, anna())
	q := back.Query()
	q.Del("iss")
	back.RawQuery = q.Encode()
	e.refused(e.finish(back, browser), "oidc_failed")
	e.me(e.signIn(anna()))
}

func TestAnAddressThatIsNotVerifiedOpensNothing(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	known := e.member("anna@example.org", goodPassword)
	for _, claims := range []oidctest.Claims{
		{"sub": "s", "email": "anna@example.org", "email_verified": false},
		{"sub": "s", "email": "anna@example.org"},
		{"sub": "s", "email": "anna@example.org", "email_verified": "false"},
		{"sub": "s", "email": "no address", "email_verified": true},
		{"sub": "s"},
	} {
		e.refused(e.signIn(claims), "oidc_email_unverified")
	}
	known.do("GET", base+"/me", nil).want(http.StatusOK)
	e.me(e.signIn(oidctest.Claims{"sub": "s", "email": "anna@example.org", "email_verified": "true"})) // as some write it
	e.me(e.signIn(oidctest.Claims{"sub": "s"}))                                                        // known by now
}

func TestAConfirmedAccountIsLinked(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	known := e.member("anna@example.org", goodPassword)
	me := e.me(e.signIn(anna()))
	assert.Equal(t, known.user.ID.String(), me["id"])
	assert.Equal(t, true, me["has_password"])
	assert.Empty(t, me["name"], "what the owner chose stays")
	known.do("GET", base+"/me", nil).want(http.StatusOK)
	e.me(e.signIn(anna()))
	e.me(e.signIn(oidctest.Claims{"sub": "another", "email": "boris@example.org", "email_verified": true}))
	var told []string
	e.query(&told, "SELECT array_agg(email) FROM notices WHERE kind = 'identity_linked'")
	assert.Equal(t, []string{"anna@example.org"}, told, "once, and nobody whose account it opens")
}

// TestSettingOutIsLimited: each time a row is kept for whoever asks.
func TestSettingOutIsLimited(t *testing.T) {
	t.Parallel()
	client, err := redis.Open(redistest.Start(t).URL())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	e := newElsewhere(t, func(d *gateway.Deps) { d.Limiter = redis.NewLimits(client) })
	for range 60 {
		e.start("/")
	}
	limited := (&caller{api: e.api}).do("GET", base+"/auth/oidc/start", nil).want(http.StatusFound)
	assert.Equal(t, "/sign-in?error=too_many_tries", limited.header.Get("Location"), "people get a page, not a problem document")
	assert.Equal(t, 60, e.count("SELECT count(*) FROM oidc_logins"))
}

// TestAnUnconfirmedAccountIsTakenOver: somebody opened an account with Anna's address and waits for her.
func TestAnUnconfirmedAccountIsTakenOver(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	squatter := e.member("anna@example.org", goodPassword)
	message, client := squatter.message(), squatter.client("victim@example.org")
	mailing := squatter.mailing(message, client) // before it was found out that nobody had confirmed the address
	e.exec("UPDATE users SET verified_at = NULL")
	key, err := e.store.CreateAPIKey(t.Context(), squatter.user.ID, "planted")
	require.NoError(t, err)
	f := turnOn(squatter, e.clock, goodPassword)

	me := e.me(e.signIn(anna())) // without a code: the second factor was not hers
	assert.Equal(t, squatter.user.ID.String(), me["id"])
	assert.Equal(t, true, me["confirmed"])
	assert.Equal(t, false, me["has_password"])
	assert.Equal(t, false, me["second_factor"])
	squatter.do("GET", base+"/me", nil).want(http.StatusUnauthorized)
	(&caller{api: e.api, key: key}).do("GET", base+"/me", nil).want(http.StatusUnauthorized)
	var left int
	e.query(&left, "SELECT count(*) FROM recovery_codes")
	assert.Zero(t, left)
	e.query(&left, "SELECT count(*) FROM tokens WHERE used_at IS NULL")
	assert.Zero(t, left)
	assert.NotEmpty(t, f.codes)
	var status string
	e.query(&status, "SELECT status FROM mailings WHERE id = $1", mailing)
	assert.Equal(t, "paused", status, "what somebody else planned does not go out in her name")
}

func TestWhoIsBlockedDoesNotGetInFromElsewhere(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	known := e.member("anna@example.org", goodPassword)
	require.NoError(t, e.store.BlockUser(t.Context(), known.user.ID, "spam"))
	e.refused(e.signIn(anna()), "user_blocked")
	require.NoError(t, e.store.UnblockUser(t.Context(), known.user.ID))
	e.me(e.signIn(anna()))
	require.NoError(t, e.store.BlockUser(t.Context(), known.user.ID, "spam"))
	e.refused(e.signIn(anna()), "user_blocked")
}

func TestNobodyRegistersElsewhereWhileThatIsClosed(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t, func(d *gateway.Deps) { d.RegistrationClosed = true })
	e.refused(e.signIn(anna()), "registration_closed")
	e.member("anna@example.org", goodPassword)
	e.me(e.signIn(anna()))
}

func TestTheSecondFactorIsAskedForAfterSigningInElsewhere(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	f := turnOn(e.member("anna@example.org", goodPassword), e.clock, goodPassword)
	got := e.signIn(anna())
	assert.Empty(t, got.cookieOf("vestnik"))
	rest, ok := strings.CutPrefix(got.location(), "/sign-in#")
	require.True(t, ok, got.location())
	fragment, err := url.ParseQuery(rest)
	require.NoError(t, err)
	assert.Equal(t, "/mailings?page=2", fragment.Get("return_to"))
	e.logInWith(fragment.Get("challenge"), f.next()).want(http.StatusOK)
}

func TestRedirectsStayOnThisSite(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	for _, evil := range []string{
		"//evil.example.org", `/\evil.example.org`, `\\evil.example.org`, "https://evil.example.org/", "javascript:alert(1)", "/\t/evil.example.org",
		"/\n/evil.example.org", "evil.example.org", "", "///evil.example.org", "\t//evil.example.org", `/a\..\\evil`,
	} {
		at, browser := e.start(evil)
		assert.Equal(t, "/", e.finish(e.provider.SignIn(t, at, anna()), browser).location(), "%q", evil)
	}
	for _, good := range []string{"/", "/mailings/1?x=//y#z", "/клиенты"} {
		at, browser := e.start(good)
		want, err := url.Parse(good)
		require.NoError(t, err)
		got, err := url.Parse(e.finish(e.provider.SignIn(t, at, anna()), browser).location())
		require.NoError(t, err)
		assert.Equal(t, want.Path, got.Path)
		assert.Empty(t, got.Host)
	}
}

func TestAProviderThatIsAway(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	e.provider.SetAway(true)
	e.refused(e.browse(base+"/auth/oidc/start", ""), "oidc_unavailable")
	(&caller{api: e.api}).do("GET", "/healthz", nil).want(http.StatusOK)

	e.provider.SetAway(false) // and it is there again without a restart
	at, browser := e.start("/")
	back := e.provider.SignIn(t, at, anna())
	e.provider.SetAway(true)
	e.refused(e.finish(back, browser), "oidc_unavailable")
	e.provider.SetAway(false)
	e.me(e.signIn(anna()))
	e.stop()
	assert.NotContains(t, e.log.String(), oidctest.ClientSecret)
	assert.NotContains(t, e.log.String(), back.Query().Get("code"))
	assert.NotContains(t, e.log.String(), back.Query().Get("state"))
}

func TestWithoutAProviderThereIsNoWayElsewhere(t *testing.T) {
	t.Parallel()
	nobody := &caller{api: newAPI(t, func(d *gateway.Deps) { d.Identities = nil })}
	nobody.do("GET", base+"/auth/oidc/start", nil).problem(http.StatusNotFound, "oidc_not_configured")
	nobody.do("GET", base+"/auth/oidc/callback?state=x&code=y", nil).problem(http.StatusNotFound, "oidc_not_configured")
}

func TestCookiesOfSigningInElsewhere(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t, func(d *gateway.Deps) { d.BaseURL = "https://vestnik.example.org" })
	got := e.browse(base+"/auth/oidc/start", "")
	cookie := got.header.Get("Set-Cookie")
	for _, part := range []string{"__Host-vestnik-oidc=", "Path=/", "Max-Age=600", "HttpOnly", "Secure", "SameSite=Lax"} {
		assert.Contains(t, cookie, part)
	}
	assert.NotContains(t, cookie, "Domain")
	planted := "vestnik-oidc=" + strings.TrimPrefix(got.cookieOf("__Host-vestnik-oidc"), "__Host-vestnik-oidc=")
	e.refused(e.finish(e.provider.SignIn(t, got.location(), anna()), planted), "oidc_state")

	got = e.browse(base+"/auth/oidc/start", "")
	got = e.finish(e.provider.SignIn(t, got.location(), anna()), got.cookieOf("__Host-vestnik-oidc"))
	assert.Equal(t, "/", got.location())
	assert.NotEmpty(t, got.cookieOf("__Host-vestnik"))
}

func TestOfTwoFirstSignInsOfOnePersonBothSucceed(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	email, err := address.Parse("anna@example.org")
	require.NoError(t, err)
	id := domain.Identity{Issuer: e.provider.URL, Subject: "s", Email: email, EmailVerified: true, Language: domain.English}
	ids := make(chan domain.ID, 4)
	for range cap(ids) {
		go func() {
			in, err := e.store.SignInByIdentity(t.Context(), id, true, "")
			assert.NoError(t, err)
			ids <- in.User.ID
		}()
	}
	first := <-ids
	for range cap(ids) - 1 {
		assert.Equal(t, first, <-ids)
	}
}
