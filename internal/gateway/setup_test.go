package gateway_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
)

func closed(d *gateway.Deps) { d.RegistrationClosed = true }

func firstAdmin(email string) object {
	return object{"email": email, "password": goodPassword, "language": "ru"}
}

// setupToken is one that a gateway says while nobody has an account.
func (a *api) setupToken() string {
	a.t.Helper()
	token, err := a.store.MakeSetupToken(a.t.Context())
	require.NoError(a.t, err)
	return token
}

// firstAdmin is the body of a call that makes the first account.
func (a *api) firstAdmin(email string) object {
	a.t.Helper()
	body := firstAdmin(email)
	body["token"] = a.setupToken()
	return body
}

func TestTheFirstRunMakesAnAdministratorOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap, closed)
	nobody := a.nobody()
	assert.Equal(t, object{"needed": true, "token_needed": true}, nobody.do("GET", base+"/setup", nil).want(http.StatusOK).body)
	bad := a.firstAdmin("anna@example.org")
	bad["password"], bad["email"] = "password123", "anna"
	assert.ElementsMatch(t, []string{"email", "password"}, nobody.do("POST", base+"/setup", bad).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	require.Zero(t, a.count("SELECT count(*) FROM users"))

	got := nobody.do("POST", base+"/setup", a.firstAdmin("Anna@example.org")).want(http.StatusOK)
	anna := &caller{api: a, cookie: cookieOf(got)}
	me := anna.do("GET", base+"/me", nil).want(http.StatusOK)
	assert.Equal(t, got.body["me"], any(me.body))
	for field, value := range (object{"email": "Anna@example.org", "role": "admin", "language": "ru", "confirmed": true}) {
		assert.Equal(t, value, me.body[field], field)
	}
	assert.Equal(t, []string{"user.register", "session.begin"}, a.actions())
	assert.Equal(t, 2, a.count("SELECT count(*) FROM audit_log WHERE actor_email = 'Anna@example.org' AND address <> ''"))
	a.logIn("anna@example.org", goodPassword)

	assert.Equal(t, object{"needed": false, "token_needed": false}, nobody.do("GET", base+"/setup", nil).want(http.StatusOK).body)
	nobody.do("POST", base+"/setup", firstAdmin("boris@example.org")).problem(http.StatusConflict, "already_set_up")
	anna.do("POST", base+"/setup", firstAdmin("boris@example.org")).problem(http.StatusConflict, "already_set_up")
	require.Equal(t, 1, a.count("SELECT count(*) FROM users"))
}

func TestOfManyWhoSetUpAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	token := a.setupToken()
	statuses := together(12, func() int {
		try := firstAdmin(domain.NewID(time.Now()).String() + "@example.org")
		try["token"] = token
		return a.nobody().do("POST", base+"/setup", try).status
	})
	assert.Equal(t, map[int]int{http.StatusOK: 1, http.StatusConflict: 11}, statuses)
	assert.Equal(t, 1, a.count("SELECT count(*) FROM users WHERE role = 'admin'"))
	assert.Equal(t, 1, a.count("SELECT count(*) FROM users"))
}

// Whoever makes the first account shows that he can read the log, on this machine as well: what comes through a forwarder of
// TCP looks as if it came from here. Each gateway says a token of its own, and any is good.
func TestTheFirstRunTakesATokenOfTheLogFromWhereverItIs(t *testing.T) {
	t.Parallel()
	for name, baseURL := range map[string]string{"this machine": "", "elsewhere": "https://mail.example.com"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			theFirstRunTakesAToken(t, newAPI(t, cheap, func(d *gateway.Deps) { d.BaseURL = baseURL }))
		})
	}
}

func theFirstRunTakesAToken(t *testing.T, a *api) {
	t.Helper()
	one, other := a.setupToken(), a.setupToken()
	require.NotEqual(t, one, other)
	assert.Zero(t, a.count("SELECT count(*) FROM setup_tokens WHERE hash IN (convert_to($1, 'UTF8'), convert_to($2, 'UTF8'))", one, other), "hashes are kept")

	nobody := a.nobody()
	assert.Equal(t, object{"needed": true, "token_needed": true}, nobody.do("GET", base+"/setup", nil).want(http.StatusOK).body)
	try := firstAdmin("anna@example.org")
	nobody.do("POST", base+"/setup", try).problem(http.StatusForbidden, "setup_token_wrong")
	for _, wrong := range []string{"", "x", one + "x"} {
		try["token"] = wrong
		nobody.do("POST", base+"/setup", try).problem(http.StatusForbidden, "setup_token_wrong")
	}
	require.Zero(t, a.count("SELECT count(*) FROM users"))
	try["token"] = other
	nobody.do("POST", base+"/setup", try).want(http.StatusOK)
	try["token"] = one
	nobody.do("POST", base+"/setup", try).problem(http.StatusConflict, "already_set_up")
	assert.Zero(t, a.count("SELECT count(*) FROM setup_tokens"))
	assert.Empty(t, a.setupToken(), "there is nothing to be set up any more")
}

func TestTheFirstRunIsHeldToTheLineAndToPagesOfOurs(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	nobody := a.nobody()
	forwarded := []string{"X-Forwarded-For", "192.0.2.1"}
	assert.Equal(t, true, nobody.do("GET", base+"/setup", nil, forwarded...).want(http.StatusOK).body["token_needed"])
	nobody.do("POST", base+"/setup", a.firstAdmin("a@example.org"), forwarded...).problem(http.StatusForbidden, "tls_required")
	nobody.do("POST", base+"/setup", a.firstAdmin("a@example.org"), "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site").
		problem(http.StatusForbidden, "cross_origin")
	require.Zero(t, a.count("SELECT count(*) FROM users"))
}
