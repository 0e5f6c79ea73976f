package smtp_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]smtp.Config{
		"smtp://localhost":                {Host: "localhost", Name: "localhost", Port: 25, TLS: smtp.TLSNone, Connections: 10},
		"smtp://[::1]:2525?connections=3": {Host: "::1", Name: "::1", Port: 2525, TLS: smtp.TLSNone, Connections: 3},
		"smtp://mail.example.com/":        {Host: "mail.example.com", Name: "mail.example.com", Port: 587, TLS: smtp.TLSStart, Connections: 10},
		"smtps://mail.example.com":        {Host: "mail.example.com", Name: "mail.example.com", Port: 465, TLS: smtp.TLSImplicit, Connections: 10},
		"smtp://mail.example.com?tls=none&rate=0.5": {
			Host: "mail.example.com", Name: "mail.example.com", Port: 25, TLS: smtp.TLSNone, Connections: 10, Rate: 0.5,
		},
		"smtp://ann%40x.io:p%3Ass@почта.рф?tls=implicit&name=Main&helo=me.example.com&insecure_skip_verify=true&rate=100": {
			Host: "xn--80a1acny.xn--p1ai", Name: "Main", Port: 465, TLS: smtp.TLSImplicit, Connections: 10, Rate: 100,
			Username: "ann@x.io", Password: "p:ss", Helo: "me.example.com", InsecureSkipVerify: true,
		},
	} {
		got, err := smtp.ParseURL(in)
		require.NoError(t, err, in)
		want.PerConnection, want.IdleTimeout, want.Timeouts = 1000, 30*time.Second, smtp.DefaultTimeouts()
		assert.Equal(t, want, got, in)
	}
}

func TestParseURLNamesEveryProblem(t *testing.T) {
	t.Parallel()
	for in, says := range map[string][]string{
		"":                               {"scheme", "host is missing"},
		"http://x.io":                    {"scheme"},
		"smtp://x.io:0":                  {"port"},
		"smtp://x.io:99999":              {"port 99999"},
		"smtp://x.io/path":               {"path"},
		"smtp://x.io?tls=maybe":          {"none, starttls or implicit"},
		"smtps://x.io?tls=starttls":      {"smtps"},
		"smtp://u:hunter2@x.io?tls=none": {"unencrypted"},
		"smtp://:hunter2@x.io":           {"no user name"},
		"smtp://x.io?connections=0&rate=-1&colour=red&helo=a%20b&rate=2": {"connections=0", "rate is given twice", "colour", "helo"},
		"smtp://x.io?connections=1001":                                   {"between 1 and 1000"},
		"smtp://x.io?rate=NaN":                                           {"rate"},
		"smtp://u:hunter2/x@x.io":                                        {"percent-encoded"},
		"smtp://u:hunter2%zz@x.io":                                       {"percent-encoded"},
	} {
		_, err := smtp.ParseURL(in)
		require.Error(t, err, in)
		for _, s := range says {
			assert.Contains(t, err.Error(), s, in)
		}
		assert.NotContains(t, err.Error(), "hunter2")
		assert.NotContains(t, err.Error(), "\n")
	}
}

func TestThePasswordIsNotShown(t *testing.T) {
	t.Parallel()
	cfg, err := smtp.ParseURL("smtp://ann:hunter2@mail.example.com?rate=5")
	require.NoError(t, err)
	assert.Equal(t, "smtp://ann:***@mail.example.com:587?tls=starttls&connections=10&rate=5", cfg.String())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		assert.NotContains(t, fmt.Sprintf(verb, cfg), "hunter2")
		assert.NotContains(t, fmt.Sprintf(verb, &cfg), "hunter2")
	}
}

func TestNewRefusesABadConfig(t *testing.T) {
	t.Parallel()
	_, err := smtp.New(smtp.Config{Port: 70000, TLS: smtp.TLSNone})
	require.ErrorContains(t, err, "host is missing")
	require.ErrorContains(t, err, "70000")
}
