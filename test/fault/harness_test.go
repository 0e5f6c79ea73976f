// Package fault_test runs Vestnik's programs as processes on real servers and breaks them: kill -9, SIGSTOP, SIGTERM,
// a NATS store wiped in the middle. After every fault it compares three things that must agree: what the SMTP server
// took, what the ledger says, and what the attempt's report says.
package fault_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/natstest"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/redistest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

func TestMain(m *testing.M) { pgtest.Run(m) }

// programs builds the three binaries once.
func programs(t *testing.T) string {
	t.Helper()
	dir, err := build()
	require.NoError(t, err)
	return dir
}

//nolint:gochecknoglobals // one build serves all tests of the package
var build = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("vestnik-fault-%d", os.Getuid()))
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./cmd/...") //nolint:gosec // our own sources
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return dir, nil
})

// site is the servers that Vestnik's processes share, and how they are configured.
type site struct {
	*seedtest.World
	t    *testing.T
	bin  string
	sink *smtptest.Sink
	nats *natstest.Server
	env  []string
}

const (
	workers   = 8
	maxWindow = 50 // of package sender
	lease     = 2 * time.Second
)

func newSite(t *testing.T, clients int, sink smtptest.SinkOptions) *site {
	t.Helper()
	s := &site{t: t, bin: programs(t), sink: smtptest.NewSink(t, sink), nats: natstest.Start(t)}
	url := pgtest.URL(t)
	s.World = seedtest.New(t, url, clients, domain.SystemClock{})
	s.env = append(os.Environ(),
		"VESTNIK_DATABASE_URL="+url,
		"VESTNIK_NATS_URL="+s.nats.URL(),
		"VESTNIK_REDIS_URL="+redistest.Start(t).URL(),
		"VESTNIK_SMTP_URL=smtp://"+s.sink.Addr+"?connections=10",
		"VESTNIK_HTTP_ADDR=127.0.0.1:0",
		"VESTNIK_LEASE="+lease.String(),
		fmt.Sprintf("VESTNIK_WORKERS=%d", workers),
		"VESTNIK_LOG_FORMAT=json",
	)
	return s
}

// proc is a running program. It dies with the test.
type proc struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  string // the file of what it says
	done chan struct{}
	err  error
}

func (s *site) start(program string, args ...string) *proc {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(s.bin, program), args...) //nolint:gosec,noctx // our own program; it is killed by the test, one way or another
	cmd.Env = s.env
	log, err := os.Create(filepath.Join(s.t.TempDir(), program+".log")) //nolint:gosec // a folder of the test
	require.NoError(s.t, err)
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(s.t, cmd.Start())
	p := &proc{t: s.t, cmd: cmd, log: log.Name(), done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		_ = log.Close()
		close(p.done)
	}()
	s.t.Cleanup(func() {
		p.kill()
		if s.t.Failed() {
			out, _ := os.ReadFile(log.Name())
			s.t.Logf("%s (pid %d) said:\n%s", program, cmd.Process.Pid, tail(out, 12000))
		}
	})
	return p
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

func (p *proc) signal(sig syscall.Signal) { _ = p.cmd.Process.Signal(sig) }

// kill ends the process as a power cut would, as far as it is concerned.
func (p *proc) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

// stop asks the process to end and returns how long that took.
func (p *proc) stop(patience time.Duration) time.Duration {
	p.t.Helper()
	began := time.Now()
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
		require.NoError(p.t, p.err, "it ends without an error")
	case <-time.After(patience):
		p.signal(syscall.SIGQUIT) // its goroutines go to its log
		<-p.done
		require.Fail(p.t, "it did not end", "pid %d, within %s", p.cmd.Process.Pid, patience)
	}
	return time.Since(began)
}

// requireHonest checks the promise: nobody got two, and everybody who is not known to have got one is recorded as what
// he is. It returns how many outcomes are unknown.
func (s *site) requireHonest(a domain.Attempt, perClient int) int {
	s.t.Helper()
	s.RequireLedger(a)
	for recipient, n := range s.sink.Recipients() {
		require.LessOrEqual(s.t, n, perClient, "%s was mailed %d times", recipient, n)
	}
	if perClient == 1 {
		lost := 0
		got := s.sink.Recipients()
		rows, err := s.Pool.Query(s.t.Context(), `SELECT email FROM deliveries WHERE attempt_id = $1 AND outcome = 'sent'`, a.ID)
		require.NoError(s.t, err)
		defer rows.Close()
		for rows.Next() {
			var email string
			require.NoError(s.t, rows.Scan(&email))
			if got[email] == 0 {
				lost++
			}
		}
		require.NoError(s.t, rows.Err())
		require.Zero(s.t, lost, "recorded as sent, but the server never got them")
		// Whoever the server got is recorded as sent, or honestly as unknown.
		require.LessOrEqual(s.t, len(got), a.Totals.Sent+a.Totals.Unknown)
	}
	return a.Totals.Unknown
}
