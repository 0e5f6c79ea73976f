// Package bench_test measures the whole on real servers: how fast a mailing goes out with its durable ledger beside what
// the same connections can do without it, how fast clients are imported, and how late mailings start. Run it with
// `make bench`; figures that belong together come from one run, since machines are noisy.
package bench_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/natstest"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
	"github.com/vestnik-mail/vestnik/internal/redistest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

func TestMain(m *testing.M) { pgtest.Run(m) }

const (
	connections = 20
	window      = 50 // messages that a sender gives the provider at a time, when all is fast
)

//nolint:gochecknoglobals // one build serves all benchmarks
var programs = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("vestnik-bench-%d", os.Getuid()))
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

// site is Vestnik as processes on servers of its own, with a mail service that takes everything.
type site struct {
	*seedtest.World
	b    *testing.B
	sink *smtptest.Sink
	env  []string
}

func newSite(b *testing.B, clients int) *site {
	b.Helper()
	s := &site{b: b, sink: smtptest.NewSink(b, smtptest.SinkOptions{})}
	url := pgtest.URL(b, pgtest.Durable()) // fsync and all: what is measured is what is promised
	s.World = seedtest.New(b, url, clients, domain.SystemClock{})
	s.env = append(os.Environ(),
		"VESTNIK_DATABASE_URL="+url,
		"VESTNIK_NATS_URL="+natstest.Start(b).URL(),
		"VESTNIK_REDIS_URL="+redistest.Start(b).URL(),
		fmt.Sprintf("VESTNIK_SMTP_URL=smtp://%s?connections=%d", s.sink.Addr, connections),
		"VESTNIK_HTTP_ADDR=127.0.0.1:0",
		"VESTNIK_LOG_FORMAT=json", "VESTNIK_LOG_LEVEL=info",
	)
	return s
}

// start runs a program until the benchmark ends and returns its process id.
func (s *site) start(program string) (pid int) {
	s.b.Helper()
	dir, err := programs()
	require.NoError(s.b, err)
	log := filepath.Join(s.b.TempDir(), program+".log")
	out, err := os.Create(log) //nolint:gosec // a folder of the benchmark
	require.NoError(s.b, err)
	cmd := exec.Command(filepath.Join(dir, program)) //nolint:gosec,noctx // our own program; it is ended below
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env, out, out
	require.NoError(s.b, cmd.Start())
	s.b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		_ = out.Close()
		if s.b.Failed() {
			said, _ := os.ReadFile(log) //nolint:gosec // as above
			s.b.Logf("%s said:\n%s", program, said[max(0, len(said)-4000):])
		}
	})
	return cmd.Process.Pid
}

// peakMemory is the most memory that a process has had, in MB.
func peakMemory(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(b, err)
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(b, found)
	kb, err := strconv.Atoi(string(found[1]))
	require.NoError(b, err)
	return float64(kb) / 1024
}

// paragraph makes a message of 2 KB of HTML and text together of six of it.
const paragraph = `<p>Hello, {{ client.full_name }}! A new shop has opened in {{ client.attributes.city | default: "your town" }}, at the ` +
	`address that you know; {{ client.email }} gets ten per cent off.</p>` + "\n"

func (s *site) personalised() {
	s.Exec(`UPDATE clients SET attributes = jsonb_build_object('city', 'Казань') WHERE id % 2 = 0`)
	html := "<html><body>" + strings.Repeat(paragraph, 6) + "</body></html>"
	text := strings.Repeat(strings.NewReplacer("<p>", "", "</p>", "").Replace(paragraph), 6)
	s.Exec(`UPDATE messages SET subject = 'Новости для {{ client.full_name }}', html = $1, text = $2`, html, text)
}

