package standalone

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"
)

const (
	readyPoll = 10 * time.Millisecond
	// startTries covers a port taken between its choice and its use, and server processes of a killed postmaster that
	// are about to end.
	startTries = 8
	retryPause = 500 * time.Millisecond
	// immediatePatience is how long an immediate shutdown may take: after 5 s PostgreSQL kills its own processes.
	immediatePatience = 10 * time.Second
)

// PostgresConfig says where and how the private cluster runs.
type PostgresConfig struct {
	// Dir holds the cluster (data) and its password (password); made on first use. The path must be absolute.
	Dir string
	// BinDir holds initdb and postgres; empty: FindPostgres looks for them.
	BinDir string
	// Port on 127.0.0.1; 0 takes a free one at every start.
	Port int
	// Settings override postgresql.conf for this run.
	Settings map[string]string
	// NoSync makes the first use faster and a crash during it fatal for the cluster: for tests.
	NoSync bool
	// Log gets the server's own log, at debug but for its warnings.
	Log zerolog.Logger
}

func (c PostgresConfig) validate() error {
	var problems []error
	if !filepath.IsAbs(c.Dir) {
		problems = append(problems, fmt.Errorf("the directory of the database, %q, is not an absolute path", c.Dir))
	}
	if c.Port < 0 || c.Port > 65535 {
		problems = append(problems, fmt.Errorf("%d is no port for the database", c.Port))
	}
	return errors.Join(problems...)
}

// Postgres is a running private cluster. It ends with this process: on Linux at once even after kill -9, elsewhere at
// the next start.
type Postgres struct {
	cluster *cluster
	process *process
	url     string
	done    chan struct{}
}

// StartPostgres starts the cluster in cfg.Dir and returns when it takes connections; ctx bounds the start alone. As root
// it runs the server as account postgres, else nobody. It returns a *DirInUseError when another process runs the
// cluster, and errors that say what to do when no PostgreSQL is installed, when the cluster was made by another version
// of it, when the port is taken, and when a folder is closed to the server's account.
func StartPostgres(ctx context.Context, cfg PostgresConfig) (*Postgres, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	installs, err := FindPostgres(ctx, cfg.BinDir)
	if err != nil {
		return nil, err
	}
	lock, err := LockDataDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	p, err := startLocked(ctx, cfg, installs)
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	go func() {
		defer close(p.done)
		<-p.process.Done()
		_ = lock.Release()
	}()
	return p, nil
}

