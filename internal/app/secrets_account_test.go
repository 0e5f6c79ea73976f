package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"
)

// visitor is a browser, and keeps what it was refused with.
type visitor struct {
	t        *testing.T
	at       string
	refusals strings.Builder
	cookie   string
}

// call returns the status and the answer. A session that is set is kept.
func (v *visitor) call(method, path, content string, header ...string) (int, map[string]any) {
	v.t.Helper()
	q, err := http.NewRequestWithContext(v.t.Context(), method, v.at+path, strings.NewReader(content))
	require.NoError(v.t, err)
	q.Header.Set("Content-Type", "application/json")
	for pair := range slices.Chunk(header, 2) {
		q.Header.Set(pair[0], pair[1])
	}
	a, err := http.DefaultClient.Do(q)
	require.NoError(v.t, err)
	defer func() { _ = a.Body.Close() }()
	text, err := io.ReadAll(a.Body)
	require.NoError(v.t, err)
	if a.StatusCode >= http.StatusBadRequest {
		v.refusals.Write(text)
	}
	for _, cookie := range a.Cookies() {
		if cookie.Name == "vestnik" {
			v.cookie = cookie.Value
		}
	}
	var body map[string]any
	_ = json.Unmarshal(text, &body) // some are empty
	return a.StatusCode, body
}

// must is a call of the API by who is signed in, which has the status.
func (v *visitor) must(status int, method, path string, body map[string]any, header ...string) map[string]any {
	v.t.Helper()
	content, err := json.Marshal(body)
	require.NoError(v.t, err)
	if v.cookie != "" {
		header = append(header, "Cookie", "vestnik="+v.cookie)
	}
	got, answer := v.call(method, "/api/v1"+path, string(content), header...)
	require.Equal(v.t, status, got, "%s %s: %v", method, path, answer)
	return answer
}

// mail waits for the nth message to the address and returns its text.
func (r *rig) mail(t *testing.T, to string, nth int) string {
	t.Helper()
	var text string
	require.Eventually(t, func() bool {
		found := 0
		for _, m := range r.sink.Messages() {
			e, err := enmime.ReadEnvelope(bytes.NewReader(m.Body))
			if err == nil && strings.Contains(e.GetHeader("To"), to) {
				if found++; found == nth {
					text = e.Text
				}
			}
		}
		return text != ""
	}, time.Minute, 50*time.Millisecond, "message %d to %s", nth, to)
	return text
}

