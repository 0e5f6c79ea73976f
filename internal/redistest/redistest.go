// Package redistest gives a test a Redis server of its own: a real redis-server where the machine has one, and the
// embedded one of `vestnik up` otherwise. The test's log says which.
package redistest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vestnik-mail/vestnik/internal/standalone"
	"github.com/vestnik-mail/vestnik/internal/standalone/child"
)

const (
	patience  = 30 * time.Second
	readyPoll = 5 * time.Millisecond
	// startTries covers a port taken between its choice and its use.
	startTries = 5
)

// Server is a Redis server on loopback that keeps nothing over a restart. Its methods fail the test on errors and belong
// to the test's goroutine; URL may be called by any.
type Server struct {
	t        testing.TB
	binary   string // empty: the embedded one
	addr     string
	password string

	mu   sync.Mutex
	stop func() // nil while stopped
}

// Start starts a server on a free port. It ends with t.
func Start(t testing.TB) *Server {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Log("redistest: no redis-server on PATH, using the embedded one")
		return start(t, "")
	}
	t.Logf("redistest: using %s", binary)
	return start(t, binary)
}

// StartEmbedded is Start with the embedded server, whatever the machine has.
func StartEmbedded(t testing.TB) *Server {
	t.Helper()
	return start(t, "")
}

func start(t testing.TB, binary string) *Server {
	t.Helper()
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: it ends the process instead
	s := &Server{t: t, binary: binary, password: hex.EncodeToString(b)}
	s.start()
	t.Cleanup(s.Stop)
	return s
}

// URL of the server, with the password. It stays the same over Stop and Restart.
func (s *Server) URL() string {
	at := url.URL{Scheme: "redis", User: url.UserPassword("", s.password), Host: s.addr, Path: "/0"}
	return at.String()
}

// Stop ends the server and cuts its connections. A stopped server may be stopped.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
}

// Restart stops the server if it runs and starts an empty one in its place.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	s.start()
}

func (s *Server) start() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	run := s.startReal
	if s.binary == "" {
		run = s.startEmbedded
	}
	if err := run(ctx); err != nil {
		s.t.Fatalf("start a Redis server: %v", err)
	}
}

func (s *Server) startEmbedded(context.Context) error {
	addr := s.addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	r, err := standalone.StartRedisAt(addr, s.password)
	if err != nil {
		return err
	}
	s.addr, s.stop = r.Addr(), r.Stop
	return nil
}

func (s *Server) startReal(ctx context.Context) error {
	if s.addr != "" {
		return s.startRealAt(ctx, s.addr)
	}
	var err error
	for range startTries {
		var addr string
		if addr, err = freeAddr(ctx); err != nil {
			return err
		}
		if err = s.startRealAt(ctx, addr); err == nil {
			s.addr = addr
			return nil
		}
	}
	return err
}

func (s *Server) startRealAt(ctx context.Context, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), s.binary, "-") //nolint:gosec // the machine's Redis
	cmd.Dir = s.t.TempDir()
	// By standard input, so that the password is not in the list of processes.
	cmd.Stdin = strings.NewReader(fmt.Sprintf("bind 127.0.0.1\nport %s\nrequirepass %s\nsave \"\"\nappendonly no\ndaemonize no\n",
		port, s.password))
	var out bytes.Buffer
	p, err := child.Start(cmd, &out)
	if err != nil {
		return err
	}
	if err := awaitPort(ctx, addr, p.Done()); err != nil {
		p.Signal(syscall.SIGKILL)
		<-p.Done()
		return fmt.Errorf("%w: %s", err, out.String())
	}
	s.stop = func() {
		p.Signal(syscall.SIGTERM)
		<-p.Done()
	}
	return nil
}

func awaitPort(ctx context.Context, addr string, gone <-chan struct{}) error {
	ticker := time.NewTicker(readyPoll)
	defer ticker.Stop()
	for {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp4", addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ticker.C:
		case <-gone:
			return errors.New("redis-server has ended")
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
}

func freeAddr(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
