package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/logging"
)

// Exit codes of the programs.
const (
	exitFailed = 1
	exitMisuse = 2
)

// Main is a whole program that does jobs until SIGINT or SIGTERM. It returns the exit code. The programs take no
// arguments, but tell so who asks.
func Main(name, does string, jobs Jobs) int {
	if len(os.Args) > 1 {
		return usage(name, does, os.Args[1:], os.Stdout, os.Stderr)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cfg, err := LoadSettings(config.Load)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: the settings are wrong:\n%v\n", name, err)
		return exitFailed
	}
	if err := Run(ctx, cfg, Options{Jobs: jobs}, logging.New(os.Stderr, cfg.LogLevel, cfg.LogFormat)); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return exitFailed
	}
	return 0
}

func usage(name, does string, args []string, out, errs io.Writer) int {
	if len(args) == 1 && (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
		_, _ = fmt.Fprintf(out, `%s is the part of Vestnik that %s.

It takes no arguments. Its settings are environment variables that begin with
VESTNIK_; .env.sample lists them, "vestnik config" shows those in force.
SIGTERM or Ctrl-C stops it gracefully, within 30 seconds.
`, name, does)
		return 0
	}
	_, _ = fmt.Fprintf(errs, "%s: takes no arguments, and was given %q; see %s --help\n", name, args, name)
	return exitMisuse
}
