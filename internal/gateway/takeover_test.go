package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
)

// TestWhoRegistersAStrangersAddressCannotFillItsMailbox does all that an account's owner is told of in one of an address
// that nobody has confirmed.
func TestWhoRegistersAStrangersAddressCannotFillItsMailbox(t *testing.T) {
	t.Parallel()
	a, clock := newFactorAPI(t)
	a.register("victim@example.org")
	stranger := a.logIn("victim@example.org", goodPassword)
	stranger.do("POST", base+"/me/deletion", object{"password": goodPassword}).want(http.StatusOK)
	stranger.do("DELETE", base+"/me/deletion", nil).want(http.StatusOK)
	stranger.do("POST", base+"/me/email", object{"email": "strangers@example.org", "password": goodPassword}).want(http.StatusAccepted)
	with := turnOn(stranger, clock, goodPassword)
	stranger.do("DELETE", base+"/me/second-factor", object{"password": goodPassword, "code": with.codes[0]}).want(http.StatusNoContent)
	stranger.do("POST", base+"/me/password", object{"password": goodPassword, "new_password": otherPassword}).want(http.StatusNoContent)
	manager := a.person("manager@example.org", domain.RoleManager)
	user := base + "/users/" + a.userID("victim@example.org").String()
	manager.do("POST", user+"/block", object{"reason": "looks like a squatter"}).want(http.StatusOK)
	manager.do("POST", user+"/unblock", nil).want(http.StatusOK)
	assert.Equal(t, 1, a.count("SELECT count(*) FROM notices WHERE email = 'victim@example.org'"), "the one that confirms")
}

// TestWhoRegistersAStrangersAddressCannotKeepItsOwnerOut leaves behind a second factor that the owner has no codes of.
func TestWhoRegistersAStrangersAddressCannotKeepItsOwnerOut(t *testing.T) {
	t.Parallel()
	a, clock := newFactorAPI(t)
	a.register("victim@example.org")
	turnOn(a.logIn("victim@example.org", goodPassword), clock, goodPassword)
	a.nobody().do("POST", base+"/auth/password/forgot", object{"email": "victim@example.org"}).want(http.StatusAccepted)
	token := a.latest(domain.NoticeReset).data["token"]
	a.nobody().do("POST", base+"/auth/password/reset", object{"token": token, "password": otherPassword}).want(http.StatusNoContent)
	me := a.logIn("victim@example.org", otherPassword).do("GET", base+"/me", nil).want(http.StatusOK).body
	assert.Equal(t, []any{false, true, 0.0}, []any{me["second_factor"], me["confirmed"], me["recovery_codes_left"]})
	assert.Len(t, a.notices(domain.NoticePasswordSet), 1, "the address is the owner's now")
}

// TestAPasswordThatIsSetWhileTheOldOneIsCheckedKeepsTheOldOneOut ends a sign-in after what it checked has changed: checking
// takes its turn, which may be many seconds.
func TestAPasswordThatIsSetWhileTheOldOneIsCheckedKeepsTheOldOneOut(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	key := domain.Address{Key: "anna@example.org"}
	u, checked, err := a.store.Credentials(t.Context(), key)
	require.NoError(t, err)
	challenge, err := a.store.Challenge(t.Context(), u.ID, checked)
	require.NoError(t, err)
	a.nobody().do("POST", base+"/auth/password/forgot", object{"email": "anna@example.org"}).want(http.StatusAccepted)
	token := a.latest(domain.NoticeReset).data["token"]
	a.nobody().do("POST", base+"/auth/password/reset", object{"token": token, "password": otherPassword}).want(http.StatusNoContent)

	_, err = a.store.SignIn(t.Context(), u.ID, checked, "a thief")
	require.ErrorIs(t, err, domain.ErrCredentialsChanged)
	_, err = a.store.Challenge(t.Context(), u.ID, checked)
	require.ErrorIs(t, err, domain.ErrCredentialsChanged)
	_, _, err = a.store.TryChallenge(t.Context(), challenge)
	require.Error(t, err)

	_, checked, err = a.store.Credentials(t.Context(), key)
	require.NoError(t, err)
	a.exec("UPDATE users SET blocked_at = now()")
	_, err = a.store.SignIn(t.Context(), u.ID, checked, "somebody blocked")
	require.ErrorIs(t, err, domain.ErrCredentialsChanged)
	a.exec("UPDATE users SET blocked_at = NULL, totp_on = true")
	_, err = a.store.SignIn(t.Context(), u.ID, checked, "without the second factor")
	require.ErrorIs(t, err, domain.ErrCredentialsChanged)
	assert.Zero(t, a.count("SELECT count(*) FROM sessions"))
}

// TestALinkInTheOldMailboxSetsNoPassword is about one that was asked for at the moment the address changed.
func TestALinkInTheOldMailboxSetsNoPassword(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	a.nobody().do("POST", base+"/auth/password/forgot", object{"email": "anna@example.org"}).want(http.StatusAccepted)
	a.exec("UPDATE users SET email = 'new@example.org', email_key = 'new@example.org'")
	token := a.latest(domain.NoticeReset).data["token"]
	a.nobody().do("POST", base+"/auth/password/reset", object{"token": token, "password": otherPassword}).
		problem(http.StatusUnprocessableEntity, "token_unknown")
	a.logIn("new@example.org", goodPassword)
}

// burstOnly lets each limit have its burst, and no more ever.
type burstOnly struct {
	mu   sync.Mutex
	seen map[string]int
}

