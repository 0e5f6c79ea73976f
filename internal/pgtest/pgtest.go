package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/migrations"
)

// patience bounds every step against the server: a machine under load is slow, a hung one must fail.
const patience = 2 * time.Minute

// Option changes what URL makes.
type Option func(*options)

type options struct {
	empty   bool
	durable bool
}

// Empty makes a database without Vestnik's schema, for tests of the migrations themselves.
func Empty() Option { return func(o *options) { o.empty = true } }

// Durable makes the database on a cluster of its own that syncs to disk as in production, for measurements and for tests
// that kill the server. It is about a second slower and ignores VESTNIK_TEST_DATABASE_URL.
func Durable() Option { return func(o *options) { o.durable = true } }

// URL makes a database for t and returns its address. The database is dropped when t ends, with whatever connections are
// left. URL fails t when there is no PostgreSQL; it may be called by parallel tests.
func URL(t testing.TB, opts ...Option) string {
	t.Helper()
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	s := shared
	if o.durable {
		s = startDurable(t)
	}
	at, err := s.newDatabase(o.empty)
	if err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.drop(ctx, at); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return at
}

// Run runs the tests, ends the server and then the process. The checks run last, and only after tests that passed, such
// as one for leaked goroutines:
//
//	pgtest.Run(m, func() error { return goleak.Find() })
func Run(m *testing.M, checks ...func() error) {
	shared.mu.Lock()
	shared.allowed = true
	shared.mu.Unlock()
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		code = max(code, 1)
	}
	for _, check := range checks {
		if code != 0 {
			break
		}
		if err := check(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// shared is the server of this test process, which the testing package has no other place for.
//
//nolint:gochecknoglobals // see above
var shared = &server{}

// server is a PostgreSQL on which test databases are made, and the templates they are copied from.
type server struct {
	mu       sync.Mutex
	allowed  bool // Run will end it
	err      error
	admin    string // URL of a database that is there anyway
	template string // name of the database with the schema; empty until the first use
	close    func(ctx context.Context) error
}

func (s *server) newDatabase(empty bool) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	from, err := s.prepare(ctx, empty)
	if err != nil {
		return "", err
	}
	return s.create(ctx, "test", from)
}

// prepare starts the server and makes the template with the first test that needs them. A failure is remembered, so that
// it is told by every test and paid for once.
func (s *server) prepare(ctx context.Context, empty bool) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.allowed {
		return "", errors.New("call pgtest.Run(m) from TestMain: it ends the server after the tests")
	}
	if s.err == nil && s.admin == "" {
		s.err = s.start(ctx)
	}
	if s.err == nil && !empty && s.template == "" {
		s.err = s.makeTemplate(ctx)
	}
	if empty {
		return "template0", s.err
	}
	return s.template, s.err
}

func (s *server) makeTemplate(ctx context.Context) error {
	at, err := s.create(ctx, "template", "template0")
	if err != nil {
		return err
	}
	s.template = databaseIn(at)
	if _, err := migrations.Up(ctx, at); err != nil {
		return fmt.Errorf("migrate the template: %w", err)
	}
	// A connection to a template, were it autovacuum's, would hold up every copy of it.
	return s.execute(ctx, "ALTER DATABASE "+quote(s.template)+" WITH ALLOW_CONNECTIONS false")
}

func (s *server) create(ctx context.Context, kind, from string) (string, error) {
	name := "vestnik_" + kind + "_" + randomName()
	if err := s.execute(ctx, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(from)); err != nil {
		return "", err
	}
	at, err := url.Parse(s.admin)
	if err != nil {
		return "", fmt.Errorf("read the address of the server: %w", err)
	}
	at.Path = "/" + name
	return at.String(), nil
}

func (s *server) drop(ctx context.Context, at string) error {
	return s.execute(ctx, "DROP DATABASE IF EXISTS "+quote(databaseIn(at))+" WITH (FORCE)")
}

func (s *server) execute(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.admin)
	if err != nil {
		return fmt.Errorf("connect to the test server: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

func (s *server) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allowed = false
	if s.close == nil {
		return nil
	}
	defer func() { s.close, s.admin, s.template = nil, "", "" }()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.close(ctx)
}

func databaseIn(at string) string {
	u, err := url.Parse(at)
	if err != nil || len(u.Path) < 2 {
		return ""
	}
	return u.Path[1:]
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func randomName() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // never fails: it ends the process instead
	return hex.EncodeToString(b)
}
