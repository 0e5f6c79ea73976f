package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// OpenScoped is Open for the gateway. Its connections work as the role of migration 8, which owns nothing, and every
// statement says in its own transaction for whom it is: domain.ActorOf. PostgreSQL shows and changes what that user may
// see and change, whatever the statement asks for; without a user it shows nothing.
//
// The login at url is the owner of the tables, or any that was granted the role.
func OpenScoped(ctx context.Context, url string, conns int, clock domain.Clock) (*Store, error) {
	cfg, err := poolConfig(url, conns)
	if err != nil {
		return nil, err
	}
	cfg.AfterConnect = takeRole
	s, err := open(ctx, cfg, clock)
	if err != nil {
		return nil, err
	}
	s.scoped, s.q = true, sqlc.New(scopedPool{s.pool})
	return s, nil
}

// errUnmigrated says that the database has no role for the gateway.
var errUnmigrated = errors.New("the database has no tables yet, or not those of this program: run `vestnik migrate`")

// takeRole makes a new connection work as the gateway's role, and refuses it where that would not be held to row level
// security.
func takeRole(ctx context.Context, conn *pgx.Conn) error {
	var (
		role *string
		free *bool
	)
	err := conn.QueryRow(ctx, `
		SELECT r.rolname::text, r.rolsuper OR r.rolbypassrls OR r.oid = o.oid
		FROM pg_class t JOIN pg_roles o ON o.oid = t.relowner LEFT JOIN pg_roles r ON r.rolname = left(o.rolname, 59) || '_app'
		WHERE t.oid = to_regclass('users') AND t.relrowsecurity`, pgx.QueryExecModeExec).Scan(&role, &free)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && role == nil:
		return errUnmigrated
	case err != nil:
		return fmt.Errorf("look for the gateway's role: %w", err)
	case *free:
		return fmt.Errorf("the gateway must not work as the role %q: it is SUPERUSER, BYPASSRLS or the owner of the tables", *role)
	}
	// Statements say `owner = zero OR owner_id = owner`, for those who see everything: a plan that is to fit every owner would go
	// through the rows of all of them, so each statement is planned for its own.
	const take = "SELECT set_config('role', $1, false), set_config('plan_cache_mode', 'force_custom_plan', false)"
	if _, err := conn.Exec(ctx, take, pgx.QueryExecModeExec, *role); err != nil {
		return fmt.Errorf("work as the role %q, which must be granted to this login: %w", *role, err)
	}
	return nil
}

// The values of vestnik.role, besides the roles of users: see migration 8.
const (
	scopeNobody = "nobody"
	scopeAuth   = "auth"
	scopeRelay  = "relay"
)

type scopeKey struct{}

// asAuth marks what is done under the context as finding out who somebody is: it reaches accounts, sessions, keys and
// tokens of everybody, by their hash or address, and nothing else more than the caller does. Whoever signs in is nobody
// yet, so that no rule about owners fits.
func asAuth(ctx context.Context) context.Context {
	return context.WithValue(ctx, scopeKey{}, scopeAuth)
}

// asRelay marks what is done under the context as publishing the outbox.
func asRelay(ctx context.Context) context.Context {
	return context.WithValue(ctx, scopeKey{}, scopeRelay)
}

// scopeOf is for whom, and as what, something is done: the values of vestnik.user_id and vestnik.role.
func scopeOf(ctx context.Context) (user, role string) {
	actor, _ := domain.ActorOf(ctx)
	role = scopeNobody
	if !actor.ID.IsZero() {
		switch actor.Role {
		case domain.RoleUser, domain.RoleManager, domain.RoleAdmin:
			user, role = actor.ID.String(), string(actor.Role)
		}
	}
	if as, ok := ctx.Value(scopeKey{}).(string); ok {
		role = as
	}
	return user, role
}

// txOptions are those of a transaction of ctx. A scoped store says for whom it is in the message that begins it.
func (s *Store) txOptions(ctx context.Context, o pgx.TxOptions) pgx.TxOptions {
	if !s.scoped {
		return o
	}
	return pgx.TxOptions{BeginQuery: scopedBegin(ctx, o)}
}

func scopedBegin(ctx context.Context, o pgx.TxOptions) string {
	begin := "BEGIN"
	if o.IsoLevel != "" {
		begin += " ISOLATION LEVEL " + string(o.IsoLevel)
	}
	if o.AccessMode != "" {
		begin += " " + string(o.AccessMode)
	}
	user, role := scopeOf(ctx) // an id as it is written, and one of a few words: nothing to be quoted
	return fmt.Sprintf("%s; SELECT set_config('vestnik.user_id', '%s', true), set_config('vestnik.role', '%s', true)", begin, user, role)
}

// setScope is the same for a statement by itself.
const setScope = "SELECT set_config('vestnik.user_id', $1, true), set_config('vestnik.role', $2, true)"

// scopedPool runs each statement in a transaction that says for whom it is. Both go out together (PostgreSQL takes what
// comes before one Sync for one transaction), so that costs no round trip.
type scopedPool struct{ pool *pgxpool.Pool }

var _ sqlc.DBTX = scopedPool{}

func (p scopedPool) send(ctx context.Context, sql string, args []any) (pgx.BatchResults, error) {
	user, role := scopeOf(ctx)
	b := &pgx.Batch{}
	b.Queue(setScope, user, role)
	b.Queue(sql, args...)
	results := p.pool.SendBatch(ctx, b)
	if _, err := results.Exec(); err != nil {
		return nil, errors.Join(err, ignoring(results.Close(), err))
	}
	return results, nil
}

// ignoring returns err unless it is known already.
func ignoring(err, known error) error {
	if err == nil || errors.Is(err, known) || err.Error() == known.Error() {
		return nil
	}
	return err
}

// Exec implements sqlc.DBTX.
func (p scopedPool) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	results, err := p.send(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	if closed := results.Close(); err == nil { // the transaction is committed by now, or was not
		err = closed
	}
	return tag, err
}

// Query implements sqlc.DBTX. The connection is busy until the rows have been read or closed.
func (p scopedPool) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	results, err := p.send(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close() // says the same
		return nil, err
	}
	return &scopedRows{Rows: rows, results: results}, nil
}

// QueryRow implements sqlc.DBTX.
func (p scopedPool) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := p.Query(ctx, sql, args...)
	return scopedRow{rows, err}
}

// CopyFrom implements sqlc.DBTX.
func (p scopedPool) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (n int64, err error) {
	err = pgx.BeginTxFunc(ctx, p.pool, pgx.TxOptions{BeginQuery: scopedBegin(ctx, pgx.TxOptions{})}, func(tx pgx.Tx) error {
		n, err = tx.CopyFrom(ctx, table, columns, rows)
		return err
	})
	return n, err
}

// scopedRows gives the connection back when the rows end, and tells whether the transaction was committed.
type scopedRows struct {
	pgx.Rows

	results pgx.BatchResults // nil once closed
	err     error
}

// Next implements pgx.Rows.
func (r *scopedRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// Close implements pgx.Rows.
func (r *scopedRows) Close() {
	r.Rows.Close()
	if r.results != nil {
		r.err = r.results.Close()
		r.results = nil
	}
}

// Err implements pgx.Rows.
func (r *scopedRows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return err
	}
	return r.err
}

type scopedRow struct {
	rows pgx.Rows
	err  error
}

// Scan implements pgx.Row.
func (r scopedRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}
