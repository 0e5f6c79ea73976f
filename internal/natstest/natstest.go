// Package natstest gives a test a NATS server with JetStream of its own, in the test's process, which it can stop, start
// again on the same port and store, and rob of its store.
package natstest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/standalone"
)

const patience = 30 * time.Second

// Server is a NATS server. Its methods fail the test on errors and belong to the test's goroutine; URL may be called by
// any.
type Server struct {
	t   testing.TB
	cfg standalone.NATSConfig
	url string

	mu   sync.Mutex
	nats *standalone.NATS // nil while stopped
}

// Option changes the server that Start makes.
type Option func(*standalone.NATSConfig)

// SyncAlways makes JetStream acknowledge after fsync.
func SyncAlways() Option { return func(c *standalone.NATSConfig) { c.SyncAlways = true } }

// Start starts a server on a free port with its store in a folder of t. It ends with t.
func Start(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s := &Server{t: t, cfg: standalone.NATSConfig{
		Dir: filepath.Join(t.TempDir(), "nats"), MaxStore: 4 << 30, Log: zerolog.Nop(),
	}}
	for _, opt := range opts {
		opt(&s.cfg)
	}
	s.start()
	t.Cleanup(s.Stop)
	return s
}

// URL of the server, with user and password. It stays the same over Stop and Restart.
func (s *Server) URL() string { return s.url }

// Stop ends the server as a killed one looks to its clients: their connections are cut at once. The store stays. A
// stopped server may be stopped.
func (s *Server) Stop() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nats == nil {
		return
	}
	cut, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.nats.Shutdown(cut) // always the error of the ended context
	s.nats = nil
}

// Restart stops the server if it runs and starts it on the same port and store.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	s.start()
}

// Wipe stops the server if it runs and starts it on the same port with an empty store: streams, consumers, schedules and
// messages are lost.
func (s *Server) Wipe() {
	s.t.Helper()
	s.Stop()
	if err := os.RemoveAll(filepath.Join(s.cfg.Dir, "store")); err != nil {
		s.t.Fatalf("wipe the store of NATS: %v", err)
	}
	s.start()
}

func (s *Server) start() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	n, err := standalone.StartNATS(ctx, s.cfg)
	if err != nil {
		s.t.Fatalf("start a NATS server: %v", err)
	}
	s.nats, s.url, s.cfg.Port = n, n.URL(), n.Port()
}
