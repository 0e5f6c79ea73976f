package gateway_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
	"github.com/vestnik-mail/vestnik/internal/password"
)

const (
	timedTries = 250 // of known addresses, and as many of unknown ones
	timedGap   = 5 * time.Millisecond
	// timedRounds is how often a call is measured: other work on the machine may hit one side harder, but not each time.
	timedRounds = 5
)

// TestNobodyCanTellByAnswerOrTimeWhetherAnAddressIsKnown compares the answers to known and to unknown addresses, in turns.
func TestNobodyCanTellByAnswerOrTimeWhetherAnAddressIsKnown(t *testing.T) { //nolint:paralleltest // it measures time
	hasher := showingHasher(t)
	a := newAPI(t, func(d *gateway.Deps) { d.Passwords = hasher })
	hash, err := hasher.Hash(t.Context(), goodPassword)
	require.NoError(t, err)
	var cookies []string
	for i := range timedTries {
		name := fmt.Sprintf("known%d@example.org", i)
		known, err := a.store.CreateUser(t.Context(), domain.Address{Display: name, Key: name}, hash, domain.RoleUser, false)
		require.NoError(t, err)
		require.False(t, known.ID.IsZero())
		asks, err := a.store.CreateUser(t.Context(), domain.Address{Display: "asks-" + name, Key: "asks-" + name}, "", domain.RoleUser, true)
		require.NoError(t, err)
		secret, err := a.store.BeginSession(t.Context(), asks.ID, "")
		require.NoError(t, err)
		cookies = append(cookies, "vestnik="+secret)
	}
	a.exec("ANALYZE")
	for _, call := range []struct { //nolint:paralleltest // one after the other, to measure
		path string
		body func(email string) object
	}{
		{"/auth/login", func(email string) object { return object{"email": email, "password": otherPassword} }},
		{"/auth/verify/resend", func(email string) object { return object{"email": email} }},
		{"/auth/verify", func(email string) object { return object{"email": email, "code": "12345"} }},
		{"/auth/password/forgot", func(email string) object { return object{"email": email} }},
		{"/me/email", func(email string) object { return object{"email": email} }},
		{"/auth/register", func(email string) object { return object{"email": email, "password": otherPassword} }},
	} {
		t.Run(call.path[1:], func(t *testing.T) {
			var gap time.Duration
			for round := range timedRounds {
				var known, unknown []time.Duration
				for i := range timedTries {
					cookie := ""
					if call.path == "/me/email" {
						cookie = cookies[i]
					}
					sides := []func(){
						func() {
							took, got := a.timed(call.path, call.body(fmt.Sprintf("known%d@example.org", i)), cookie)
							known = append(known, took)
							_, other := a.timed(call.path, call.body("bad"), cookie) // to warm up evenly
							require.Equal(t, http.StatusUnprocessableEntity, other.status)
							a.same(call.path, got)
						},
						func() {
							took, got := a.timed(call.path, call.body(fmt.Sprintf("unknown%d-%d@example.org", round, i)), cookie)
							unknown = append(unknown, took)
							_, other := a.timed(call.path, call.body("bad"), cookie)
							require.Equal(t, http.StatusUnprocessableEntity, other.status)
							a.same(call.path, got)
						},
					}
					// By lot: the collector comes round in step with the hashes, and would always hit the same side.
					first := rand.IntN(len(sides)) //nolint:gosec // nobody is to be kept from guessing it
					sides[first]()
					sides[1-first]()
				}
				gap = (median(known) - median(unknown)).Abs()
				t.Logf("round %d: known %s, unknown %s, gap %s", round+1, median(known), median(unknown), gap)
				if gap < timedGap {
					break
				}
			}
			assert.Less(t, gap, timedGap)
		})
	}
	assert.Positive(t, a.count("SELECT count(*) FROM tokens WHERE purpose = 'reset'"))
}

// showingHasher makes hashes that cost as little as may be and yet more than the gap: one that is left out would show. They
// take little memory, so that the collector does not disturb what is measured.
func showingHasher(t *testing.T) *password.Hasher {
	t.Helper()
	for p := (password.Params{Memory: 512, Passes: 8}); ; p.Passes *= 2 {
		hasher := password.NewHasher(p)
		least := time.Hour
		for range 5 { // the least of some: what else the machine does is not the hash's cost
			began := time.Now()
			_, err := hasher.Hash(t.Context(), goodPassword)
			require.NoError(t, err)
			least = min(least, time.Since(began))
		}
		if least > timedGap*3/2 {
			t.Logf("a hash takes %s with %d passes", least, p.Passes)
			return hasher
		}
	}
}

func median(times []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(times))[len(times)/2]
}

// timed answers a request in process.
func (a *api) timed(path string, body object, cookie string) (time.Duration, answer) {
	a.t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(a.t, err)
	r := httptest.NewRequestWithContext(a.t.Context(), http.MethodPost, base+path, strings.NewReader(string(encoded)))
	r.RemoteAddr, r.Host = "127.0.0.1:4711", "localhost"
	r.Header.Set("Content-Type", "application/json")
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	w := httptest.NewRecorder()
	began := time.Now()
	a.handler.ServeHTTP(w, r)
	return time.Since(began), answer{t: a.t, status: w.Code, header: w.Header(), raw: w.Body.Bytes()}
}

// same holds an answer to the one that every address gets.
func (a *api) same(path string, got answer) {
	a.t.Helper()
	type seen struct {
		status int
		code   string
	}
	want := map[string]seen{
		"/auth/login": {http.StatusUnauthorized, "invalid_credentials"}, "/auth/verify": {http.StatusUnprocessableEntity, "code_wrong"},
		"/auth/verify/resend": {http.StatusAccepted, ""}, "/auth/password/forgot": {http.StatusAccepted, ""},
		"/me/email": {http.StatusAccepted, ""}, "/auth/register": {http.StatusAccepted, ""},
	}[path]
	var problem object
	_ = json.Unmarshal(got.raw, &problem) // an answer of success is empty
	code, _ := problem["code"].(string)
	require.Equal(a.t, want, seen{got.status, code}, "%s", got.raw)
	if want.code == "" {
		require.Empty(a.t, got.raw)
	}
	for name := range got.header {
		require.Contains(a.t, []string{
			"Cache-Control", "Content-Length", "Content-Security-Policy", "Content-Type", "Referrer-Policy", "Www-Authenticate",
			"X-Content-Type-Options", "X-Frame-Options", "X-Request-Id",
		}, name)
	}
}
