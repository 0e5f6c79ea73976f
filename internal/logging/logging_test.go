package logging_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/logging"
)

// written is what one line looks like in a format.
func written(t *testing.T, format string) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	log := logging.New(file, "info", format)
	log.Info().Dur("late_ms", 1234567*time.Microsecond).Dur("duration_ms", 250*time.Microsecond).Int("count_ms_seen", 3).Str("odd_ms", "x").Msg("started")
	log.Debug().Msg("not shown")
	require.NoError(t, file.Close())
	content, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	return string(content)
}

func TestPeopleSeeDurationsWithTheirUnit(t *testing.T) {
	t.Parallel()
	text := written(t, "console")
	for _, want := range []string{"late=\x1b[0m1.235s", "duration=\x1b[0m0.25ms", "count_ms_seen=\x1b[0m3", "odd_ms=\x1b[0mx", "started"} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "not shown")
}

func TestProgramsSeeMilliseconds(t *testing.T) {
	t.Parallel()
	line := written(t, "json")
	require.Contains(t, line, `"late_ms":1234.567`)
	require.Contains(t, line, `"duration_ms":0.25`)
	require.Contains(t, written(t, "auto"), `"late_ms":1234.567`, "a file is no terminal")
}
