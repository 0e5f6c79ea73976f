package gateway_test

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	library "github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
	"github.com/vestnik-mail/vestnik/internal/password"
	"github.com/vestnik-mail/vestnik/internal/totp"
)

// laterClock is the machine's clock, put forward; or one that stands still, put forward.
type laterClock struct {
	stands time.Time
	ahead  atomic.Int64
}

func (c *laterClock) Now() time.Time {
	now := c.stands
	if now.IsZero() {
		now = time.Now()
	}
	return now.Add(time.Duration(c.ahead.Load()))
}

// withFactor is somebody who is signed in, on a gateway that offers second factors. next makes the clock reach the next
// step and returns its code.
type withFactor struct {
	*caller

	clock  *laterClock
	secret string
	codes  []string
}

func newFactorAPI(t *testing.T) (*api, *laterClock) {
	t.Helper()
	clock := &laterClock{stands: time.Now()} // a code is that of its 30 s, and no test is to go from one into the next by itself
	factor, err := totp.New("the key of a test, of at least 32 characters")
	require.NoError(t, err)
	return newAPI(t, func(d *gateway.Deps) { d.Factor, d.Clock = factor, clock }), clock
}

// member is somebody with a password who is signed in.
func (a *api) member(email, pw string) *caller {
	a.t.Helper()
	hash := ""
	if pw != "" {
		var err error
		hash, err = password.Hash(pw)
		require.NoError(a.t, err)
	}
	parsed, err := address.Parse(email)
	require.NoError(a.t, err)
	user, err := a.store.CreateUser(a.t.Context(), parsed, hash, domain.RoleUser, true)
	require.NoError(a.t, err)
	return a.browser(user)
}

// browser is one more place where the user is signed in.
func (a *api) browser(user domain.User) *caller {
	a.t.Helper()
	secret, err := a.store.BeginSession(a.t.Context(), user.ID, "a browser")
	require.NoError(a.t, err)
	return &caller{api: a, user: user, cookie: "vestnik=" + secret}
}

// challenge is what signing in answers with while the second factor is on.
func (c *caller) challenge() string {
	c.t.Helper()
	email, err := address.Parse(c.user.Email)
	require.NoError(c.t, err)
	in, err := c.store.SignInByIdentity(c.t.Context(), domain.Identity{
		Issuer: "https://elsewhere.example.org", Subject: c.user.ID.String(), Email: email, EmailVerified: true,
	}, false, "")
	require.NoError(c.t, err)
	require.NotEmpty(c.t, in.Challenge)
	require.Empty(c.t, in.Secret)
	return in.Challenge
}

func (f *withFactor) code() string {
	f.t.Helper()
	code, err := library.GenerateCode(f.secret, f.clock.Now())
	require.NoError(f.t, err)
	return code
}

func (f *withFactor) next() string {
	f.t.Helper()
	f.clock.ahead.Add(int64(30 * time.Second))
	return f.code()
}

// wrong is six digits that are none of the codes around now.
func (f *withFactor) wrong() string {
	f.t.Helper()
	for _, guess := range []string{"000000", "111111", "222222", "333333", "444444", "555555", "666666"} {
		fits := false
		for _, off := range []time.Duration{-time.Minute, -30 * time.Second, 0, 30 * time.Second, time.Minute} {
			code, err := library.GenerateCode(f.secret, f.clock.Now().Add(off))
			require.NoError(f.t, err)
			fits = fits || code == guess
		}
		if !fits {
			return guess
		}
	}
	f.t.Fatal("no wrong code found")
	return ""
}

func turnOn(c *caller, clock *laterClock, pw string) *withFactor {
	c.t.Helper()
	body := object{}
	if pw != "" {
		body["password"] = pw
	}
	setup := c.do("POST", base+"/me/second-factor", body).want(http.StatusOK).body
	f := &withFactor{caller: c, clock: clock}
	f.secret, _ = setup["secret"].(string)
	list, _ := c.do("POST", base+"/me/second-factor/confirm", object{"code": f.code()}).want(http.StatusOK).body["codes"].([]any)
	require.Len(c.t, list, 10)
	for _, item := range list {
		code, _ := item.(string)
		f.codes = append(f.codes, code)
	}
	return f
}

