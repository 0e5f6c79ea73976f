// Package cli is the operator's program: its commands, and what they print. What they do is done by package app and
// the stores.
//
// Standard output holds results alone, in JSON with --json; logs, progress and errors go to standard error. The exit
// status is 0 when all went well, 1 when something failed and 2 when the command line is wrong.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/logging"
)

const (
	statusFailed = 1
	statusUsage  = 2

	screenWidth = 80
)

// Program is one run of the operator's program.
type Program struct {
	Args           []string
	Environ        []string // the settings, as os.Environ gives them; nil: those of this process
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Run does what the arguments say until it is done or ctx ends, says on Stderr what went wrong, and returns the exit
// status.
func Run(ctx context.Context, p Program) int {
	c := &command{Program: p}
	root := c.root() //nolint:contextcheck // cobra hands it to the commands
	root.SetArgs(p.Args)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	at, err := root.ExecuteContextC(ctx)
	_, misused := errors.AsType[*usageError](err)
	switch {
	case err == nil:
		return 0
	case misused || !c.started:
		say(p.Stderr, "vestnik: %v\n`%s --help` tells more.\n", err, at.CommandPath())
		return statusUsage
	case errors.Is(err, errSaid):
	default:
		say(p.Stderr, "vestnik: %v\n", err)
	}
	return statusFailed
}

// errSaid ends a command that has told already what failed.
var errSaid = errors.New("the command failed")

// usageError is a mistake on the command line.
type usageError struct{ problem string }

// Error implements error.
func (e *usageError) Error() string { return e.problem }

func misuse(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// command is what the commands of one run share.
type command struct {
	Program
	json    bool
	started bool // the command line was right
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "vestnik",
		Short: "Send e-mail mailings",
		Long: `Vestnik sends e-mail mailings: once or periodically, to any number of clients.

  vestnik demo     shows all of it within a minute and leaves nothing behind
  vestnik up       runs all of it on this machine

Settings are environment variables that begin with VESTNIK_; "vestnik config"
lists those in force. With nothing set, "vestnik up" brings its own PostgreSQL,
NATS, Redis and mailbox, and the other commands find them by themselves.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().BoolVar(&c.json, "json", false, "print the result as JSON on standard output")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "FlagUsages", fmt.Sprintf("FlagUsagesWrapped %d", screenWidth)))
	root.AddGroup(
		&cobra.Group{ID: "run", Title: "Run and send:"},
		&cobra.Group{ID: "keep", Title: "Set up and look after:"},
	)
	root.SetHelpCommandGroupID("keep")
	root.AddCommand(
		c.upCommand(), c.demoCommand(), c.sendCommand(), c.resendCommand(),
		c.migrateCommand(), c.userCommand(), c.auditCommand(), c.importCommand(), c.exportCommand(), c.configCommand(), c.natsCommand(),
		c.deadCommand(), c.healthcheckCommand(), c.versionCommand(),
	)
	return root
}

// does wraps a command's work: once it begins, errors are failures and no longer misuse.
func (c *command) does(work func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c.started = true
		return work(cmd.Context(), args)
	}
}

// needsCommand is the work of a command that only groups others.
func needsCommand(cmd *cobra.Command, _ []string) error {
	return misuse("name one of its commands: %s %s", cmd.CommandPath(), cmd.Commands()[0].Name())
}

// settings reads the settings; every wrong one is named.
func (c *command) settings() (config.Config, error) {
	load := config.Load
	if c.Environ != nil {
		load = func() (config.Config, error) { return config.Parse(c.Environ) }
	}
	cfg, err := app.LoadSettings(load)
	if err != nil {
		return cfg, fmt.Errorf("the settings are wrong:\n%w", err)
	}
	if cfg.DataDir, err = filepath.Abs(cfg.DataDir); err != nil {
		return cfg, fmt.Errorf("find the data directory: %w", err)
	}
	return cfg, nil
}

func (c *command) logger(cfg config.Config) zerolog.Logger {
	file, isFile := c.Stderr.(*os.File)
	if !isFile {
		return logging.New(os.Stderr, cfg.LogLevel, "json").Output(c.Stderr)
	}
	return logging.New(file, cfg.LogLevel, cfg.LogFormat)
}

// quieter is for commands whose own output says what goes on: unless asked for more, the log holds warnings only.
func quieter(cfg config.Config) config.Config {
	if cfg.LogLevel == "info" {
		cfg.LogLevel = "warn"
	}
	return cfg
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
