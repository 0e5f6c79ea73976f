package cli

import (
	"context"
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
		Long: `Applies the migrations that the database lacks; run it before a new version of
gateway, planner and sender starts. "vestnik up" does it by itself. Several may
run at once: one works, the others wait. Streams are made as well where
VESTNIK_NATS_URL and VESTNIK_REDIS_URL are set.`,
		Args: cobra.NoArgs,
		RunE: c.does(func(ctx context.Context, _ []string) error {
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			cfg = quieter(cfg)
			if cfg.DatabaseURL != "" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, wait)
				defer cancel()
			}
			return c.withDatabase(ctx, cfg, c.logger(cfg), func(cfg config.Config) error { return c.migrate(ctx, cfg) })
		}),
	}
	cmd.Flags().DurationVar(&wait, "wait", time.Minute, "how long to wait for servers that do not answer yet")
	return cmd
}

func (c *command) migrate(ctx context.Context, cfg config.Config) error {
	log := c.logger(cfg)
	applied, err := app.Migrate(ctx, cfg, log)
	if err != nil {
		return err
	}
	if cfg.NATSURL != "" && cfg.RedisURL != "" {
		if err := app.Prepare(ctx, cfg, log); err != nil {
			return err
		}
	}
	if c.json {
		return c.printJSON(map[string]int{"applied": applied})
	}
	if applied == 0 {
		return c.result("The database is up to date.\n")
	}
	return c.result("Applied %s.\n", counted(int64(applied), "migration"))
}