func (a *api) query(into any, sql string, args ...any) {
	a.t.Helper()
	require.NoError(a.t, a.connect().QueryRow(a.t.Context(), sql, args...).Scan(into))
}

func (a *api) logInWith(challenge, code string) answer {
	a.t.Helper()
	return (&caller{api: a}).do("POST", base+"/auth/login/second-factor", object{"challenge": challenge, "code": code})
}

func TestTurningTheSecondFactorOn(t *testing.T) {
	t.Parallel()
	a, clock := newFactorAPI(t)
	c := a.member("anna@example.org", goodPassword)
	elsewhere := a.browser(c.user)

	assert.Equal(t, []string{"password"}, c.do("POST", base+"/me/second-factor", object{}).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	assert.Equal(t, []string{"password"}, c.do("POST", base+"/me/second-factor", object{"password": "wrong password"}).want(http.StatusUnprocessableEntity).fields())
	c.do("POST", base+"/me/second-factor/confirm", object{"code": "123456"}).problem(http.StatusConflict, "second_factor_not_begun")

	c.do("POST", base+"/me/second-factor", object{"password": goodPassword}).want(http.StatusOK) // begun twice: the later counts
	setup := c.do("POST", base+"/me/second-factor", object{"password": goodPassword}, "Idempotency-Key", "k").want(http.StatusOK)
	f := &withFactor{caller: c, clock: clock}
	f.secret, _ = setup.body["secret"].(string)
	assert.Contains(t, setup.body["uri"], "otpauth://totp/Vestnik:anna@example.org?secret="+f.secret)
	assert.Equal(t, []string{"code"}, c.do("POST", base+"/me/second-factor/confirm", object{"code": f.wrong()}).want(http.StatusUnprocessableEntity).fields())
	assert.Equal(t, false, c.do("GET", base+"/me", nil).body["second_factor"], "nothing changes until a code is confirmed")
	elsewhere.do("GET", base+"/me", nil).want(http.StatusOK)

	c.do("POST", base+"/me/second-factor/confirm", object{"code": f.code()}).want(http.StatusOK)
	assert.Equal(t, true, c.do("GET", base+"/me", nil).body["second_factor"])
	elsewhere.do("GET", base+"/me", nil).want(http.StatusUnauthorized)
	c.do("POST", base+"/me/second-factor", object{"password": goodPassword}).problem(http.StatusConflict, "second_factor_on")
	c.do("POST", base+"/me/second-factor/confirm", object{"code": f.next()}).problem(http.StatusConflict, "second_factor_on")

	var notices, entries int
	a.query(&notices, "SELECT count(*) FROM notices WHERE kind = 'second_factor_on' AND user_id = $1", c.user.ID)
	a.query(&entries, "SELECT count(*) FROM audit_log WHERE action = 'second_factor.on' AND owner_id = $1 AND actor_id = $1", c.user.ID)
	assert.Equal(t, []int{1, 1}, []int{notices, entries})
}

// TestSecretsOfTheSecondFactorAreNowhere looks for them in every row of every table, and in the log.
func TestSecretsOfTheSecondFactorAreNowhere(t *testing.T) {
	t.Parallel()
	a, clock := newFactorAPI(t)
	f := turnOn(a.member("anna@example.org", goodPassword), clock, goodPassword)
	renewed := f.do("POST", base+"/me/second-factor/recovery-codes", object{"password": goodPassword, "code": f.next()}, "Idempotency-Key", "k").want(http.StatusOK).body["codes"]
	challenge := f.challenge()
	a.logInWith(challenge, f.wrong()).want(http.StatusUnauthorized)
	signedIn := a.logInWith(challenge, f.next()).want(http.StatusOK)
	plain, err := base32.StdEncoding.DecodeString(f.secret)
	require.NoError(t, err)

	secrets := append([]string{f.secret, challenge, string(plain), goodPassword}, f.codes...)
	list, _ := renewed.([]any)
	for _, item := range list {
		code, _ := item.(string)
		secrets = append(secrets, code)
	}
	cookie, _, _ := strings.Cut(strings.TrimPrefix(signedIn.header.Get("Set-Cookie"), "vestnik="), ";")
	secrets = append(secrets, cookie)
	dump := a.dump()
	assert.Contains(t, dump, "anna@example.org")
	assert.Contains(t, dump, fmt.Sprintf("%X", sha256.Sum256([]byte(cookie))))
	a.stop()
	for _, secret := range secrets {
		assert.NotContains(t, dump, secret)
		assert.NotContains(t, dump, fmt.Sprintf("%X", secret))
		assert.NotContains(t, a.log.String(), secret)
	}
}

// dump is every row of every table as XML, with bytes in hexadecimal.
func (a *api) dump() string {
	a.t.Helper()
	db := a.connect()
	_, err := db.Exec(a.t.Context(), "SET xmlbinary = 'hex'")
	require.NoError(a.t, err)
	_, err = db.Exec(a.t.Context(), "UPDATE outbox SET claimed_until = now()") // XML has no word for infinity
	require.NoError(a.t, err)
	var dump string
	require.NoError(a.t, db.QueryRow(a.t.Context(), `SELECT string_agg(query_to_xml(format('SELECT * FROM %I.%I', schemaname, tablename), true, false, '')::text, '')
		FROM pg_tables WHERE schemaname = 'public'`).Scan(&dump))
	return dump
}

func TestSigningInWithTheSecondFactor(t *testing.T) {
	t.Parallel()
	a, clock := newFactorAPI(t)
	f := turnOn(a.member("anna@example.org", goodPassword), clock, goodPassword)

	challenge := f.challenge()
	a.logInWith(challenge, f.wrong()).problem(http.StatusUnauthorized, "code_refused")
	a.logInWith(challenge, "nonsense").problem(http.StatusUnauthorized, "code_refused")
	a.logInWith(challenge, f.code()).problem(http.StatusUnauthorized, "code_refused") // it was used to turn it on
	code := f.next()
	got := a.logInWith(challenge, code).want(http.StatusOK)
	me, _ := got.body["me"].(object)
	assert.Equal(t, "anna@example.org", me["email"])
	assert.EqualValues(t, 10, me["recovery_codes_left"])
	assert.Nil(t, got.body["challenge"])
	cookie := got.header.Get("Set-Cookie")
	for _, part := range []string{"vestnik=", "Path=/", "HttpOnly", "SameSite=Lax"} {
		assert.Contains(t, cookie, part)
	}
	pair, _, _ := strings.Cut(cookie, ";")
	(&caller{api: a, cookie: pair}).do("GET", base+"/me", nil).want(http.StatusOK)

	a.logInWith(challenge, f.next()).problem(http.StatusUnauthorized, "challenge_ended")
	a.logInWith(f.challenge(), code).problem(http.StatusUnauthorized, "code_refused")
	a.logInWith("no challenge", f.next()).problem(http.StatusUnauthorized, "challenge_ended")
	var entries int
	a.query(&entries, "SELECT count(*) FROM audit_log WHERE action = 'session.begin' AND actor_id = $1", f.user.ID)
	assert.Equal(t, 1, entries)
}

func TestOfManyWhoUseACodeAtOnceOneGetsIn(t *testing.T) {
	t.Parallel()
	a, clock := newFactorAPI(t)
	f := turnOn(a.member("anna@example.org", goodPassword), clock, goodPassword)
	for name, code := range map[string]string{"code": f.next(), "recovery code": f.codes[0]} {
		challenge := f.challenge()
		var in, out atomic.Int32
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				switch a.logInWith(challenge, code).status {
				case http.StatusOK:
					in.Add(1)
				case http.StatusUnauthorized:
					out.Add(1)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, in.Load(), name)
		assert.EqualValues(t, 3, out.Load(), name)
	}
}

func TestARecoveryCodeWorksOnce(t *testing.T) {
	t.Parallel()
	a, clock := newFactorAPI(t)
	f := turnOn(a.member("anna@example.org", goodPassword), clock, goodPassword)
	got := a.logInWith(f.challenge(), strings.ToLower(f.codes[0])).want(http.StatusOK)
	me, _ := got.body["me"].(object)
	assert.EqualValues(t, 9, me["recovery_codes_left"])
	a.logInWith(f.challenge(), f.codes[0]).problem(http.StatusUnauthorized, "code_refused")

	renew := base + "/me/second-factor/recovery-codes"
	assert.Equal(t, []string{"code"}, f.do("POST", renew, object{"password": goodPassword}).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	assert.Equal(t, []string{"code"}, f.do("POST", renew, object{"password": goodPassword, "code": f.wrong()}).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	list, _ := f.do("POST", renew, object{"password": goodPassword, "code": f.next()}).want(http.StatusOK).body["codes"].([]any)
	require.Len(t, list, 10)
	a.logInWith(f.challenge(), f.codes[1]).problem(http.StatusUnauthorized, "code_refused")
	fresh, _ := list[0].(string)
	a.logInWith(f.challenge(), fresh).want(http.StatusOK)
	other := turnOn(a.member("boris@example.org", goodPassword), clock, goodPassword)
	fresh, _ = list[1].(string)
	a.logInWith(other.challenge(), fresh).problem(http.StatusUnauthorized, "code_refused") // another's
}

// TestThePasswordAloneMakesNoRecoveryCodes: with them a password would do for everything.
func TestThePasswordAloneMakesNoRecoveryCodes(t *testing.T) {
	t.Parallel()
	a, clock := newFactorAPI(t)
	f := turnOn(a.member("anna@example.org", goodPassword), clock, goodPassword)
	renew := func(body object) answer { return f.do("POST", base+"/me/second-factor/recovery-codes", body) }
	assert.Equal(t, []string{"code"}, renew(object{"password": goodPassword}).want(http.StatusUnprocessableEntity).fields())
	assert.Equal(t, []string{"code"}, renew(object{"password": goodPassword, "code": f.wrong()}).want(http.StatusUnprocessableEntity).fields())
	assert.Equal(t, []string{"password"}, renew(object{"code": f.next()}).want(http.StatusUnprocessableEntity).fields())
	code := f.next()
	renew(object{"password": goodPassword, "code": code}).want(http.StatusOK)
	assert.Equal(t, []string{"code"}, renew(object{"password": goodPassword, "code": code}).want(http.StatusUnprocessableEntity).fields(), "each works once")
	a.logInWith(f.challenge(), f.codes[0]).problem(http.StatusUnauthorized, "code_refused")
}

func TestGuessingIsBounded(t *testing.T) {
	t.Parallel()
	a, clock := newFactorAPI(t)
	f := turnOn(a.member("anna@example.org", goodPassword), clock, goodPassword)
	first := f.challenge()
	for range 5 {
		a.logInWith(first, f.wrong()).problem(http.StatusUnauthorized, "code_refused")
	}
	a.logInWith(first, f.next()).problem(http.StatusUnauthorized, "challenge_ended") // even with the right one

	second := f.challenge()
	for range 5 {
		a.logInWith(second, f.wrong()).problem(http.StatusUnauthorized, "code_refused")
	}
	limited := a.logInWith(f.challenge(), f.next()).problem(http.StatusTooManyRequests, "too_many_tries")
	assert.NotEmpty(t, limited.header.Get("Retry-After"))
	a.logInWith(f.challenge(), f.codes[0]).want(http.StatusOK)
	a.logInWith(f.challenge(), f.next()).want(http.StatusOK) // it was the owner, at this address
}

func TestThePasswordDoesNotMakeGuessesAtTheCodeFree(t *testing.T) {
	t.Parallel()
	a, clock := newFactorAPI(t)
	f := turnOn(a.member("anna@example.org", goodPassword), clock, goodPassword)
	body := object{"password": goodPassword, "code": f.wrong()}
	tries := 0
	for f.do("DELETE", base+"/me/second-factor", body).status == http.StatusUnprocessableEntity {
		tries++
		require.LessOrEqual(t, tries, 10)
	}
	f.do("DELETE", base+"/me/second-factor", object{"password": goodPassword, "code": f.next()}).problem(http.StatusTooManyRequests, "too_many_tries")
	assert.Equal(t, true, f.do("GET", base+"/me", nil).body["second_factor"])
}

func TestRemovingTheSecondFactor(t *testing.T) {
	t.Parallel()
	a, clock := newFactorAPI(t)
	f := turnOn(a.member("anna@example.org", goodPassword), clock, goodPassword)
	assert.Equal(t, []string{"password"}, f.do("DELETE", base+"/me/second-factor", object{"code": f.next()}).want(http.StatusUnprocessableEntity).fields())
	assert.Equal(t, []string{"code"}, f.do("DELETE", base+"/me/second-factor", object{"password": goodPassword, "code": f.wrong()}).want(http.StatusUnprocessableEntity).fields())
	challenge := f.challenge()
	f.do("DELETE", base+"/me/second-factor", object{"password": goodPassword, "code": f.next()}).want(http.StatusNoContent)
	assert.Equal(t, false, f.do("GET", base+"/me", nil).body["second_factor"])
	f.do("DELETE", base+"/me/second-factor", object{"password": goodPassword, "code": f.next()}).problem(http.StatusConflict, "second_factor_off")
	f.do("POST", base+"/me/second-factor/recovery-codes", object{"password": goodPassword, "code": f.next()}).problem(http.StatusConflict, "second_factor_off")
	a.logInWith(challenge, f.codes[0]).problem(http.StatusUnauthorized, "code_refused")

	again := turnOn(f.caller, clock, goodPassword) // at once, with a secret of its own
	again.do("DELETE", base+"/me/second-factor", object{"password": goodPassword, "code": again.codes[3]}).want(http.StatusNoContent)
	var notices, entries int
	a.query(&notices, "SELECT count(*) FROM notices WHERE kind = 'second_factor_off'")
	a.query(&entries, "SELECT count(*) FROM audit_log WHERE action = 'second_factor.off'")
	assert.Equal(t, []int{2, 2}, []int{notices, entries})
}

func TestWhoHasNoPasswordProvesNothing(t *testing.T) {
	t.Parallel()
	a, clock := newFactorAPI(t)
	f := turnOn(a.member("anna@example.org", ""), clock, "")
	f.do("DELETE", base+"/me/second-factor", object{"code": f.next()}).want(http.StatusNoContent)
}

func TestASecondFactorNeedsTheKeyOfTheService(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.member("anna@example.org", goodPassword)
	c.do("POST", base+"/me/second-factor", object{"password": goodPassword}).problem(http.StatusConflict, "second_factor_unavailable")
}

func TestWhoIsBlockedDoesNotGetInWithTheSecondFactor(t *testing.T) {
	t.Parallel()
	a, clock := newFactorAPI(t)
	f := turnOn(a.member("anna@example.org", goodPassword), clock, goodPassword)
	challenge := f.challenge()
	require.NoError(t, a.store.BlockUser(t.Context(), f.user.ID, "spam"))
	a.logInWith(challenge, f.next()).problem(http.StatusForbidden, "user_blocked")
}
