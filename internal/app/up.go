package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres"
	"github.com/vestnik-mail/vestnik/migrations"
)

// operatorConns is how many connections a command of the operator keeps: it does one thing at a time.
const operatorConns = 4

// Store is the database as a command of the operator has it.
type Store = postgres.Store

// OpenStore opens the database for a command of the operator, who may do what no user may. It does not wait for the
// server.
func OpenStore(ctx context.Context, cfg config.Config) (*Store, error) {
	if err := cfg.Require("DATABASE_URL"); err != nil {
		return nil, err
	}
	return postgres.Open(ctx, cfg.DatabaseURL, operatorConns, domain.SystemClock{})
}

// CheckMail names what is wrong with the settings of the mail service, before anything starts. An empty one is fine.
func CheckMail(cfg config.Config) error {
	_, err := openMailServices(cfg, nil)
	return err
}

// LoadSettings reads the settings by load and returns every problem there is with them at once: those of the URLs of mail
// services, which config does not know in detail, are told together with the others.
func LoadSettings(load func() (config.Config, error)) (config.Config, error) {
	cfg, err := load()
	if err == nil || strings.Contains(err.Error(), "VESTNIK_SMTP_URL") || strings.Contains(err.Error(), "VESTNIK_HTTP_PROVIDER") {
		return cfg, err // whoever needs a mail service checks it; or it was named already
	}
	return cfg, errors.Join(err, CheckMail(cfg))
}

// Migrate waits for the server of the database until ctx ends, brings its schema up to this program, makes the partitions of the days
// to come, and returns how many migrations it applied. It is safe to repeat and to race.
func Migrate(ctx context.Context, cfg config.Config, log zerolog.Logger) (int, error) {
	store, err := OpenStore(ctx, cfg)
	if err != nil {
		return 0, err
	}
	defer store.Close()
	if err := waitForDatabase(ctx, store, log); err != nil {
		return 0, err
	}
	applied, err := migrations.Up(ctx, cfg.DatabaseURL)
	if err != nil {
		return applied, err
	}
	return applied, store.EnsurePartitions(ctx)
}

func waitForDatabase(ctx context.Context, store *postgres.Store, log zerolog.Logger) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var said time.Time
	for {
		ping, cancel := context.WithTimeout(ctx, pingTimeout)
		err := store.Ping(ping)
		cancel()
		if _, ok := errors.AsType[*postgres.NoDatabaseError](err); err == nil || ok {
			return err
		}
		if ctx.Err() == nil && time.Since(said) >= sayEvery {
			said = time.Now()
			log.Warn().AnErr("error", err).Msg("waiting for postgresql")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the database does not answer: %w", errors.Join(ctx.Err(), err))
		}
	}
}