// BenchmarkMailing sends a mailing to 100,000 clients, 2 KB of personalised HTML and text each, over 20 connections
// into a sink on this machine: by Vestnik with its ledger in PostgreSQL, and as a ceiling by the SMTP client alone, with
// messages of the same size that are ready.
func BenchmarkMailing(b *testing.B) {
	const clients = 100_000
	for range b.N {
		s := newSite(b, clients)
		s.personalised()
		s.Exec("ANALYZE")
		s.start("planner")
		pid := s.start("sender")
		m := s.Mailing(nil)
		a := s.WaitEnd(m.ID, 5*time.Minute)
		require.Equal(b, domain.ResultSucceeded, a.Result)
		require.Equal(b, clients, a.Totals.Sent)
		require.Equal(b, clients, s.sink.Count())
		s.RequireLedger(a)
		durable := clients / a.FinishedAt.Sub(a.StartedAt).Seconds()
		b.ReportMetric(durable, "messages/s")
		b.ReportMetric(peakMemory(b, pid), "sender-MB")

		size := s.sink.Messages()[0].Size
		raw := ceiling(b, clients, size)
		b.ReportMetric(raw, "raw-messages/s")
		b.ReportMetric(durable/raw, "of-raw")
		b.ReportMetric(float64(size), "B/message")
		b.ReportMetric(0, "ns/op")
	}
}

// ceiling is how many messages a second the SMTP client alone sends over as many connections.
func ceiling(b *testing.B, messages, size int) float64 {
	b.Helper()
	sink := smtptest.NewSink(b, smtptest.SinkOptions{})
	host, port, err := net.SplitHostPort(sink.Addr)
	require.NoError(b, err)
	n, err := strconv.Atoi(port)
	require.NoError(b, err)
	p, err := smtp.New(smtp.Config{Host: host, Port: n, TLS: smtp.TLSNone, Connections: connections})
	require.NoError(b, err)
	defer func() { _ = p.Close(context.Background()) }()
	head := "Message-ID: <1@bench.test>\r\nSubject: bench\r\n\r\n"
	data := []byte(head + strings.Repeat(strings.Repeat("x", 70)+"\r\n", (size-len(head))/72))
	var next atomic.Int64
	began := time.Now()
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			batch := make([]domain.Envelope, window)
			for next.Add(window) <= int64(messages) {
				for i := range batch {
					batch[i] = domain.Envelope{From: "news@example.com", To: "client@example.org", Data: data}
				}
				if _, err := p.Deliver(b.Context(), batch); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	require.Equal(b, messages, sink.Count())
	return float64(messages) / took.Seconds()
}

// BenchmarkLateness measures how late 1,000 mailings start: all due at one instant, and spread over a minute. Each is to ten
// clients.
func BenchmarkLateness(b *testing.B) {
	const mailings = 1000
	for name, spread := range map[string]time.Duration{"due at one instant": 0, "due within a minute": time.Minute} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				s := newSite(b, 10)
				s.start("planner")
				s.start("sender")
				first := time.Now().Add(20 * time.Second).Truncate(time.Second)
				for i := range mailings {
					s.Mailing(func(m *domain.Mailing) { m.Schedule.Start = first.Add(spread * time.Duration(i) / mailings) })
				}
				require.Less(b, time.Now(), first, "the machine was too slow to set the mailings up in time")
				require.Eventually(b, func() bool {
					return s.Int("SELECT count(*) FROM attempts WHERE status = 'finished'") == mailings
				}, spread+2*time.Minute, 250*time.Millisecond)
				require.Equal(b, mailings*10, s.sink.Count())
				late := s.lateness()
				require.GreaterOrEqual(b, late[0], time.Duration(0), "one started early")
				b.ReportMetric(late[len(late)/2].Seconds()*1000, "p50-ms")
				b.ReportMetric(late[len(late)*99/100].Seconds()*1000, "p99-ms")
				b.ReportMetric(late[len(late)-1].Seconds()*1000, "max-ms")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// lateness is how long after its time each attempt started, sorted.
func (s *site) lateness() []time.Duration {
	s.b.Helper()
	rows, err := s.Pool.Query(s.b.Context(), "SELECT started_at, due_at FROM attempts")
	require.NoError(s.b, err)
	defer rows.Close()
	var late []time.Duration
	for rows.Next() {
		var started, due time.Time
		require.NoError(s.b, rows.Scan(&started, &due))
		late = append(late, started.Sub(due))
	}
	require.NoError(s.b, rows.Err())
	slices.Sort(late)
	return late
}
