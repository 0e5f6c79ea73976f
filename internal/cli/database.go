package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/standalone"
)

const (
	// databaseStop is how long PostgreSQL has to end in order before it is made to.
	databaseStop = 20 * time.Second
	// databasePause lies between two tries to start a PostgreSQL again that ended by itself.
	databasePause = time.Second
)

// database is the private PostgreSQL of a data directory. One that ends by itself is started again at the same address,
// so that everybody finds it again.
type database struct {
	log  zerolog.Logger
	cfg  standalone.PostgresConfig
	url  string
	quit chan struct{}
	end  chan error // how the last server ended
}

func startDatabase(ctx context.Context, dir string, log zerolog.Logger) (*database, error) {
	d := &database{
		log: log, cfg: standalone.PostgresConfig{Dir: filepath.Join(dir, "postgres"), Log: log},
		quit: make(chan struct{}), end: make(chan error, 1),
	}
	pg, err := standalone.StartPostgres(ctx, d.cfg)
	if err != nil {
		return nil, err
	}
	d.url = pg.URL()
	if d.cfg.Port, err = portOf(d.url); err != nil {
		return nil, errors.Join(err, stopPostgres(ctx, pg))
	}
	go func() { d.end <- d.keep(context.WithoutCancel(ctx), pg) }()
	return d, nil
}

// keep watches over the server until quit, and then stops it.
func (d *database) keep(ctx context.Context, pg *standalone.Postgres) error {
	for {
		select {
		case <-d.quit:
			return stopPostgres(ctx, pg)
		case <-pg.Done():
		}
		d.log.Error().AnErr("error", pg.Err()).Msg("PostgreSQL ended; starting it again")
		for pg = nil; pg == nil; {
			again, err := standalone.StartPostgres(ctx, d.cfg)
			if err == nil {
				pg = again
				continue
			}
			d.log.Error().Err(err).Msg("start PostgreSQL again")
			select {
			case <-d.quit:
				return nil
			case <-time.After(databasePause):
			}
		}
	}
}

func (d *database) stop() error {
	close(d.quit)
	return <-d.end
}

func stopPostgres(ctx context.Context, pg *standalone.Postgres) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), databaseStop)
	defer cancel()
	return pg.Stop(ctx)
}

func portOf(raw string) (int, error) {
	at, err := url.Parse(raw)
	if err != nil {
		return 0, errors.New("the address of the server is no URL") // the parser's own error would show the password
	}
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		return 0, fmt.Errorf("read the port of %s: %w", at.Host, err)
	}
	return port, nil
}
