package cli_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// object runs the program with --json and returns what it printed.
func object(t *testing.T, settings []string, args ...string) (out map[string]any) {
	t.Helper()
	r := vestnik(t, settings, "", append(args, "--json")...).ok(t)
	require.NoError(t, json.Unmarshal([]byte(r.out), &out), r.out)
	return out
}

func items(t *testing.T, settings []string, args ...string) (out []map[string]any) {
	t.Helper()
	list, ok := object(t, settings, args...)["items"].([]any)
	require.True(t, ok)
	for _, item := range list {
		one, ok := item.(map[string]any)
		require.True(t, ok)
		out = append(out, one)
	}
	return out
}

func TestAccountsFromTheShell(t *testing.T) {
	t.Parallel()
	s := settings(t, "VESTNIK_BASE_URL=https://mail.example.org/")
	startUp(t, s) // with its servers, so that each command needs not start its own
	for _, u := range [][]string{{"boss@example.org", "admin"}, {"anna@example.org", "user"}} {
		vestnik(t, s, "очень длинный пароль\n", "user", "create", "--email", u[0], "--role", u[1], "--password", "-", "--verified").ok(t)
	}
	require.Len(t, items(t, s, "user", "list"), 2)
	assert.Equal(t, "anna@example.org", items(t, s, "user", "list")[0]["email"], "the newest first")
	assert.Len(t, items(t, s, "user", "list", "--role", "admin"), 1)
	assert.Len(t, items(t, s, "user", "list", "--query", "ANNA"), 1)
	assert.Contains(t, vestnik(t, s, "", "user", "list", "--status", "blocked").ok(t).out, "There are no such accounts.")

	for i, want := range []string{"Blocked anna@example.org.\n", "anna@example.org is blocked already.\n"} {
		assert.Equal(t, want, vestnik(t, s, "", "user", "block", "Anna@Example.org", "--reason", []string{"спам", "иначе"}[i]).ok(t).out)
	}
	shown := object(t, s, "user", "show", "anna@example.org")
	assert.Equal(t, []any{"blocked", "спам"}, []any{shown["status"], shown["blocked_reason"]})
	assert.Contains(t, vestnik(t, s, "", "user", "show", "anna@example.org").ok(t).out, "спам")
	assert.Contains(t, vestnik(t, s, "", "user", "list", "--status", "blocked").ok(t).out, "anna@example.org")
	for _, want := range []string{"Unblocked anna@example.org.\n", "anna@example.org is not blocked.\n"} {
		assert.Equal(t, want, vestnik(t, s, "", "user", "unblock", "anna@example.org").ok(t).out)
	}

	for _, args := range [][]string{{"set-role", "boss@example.org", "user"}, {"block", "boss@example.org", "--reason", "x"}} {
		r := vestnik(t, s, "", append([]string{"user"}, args...)...)
		assert.Equal(t, 1, r.status)
		assert.Contains(t, r.errors, "vestnik user set-role ADDRESS admin")
	}
	assert.Equal(t, "manager", object(t, s, "user", "set-role", "anna@example.org", "manager")["role"])
	assert.Contains(t, vestnik(t, s, "", "user", "set-role", "anna@example.org", "manager").ok(t).out, "already")
	r := vestnik(t, s, "", "user", "show", "nobody@example.org")
	assert.Equal(t, 1, r.status)
	assert.Contains(t, r.errors, "vestnik user list")

	link := vestnik(t, s, "", "user", "reset-password", "anna@example.org").ok(t).out
	assert.Regexp(t, `^https://mail\.example\.org/reset#token=[\w-]{43}\n$`, link)
	mailed := vestnik(t, s, "", "user", "reset-password", "anna@example.org", "--mail").ok(t)
	assert.NotContains(t, mailed.out+mailed.errors, "token")

	var actions []string
	for _, e := range items(t, s, "audit", "list", "--owner", "anna@example.org") {
		actions = append(actions, e["action"].(string)) //nolint:forcetypeassert // it panics then, as it should
		assert.Nil(t, e["actor_id"])
		assert.Empty(t, e["address"])
	}
	assert.Equal(t, []string{"password.link", "password.link", "user.role", "user.unblock", "user.block", "user.register"}, actions)
	log := vestnik(t, s, "", "audit", "list").ok(t).out
	assert.Contains(t, log, "user.block")
	assert.NotContains(t, log, strings.TrimSpace(link)[len("https://mail.example.org/reset#token="):], "no secret is recorded")
	assert.Empty(t, items(t, s, "audit", "list", "--since", "2100-01-01"))
}

