// Command sender is the part of Vestnik for sending; run as many as you like. Its settings are environment variables: see .env.sample.
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
		fmt.Fprintf(os.Stderr, "sender: %v\n", err)
		os.Exit(1) //nolint:gocritic // nothing is left for stop to do
	}
}

func run(ctx context.Context) error {
	cfg, err := config.Load()
	if err != nil {
		return fmt.Errorf("the settings are wrong:\n%w", err)
	}
	return app.Run(ctx, cfg, app.Options{Jobs: app.Jobs{Sender: true}}, logging.New(os.Stderr, cfg.LogLevel, cfg.LogFormat))
}
