package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/standalone"
)

const (
	// reachPatience covers a `vestnik up` that is just starting, and another command at work on the directory.
	reachPatience = 20 * time.Second
	reachPoll     = 100 * time.Millisecond
)

// merge completes cfg with the servers of a running `vestnik up`. What is set stays.
func merge(cfg config.Config, r standalone.Runtime) config.Config {
	for _, s := range []struct {
		setting *string
		value   string
	}{{&cfg.DatabaseURL, r.DatabaseURL}, {&cfg.NATSURL, r.NATSURL}, {&cfg.RedisURL, r.RedisURL}, {&cfg.SMTPURL, r.SMTPURL}} {
		if *s.setting == "" {
			*s.setting = s.value
		}
	}
	return cfg
}

// running completes cfg with the servers of the `vestnik up` on its data directory, if one runs.
func running(cfg config.Config) (config.Config, *standalone.Runtime, error) {
	r, err := standalone.ReadRuntime(cfg.DataDir)
	if errors.Is(err, standalone.ErrNotRunning) {
		return cfg, nil, nil
	}
	if err != nil {
		return cfg, nil, err
	}
	return merge(cfg, r), &r, nil
}

// withDatabase calls fn with settings that name a database: the one that is set, that of the running `vestnik up`, or
// else the private one of the data directory, which is started and migrated for the time of the call.
func (c *command) withDatabase(ctx context.Context, cfg config.Config, log zerolog.Logger, fn func(cfg config.Config) error) error {
	if cfg.DatabaseURL != "" {
		return fn(cfg)
	}
	return c.onDirectory(ctx, cfg, fn, func() (err error) {
		pg, err := startDatabase(ctx, cfg.DataDir, log)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, pg.stop()) }()
		cfg.DatabaseURL = pg.url
		if _, err := app.Migrate(ctx, cfg, log); err != nil {
			return err
		}
		return fn(cfg)
	})
}

// onDirectory calls found when a `vestnik up` runs on the data directory, and alone, with the directory locked, when
// none does.
func (c *command) onDirectory(ctx context.Context, cfg config.Config, found func(config.Config) error, alone func() error) error {
	lock, merged, err := c.await(ctx, cfg)
	if err != nil {
		return err
	}
	if lock == nil {
		return found(merged)
	}
	return errors.Join(alone(), lock.Release())
}

// await returns the lock of the data directory, or, without one, the settings of the `vestnik up` that holds it.
func (c *command) await(ctx context.Context, cfg config.Config) (*standalone.Lock, config.Config, error) {
	deadline := time.Now().Add(reachPatience)
	for {
		merged, r, err := running(cfg)
		if err != nil || r != nil {
			return nil, merged, err
		}
		lock, err := standalone.LockDataDir(cfg.DataDir)
		if err == nil {
			return lock, cfg, nil
		}
		if _, busy := errors.AsType[*standalone.DirInUseError](err); !busy || time.Now().After(deadline) {
			return nil, cfg, err
		}
		select {
		case <-time.After(reachPoll):
		case <-ctx.Done():
			return nil, cfg, ctx.Err()
		}
	}
}

// notRunning says that a command needs servers that it cannot find.
func notRunning(cfg config.Config, setting string) error {
	return fmt.Errorf("no `vestnik up` runs on data directory %s: start it, name its directory with VESTNIK_DATA_DIR, "+
		"or set %s", cfg.DataDir, setting)
}
