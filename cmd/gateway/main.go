// Command gateway is the part of Vestnik for the REST API. Its settings are environment variables: see .env.sample.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/logging"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "gateway: %v\n", err)
		os.Exit(1) //nolint:gocritic // nothing is left for stop to do
	}
}

func run(ctx context.Context) error {
	cfg, err := config.Load()
	if err != nil {
		return fmt.Errorf("the settings are wrong:\n%w", err)
	}
	return app.Run(ctx, cfg, app.Options{Jobs: app.Jobs{Gateway: true}}, logging.New(os.Stderr, cfg.LogLevel, cfg.LogFormat))
}