func startLocked(ctx context.Context, cfg PostgresConfig, installs []PostgresInstall) (*Postgres, error) {
	dir := resolve(cfg.Dir)
	c := &cluster{
		pgdata:   filepath.Join(dir, "data"),
		password: filepath.Join(dir, "password"),
		noSync:   cfg.NoSync,
		log:      cfg.Log,
	}
	var err error
	if c.account, err = postgresAccount(c.pgdata); err != nil {
		return nil, err
	}
	if err := c.account.canEnter(dir); err != nil {
		return nil, err
	}
	if err := c.chooseInstall(installs); err != nil {
		return nil, err
	}
	if c.exists() {
		if owner, _ := ownerOf(c.pgdata); c.account.switched && owner.uid != c.account.uid {
			if err := c.account.own(c.pgdata); err != nil { // restored from a backup by root
				return nil, fmt.Errorf("give the database to account %s: %w", c.account.name, err)
			}
		}
		if err := c.endLeftover(ctx); err != nil {
			return nil, err
		}
	}
	password, err := c.prepare(ctx)
	if err != nil {
		return nil, err
	}
	process, port, err := c.serve(ctx, cfg)
	if err != nil {
		return nil, err
	}
	at := url.URL{
		Scheme: "postgres", User: url.UserPassword(databaseUser, password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Path: databaseName, RawQuery: "sslmode=disable",
	}
	return &Postgres{cluster: c, process: process, url: at.String(), done: make(chan struct{})}, nil
}

// serve starts the postmaster, again where a cause of failure passes by itself.
func (c *cluster) serve(ctx context.Context, cfg PostgresConfig) (*process, int, error) {
	var err error
	for range startTries {
		port := cfg.Port
		if port == 0 {
			if port, err = freePort(ctx); err != nil {
				return nil, 0, err
			}
		}
		var p *process
		if p, err = c.serveOnce(ctx, cfg, port); err == nil {
			return p, port, nil
		}
		portTaken := strings.Contains(err.Error(), "could not bind") || strings.Contains(err.Error(), "could not create any TCP/IP sockets")
		switch {
		case portTaken && cfg.Port != 0:
			return nil, 0, fmt.Errorf("port %d on 127.0.0.1, meant for the database, is in use by another program: %w", port, err)
		case portTaken:
		case strings.Contains(err.Error(), "is still in use"), strings.Contains(err.Error(), "lock file"):
			select {
			case <-time.After(retryPause):
			case <-ctx.Done():
				return nil, 0, errors.Join(err, ctx.Err())
			}
		default:
			return nil, 0, err
		}
	}
	return nil, 0, err
}

func (c *cluster) serveOnce(ctx context.Context, cfg PostgresConfig, port int) (*process, error) {
	args := []string{"-D", c.pgdata}
	settings := map[string]string{
		"listen_addresses": "127.0.0.1", "port": strconv.Itoa(port),
		"unix_socket_directories": "", // paths of sockets are limited to 107 bytes, and one way in is enough
		"logging_collector":       "off", "log_destination": "stderr",
	}
	maps.Copy(settings, cfg.Settings)
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", key+"="+settings[key])
	}
	p, err := startProcess(c.command(ctx, "postgres", args...), c.log)
	if err != nil {
		return nil, err
	}
	err = waitFor(ctx, p.Done(), readyPoll, func() (bool, error) { return c.ready(p.PID()), nil })
	if errors.Is(err, errGone) {
		return nil, fmt.Errorf("PostgreSQL did not start: %s", p.out.tail())
	}
	if err != nil {
		p.Signal(syscall.SIGINT)
		<-p.Done()
		return nil, fmt.Errorf("wait for PostgreSQL to start: %w", err)
	}
	return p, nil
}

// ready reads the eighth line of postmaster.pid, in which the postmaster tells pg_ctl that it takes connections.
func (c *cluster) ready(pid int) bool {
	content, err := os.ReadFile(filepath.Join(c.pgdata, "postmaster.pid"))
	if err != nil {
		return false
	}
	lines := strings.Split(string(content), "\n")
	return len(lines) >= 8 && strings.TrimSpace(lines[0]) == strconv.Itoa(pid) && strings.TrimSpace(lines[7]) == "ready"
}

// URL of the database, with the password.
func (p *Postgres) URL() string { return p.url }

// Version of the server, such as "15.13".
func (p *Postgres) Version() string { return p.cluster.install.Version }

// Done is closed when the server has ended, by Stop or by itself. Restarting it is the caller's decision.
func (p *Postgres) Done() <-chan struct{} { return p.done }

// Err tells, after Done, the last words of the server.
func (p *Postgres) Err() error {
	select {
	case <-p.done:
		if err := p.process.Err(); err != nil {
			return fmt.Errorf("PostgreSQL ended: %w: %s", err, p.process.out.tail())
		}
	default:
	}
	return nil
}

// Stop ends the server in its fast way: open transactions are rolled back, and everything is on disk. When ctx ends
// first the server is stopped at once, nothing committed is lost, and the next start replays its log; the error is then
// that of ctx. Stop may be called again and after the server has ended by itself.
func (p *Postgres) Stop(ctx context.Context) error {
	p.process.Signal(syscall.SIGINT)
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
	}
	p.process.Signal(syscall.SIGQUIT)
	select {
	case <-p.done:
	case <-time.After(immediatePatience):
		p.process.Signal(syscall.SIGKILL)
		<-p.done
	}
	return fmt.Errorf("stop PostgreSQL in order: %w", ctx.Err())
}

// freePort asks the kernel. Another process may take the port before its use, which the caller must allow for.
func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	addr, ok := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil || !ok {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return addr.Port, nil
}
