package metrics_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/metrics"
)

// clock stands still until it is moved.
type clock struct{ nanos atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Unix(1_800_000_000, c.nanos.Load()) }
func (c *clock) advance(d time.Duration) { c.nanos.Add(int64(d)) }

// scraped is what Prometheus would read.
func scraped(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	return w.Body.String()
}

func TestWhatIsCountedIsShown(t *testing.T) {
	t.Parallel()
	m := metrics.New("planner+sender", &clock{})
	m.Delivered("mail.example.org", domain.Sent, domain.ClassNone, 49)
	m.Delivered("mail.example.org", domain.Failed, domain.ClassRecipient, 1)
	m.Delivered("", domain.Skipped, domain.ClassNone, 2)
	m.Started(700 * time.Millisecond)
	m.Window(40 * time.Millisecond)
	m.Noticed(domain.NoticeVerify, "sent")
	m.NoticeSent(300 * time.Millisecond)
	m.Handled("sender-next-_", "later", time.Millisecond)
	m.Requested("GET", "/api/v1/clients/:id", 404, 7*time.Millisecond)
	m.Requested("BREW", "", 404, time.Millisecond)
	m.WatchPool(func() metrics.Pool {
		return metrics.Pool{Max: 30, InUse: 4, Idle: 6, Waits: 5, Waited: 1500 * time.Millisecond}
	})
	stop := m.WatchProviders(func() []metrics.Provider {
		return []metrics.Provider{{Name: "one", Breaker: "open", Open: 10, Idle: 3}}
	})

	text := scraped(t, m)
	for _, want := range []string{
		`vestnik_deliveries_total{class="",outcome="sent",provider="mail.example.org"} 49`,
		`vestnik_deliveries_total{class="recipient",outcome="failed",provider="mail.example.org"} 1`,
		`vestnik_deliveries_total{class="",outcome="skipped",provider="none"} 2`,
		`vestnik_attempt_lateness_seconds_bucket{le="0.5"} 0`,
		`vestnik_attempt_lateness_seconds_bucket{le="1"} 1`,
		`vestnik_window_seconds_bucket{le="0.05"} 1`,
		`vestnik_notices_total{kind="verify",result="sent"} 1`,
		`vestnik_notice_seconds_bucket{le="0.5"} 1`,
		`vestnik_events_handled_total{handler="sender-next-_",result="later"} 1`,
		`vestnik_event_handling_seconds_count{handler="sender-next-_"} 1`,
		`vestnik_http_request_seconds_count{method="GET",route="/api/v1/clients/:id",status="404"} 1`,
		`vestnik_http_request_seconds_count{method="other",route="none",status="404"} 1`,
		`vestnik_database_connections{state="busy"} 4`,
		`vestnik_database_connections_max 30`,
		`vestnik_database_waits_total 5`,
		`vestnik_database_wait_seconds_total 1.5`,
		`vestnik_provider_breaker_state{provider="one",state="open"} 1`,
		`vestnik_provider_breaker_state{provider="one",state="closed"} 0`,
		`vestnik_provider_connections{provider="one",state="busy"} 7`,
		`jobs="planner+sender"`,
		"go_goroutines", "process_start_time_seconds",
	} {
		require.Contains(t, text, want)
	}
	stop()
	require.NotContains(t, scraped(t, m), "vestnik_provider_")
}

func TestTheBacklogIsAskedSeldomAndAbsentRatherThanWrong(t *testing.T) {
	t.Parallel()
	at, asked, broken := &clock{}, 0, false
	m := metrics.New("planner", at)
	m.WatchBacklog(t.Context(), func(ctx context.Context) (metrics.Backlog, error) {
		asked++
		deadline, bounded := ctx.Deadline()
		require.True(t, bounded)
		require.LessOrEqual(t, time.Until(deadline), 2*time.Second)
		if broken {
			return metrics.Backlog{}, errors.New("the database is away")
		}
		return metrics.Backlog{
			Outbox: 3, OutboxAge: 1500 * time.Millisecond, Notices: 9, NoticeAge: 2 * time.Second, Running: 2, Pending: 4, Leased: 5, Waiting: 6, Deferred: 7, Held: 8, DeadLetters: asked - 2,
		}, nil
	})

	text := scraped(t, m)
	for _, want := range []string{
		"vestnik_notices_waiting 9", "vestnik_notices_age_seconds 2",
		"vestnik_outbox_messages 3", "vestnik_outbox_lag_seconds 1.5", "vestnik_attempts_running 2", `vestnik_chunks{status="pending"} 4`,
		`vestnik_chunks{status="leased"} 5`, `vestnik_chunks{status="waiting"} 6`, `vestnik_chunks{status="deferred"} 7`, `vestnik_chunks{status="held"} 8`,
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "vestnik_dead_letters", "NATS did not say")
	at.advance(4 * time.Second)
	require.Contains(t, scraped(t, m), "vestnik_outbox_messages 3")
	require.Equal(t, 1, asked, "the answer of four seconds ago is good enough")
	at.advance(2 * time.Second)
	require.Contains(t, scraped(t, m), "vestnik_dead_letters 0")
	require.Equal(t, 2, asked)

	broken = true
	at.advance(6 * time.Second)
	require.NotContains(t, scraped(t, m), "vestnik_outbox")
	require.NotContains(t, scraped(t, m), "vestnik_chunks")
	require.Equal(t, 3, asked, "a database that is away is not asked by every scrape")
	broken = false
	at.advance(6 * time.Second)
	require.Contains(t, scraped(t, m), "vestnik_outbox_messages 3")
}

// BenchmarkWindow is what counting adds to a window, whose messages take tens of milliseconds.
func BenchmarkWindow(b *testing.B) {
	m := metrics.New("sender", &clock{})
	b.ReportAllocs()
	for b.Loop() {
		m.Window(40 * time.Millisecond)
		m.Delivered("mail.example.org", domain.Sent, domain.ClassNone, 50)
	}
}
