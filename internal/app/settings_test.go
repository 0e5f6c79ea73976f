package app_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/config"
)

// Whoever sets Vestnik up learns of every mistake in one go, and of each once.
func TestEverythingWrongWithTheSettingsIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := app.LoadSettings(func() (config.Config, error) {
		return config.Parse([]string{
			"VESTNIK_WORKERS=many", "VESTNIK_LEASE=abc", "VESTNIK_NATS_REPLICAS=50",
			"VESTNIK_SMTP_URL=smtp://one.example.com?conections=3,smtp://two.example.com?name=a,smtp://three.example.com?name=a",
			"VESTNIK_HTTP_PROVIDER_URL=https://api.example.com/send",
		})
	})
	for _, part := range []string{"VESTNIK_WORKERS", "VESTNIK_LEASE", "VESTNIK_NATS_REPLICAS", "conections", `called "a"`, "the token is missing"} {
		require.Equal(t, 1, strings.Count(err.Error(), part), "%s\n%s", part, err)
	}
}
