package standalone

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const runtimeFile = "runtime.json"

// ErrNotRunning says that no `vestnik up` uses the data directory at the moment.
var ErrNotRunning = errors.New("no `vestnik up` is running on this data directory")

// Runtime is what a running `vestnik up` tells the other commands on its machine. It holds passwords: the file is
// readable by its owner alone.
type Runtime struct {
	PID         int       `json:"pid"` // filled in by WriteRuntime
	StartedAt   time.Time `json:"started_at"`
	DatabaseURL string    `json:"database_url"`
	NATSURL     string    `json:"nats_url"`
	RedisURL    string    `json:"redis_url"`
	SMTPURL     string    `json:"smtp_url"`
	HTTPAddr    string    `json:"http_addr"` // host:port
}

// WriteRuntime publishes r in dir, whole or not at all. The caller holds the Lock of dir.
func WriteRuntime(dir string, r Runtime) error {
	r.PID = os.Getpid()
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", runtimeFile, err)
	}
	return writeFileAtomic(filepath.Join(dir, runtimeFile), append(content, '\n'))
}

// RemoveRuntime takes the file away at the end of a run. A file that is not there is no error.
func RemoveRuntime(dir string) error {
	if err := os.Remove(filepath.Join(dir, runtimeFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", runtimeFile, err)
	}
	return nil
}

// ReadRuntime returns what the `vestnik up` that now runs on dir has published. It returns ErrNotRunning when there is
// none, when it has not published yet, and when the file was left behind by a process that was killed: the file counts
// only if the process that wrote it holds the lock of the directory.
func ReadRuntime(dir string) (Runtime, error) {
	holder, held, err := lockHolder(dir)
	if err != nil {
		return Runtime{}, err
	}
	if !held {
		return Runtime{}, ErrNotRunning
	}
	content, err := os.ReadFile(filepath.Join(dir, runtimeFile)) //nolint:gosec // the operator's own directory
	if errors.Is(err, os.ErrNotExist) {
		return Runtime{}, ErrNotRunning
	}
	if err != nil {
		return Runtime{}, fmt.Errorf("read %s: %w", runtimeFile, err)
	}
	var r Runtime
	if err := json.Unmarshal(content, &r); err != nil {
		return Runtime{}, fmt.Errorf("read %s in %s: %w", runtimeFile, dir, err)
	}
	if r.PID != holder {
		return Runtime{}, ErrNotRunning
	}
	return r, nil
}
