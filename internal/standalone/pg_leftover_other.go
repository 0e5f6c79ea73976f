//go:build !linux

package standalone

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
)

// isPostmasterOf goes by the command line, which names the program and the data directory we started it with.
func isPostmasterOf(ctx context.Context, pid int, pgdata string) bool {
	out, err := exec.CommandContext(ctx, "ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:gosec // a number
	if err != nil {
		return false
	}
	command := string(out)
	program, _, _ := strings.Cut(command, " ")
	return strings.HasSuffix(program, "postgres") && strings.Contains(command, "-D "+pgdata+" ")
}
