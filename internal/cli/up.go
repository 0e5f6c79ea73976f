package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/standalone"
	"github.com/vestnik-mail/vestnik/internal/standalone/mailbox"
)

func (c *command) upCommand() *cobra.Command {
	var noPlanner, noSender bool
	cmd := &cobra.Command{
		Use:     "up",
		Short:   "Run everything in one process",
		GroupID: "run",
		Long: `Runs the REST API, the planner and a sender in this process until Ctrl-C.
Whatever the settings do not name comes along: PostgreSQL (from this machine's
own binaries), NATS, Redis, and a mailbox that takes all mail instead of
sending it and shows the last 10,000 messages until the restart. Everything
else is in VESTNIK_DATA_DIR and survives one.

Each is replaced by its setting, one by one:

  VESTNIK_SMTP_URL       the mail service; without it no mail leaves here
  VESTNIK_DATABASE_URL   PostgreSQL; it is migrated
  VESTNIK_NATS_URL       NATS with JetStream
  VESTNIK_REDIS_URL      Redis
  VESTNIK_HTTP_ADDR      where the API listens (127.0.0.1:8080)

A second Ctrl-C does not wait for what is being sent.`,
		Example: `  vestnik up
  VESTNIK_SMTP_URL='smtp://mail.example.org:587?tls=starttls' vestnik up
  vestnik up --no-sender   # see also: vestnik config --export`,
		Args: cobra.NoArgs,
		RunE: c.does(func(ctx context.Context, _ []string) error {
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			jobs := app.Jobs{Gateway: true, Planner: !noPlanner, Sender: !noSender}
			return c.up(ctx, cfg, jobs, c.logger(cfg), func(_ context.Context, i instance) (bool, error) {
				return true, c.welcome(i)
			})
		}),
	}
	cmd.Flags().BoolVar(&noPlanner, "no-planner", false, "leave the planner out: it runs elsewhere")
	cmd.Flags().BoolVar(&noSender, "no-sender", false, "leave the sender out: senders run elsewhere")
	return cmd
}

// instance is a `vestnik up` that is ready.
type instance struct {
	cfg     config.Config // with every server named
	jobs    app.Jobs
	base    string           // http://host:port
	setup   string           // the page that makes the first account, a secret in it; empty: there is one
	mailbox *mailbox.Mailbox // nil when mail goes to a real service
}

// up runs jobs, with the servers they need, until ctx ends. When everything answers it calls work; up ends when work
// does not want to stay, or fails.
func (c *command) up(ctx context.Context, cfg config.Config, jobs app.Jobs, log zerolog.Logger, work func(context.Context, instance) (stay bool, err error)) (err error) {
	lock, err := standalone.LockDataDir(cfg.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	if err := errors.Join(app.CheckMail(cfg), portIsFree(ctx, cfg.HTTPAddr)); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { log.Info().Msg("stopping; a second Ctrl-C does not wait") })()
	s := &servers{log: log, dir: cfg.DataDir}
	defer func() { err = errors.Join(err, s.stop(ctx)) }()
	if cfg, err = s.start(ctx, cfg); err != nil {
		return unlessStopped(ctx, err)
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	listens, ready := make(chan string, 1), make(chan string, 1)
	setup := ""
	o := app.Options{
		Jobs: jobs, Migrate: true, Listens: func(addr string) { listens <- addr },
		SetUp: func(page string) { setup = page }, Ready: func() { ready <- setup },
	}
	if s.mailbox != nil {
		o.Mailbox = s.mailbox.Handler()
	}
	worked := make(chan error, 1)
	go func() {
		stay, err := s.announce(ctx, cfg, jobs, listens, ready, work)
		if !stay || err != nil {
			cancel()
		}
		worked <- err
	}()
	err = app.Run(ctx, cfg, o, log)
	cancel()
	return errors.Join(err, <-worked, standalone.RemoveRuntime(s.dir))
}

// announce publishes where everything is, and calls work when it is ready.
func (s *servers) announce(ctx context.Context, cfg config.Config, jobs app.Jobs, listens, ready <-chan string, work func(context.Context, instance) (bool, error)) (bool, error) {
	var addr, setup string
	select {
	case addr = <-listens:
	case <-ctx.Done():
		return true, nil
	}
	// Not before it is ready: other commands use what this tells as soon as it is there, and the schema must be.
	select {
	case setup = <-ready:
	case <-ctx.Done():
		return true, nil
	}
	err := standalone.WriteRuntime(s.dir, standalone.Runtime{
		StartedAt: time.Now().UTC(), DatabaseURL: cfg.DatabaseURL, NATSURL: cfg.NATSURL, RedisURL: cfg.RedisURL,
		SMTPURL: cfg.SMTPURL, HTTPAddr: addr,
	})
	if err != nil {
		return false, err
	}
	i := instance{cfg: cfg, jobs: jobs, base: app.BaseURL(cfg, addr), mailbox: s.mailbox}
	if setup != "" {
		i.setup = i.base + setup
	}
	return work(ctx, i)
}

// unlessStopped drops the errors of a start that was asked to stop.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // whatever failed, failed because of that
	}
	return err
}

// welcome says where everything is and what to do next.
func (c *command) welcome(i instance) error {
	api, docs, mail := i.base+"/api/v1", i.base+"/api/docs", ""
	if i.mailbox != nil {
		mail = i.base + "/mailbox"
	}
	if c.json {
		return c.printJSON(struct {
			Web     string `json:"web"`
			API     string `json:"api"`
			Docs    string `json:"docs"`
			Mailbox string `json:"mailbox,omitempty"`
			DataDir string `json:"data_dir"`
			Jobs    string `json:"jobs"`
			Setup   string `json:"setup,omitempty"`
		}{i.base, api, docs, mail, i.cfg.DataDir, i.jobs.String(), i.setup})
	}
	rows := [][2]string{{"Web", i.base}, {"API", api}, {"API docs", docs}}
	if mail != "" {
		rows = append(rows, [2]string{"Mailbox", mail})
	}
	rows = append(rows, [2]string{"Data", i.cfg.DataDir}, [2]string{"Jobs", strings.ReplaceAll(i.jobs.String(), "+", ", ")})
	say(c.Stdout, "\nVestnik is up.\n")
	say(c.Stdout, "\n")
	pairs(c.Stdout, rows)
	if mail != "" {
		say(c.Stdout, "\nNo mail leaves this machine: it all goes to the mailbox.\nVESTNIK_SMTP_URL names a real mail service.\n")
	}
	if i.setup != "" {
		say(c.Stdout, "\nNext, open this link to make the administrator (it works once):\n\n  %s\n", i.setup)
		say(c.Stdout, "\nor make an account with a key for the API, in another terminal:\n")
	} else {
		say(c.Stdout, "\nNext, sign in at the first of these; or make an account with a key for the API, in another terminal:\n")
	}
	say(c.Stdout, "\n  vestnik user create --email you@example.org --password - --verified --api-key\n")
	say(c.Stdout, "\nCtrl-C stops it; the data stays.\n")
	say(c.Stdout, "\n")
	return nil
}
