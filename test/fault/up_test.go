package fault_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
	"github.com/vestnik-mail/vestnik/internal/standalone"
)

// Everything is one process here: `vestnik up` with its own PostgreSQL, NATS and Redis. Killing it kills them all.
func TestKillNineOfUpWithAllItsServers(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/tmp", "vestnik-up-") //nolint:usetesting // PostgreSQL's account must be able to enter it
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755)) //nolint:gosec // the same reason
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &site{t: t, bin: programs(t), sink: smtptest.NewSink(t, smtptest.SinkOptions{Latency: pace})}
	s.env = append(os.Environ(),
		"VESTNIK_DATA_DIR="+dir+"/data",
		"VESTNIK_SMTP_URL=smtp://"+s.sink.Addr+"?connections=10",
		"VESTNIK_HTTP_ADDR=127.0.0.1:0",
		"VESTNIK_LEASE="+lease.String(),
	)
	up := func() (*proc, string) {
		p := s.start("vestnik", "up")
		var found standalone.Runtime
		require.Eventually(t, func() bool {
			found, err = standalone.ReadRuntime(dir + "/data")
			return err == nil && found.PID == p.cmd.Process.Pid
		}, minute, 50*time.Millisecond, "it does not come up")
		return p, found.DatabaseURL
	}
	p, url := up()
	s.World = seedtest.New(t, url, 6_000, domain.SystemClock{})
	m := s.Mailing(nil)
	for round := 1; round <= 2; round++ {
		s.WaitFor(m.ID, minute, "more messages", func(a domain.Attempt) bool { return a.Totals.Sent > round*1000 })
		p.kill()
		p, url = up()
		s.Connect(url, domain.SystemClock{})
	}
	a := s.WaitFor(m.ID, 2*minute, "its end", ended)
	unknown := s.requireHonest(a, 1)
	t.Logf("2 kills, %d sent, %d unknown, took %s", a.Totals.Sent, unknown, a.FinishedAt.Sub(a.StartedAt))
	require.LessOrEqual(t, unknown, 2*20*maxWindow)
	require.Equal(t, 6_000, a.Totals.Sent+a.Totals.Unknown)
	p.stop(30 * time.Second)
}