// secretsOfAnAccount leads an account through everything that has a secret, and plants each.
func (r *rig) secretsOfAnAccount(v *visitor, planted canaries) {
	t := v.t
	const email = "canary@example.net"
	link, digits := regexp.MustCompile(`#token=([\w-]+)`), regexp.MustCompile(`(?m)^(\d{6})\r?$`)
	first := func(of *regexp.Regexp, text string) string {
		t.Helper()
		found := of.FindStringSubmatch(text)
		require.NotNil(t, found, "%s", text)
		return found[1]
	}
	text := func(answer map[string]any, name string) string {
		value, _ := answer[name].(string)
		require.NotEmpty(t, value)
		return value
	}
	opening, wrong, changed, reset := "canary-opening-Zq7", "canary-mistaken-Zq7", "canary-changed-Zq7", "canary-reset-Zq7"
	planted["the password of a registration"], planted["a wrong password"] = opening, wrong
	planted["a changed password"], planted["a reset password"] = changed, reset
	again := []string{"Idempotency-Key", "canary"}

	v.must(202, "POST", "/auth/register", map[string]any{"email": email, "password": opening}, again...)
	v.must(202, "POST", "/auth/register", map[string]any{"email": email, "password": wrong})
	letter := r.mail(t, email, 1)
	token, code := first(link, letter), first(digits, letter)
	planted["the token of a confirmation"], planted["the code of a confirmation"] = token, code
	v.must(404, "GET", "/auth/verify/"+token, nil)
	v.must(422, "POST", "/auth/verify", map[string]any{"token": token, "code": code})
	v.must(204, "POST", "/auth/verify", map[string]any{"email": email, "code": code})
	v.must(422, "POST", "/auth/verify", map[string]any{"token": token})
	v.must(422, "POST", "/auth/verify", map[string]any{"email": email, "code": code})

	v.must(401, "POST", "/auth/login", map[string]any{"email": email, "password": wrong})
	v.must(200, "POST", "/auth/login", map[string]any{"email": email, "password": opening}, again...)
	planted["the session of a sign-in"] = v.cookie
	v.must(422, "POST", "/me/password", map[string]any{"password": wrong, "new_password": changed})
	v.must(204, "POST", "/me/password", map[string]any{"password": opening, "new_password": changed}, again...)
	v.must(202, "POST", "/me/email", map[string]any{"email": "new-" + email, "password": changed}, again...)
	letter = r.mail(t, "new-"+email, 1)
	planted["the token of a new address"], planted["the code of a new address"] = first(link, letter), first(digits, letter)

	v.must(202, "POST", "/auth/password/forgot", map[string]any{"email": email})
	for nth := 2; planted["the token of a reset"] == ""; nth++ { // others tell of the password and of the new address
		if letter = r.mail(t, email, nth); strings.Contains(letter, "/reset#") {
			planted["the token of a reset"] = first(link, letter)
		}
	}
	token = planted["the token of a reset"]
	v.must(422, "POST", "/auth/password/reset", map[string]any{"token": token, "password": "short"})
	v.must(204, "POST", "/auth/password/reset", map[string]any{"token": token, "password": reset}, again...)
	v.must(422, "POST", "/auth/password/reset", map[string]any{"token": token, "password": wrong})
	require.Eventually(t, func() bool {
		status, _ := v.call("GET", "/api/v1/me", "", "Cookie", "vestnik="+v.cookie)
		return status == http.StatusUnauthorized
	}, 10*time.Second, 20*time.Millisecond, "that session has ended")

	v.cookie = ""
	v.must(200, "POST", "/auth/login", map[string]any{"email": email, "password": reset})
	planted["the session after a reset"] = v.cookie
	planted["a key that was just made"] = text(v.must(201, "POST", "/me/api-keys", map[string]any{"name": "canary", "scopes": []string{"read"}}, again...), "key")
	setup := v.must(200, "POST", "/me/second-factor", map[string]any{"password": reset}, again...)
	secret := text(setup, "secret")
	planted["the secret of a second factor"] = secret
	v.must(422, "POST", "/me/second-factor/confirm", map[string]any{"code": "canary"})
	code, err := totp.GenerateCode(secret, time.Now())
	require.NoError(t, err)
	planted["a code of the second factor"] = code
	codes, _ := v.must(200, "POST", "/me/second-factor/confirm", map[string]any{"code": code}, again...)["codes"].([]any)
	require.NotEmpty(t, codes)
	recovery, _ := codes[0].(string)
	planted["a recovery code"], planted["a recovery code, typed"] = recovery, strings.ReplaceAll(recovery, "-", "")
	unused, _ := codes[1].(string)
	planted["another recovery code"] = unused

	v.cookie = ""
	challenge := text(v.must(200, "POST", "/auth/login", map[string]any{"email": email, "password": reset}), "challenge")
	planted["a challenge"] = challenge
	v.must(401, "POST", "/auth/login/second-factor", map[string]any{"challenge": challenge, "code": code})
	v.must(200, "POST", "/auth/login/second-factor", map[string]any{"challenge": challenge, "code": recovery}, again...)
	planted["the session after a second factor"] = v.cookie
	v.must(401, "POST", "/auth/login/second-factor", map[string]any{"challenge": challenge, "code": recovery})
	require.Eventually(t, func() bool { // until then PostgreSQL alone has what they say
		return r.Int("SELECT count(*) FROM notices WHERE status = 'waiting'") == 0
	}, time.Minute, 50*time.Millisecond, "every message is out")
}

// holds reports whether a text has a secret in it. Six digits are one where they stand alone, but not behind a point, where
// they are parts of a second.
func holds(text, secret string) bool {
	if strings.Trim(secret, "0123456789") != "" {
		return strings.Contains(text, secret)
	}
	return regexp.MustCompile(`(^|[^\d.])` + secret + `($|[^\d.])`).MatchString(text)
}