// Allow is that of gateway.Deps.Limiter.
func (b *burstOnly) Allow(_ context.Context, key string, r domain.Rate) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen[key] == r.Burst {
		return time.Minute
	}
	b.seen[key]++
	return 0
}

func TestManyAccountsMailNoMoreStrangersThanOne(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap, func(d *gateway.Deps) { d.Limiter = &burstOnly{seen: map[string]int{}} })
	statuses := map[int]int{}
	for i := range 4 {
		email := fmt.Sprintf("account%d@example.org", i)
		a.register(email)
		account := a.logIn(email, goodPassword)
		for j := range 10 {
			target := fmt.Sprintf("stranger%d-%d@example.org", i, j)
			statuses[account.do("POST", base+"/me/email", object{"email": target, "password": goodPassword}).status]++
		}
	}
	assert.Equal(t, map[int]int{http.StatusAccepted: 30, http.StatusTooManyRequests: 10}, statuses)
}

func TestNobodySetsOutForTheIdentityProviderWithoutEnd(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(d *gateway.Deps) { d.Limiter = &burstOnly{seen: map[string]int{}} })
	statuses := map[string]int{}
	for range 70 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url+base+"/auth/oidc/start", http.NoBody)
		require.NoError(t, err)
		response, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusFound, response.StatusCode)
		statuses[response.Header.Get("Location")]++
	}
	assert.Equal(t, 10, statuses["/sign-in?error=too_many_tries"])
}

// TestCodesAreUsedUpNoFasterThanTheLimitsSay: a stranger tries codes of Anna's, again and again.
func TestCodesAreUsedUpNoFasterThanTheLimitsSay(t *testing.T) {
	t.Parallel()
	a := newAPI(t, behindProxy, func(d *gateway.Deps) { d.Limiter = &burstOnly{seen: map[string]int{}} })
	a.register("anna@example.org")
	first := a.latest(domain.NoticeVerify)
	try := func(from string, body object) int {
		return a.nobody().do("POST", base+"/auth/verify", body, "X-Forwarded-For", from, "X-Forwarded-Proto", "https").status
	}
	statuses := map[int]int{}
	for range 20 {
		statuses[try("203.0.113.1", object{"email": "anna@example.org", "code": "x"})]++
	}
	assert.Equal(t, map[int]int{http.StatusUnprocessableEntity: 10, http.StatusTooManyRequests: 10}, statuses)
	assert.Equal(t, http.StatusUnprocessableEntity, try("203.0.113.2", object{"email": "anna@example.org", "code": first.data["code"]}), "this one is used up")
	a.nobody().do("POST", base+"/auth/verify/resend", object{"email": "anna@example.org"}, "X-Forwarded-For", "203.0.113.2").want(http.StatusAccepted)
	second := a.latest(domain.NoticeVerify)
	assert.Equal(t, http.StatusTooManyRequests, try("203.0.113.1", object{"email": "anna@example.org", "code": "x"}), "the stranger has had his tries of new ones, too")
	assert.Equal(t, http.StatusNoContent, try("203.0.113.2", object{"email": "anna@example.org", "code": second.data["code"]}))

	a.register("boris@example.org")
	link := a.latest(domain.NoticeVerify).data["token"]
	for i := range 5 {
		try(fmt.Sprintf("203.0.113.%d", 10+i), object{"email": "boris@example.org", "code": "x"})
	}
	assert.Equal(t, http.StatusNoContent, try("203.0.113.1", object{"token": link}), "the link works all the same")
}

func TestTwentyKeysAnHourAreMade(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(d *gateway.Deps) { d.Limiter = &burstOnly{seen: map[string]int{}} })
	c, other := a.person("o@example.org", domain.RoleUser), a.person("p@example.org", domain.RoleUser)
	newKey := func(c *caller) answer {
		return c.do("POST", base+"/me/api-keys", object{"name": "key", "scopes": []string{"read"}})
	}
	for range 20 {
		made, _ := newKey(c).want(http.StatusCreated).body["api_key"].(object)
		c.do("DELETE", fmt.Sprintf("%s/me/api-keys/%s", base, made["id"]), nil).want(http.StatusNoContent)
	}
	limited := newKey(c).problem(http.StatusTooManyRequests, "too_many_tries")
	assert.NotEmpty(t, limited.header.Get("Retry-After"))
	newKey(other).want(http.StatusCreated)
}

// TestAKeyMakesNobodyAnAdministrator: a key that may write could give another account, and so its holder, every right.
func TestAKeyMakesNobodyAnAdministrator(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin, user := a.caller("admin@example.org", domain.RoleAdmin), a.caller("user@example.org", domain.RoleUser)
	role := base + "/users/" + user.user.ID.String() + "/role"
	admin.do("POST", role, object{"role": "admin"}).problem(http.StatusForbidden, "session_required")
	admin.browser().do("POST", role, object{"role": "admin"}).want(http.StatusOK)
}

// TestANewRoleEndsKeysAndSessions: they were made for what the role was.
func TestANewRoleEndsKeysAndSessions(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin, user := a.person("admin@example.org", domain.RoleAdmin), a.person("user@example.org", domain.RoleUser)
	key := user.program(domain.ScopeSend)
	key.do("GET", base+"/clients", nil).want(http.StatusOK)
	admin.do("POST", user.path()+"/role", object{"role": "admin"}).want(http.StatusOK)
	key.do("GET", base+"/clients", nil).problem(http.StatusUnauthorized, "unknown_api_key")
	user.do("GET", base+"/clients", nil).problem(http.StatusUnauthorized, "session_ended")
}
