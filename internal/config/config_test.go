package config_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/config"
)

func TestEveryProblemIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Parse([]string{
		"VESTNIK_SMPT_URL=smtp://localhost", "VESTNIK_DATABASE_URL=mysql://x", "VESTNIK_LEASE=soon", "VESTNIK_WORKERS=0",
		"VESTNIK_MAIL_FROM=nobody", "VESTNIK_LOG_LEVEL=loud", "VESTNIK_HTTP_ADDR=8080", "VESTNIK_SECRET_KEY=short",
		"VESTNIK_TRUSTED_PROXIES=10.0.0.0/8,proxy.example.org", "VESTNIK_REGISTRATION=maybe",
		"VESTNIK_TEST_ANYTHING=is no setting", "PATH=/bin",
	})
	require.Error(t, err)
	for _, name := range []string{
		"SMPT_URL", "DATABASE_URL", "LEASE", "WORKERS", "MAIL_FROM", "LOG_LEVEL", "HTTP_ADDR", "SECRET_KEY", "TRUSTED_PROXIES", "REGISTRATION",
	} {
		require.ErrorContains(t, err, "VESTNIK_"+name+": ")
	}
	require.NotContains(t, err.Error(), "VESTNIK_TEST_")
}

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]string{"VESTNIK_TRUSTED_PROXIES=10.1.2.3/8, 192.0.2.1,::1"})
	require.NoError(t, err)
	networks, err := cfg.TrustedProxies()
	require.NoError(t, err)
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("::1/128")}, networks)
	cfg, err = config.Parse(nil)
	require.NoError(t, err)
	networks, err = cfg.TrustedProxies()
	require.NoError(t, err)
	require.Empty(t, networks, "nobody is trusted unless it is said")
}

func TestErrorsAndSettingsShowNoSecrets(t *testing.T) {
	t.Parallel()
	_, err := config.Parse([]string{"VESTNIK_DATABASE_URL=postgres://u:hunter2@ho st/x", "VESTNIK_NATS_URL=ftp://u:hunter2@host"})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hunter2")

	cfg, err := config.Parse([]string{
		"VESTNIK_DATABASE_URL=postgres://u:hunter2@host/x", "VESTNIK_NATS_URL=nats://u:hunter2@a:4222,nats://u:hunter2@b:4222",
		"VESTNIK_SMTP_URL=smtp://u:hunter2@host", "VESTNIK_SECRET_KEY=hunter2hunter2hunter2hunter2hunter2",
	})
	require.NoError(t, err)
	for _, s := range cfg.Settings() {
		require.NotContains(t, s.Value, "hunter2", s.Name)
	}
	require.ErrorContains(t, cfg.Require("REDIS_URL", "DATABASE_URL"), "VESTNIK_REDIS_URL")
	require.NotContains(t, cfg.Require("REDIS_URL", "DATABASE_URL").Error(), "VESTNIK_DATABASE_URL")
}

// TestSampleListsEverySettingWithItsDefault compares .env.sample with the code.
func TestSampleListsEverySettingWithItsDefault(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "..", ".env.sample"))
	require.NoError(t, err)
	sample := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "#"))
		if name, value, ok := strings.Cut(line, "="); ok && (strings.HasPrefix(name, "VESTNIK_") || strings.HasPrefix(name, "OTEL_")) {
			sample[name] = value
		}
	}
	cfg, err := config.Parse(nil)
	require.NoError(t, err)
	for _, s := range cfg.Settings() {
		value, listed := sample[s.Name]
		require.True(t, listed, "%s is not in .env.sample", s.Name)
		if d, err := time.ParseDuration(value); err == nil && strings.ContainsAny(value, "hms") {
			value = d.String()
		}
		if s.Name != "VESTNIK_DATA_DIR" { // depends on the account
			require.Equal(t, s.Value, strings.Trim(value, `"'`), s.Name)
		}
		delete(sample, s.Name)
	}
	require.Empty(t, sample, "in .env.sample, but no settings")
}

