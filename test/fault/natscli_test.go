package fault_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// natscli is the version of the NATS CLI that docs/replay.md names.
const natscli = "v0.5.1"

// natsCLI returns the folder of the real NATS CLI. It is built once, which takes a minute, and kept in the user's cache.
func natsCLI(t *testing.T) string {
	t.Helper()
	dir, err := buildNATSCLI()
	require.NoError(t, err)
	return dir
}

//nolint:gochecknoglobals // one build serves all tests of the package
var buildNATSCLI = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache: %w", err)
	}
	dir := filepath.Join(cache, "vestnik", "natscli-"+natscli)
	if _, err := os.Stat(filepath.Join(dir, "nats")); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	building, err := os.MkdirTemp(dir, "building-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(building) }()
	cmd := exec.Command("go", "install", "github.com/nats-io/natscli/nats@"+natscli)
	cmd.Env = append(os.Environ(), "GOBIN="+building, "GOFLAGS=-mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go install natscli: %w\n%s", err, out)
	}
	// Whole or not at all, whoever else builds it at the same moment.
	return dir, os.Rename(filepath.Join(building, "nats"), filepath.Join(dir, "nats"))
})
