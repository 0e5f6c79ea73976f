package config_test

import (
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
		"VESTNIK_TEST_ANYTHING=is no setting", "PATH=/bin",
	})
	require.Error(t, err)
	for _, name := range []string{"SMPT_URL", "DATABASE_URL", "LEASE", "WORKERS", "MAIL_FROM", "LOG_LEVEL", "HTTP_ADDR", "SECRET_KEY"} {
		require.ErrorContains(t, err, "VESTNIK_"+name+": ")
	}
	require.NotContains(t, err.Error(), "VESTNIK_TEST_")
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
		if name, value, ok := strings.Cut(line, "="); ok && strings.HasPrefix(name, "VESTNIK_") {
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