func TestTracesGoWhereTheStandardVariablesSay(t *testing.T) {
	t.Parallel()
	for environ, want := range map[string]string{
		"": "",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318":                                                 "http://c:4318/v1/traces",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318/":                                                "http://c:4318/v1/traces",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://c/in OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318": "https://c/in",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_SDK_DISABLED=true":                          "",
		"OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_ANYTHING=else":                                       "",
	} {
		cfg, err := config.Parse(strings.Fields(environ))
		require.NoError(t, err, environ)
		require.Equal(t, want, cfg.Traces.URL(), environ)
	}
	cfg, err := config.Parse([]string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", "OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20hunter2, x=1"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"authorization": "Bearer hunter2", "x": "1"}, cfg.Traces.HeaderMap())
	for _, s := range cfg.Settings() {
		require.NotContains(t, s.Value, "hunter2", s.Name)
	}
	_, err = config.Parse([]string{"OTEL_EXPORTER_OTLP_ENDPOINT=c:4318", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_EXPORTER_OTLP_HEADERS=hunter2", "OTEL_SDK_DISABLED=maybe"})
	for _, name := range []string{"ENDPOINT", "PROTOCOL", "HEADERS"} {
		require.ErrorContains(t, err, "OTEL_EXPORTER_OTLP_"+name+": ")
	}
	require.ErrorContains(t, err, "OTEL_SDK_DISABLED: ")
	require.NotContains(t, err.Error(), "hunter2")
}

// A service may want its key anywhere in its URL.
func TestSecretsOfURLsAreMaskedWhereverTheyStand(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]string{
		"VESTNIK_DATABASE_URL=postgres://h/db?user=anna&password=SECRET",
		"VESTNIK_NATS_URL=nats://SECRET@nats:4222,nats://u:SECRET@other:4222",
		"VESTNIK_REDIS_URL=redis://r:6379/0?password=SECRET",
		"VESTNIK_HTTP_PROVIDER_URL=https://SECRET@api.example.com/send?api_key=SECRET&v=2#name=api&rate=5",
		"VESTNIK_SMTP_URL=smtp://anna:SECRET@mail.example.com:587?tls=starttls&rate=100",
	})
	require.NoError(t, err)
	all := map[string]string{}
	for _, s := range cfg.Settings() {
		require.NotContains(t, s.Value, "SECRET", s.Name)
		all[s.Name] = s.Value
	}
	require.Equal(t, "postgres://h/db?user=anna&password=********", all["VESTNIK_DATABASE_URL"])
	require.Equal(t, "nats://********@nats:4222,nats://u:********@other:4222", all["VESTNIK_NATS_URL"])
	require.Equal(t, "https://********@api.example.com/send?api_key=********&v=********#name=api&rate=5", all["VESTNIK_HTTP_PROVIDER_URL"])
	require.Equal(t, "smtp://anna:********@mail.example.com:587?tls=starttls&rate=100", all["VESTNIK_SMTP_URL"])
}

func TestSettingsOfSigningInElsewhere(t *testing.T) {
	t.Parallel()
	for want, vars := range map[string][]string{
		"OIDC_ISSUER: must be set":       {"VESTNIK_OIDC_CLIENT_ID=vestnik"},
		"OIDC_CLIENT_ID: must be set":    {"VESTNIK_OIDC_ISSUER=https://id.example.com"},
		"OIDC_ISSUER: must begin with":   {"VESTNIK_OIDC_ISSUER=http://id.example.com", "VESTNIK_OIDC_CLIENT_ID=vestnik"},
		"OIDC_ISSUER: names no host":     {"VESTNIK_OIDC_ISSUER=https:///x", "VESTNIK_OIDC_CLIENT_ID=vestnik"},
		"OIDC_ISSUER: must have nothing": {"VESTNIK_OIDC_ISSUER=https://id.example.com/?x=hunter2", "VESTNIK_OIDC_CLIENT_ID=vestnik"},
		"OIDC_ISSUER: is not a URL":      {"VESTNIK_OIDC_ISSUER=https://id example.com", "VESTNIK_OIDC_CLIENT_ID=vestnik"},
	} {
		_, err := config.Parse(vars)
		require.ErrorContains(t, err, "VESTNIK_"+want)
		require.NotContains(t, err.Error(), "hunter2")
	}
	cfg, err := config.Parse([]string{
		"VESTNIK_OIDC_ISSUER=http://127.0.0.1:9000/realm", "VESTNIK_OIDC_CLIENT_ID=vestnik", "VESTNIK_OIDC_CLIENT_SECRET=hunter2",
	})
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", cfg.IdentityProvider())
	for _, s := range cfg.Settings() {
		require.NotContains(t, s.Value, "hunter2", s.Name)
	}
	cfg, err = config.Parse([]string{"VESTNIK_OIDC_ISSUER=https://id.example.com", "VESTNIK_OIDC_CLIENT_ID=vestnik", "VESTNIK_OIDC_NAME=Example Inc."})
	require.NoError(t, err)
	require.Equal(t, "Example Inc.", cfg.IdentityProvider())
}
