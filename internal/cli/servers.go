package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/standalone"
	"github.com/vestnik-mail/vestnik/internal/standalone/mailbox"
)

// natsStop is how long NATS has to write its store out.
const natsStop = 10 * time.Second

// servers are those that a process brings along because the settings name no others. The data directory is locked while
// they run.
type servers struct {
	log     zerolog.Logger
	dir     string
	pg      *database
	nats    *standalone.NATS
	redis   *standalone.Redis
	mailbox *mailbox.Mailbox
}

// start starts what cfg does not name and returns cfg with everything named. After an error the caller stops what has
// started.
func (s *servers) start(ctx context.Context, cfg config.Config) (config.Config, error) {
	var err error
	if cfg.SecretKey == "" && cfg.DatabaseURL == "" { // what it seals is in the database, so the two stay together
		if cfg.SecretKey, err = standalone.SecretKey(s.dir); err != nil {
			return cfg, err
		}
	}
	if cfg.DatabaseURL == "" {
		s.log.Info().Str("dir", s.dir).Msg("starting PostgreSQL")
		if s.pg, err = startDatabase(ctx, s.dir, s.log); err != nil {
			return cfg, err
		}
		cfg.DatabaseURL = s.pg.url
	}
	if cfg.NATSURL == "" {
		s.log.Info().Msg("starting NATS")
		if s.nats, err = startNATS(ctx, s.dir, s.log); err != nil {
			return cfg, err
		}
		cfg.NATSURL = s.nats.URL()
	}
	if cfg.RedisURL == "" {
		if s.redis, err = standalone.StartRedis(); err != nil {
			return cfg, err
		}
		cfg.RedisURL = s.redis.URL()
	}
	if cfg.SMTPURL == "" && cfg.HTTPProvider == "" {
		if s.mailbox, err = mailbox.Start(ctx, mailbox.Config{Web: app.Web(), Log: s.log}); err != nil {
			return cfg, err
		}
		cfg.SMTPURL = s.mailbox.URL()
	}
	return cfg, nil
}

// stop ends them in the order in which they use each other, also when ctx is over.
func (s *servers) stop(ctx context.Context) error {
	var problems []error
	if s.mailbox != nil {
		s.mailbox.Stop()
	}
	if s.nats != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), natsStop)
		defer cancel()
		problems = append(problems, s.nats.Shutdown(ctx))
	}
	if s.redis != nil {
		s.redis.Stop()
	}
	if s.pg != nil {
		problems = append(problems, s.pg.stop())
	}
	return errors.Join(problems...)
}

// startNATS takes the port of the last run if it is free, so that a saved context of the NATS CLI stays good.
func startNATS(ctx context.Context, dir string, log zerolog.Logger) (*standalone.NATS, error) {
	cfg := standalone.NATSConfig{Dir: filepath.Join(dir, "nats"), Log: log}
	file := filepath.Join(cfg.Dir, "port")
	if content, err := os.ReadFile(file); err == nil { //nolint:gosec // the operator's own directory
		if port, err := strconv.Atoi(strings.TrimSpace(string(content))); err == nil && portIsFree(ctx, net.JoinHostPort("127.0.0.1", strconv.Itoa(port))) == nil {
			cfg.Port = port
		}
	}
	nats, err := standalone.StartNATS(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, []byte(strconv.Itoa(nats.Port())+"\n"), 0o600); err != nil {
		log.Warn().Err(err).Msg("the port of NATS will be another one next time")
	}
	return nats, nil
}

// portIsFree tells before everything else starts what would stop it in the end.
func portIsFree(ctx context.Context, addr string) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", addr)
	if err == nil {
		return listener.Close()
	}
	host, port, splitErr := net.SplitHostPort(addr)
	if splitErr == nil && errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %s is in use by another program: stop that one, or choose another port, "+
			"such as VESTNIK_HTTP_ADDR=%s: %w", port, net.JoinHostPort(host, "8090"), err)
	}
	return fmt.Errorf("cannot listen on %s: choose another address with VESTNIK_HTTP_ADDR: %w", addr, err)
}
