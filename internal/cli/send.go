package cli

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

// sendOptions are the flags of `vestnik send`.
type sendOptions struct {
	inline, quiet bool
	patience      time.Duration
}

func (c *command) sendCommand() *cobra.Command {
	var o sendOptions
	cmd := &cobra.Command{
		Use:     "send [MAILING_ID...]",
		Short:   "Start mailings now and watch them to their end",
		GroupID: "run",
		Long: `The mailing script. It starts the given mailings now, each as a new attempt;
without any it starts those that are due, and takes on attempts that run and
have no sender. Then it waits for the attempts to end. The status is 0 only if
every recipient of every attempt was sent to, and when nothing was due.

The sending itself is done by the senders that run ("vestnik up", or the
program sender). With --inline it is done by this very process as well, which
takes a planner's and a sender's work until the attempts have ended; where no
"vestnik up" runs, VESTNIK_SMTP_URL must name the mail service then.

Ctrl-C ends the watching only: what has been started goes on where a sender
runs.`,
		Example: `  vestnik send 019aaf5e-6d5b-7c10-8a43-5d1f0c3b9e21
  */5 * * * *  vestnik send --inline --quiet    # a crontab: all that is due`,
		RunE: c.does(func(ctx context.Context, args []string) error {
			ids := make([]domain.ID, 0, len(args))
			for _, arg := range args {
				id, err := domain.ParseID(arg)
				if err != nil {
					return misuse("%q is not the id of a mailing", arg)
				}
				ids = append(ids, id)
			}
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			cfg = quieter(cfg)
			return c.withServers(ctx, cfg, o.inline, c.logger(cfg), func(cfg config.Config) error {
				return c.send(ctx, cfg, o, func(ctx context.Context, s *sending) error {
					if len(ids) == 0 {
						return s.startDue(ctx)
					}
					s.startThese(ctx, ids)
					return nil
				})
			})
		}),
	}
	o.addTo(cmd)
	return cmd
}

func (o *sendOptions) addTo(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.inline, "inline", false, "send in this process: for when no sender runs")
	cmd.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "print nothing unless something goes wrong")
	cmd.Flags().DurationVar(&o.patience, "patience", 15*time.Second, "how long to wait for a sender to begin; 0: for ever")
}

// withServers calls fn with settings that name the servers a mailing needs. To send inline where none run, those of the
// data directory are started for the time of the call.
func (c *command) withServers(ctx context.Context, cfg config.Config, inline bool, log zerolog.Logger, fn func(config.Config) error) error {
	found, _, err := running(cfg)
	if err != nil {
		return err
	}
	needed := []string{"DATABASE_URL"}
	if inline {
		needed = append(needed, "NATS_URL", "REDIS_URL", "SMTP_URL")
	}
	if found.Require(needed...) == nil {
		return fn(found)
	}
	if !inline {
		return notRunning(cfg, "VESTNIK_DATABASE_URL")
	}
	if err := found.Require("SMTP_URL"); err != nil {
		return err // the built-in mailbox would be gone with this process, and the mail with it
	}
	return c.onDirectory(ctx, cfg, fn, func() (err error) {
		s := &servers{log: log, dir: cfg.DataDir}
		defer func() { err = errors.Join(err, s.stop(ctx)) }()
		started, err := s.start(ctx, cfg)
		if err != nil {
			return err
		}
		if _, err := app.Migrate(ctx, started, log); err != nil {
			return err
		}
		return fn(started)
	})
}

// send has begin set attempts going, and watches them to their end.
func (c *command) send(ctx context.Context, cfg config.Config, o sendOptions, begin func(context.Context, *sending) error) error {
	store, err := openMigrated(ctx, cfg)
	if err != nil {
		return err
	}
	defer store.Close()
	s := &sending{command: c, store: store, o: o, begin: begin}
	if !o.inline {
		return s.run(ctx)
	}
	return s.runInline(ctx, cfg)
}

// runInline runs while this process does a planner's and a sender's work.
func (s *sending) runInline(ctx context.Context, cfg config.Config) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	worked := make(chan error, 1)
	go func() {
		defer cancel() // without it there is nothing to wait for
		worked <- app.Run(ctx, cfg, app.Options{Jobs: app.Jobs{Planner: true, Sender: true}}, s.logger(cfg))
	}()
	err := s.run(ctx)
	cancel()
	return errors.Join(<-worked, err)
}

func (s *sending) run(ctx context.Context) error {
	if err := s.begin(ctx, s); err != nil {
		return err
	}
	if err := s.watch(ctx); err != nil {
		return err
	}
	return s.result()
}

// result says how it went, and returns nil only if all succeeded.
func (s *sending) result() error {
	if s.json {
		reports := make([]attemptReport, 0, len(s.watched))
		for _, w := range s.watched {
			reports = append(reports, reportOf(w.attempt))
		}
		if err := s.printJSON(map[string]any{"attempts": reports}); err != nil {
			return err
		}
	}
	if len(s.watched) == 0 && !s.failed && !s.o.quiet && !s.json {
		say(s.Stdout, "No mailing is due.\n")
	}
	if s.failed {
		return errSaid
	}
	return nil
}
