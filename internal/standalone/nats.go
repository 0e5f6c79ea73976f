package standalone

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"
	"golang.org/x/crypto/bcrypt"
)

const (
	natsUser = "vestnik"
	// lameDuck is how long clients that are still connected have to leave, after a grace period to finish.
	lameDuck      = 2 * time.Second
	lameDuckGrace = 250 * time.Millisecond
	natsReadyPoll = 50 * time.Millisecond
	// maxNATSPayload leaves room for the outcomes of a chunk whatever the mail service answered.
	maxNATSPayload = 4 << 20
	// maxNATSStore bounds the store where the disk does not: events of three days fit many times over.
	maxNATSStore = 64 << 30
)

// NATSConfig says where and how the embedded NATS server runs.
type NATSConfig struct {
	// Dir holds the JetStream store (store) and the password (password); made on first use.
	Dir string
	// Port on 127.0.0.1; 0 takes a free one.
	Port int
	// SyncAlways makes JetStream acknowledge after fsync, at about 1,000 messages a second. Without it what the machine
	// (not the process) loses in a power cut is the messages of the last two minutes at most, which Vestnik makes again.
	SyncAlways bool
	// MaxStore in bytes; 0: half of what the disk has for it, at most 64 GiB.
	MaxStore int64
	// Log gets the server's notices at debug, its warnings and errors as such.
	Log zerolog.Logger
}

// NATS is a NATS server with JetStream in this process.
type NATS struct {
	server *server.Server
	lock   *Lock
	url    string
	port   int
	once   sync.Once
	done   chan struct{}
}

// StartNATS starts the server and returns when it takes connections and its store is loaded; ctx bounds the start alone.
// It returns a *DirInUseError when another process uses cfg.Dir, and says so when the port is taken.
func StartNATS(ctx context.Context, cfg NATSConfig) (*NATS, error) {
	lock, err := LockDataDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	n, err := startNATS(ctx, cfg)
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	n.lock = lock
	return n, nil
}

func startNATS(ctx context.Context, cfg NATSConfig) (*NATS, error) {
	password, err := loadPassword(filepath.Join(cfg.Dir, "password"))
	if err != nil {
		return nil, err
	}
	store := filepath.Join(cfg.Dir, "store")
	if cfg.MaxStore == 0 {
		if cfg.MaxStore, err = sensibleStore(cfg.Dir, store); err != nil {
			return nil, err
		}
	}
	port := cfg.Port
	if port == 0 {
		port = server.RANDOM_PORT
	}
	// The server is given a hash, as it asks for. The password is random, so the least work per connection will do.
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		return nil, fmt.Errorf("hash the password of NATS: %w", err)
	}
	srv, err := server.NewServer(&server.Options{
		ServerName: "vestnik",
		Host:       "127.0.0.1", Port: port,
		Username: natsUser, Password: string(hash),
		MaxPayload: maxNATSPayload,
		JetStream:  true, StoreDir: store, JetStreamMaxStore: cfg.MaxStore,
		SyncAlways:       cfg.SyncAlways,
		LameDuckDuration: lameDuck, LameDuckGracePeriod: lameDuckGrace,
		NoSigs: true, DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, fmt.Errorf("configure NATS: %w", err)
	}
	log := &natsLog{log: cfg.Log, fatal: make(chan string, 1)}
	srv.SetLoggerV2(log, false, false, false)
	n := &NATS{server: srv, done: make(chan struct{})}
	started := make(chan struct{})
	go func() {
		defer close(started)
		srv.Start()
	}()
	if err := log.awaitReady(ctx, srv); err != nil {
		srv.Shutdown()
		<-started
		srv.WaitForShutdown()
		if cfg.Port != 0 && strings.Contains(err.Error(), "address already in use") {
			return nil, fmt.Errorf("port %d on 127.0.0.1, meant for NATS, is in use by another program: %w", cfg.Port, err)
		}
		return nil, err
	}
	<-started
	addr, ok := srv.Addr().(*net.TCPAddr)
	if !ok {
		return nil, fmt.Errorf("NATS listens on %v, which is no TCP address", srv.Addr())
	}
	at := url.URL{
		Scheme: "nats", User: url.UserPassword(natsUser, password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(addr.Port)),
	}
	n.url, n.port = at.String(), addr.Port
	return n, nil
}

// URL of the server, with user and password.
func (n *NATS) URL() string { return n.url }

// Port on 127.0.0.1.
func (n *NATS) Port() int { return n.port }

// Shutdown closes the store, lets the clients that are still there finish, and returns when all has ended. When ctx ends
// first the clients are cut off; the store is closed in order all the same, and the error is that of ctx. Shutdown may be
// called again.
func (n *NATS) Shutdown(ctx context.Context) error {
	n.once.Do(func() {
		go func() {
			defer close(n.done)
			n.server.LameDuckShutdown()
			n.server.WaitForShutdown()
			_ = n.lock.Release()
		}()
	})
	select {
	case <-n.done:
		return nil
	case <-ctx.Done():
	}
	n.server.Shutdown()
	<-n.done
	return fmt.Errorf("shut NATS down in order: %w", ctx.Err())
}

// sensibleStore leaves half of the disk to PostgreSQL and the rest of the machine.
func sensibleStore(dir, store string) (int64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("ask for the free space of %s: %w", dir, err)
	}
	free := int64(disk.Bavail) * int64(disk.Bsize) //nolint:gosec,unconvert // types differ between systems; sizes of disks fit
	var used int64
	err := filepath.WalkDir(store, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() {
			used += info.Size()
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, fmt.Errorf("measure the store of NATS: %w", err)
	}
	return min((free+used)/2, maxNATSStore), nil
}

// natsLog routes the server's log. What would end a server of its own ends the start here.
type natsLog struct {
	log   zerolog.Logger
	fatal chan string
}

func (l *natsLog) awaitReady(ctx context.Context, srv *server.Server) error {
	for !srv.ReadyForConnections(natsReadyPoll) {
		select {
		case reason := <-l.fatal:
			return fmt.Errorf("start NATS: %s", reason)
		case <-ctx.Done():
			return fmt.Errorf("start NATS: %w", ctx.Err())
		default:
		}
	}
	return nil
}

// Noticef implements server.Logger.
func (l *natsLog) Noticef(format string, v ...any) { l.event(zerolog.DebugLevel, format, v) }

// Warnf implements server.Logger.
func (l *natsLog) Warnf(format string, v ...any) { l.event(zerolog.WarnLevel, format, v) }

// Errorf implements server.Logger.
func (l *natsLog) Errorf(format string, v ...any) { l.event(zerolog.ErrorLevel, format, v) }

// Fatalf implements server.Logger; it does not end the process.
func (l *natsLog) Fatalf(format string, v ...any) {
	l.event(zerolog.ErrorLevel, format, v)
	select {
	case l.fatal <- fmt.Sprintf(format, v...):
	default:
	}
}

// Debugf implements server.Logger.
func (l *natsLog) Debugf(format string, v ...any) { l.event(zerolog.DebugLevel, format, v) }

// Tracef implements server.Logger.
func (l *natsLog) Tracef(format string, v ...any) { l.event(zerolog.TraceLevel, format, v) }

func (l *natsLog) event(level zerolog.Level, format string, v []any) {
	l.log.WithLevel(level).Str("part", "nats").Msgf(format, v...)
}
