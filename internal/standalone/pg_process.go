package standalone

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/standalone/child"
)

const keptLines = 20

// process is a PostgreSQL program with the end of its log.
type process struct {
	*child.Process

	out *serverLog
}

func startProcess(cmd *exec.Cmd, log zerolog.Logger) (*process, error) {
	out := &serverLog{log: log}
	p, err := child.Start(cmd, out)
	if err != nil {
		return nil, err
	}
	return &process{Process: p, out: out}, nil
}

// runTool runs a short-lived helper such as initdb to its end and returns its last words with an error.
func runTool(ctx context.Context, cmd *exec.Cmd, log zerolog.Logger) error {
	p, err := startProcess(cmd, log)
	if err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		p.Signal(syscall.SIGTERM)
		<-p.Done()
		return ctx.Err()
	}
	if err := p.Err(); err != nil {
		return fmt.Errorf("%s: %w: %s", cmd.Path, err, p.out.tail())
	}
	return nil
}

// serverLog passes the lines of a PostgreSQL program on and keeps the last ones for error messages. What a client's
// statement did wrong is the client's to report, so ERROR stays at debug.
type serverLog struct {
	log zerolog.Logger

	mu      sync.Mutex
	partial string
	last    []string
}

// Write takes output in whatever pieces it comes.
func (l *serverLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.partial + string(b)
	for {
		line, rest, found := strings.Cut(text, "\n")
		if !found {
			break
		}
		l.line(strings.TrimSpace(line))
		text = rest
	}
	l.partial = text
	return len(b), nil
}

func (l *serverLog) line(line string) {
	if line == "" {
		return
	}
	if len(l.last) == keptLines {
		l.last = l.last[1:]
	}
	l.last = append(l.last, line)
	level := zerolog.DebugLevel
	switch {
	case strings.Contains(line, "PANIC: "):
		level = zerolog.ErrorLevel
	case strings.Contains(line, "WARNING: "):
		level = zerolog.WarnLevel
	}
	l.log.WithLevel(level).Str("part", "postgres").Msg(line)
}

func (l *serverLog) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.partial != "" {
		return strings.Join(append(slices.Clip(l.last), l.partial), "; ")
	}
	return strings.Join(l.last, "; ")
}

// waitFor calls ready every interval until it is true or fails, the channel is closed or the context ends.
func waitFor(ctx context.Context, gone <-chan struct{}, every time.Duration, ready func() (bool, error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if ok, err := ready(); ok || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-gone:
			return errGone
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var errGone = errors.New("the process has ended")
