package httpapi_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/httpmailtest"
	"github.com/vestnik-mail/vestnik/internal/provider/httpapi"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	usual := httpapi.Config{
		Name: "api.example.com", URL: "https://api.example.com/v1/send", Token: token, Connections: 10,
		IdleTimeout: 30 * time.Second, Timeouts: httpapi.DefaultTimeouts(),
	}
	for raw, change := range map[string]func(*httpapi.Config){
		"https://api.example.com/v1/send":  func(*httpapi.Config) {},
		"https://api.example.com/v1/send#": func(*httpapi.Config) {},
		"https://api.example.com/v1/send#name=api%20one&connections=3&rate=2.5&idempotent=false&timeout=5s": func(c *httpapi.Config) {
			c.Name, c.Connections, c.Rate, c.IgnoresKey, c.Timeouts.Request = "api one", 3, 2.5, true, 5*time.Second
		},
		"https://api.example.com/v1/send?region=eu&connections=x#rate=0": func(c *httpapi.Config) {
			c.URL += "?region=eu&connections=x" // theirs, not ours
		},
		"https://апи.пример.рф:8443/#connections=1": func(c *httpapi.Config) {
			c.Name, c.URL, c.Connections = "xn--80aqu.xn--e1afmkfd.xn--p1ai", "https://xn--80aqu.xn--e1afmkfd.xn--p1ai:8443/", 1
		},
		"http://localhost:8025/send": func(c *httpapi.Config) { c.Name, c.URL = "localhost", "http://localhost:8025/send" },
		"http://[::1]/":              func(c *httpapi.Config) { c.Name, c.URL = "::1", "http://[::1]/" },
	} {
		want := usual
		change(&want)
		got, err := httpapi.ParseURL(raw, token)
		require.NoError(t, err, raw)
		assert.Equal(t, want, got, raw)
		_, err = httpapi.New(got)
		require.NoError(t, err)
	}
}

func TestParseURLNamesEveryProblem(t *testing.T) {
	t.Parallel()
	for raw, says := range map[string][]string{
		"://":                            {"not a URL of the form"},
		"https:api.example.com":          {"not a URL of the form"},
		"https:///v1":                    {"the host is missing"},
		"/v1/send":                       {"the scheme must be https", "the host is missing"},
		"http://api.example.com/v1":      {"unencrypted: use https"},
		"ftp://u:p4ss@api.example.com":   {"the scheme must be https", "a user name or password in the URL"},
		"https://api.example.com:0/":     {"port 0"},
		"https://api_example com/":       {"not a URL of the form"},
		"https://a.b/#connections=0":     {"connections=0: not a value"},
		"https://a.b/#connections=5000":  {"connections=5000: must be between"},
		"https://a.b/#rate=-1&timeout=x": {"rate: must be", "timeout=x: not a value"},
		"https://a.b/#timeout=0s":        {"timeout=0s: not a value"},
		"https://a.b/#timeout=1h":        {"timeout=1h0m0s: must be 10m at most"},
		"https://a.b/#idempotent=maybe&x=1&rate=1&rate=2": {
			"idempotent=maybe: not a value", `there is no parameter "x"; there are name, connections`, "rate is given twice",
		},
	} {
		_, err := httpapi.ParseURL(raw, token)
		require.Error(t, err, raw)
		for _, s := range says {
			assert.Contains(t, err.Error(), s, raw)
		}
		assert.NotContains(t, err.Error(), token)
		assert.NotContains(t, err.Error(), "p4ss")
		assert.NotContains(t, err.Error(), "\n")
	}
	for _, bad := range []string{"", "a b", "a\n", "ключ"} {
		_, err := httpapi.ParseURL("https://a.b/", bad)
		require.ErrorContains(t, err, "the token")
	}
}

func TestTheTokenIsNotShown(t *testing.T) {
	t.Parallel()
	cfg, err := httpapi.ParseURL("https://api.example.com/v1/send?key=p4ss#rate=100", token)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		shown := fmt.Sprintf(verb, cfg)
		assert.NotContains(t, shown, token)
		assert.NotContains(t, shown, "p4ss")
		assert.Contains(t, shown, "https://api.example.com/v1/send?***#connections=10&rate=100&idempotent=true")
	}
}

// TestTheFragmentIsNotSent, and the query is.
func TestTheFragmentIsNotSent(t *testing.T) {
	t.Parallel()
	server := httpmailtest.New(t, httpmailtest.Options{Token: token})
	cfg, err := httpapi.ParseURL(server.URL+"?region=eu#connections=1", token)
	require.NoError(t, err)
	_, err = newProvider(t, cfg).Deliver(t.Context(), envelopes(1))
	require.NoError(t, err)
	assert.Equal(t, []string{"/v1/send?region=eu"}, server.Targets())
}
