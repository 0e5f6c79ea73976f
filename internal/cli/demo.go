package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/logging"
)

const (
	maxDemoClients = 1_000_000
	// demoMark is a file in a data directory that a demonstration has made.
	demoMark = "demo"
)

// demoOptions are the flags of `vestnik demo`.
type demoOptions struct {
	clients   int
	csv, data string
	exit      bool
}

func (c *command) demoCommand() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "Show all of it within a minute",
		GroupID: "run",
		Long: `Runs everything on a fresh data directory, imports made-up clients, and creates
three mailings to all of them over the REST API: one due at once, one due in 10
seconds and a weekly one. It shows their progress, the report of each attempt,
and where to read the mail, and stays up until Ctrl-C.

It uses servers of its own and delivers to its own mailbox, whatever the
settings say: nothing reaches a real person, not even with your own --csv, and
nothing is left behind but with --data.`,
		Example: `  vestnik demo
  vestnik demo --clients 100000 --exit
  vestnik demo --csv clients.csv
  vestnik demo --exit --json | tail -n 1 | jq .`,
		Args: cobra.NoArgs,
		RunE: c.does(func(ctx context.Context, _ []string) error {
			if o.clients < 1 || o.clients > maxDemoClients {
				return misuse("--clients: must be between 1 and %s", number(maxDemoClients))
			}
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			return c.demo(ctx, cfg, o)
		}),
	}
	cmd.Flags().IntVar(&o.clients, "clients", 200, "how many clients to make up, at most 1,000,000")
	cmd.Flags().StringVar(&o.csv, "csv", "", "import this CSV `FILE` instead: see vestnik import clients --help")
	cmd.Flags().StringVar(&o.data, "data", "", "keep the data, in `DIR`")
	cmd.Flags().BoolVar(&o.exit, "exit", false, "end after the report; the status is 1 unless all succeeded")
	cmd.MarkFlagsMutuallyExclusive("clients", "csv")
	return cmd
}

func (c *command) demo(ctx context.Context, cfg config.Config, o demoOptions) (err error) {
	if cfg.DatabaseURL+cfg.NATSURL+cfg.RedisURL+cfg.SMTPURL+cfg.HTTPProvider != "" {
		say(c.Stderr, "vestnik: the demo uses servers and a mailbox of its own, not those of the settings\n")
	}
	cfg.DatabaseURL, cfg.NATSURL, cfg.RedisURL, cfg.SMTPURL, cfg.HTTPProvider, cfg.BaseURL = "", "", "", "", "", ""
	d := &demo{command: c, o: o, out: c.Stdout}
	if c.json {
		d.out = c.Stderr
	}
	if o.csv != "" {
		file, _, err := c.input(o.csv) // before all the rest: a slip in the name should not take seconds to find
		if err != nil {
			return err
		}
		d.csv = file
		defer func() { _ = file.Close() }() // it was only read
	}
	remove, err := d.directory(&cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	cfg.HealthAddr = "127.0.0.1:0" // that of a real one is not the demonstration's to take
	if cfg.HTTPAddr, err = freeAddr(ctx, cfg.HTTPAddr); err != nil {
		return err
	}
	d.log = &screen{out: c.Stderr}
	log := c.logger(quieter(cfg))
	if isTerminal(c.Stderr) {
		log = log.Output(logging.Console(d.log))
	}
	say(d.out, "\nVestnik demo\n\nStarting PostgreSQL, NATS, Redis and a mailbox in\n%s\n", cfg.DataDir)
	jobs := app.Jobs{Gateway: true, Planner: true, Sender: true}
	shown := false
	err = c.up(ctx, cfg, jobs, log, func(ctx context.Context, i instance) (bool, error) {
		err := d.show(ctx, i)
		shown = err == nil
		return !o.exit, err
	})
	if !shown && ctx.Err() != nil {
		return errors.New("interrupted") // whatever failed, failed because of that
	}
	if err == nil && o.exit && d.failed {
		return errSaid
	}
	return err
}

// demo is one demonstration.
type demo struct {
	*command

	o      demoOptions
	out    io.Writer // for people
	csv    io.Reader // the operator's own; nil: the sample
	log    *screen
	api    *apiClient
	reused bool // the directory has been used before
	failed bool // not everything succeeded
}

// directory sets the data directory and returns how to remove it.
func (d *demo) directory(cfg *config.Config) (remove func() error, err error) {
	if d.o.data == "" {
		if cfg.DataDir, err = freshDir(); err != nil {
			return nil, err
		}
		return func() error { return os.RemoveAll(cfg.DataDir) }, nil
	}
	if cfg.DataDir, err = filepath.Abs(d.o.data); err != nil {
		return nil, fmt.Errorf("find --data: %w", err)
	}
	mark := filepath.Join(cfg.DataDir, demoMark)
	_, unmarked := os.Stat(mark)
	if _, err := os.Stat(filepath.Join(cfg.DataDir, "postgres")); err == nil && unmarked != nil {
		return nil, fmt.Errorf("directory %s holds the data of a real `vestnik up`, whose mailings a demo would deliver to its own "+
			"mailbox: choose another one for --data", cfg.DataDir)
	}
	d.reused = unmarked == nil
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // PostgreSQL, which does not run as root, must pass through
	}
	if err := os.MkdirAll(cfg.DataDir, mode); err != nil {
		return nil, fmt.Errorf("make --data: %w", err)
	}
	if err := os.WriteFile(mark, []byte("made by vestnik demo\n"), 0o600); err != nil {
		return nil, fmt.Errorf("mark --data: %w", err)
	}
	return func() error { return nil }, nil
}

// freshDir makes a directory where PostgreSQL can enter even when it cannot run as this user, who is root then.
func freshDir() (string, error) {
	parent := os.TempDir()
	if os.Geteuid() == 0 && !everybodyEnters(parent) {
		parent = "/var/tmp"
	}
	dir, err := os.MkdirTemp(parent, "vestnik-demo-")
	if err != nil {
		return "", fmt.Errorf("make a data directory: %w (--data chooses another place)", err)
	}
	if os.Geteuid() == 0 {
		err = os.Chmod(dir, 0o711) //nolint:gosec // see above
	}
	return dir, err
}

func everybodyEnters(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
}

// freeAddr returns addr if its port is free, and otherwise one that is.
func freeAddr(ctx context.Context, addr string) (string, error) {
	err := portIsFree(ctx, addr)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return addr, err
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("read VESTNIK_HTTP_ADDR: %w", err)
	}
	return net.JoinHostPort(host, "0"), nil
}
