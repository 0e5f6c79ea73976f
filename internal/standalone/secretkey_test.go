package standalone_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/standalone"
)

func TestTheSecretKeyStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key, err := standalone.SecretKey(dir)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(key), 32)
	again, err := standalone.SecretKey(dir)
	require.NoError(t, err)
	assert.Equal(t, key, again)

	file := filepath.Join(dir, "secret-key")
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, os.WriteFile(file, []byte("cut"), 0o600))
	_, err = standalone.SecretKey(dir)
	require.ErrorContains(t, err, "damaged", "another key would unseal nothing")
}
