// Package postgres keeps everything Vestnik must not lose. A Store's methods are safe for concurrent use; each is one
// transaction, and writes the events of its change to the outbox in that same transaction.
//
// SQL lives in queries/*.sql; sqlc makes package sqlc of it.
package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// Store is the database.
type Store struct {
	pool   *pgxpool.Pool
	q      *sqlc.Queries
	clock  domain.Clock
	log    zerolog.Logger
	scoped bool // see OpenScoped

	forget func(ctx context.Context, hashes [][]byte) // see OnSessionsEnd; nil: nobody caches sessions
}

// Option changes how a Store uses its connections.
type Option func(*pgxpool.Config)

// GenericPlans plans each statement once for a connection, not anew for each of its first five values. That suits who sends:
// its statements are few, all find their rows by keys, and a short mailing would be planned longer than it is recorded. It
// does not suit lists with filters, whose plans depend on the values.
func GenericPlans() Option {
	return func(cfg *pgxpool.Config) {
		cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "SET plan_cache_mode = force_generic_plan") // not when connecting: poolers refuse it there
			return err
		}
	}
}

// Open connects to the database at url with at most conns connections (0: the driver's default). It does not wait
// for the server: Ping tells whether it is there. Everything in the database is in reach of the Store, as planner, sender
// and the operator's program need it; for the gateway there is OpenScoped.
func Open(ctx context.Context, url string, conns int, clock domain.Clock, options ...Option) (*Store, error) {
	cfg, err := poolConfig(url, conns)
	if err != nil {
		return nil, err
	}
	for _, option := range options {
		option(cfg)
	}
	return open(ctx, cfg, clock)
}

func poolConfig(url string, conns int) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read database URL: %w", err)
	}
	if conns > 0 {
		cfg.MaxConns = int32(conns) //nolint:gosec // bounded by the configuration
	}
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	cfg.ConnConfig.RuntimeParams["application_name"] = "vestnik"
	return cfg, nil
}

func open(ctx context.Context, cfg *pgxpool.Config, clock domain.Clock) (*Store, error) {
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &Store{pool: pool, q: sqlc.New(pool), clock: clock, log: zerolog.Nop()}, nil
}

// LogTo makes the store log the faults that it mends by itself. It is to be called before the store is used.
func (s *Store) LogTo(log zerolog.Logger) { s.log = log }

// Close waits for queries to end and closes every connection.
func (s *Store) Close() { s.pool.Close() }

// Ping reports whether the server answers. What is wrong with the tables is for PingSchema to say.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.pool.Ping(ctx); !errors.Is(err, errUnmigrated) {
		return err
	}
	return nil
}

// schemaVersion is the newest migration; a test holds it to the folder.
const schemaVersion = 12

// PingSchema reports whether the database has been migrated as far as this program needs.
func (s *Store) PingSchema(ctx context.Context) error {
	var there bool
	if err := s.pool.QueryRow(ctx, "SELECT to_regclass('goose_db_version') IS NOT NULL").Scan(&there); err != nil {
		return fmt.Errorf("look for the schema: %w", err)
	}
	if !there {
		return errors.New("the database has no tables yet: run `vestnik migrate`")
	}
	var version int64
	if err := s.pool.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version); err != nil {
		return fmt.Errorf("look for the version of the schema: %w", err)
	}
	if version < schemaVersion {
		return fmt.Errorf("the database is at version %d of the schema, and this program needs %d: run `vestnik migrate`", version, schemaVersion)
	}
	return nil
}

// inTx runs fn in one transaction, which is committed when fn returns nil and rolled back otherwise.
func (s *Store) inTx(ctx context.Context, fn func(q *sqlc.Queries) error) error {
	return s.transact(ctx, pgx.TxOptions{}, func(tx pgx.Tx) error { return fn(s.q.WithTx(tx)) })
}

// transact is inTx with a choice of transactions, for what sqlc knows nothing of.
func (s *Store) transact(ctx context.Context, o pgx.TxOptions, fn func(tx pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, s.pool, s.txOptions(ctx, o), fn)
}

// put writes e to the outbox of q's transaction.
func (s *Store) put(ctx context.Context, q *sqlc.Queries, e events.Event) error {
	m, err := events.Encode(e, s.clock.Now())
	if err != nil {
		return err
	}
	return putMessage(ctx, q, m)
}

// putAt is put for an event that is due later.
func (s *Store) putAt(ctx context.Context, q *sqlc.Queries, e events.Delayed, at time.Time) error {
	m, err := events.EncodeAt(e, at, s.clock.Now())
	if err != nil {
		return err
	}
	return putMessage(ctx, q, m)
}

func putMessage(ctx context.Context, q *sqlc.Queries, m events.Message) error {
	if trace := events.TraceParent(ctx); trace != "" {
		m.Header[events.HeaderTraceParent] = trace
	}
	headers, err := json.Marshal(m.Header)
	if err != nil {
		return fmt.Errorf("encode headers of %s: %w", m.Subject, err)
	}
	if err := q.OutboxPut(ctx, sqlc.OutboxPutParams{Subject: m.Subject, Headers: headers, Payload: m.Payload}); err != nil {
		return fmt.Errorf("put %s in the outbox: %w", m.Subject, err)
	}
	return nil
}

// orNotFound turns "no rows" into the domain's error for what.
func orNotFound(err error, what string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.NewNotFound(what)
	}
	return err
}

const uniqueViolation = "23505"

// isUnique reports whether err is a violation of the named unique constraint or index.
func isUnique(err error, constraint string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == uniqueViolation && pg.ConstraintName == constraint
}