func TestABlockFromTheShellHoldsInARunningGateway(t *testing.T) {
	t.Parallel()
	s := settings(t)
	u := startUp(t, s)
	key := makeKey(t, s, "anna@example.org")
	call(t, "GET", u.API+"/me", key, nil, nil, http.StatusOK)
	vestnik(t, s, "", "user", "block", "anna@example.org", "--reason", "спам").ok(t)
	var problem struct{ Code string }
	call(t, "GET", u.API+"/me", key, nil, &problem, http.StatusForbidden)
	require.Equal(t, "user_blocked", problem.Code)
	vestnik(t, s, "", "user", "unblock", "anna@example.org").ok(t)
	call(t, "GET", u.API+"/me", key, nil, nil, http.StatusOK)
	link := vestnik(t, s, "", "user", "reset-password", "anna@example.org").ok(t).out
	require.True(t, strings.HasPrefix(link, strings.TrimSuffix(u.API, "/api/v1")+"/reset#token="), link)
}

// TestWhatTheShellTakesAwayEndsInARunningGateway uses a session without a break, so that the gateway always has it at hand.
func TestWhatTheShellTakesAwayEndsInARunningGateway(t *testing.T) {
	t.Parallel()
	s := settings(t)
	u := startUp(t, s)
	const old, fresh = "очень длинный пароль", "совсем другой пароль" // the first is that of makeKey
	key := makeKey(t, s, "anna@example.org")
	ask := func(method, path, cookie string, body any) (status int, session string) {
		encoded, err := json.Marshal(body)
		require.NoError(t, err)
		q, err := http.NewRequestWithContext(t.Context(), method, u.API+path, bytes.NewReader(encoded))
		require.NoError(t, err)
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("Cookie", cookie)
		answer, err := http.DefaultClient.Do(q)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		for _, c := range answer.Cookies() {
			session = c.Name + "=" + c.Value
		}
		return answer.StatusCode, session
	}
	standing := func(cookie string) int {
		status, _ := ask(http.MethodGet, "/me", cookie, nil)
		return status
	}
	signIn := func(password string) string {
		status, session := ask(http.MethodPost, "/auth/login", "", map[string]string{"email": "anna@example.org", "password": password})
		require.Equal(t, http.StatusOK, status)
		return session
	}
	ends := func(cookie, why string, by func()) {
		require.Equal(t, http.StatusOK, standing(cookie))
		ended := make(chan time.Time, 1)
		go func() {
			by()
			ended <- time.Now()
		}()
		var at time.Time
		for {
			asked := time.Now()
			if standing(cookie) == http.StatusUnauthorized {
				break
			}
			if at.IsZero() {
				select {
				case at = <-ended:
				default:
					continue
				}
			}
			require.Less(t, asked.Sub(at), time.Second, why)
		}
		if at.IsZero() {
			<-ended
		}
	}
	ends(signIn(old), "another role", func() { vestnik(t, s, "", "user", "set-role", "anna@example.org", "manager").ok(t) })
	call(t, "GET", u.API+"/me", key, nil, nil, http.StatusUnauthorized)

	cookie := signIn(old)
	link := strings.TrimSpace(vestnik(t, s, "", "user", "reset-password", "anna@example.org").ok(t).out)
	require.Equal(t, http.StatusOK, standing(cookie), "the link by itself ends nothing")
	_, token, found := strings.Cut(link, "#token=")
	require.True(t, found)
	ends(cookie, "a new password", func() {
		status, _ := ask(http.MethodPost, "/auth/password/reset", "", map[string]string{"token": token, "password": fresh})
		assert.Equal(t, http.StatusNoContent, status)
	})
	signIn(fresh)
}
