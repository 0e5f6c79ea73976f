package standalone

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// isPostmasterOf is certain by two facts: the program is called postgres, and it has made the data directory its current
// one, as every postmaster does.
func isPostmasterOf(_ context.Context, pid int, pgdata string) bool {
	proc := fmt.Sprintf("/proc/%d", pid)
	exe, err := os.Readlink(filepath.Join(proc, "exe"))
	if err != nil {
		return false
	}
	cwd, err := os.Stat(filepath.Join(proc, "cwd"))
	if err != nil {
		return false
	}
	dir, err := os.Stat(pgdata)
	if err != nil {
		return false
	}
	// The package manager may have replaced the program under the running server.
	name := filepath.Base(strings.TrimSuffix(exe, " (deleted)"))
	return (name == "postgres" || name == "postmaster") && os.SameFile(cwd, dir)
}
