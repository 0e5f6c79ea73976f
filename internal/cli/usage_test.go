package cli_test

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMistakesOnTheCommandLineEndWithTwo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"unknown command":    {[]string{"sned"}, "sned"},
		"no subcommand":      {[]string{"user"}, "vestnik user block"},
		"unknown subcommand": {[]string{"user", "crate"}, `"crate"`},
		"unknown flag":       {[]string{"up", "--colour"}, "--colour"},
		"argument too many":  {[]string{"migrate", "now"}, "now"},
		"missing flags":      {[]string{"user", "create"}, `"email", "password"`},
		"bad address":        {[]string{"user", "create", "--email", "anna", "--password", "long enough, is it"}, "--email: the address has no @"},
		"bad role":           {[]string{"user", "create", "--email", "a@example.org", "--password", "long enough, is it", "--role", "king"}, `"king"`},
		"short password":     {[]string{"user", "create", "--email", "a@example.org", "--password", "short"}, "--password"},
		"no reason":          {[]string{"user", "block", "a@example.org"}, `"reason"`},
		"empty reason":       {[]string{"user", "block", "a@example.org", "--reason", " "}, "--reason"},
		"long reason":        {[]string{"user", "block", "a@example.org", "--reason", "a\nb"}, "--reason"},
		"bad user":           {[]string{"user", "show", "anna"}, `"anna" is not an address`},
		"no role":            {[]string{"user", "set-role", "a@example.org", "king"}, `"king"`},
		"bad status":         {[]string{"user", "list", "--status", "gone"}, `"gone"`},
		"bad time":           {[]string{"audit", "list", "--since", "yesterday"}, "--since"},
		"bad id":             {[]string{"send", "42"}, `"42" is not the id of a mailing`},
		"no attempt":         {[]string{"resend"}, "1 arg"},
		"bad attempt id":     {[]string{"resend", "42"}, `"42" is not the id of an attempt`},
		"bad outcome":        {[]string{"resend", "019aaf5e-6d5b-7c10-8a43-5d1f0c3b9e21", "--outcome", "sent"}, `"sent"`},
		"too many clients":   {[]string{"demo", "--clients", "1000001"}, "1,000,000"},
		"two sources":        {[]string{"demo", "--clients", "5", "--csv", "x.csv"}, "csv"},
		"no charset":         {[]string{"import", "clients", "x.csv", "--owner", "a@example.org", "--charset", "koi8-r"}, "windows-1251"},
		"no delimiter":       {[]string{"export", "clients", "--owner", "a@example.org", "--delimiter", "|"}, "semicolon"},
		"no file":            {[]string{"import", "clients", "--owner", "a@example.org"}, "1 arg"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := vestnik(t, settings(t), "", test.args...)
			assert.Equal(t, 2, r.status)
			assert.Contains(t, r.errors, test.says)
			assert.Contains(t, r.errors, "--help` tells more")
			assert.Empty(t, r.out)
		})
	}
}

func TestHelpNamesEveryCommand(t *testing.T) {
	t.Parallel()
	help := vestnik(t, []string{}, "", "--help").ok(t).out
	for _, command := range []string{"up", "demo", "send", "resend", "migrate", "user", "audit", "import", "export", "config", "nats", "dead", "healthcheck", "version"} {
		assert.Contains(t, help, "\n  "+command+" ")
		help += vestnik(t, []string{}, "", command, "--help").ok(t).out
	}
	var users strings.Builder
	for _, command := range []string{"create", "list", "show", "block", "unblock", "set-role", "reset-password"} {
		users.WriteString(vestnik(t, []string{}, "", "user", command, "--help").ok(t).out)
	}
	help += users.String()
	help += vestnik(t, []string{}, "", "audit", "list", "--help").ok(t).out
	help += vestnik(t, []string{}, "", "import", "clients", "--help").ok(t).out
	help += vestnik(t, []string{}, "", "export", "clients", "--help").ok(t).out
	help += vestnik(t, []string{}, "", "dead", "requeue", "--help").ok(t).out
	help += vestnik(t, []string{}, "", "dead", "drop", "--help").ok(t).out
	for line := range strings.SplitSeq(help, "\n") {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 80, "%q", line)
	}
}

func TestWrongSettingsAreAllNamedAtOnce(t *testing.T) {
	t.Parallel()
	wrong := settings(t, "VESTNIK_SMTP_URL=http://x", "VESTNIK_WORKERS=many", "VESTNIK_LOG_LEVEL=loud", "VESTNIK_SMPT_URL=smtp://x")
	for _, args := range [][]string{{"up"}, {"demo"}, {"migrate"}, {"config"}} {
		r := vestnik(t, wrong, "", args...)
		assert.Equal(t, 1, r.status)
		for _, name := range []string{"VESTNIK_SMTP_URL", "VESTNIK_WORKERS", "VESTNIK_LOG_LEVEL", "VESTNIK_SMPT_URL"} {
			assert.Contains(t, r.errors, name, args)
		}
	}
}

func TestPortInUseIsNamedBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	listener, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)

	r := vestnik(t, settings(t, "VESTNIK_HTTP_ADDR="+listener.Addr().String()), "", "up")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, "port "+port+" is in use")
	require.Contains(t, r.errors, "VESTNIK_HTTP_ADDR")
	require.NotContains(t, r.errors, "PostgreSQL", "it says so at once")
}

func TestConfigMasksSecrets(t *testing.T) {
	t.Parallel()
	secrets := settings(t, "VESTNIK_DATABASE_URL=postgres://anna:hunter2@db/v", "VESTNIK_SMTP_URL=smtp://u:hunter2@mail.example:25",
		"VESTNIK_SECRET_KEY=hunter2hunter2hunter2hunter2hunter2", "VESTNIK_REDIS_URL=redis://:hunter2@r:6379/0")
	for _, args := range [][]string{{"config"}, {"config", "--json"}} {
		r := vestnik(t, secrets, "", args...).ok(t)
		require.NotContains(t, r.out, "hunter2")
		require.Contains(t, r.out, "postgres://anna:********@db/v")
		require.Contains(t, r.out, "VESTNIK_HTTP_ADDR")
	}
	var shown struct {
		Settings []struct{ Name, Value, Source string }
	}
	require.NoError(t, json.Unmarshal([]byte(vestnik(t, secrets, "", "config", "--json").ok(t).out), &shown))
	sources := map[string]string{}
	for _, s := range shown.Settings {
		sources[s.Name] = s.Source
	}
	require.Equal(t, "environment", sources["VESTNIK_SMTP_URL"])
	require.Equal(t, "default", sources["VESTNIK_WORKERS"])
}

func TestCommandsSayWhatToDoWhenNothingRuns(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"send"}, {"nats"}, {"dead", "list"}, {"config", "--export"}} {
		r := vestnik(t, settings(t), "", args...)
		require.Equal(t, 1, r.status)
		require.Contains(t, r.errors, "vestnik up", args)
	}
	r := vestnik(t, settings(t), "", "send", "--inline")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, "VESTNIK_SMTP_URL", "mail to a mailbox that ends with the process would be lost")
}

func TestVersion(t *testing.T) {
	t.Parallel()
	require.Contains(t, vestnik(t, []string{}, "", "version").ok(t).out, "vestnik ")
	require.True(t, json.Valid([]byte(vestnik(t, []string{}, "", "version", "--json").ok(t).out)))
}
