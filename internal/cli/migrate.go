package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/config"
)

func (c *command) migrateCommand() *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use:     "migrate",
		Short:   "Bring the database up to this version",
		GroupID: "keep",
		Long: `Applies the migrations that the database lacks, and makes the streams of NATS
or brings them up to date where VESTNIK_NATS_URL names one or a "vestnik up"
runs; run it before a new version of gateway, planner and sender starts.
"vestnik up" does it by itself, so there is nothing to do for a private
database. It may be repeated, and several may run at once: one works, the others
wait.`,
		Args: cobra.NoArgs,
		RunE: c.does(func(ctx context.Context, _ []string) error {
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			cfg, _, err = running(quieter(cfg))
			if err != nil {
				return err
			}
			if cfg.DatabaseURL == "" {
				return notRunning(cfg, "VESTNIK_DATABASE_URL")
			}
			ctx, cancel := context.WithTimeout(ctx, wait)
			defer cancel()
			return c.migrate(ctx, cfg, wait)
		}),
	}
	cmd.Flags().DurationVar(&wait, "wait", time.Minute, "how long to wait for servers that do not answer yet")
	return cmd
}

// migrated is what `vestnik migrate` did.
type migrated struct {
	Applied int      `json:"applied"` // migrations
	Made    []string `json:"streams_made"`
	Kept    []string `json:"streams_kept"`
	LeftOut string   `json:"streams_left_out,omitempty"` // why none was looked at
}

func (c *command) migrate(ctx context.Context, cfg config.Config, wait time.Duration) error {
	log := c.logger(cfg)
	done := migrated{Made: []string{}, Kept: []string{}}
	var err error
	if done.Applied, err = app.Migrate(ctx, cfg, log); err != nil {
		return err
	}
	if cfg.NATSURL == "" {
		done.LeftOut = "VESTNIK_NATS_URL is not set; the processes make them when they start"
		return c.reportMigrated(done)
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	made, kept, err := app.MakeStreams(ctx, cfg, log)
	if err != nil {
		return fmt.Errorf("the database is up to date, but the streams of NATS are not: %w", err)
	}
	done.Made, done.Kept = append(done.Made, made...), append(done.Kept, kept...)
	return c.reportMigrated(done)
}

func (c *command) reportMigrated(done migrated) error {
	if c.json {
		return c.printJSON(done)
	}
	lines := []string{"The database is up to date."}
	if done.Applied > 0 {
		lines = []string{fmt.Sprintf("Applied %s to the database.", counted(int64(done.Applied), "migration"))}
	}
	if len(done.Made) > 0 {
		lines = append(lines, "Made the streams of NATS: "+strings.Join(done.Made, ", ")+".")
	}
	if len(done.Kept) > 0 {
		lines = append(lines, "These streams of NATS are up to date: "+strings.Join(done.Kept, ", ")+".")
	}
	if done.LeftOut != "" {
		lines = append(lines, "Left out the streams of NATS: "+done.LeftOut+".")
	}
	return c.result("%s\n", strings.Join(lines, "\n"))
}
