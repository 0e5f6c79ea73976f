// Package migrations holds the database's schema and brings a database up to it.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver goose runs on
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed *.sql
var files embed.FS

// Up applies every migration that the database at url lacks and returns how many it applied. Processes that start
// together may all call it: an advisory lock in PostgreSQL lets one work and the others wait.
func Up(ctx context.Context, url string) (int, error) {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return 0, fmt.Errorf("open database: %w", err)
	}
	defer db.Close() //nolint:errcheck // nothing waits in it
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return 0, fmt.Errorf("make migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, fs.FS(files), goose.WithSessionLocker(locker))
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	applied := 0
	for try := 1; ; try++ {
		done, err := provider.Up(ctx)
		applied += len(done)
		if err == nil {
			return applied, nil
		}
		if !passes(err) || try == tries {
			return applied, fmt.Errorf("migrate: %w", err)
		}
	}
}

// tries is how often a migration is tried that runs into processes at work. Each is a transaction, so nothing is half done.
const tries = 20

// passes reports whether another try may do: a deadlock with a process that is at work, or a lock that it held for too long.
func passes(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40P01" || e.Code == "55P03")
}
