package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// whole runs every job in one process and returns where its API is, and a key for it.
func (r *rig) whole(t *testing.T) (at, key string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	listens, ready, ended := make(chan string, 1), make(chan struct{}), make(chan error, 1)
	o := app.Options{
		Jobs: app.Jobs{Gateway: true, Planner: true, Sender: true}, Listens: func(addr string) { listens <- addr }, Ready: func() { close(ready) },
	}
	go func() { ended <- app.Run(ctx, r.cfg, o, r.log) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- err
		t.Fatalf("it ended before it was ready: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("it did not get ready")
	}
	key, err := r.Store.CreateAPIKey(t.Context(), r.Owner, "test")
	require.NoError(t, err)
	return "http://" + <-listens, key
}

// ask sends a request to the API, requires the status and returns the answer.
func ask(t *testing.T, method, at, key string, body any, status int, header ...string) []byte {
	t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(t, err)
	q, err := http.NewRequestWithContext(t.Context(), method, at, bytes.NewReader(encoded))
	require.NoError(t, err)
	q.Header.Set("Authorization", "Bearer "+key)
	q.Header.Set("Content-Type", "application/json")
	for pair := range slices.Chunk(header, 2) {
		q.Header.Set(pair[0], pair[1])
	}
	a, err := http.DefaultClient.Do(q)
	require.NoError(t, err)
	defer func() { _ = a.Body.Close() }()
	answer, err := io.ReadAll(a.Body)
	require.NoError(t, err)
	require.Equal(t, status, a.StatusCode, "%s", answer)
	return answer
}

// post creates a mailing to everyone by the API.
func (r *rig) post(t *testing.T, at, key string, start time.Time, header ...string) domain.ID {
	t.Helper()
	var made struct {
		ID domain.ID `json:"id"`
	}
	body := map[string]any{"name": "Новости", "message_id": r.Message, "list_ids": []domain.ID{r.List}}
	if !start.IsZero() {
		body["start_at"] = start
	}
	require.NoError(t, json.Unmarshal(ask(t, http.MethodPost, at+"/api/v1/mailings", key, body, http.StatusCreated, header...), &made))
	return made.ID
}

func TestMetricsTellWhatWasSentAndWhatWaits(t *testing.T) {
	t.Parallel()
	r := newRig(t, 700, smtptest.SinkOptions{Refuse: func(recipient string, _ int) string {
		if strings.HasPrefix(recipient, "client-7@") {
			return "550 5.1.1 no such user"
		}
		return ""
	}})
	at, key := r.whole(t)
	r.WaitEnd(r.post(t, at, key, time.Time{}), 30*time.Second)
	r.WaitEnd(r.post(t, at, key, time.Time{}), 30*time.Second) // this one skips the address that was refused

	text := string(ask(t, http.MethodGet, at+"/metrics", "", nil, http.StatusOK))
	for _, want := range []string{
		`vestnik_deliveries_total{class="",outcome="sent",provider="`, `"} 1398`, `outcome="failed"`, `{class="",outcome="skipped",provider="none"} 1`,
		`vestnik_attempt_lateness_seconds_count 2`, `vestnik_events_handled_total{handler="planner-mailing-created",result="ok"} 2`,
		`vestnik_http_request_seconds_count{method="POST",route="/api/v1/mailings",status="201"} 2`,
		`vestnik_outbox_messages `, `vestnik_dead_letters 0`, `vestnik_chunks{status="pending"} `, `state="closed"} 1`, "vestnik_database_connections_max 30",
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "example.com", "no address is a label")
	refused := ask(t, http.MethodGet, at+"/metrics", "", nil, http.StatusForbidden, "X-Forwarded-For", "192.0.2.1")
	require.Contains(t, string(refused), "VESTNIK_HEALTH_ADDR")
}

func TestEveryProcessServesMetricsOnItsHealthAddress(t *testing.T) {
	t.Parallel()
	for name, jobs := range map[string]app.Jobs{"gateway": {Gateway: true}, "planner": {Planner: true}, "sender": {Sender: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 1, smtptest.SinkOptions{})
			r.cfg.HealthAddr = freeAddr(t)
			r.run(t, jobs)
			var text string
			begun := map[string]string{"planner": "vestnik_outbox_messages", "sender": "vestnik_provider_breaker_state"}[name]
			require.Eventually(t, func() bool {
				text = scrape(t.Context(), r.cfg.HealthAddr)
				return strings.Contains(text, `jobs="`+name+`"`) && strings.Contains(text, begun)
			}, 20*time.Second, 20*time.Millisecond, "it listens, and its job has begun")
			require.Equal(t, name == "planner", strings.Contains(text, "vestnik_outbox_messages"), "what the database holds is the planners' to tell")
			require.Equal(t, name == "sender", strings.Contains(text, "vestnik_provider_breaker_state"))
			ask(t, http.MethodGet, "http://"+r.cfg.HealthAddr+"/readyz", "", nil, http.StatusOK)
		})
	}
}

// scrape returns the metrics served at addr for a client that a proxy speaks for, or nothing while nobody answers.
func scrape(ctx context.Context, addr string) string {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/metrics", nil)
	if err != nil {
		return ""
	}
	q.Header.Set("X-Forwarded-For", "192.0.2.1")
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return ""
	}
	defer func() { _ = a.Body.Close() }()
	text, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK {
		return ""
	}
	return string(text)
}

// freeAddr is an address that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// lines is a log that several goroutines write and a test reads.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func passwordOf(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	password, _ := u.User.Password()
	return password
}

func TestTheLogNamesMailingsAndHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	r := newRig(t, 600, smtptest.SinkOptions{Refuse: func(recipient string, _ int) string {
		switch {
		case strings.HasPrefix(recipient, "client-7@"):
			return "550 5.1.1 <" + recipient + "> no such user"
		case strings.HasPrefix(recipient, "client-8@"):
			return "451 4.2.0 <" + recipient + "> later"
		default:
			return ""
		}
	}})
	log := &lines{}
	r.log = zerolog.New(log).Level(zerolog.TraceLevel)
	r.Exec("UPDATE messages SET html = '<p>Тайный текст</p>'")
	at, key := r.whole(t)
	ask(t, http.MethodPost, at+"/api/v1/clients", key, map[string]any{"email": "anna@secret.example", "full_name": "Анна"}, http.StatusCreated)
	ask(t, http.MethodGet, at+"/api/v1/clients?email=anna@secret.example", key, nil, http.StatusUnprocessableEntity)
	ask(t, http.MethodGet, at+"/api/v1/me", key[:len(key)-1]+"_", nil, http.StatusUnauthorized)
	mailing := r.post(t, at, key, time.Time{})
	r.WaitFor(mailing, 30*time.Second, "everyone's first try", func(a domain.Attempt) bool { return a.Totals.Sent == 598 })
	_, err := r.Store.PauseMailing(t.Context(), r.Owner, mailing)
	require.NoError(t, err)
	nc, err := nats.Connect(r.nats.URL())
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.Publish("vestnik.due.chunk.next._.x.1", []byte(`{"attempt_id":7,"email":"anna@secret.example"}`)))
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "message buried") }, 20*time.Second, 20*time.Millisecond)

	text := log.String()
	for what, secret := range map[string]string{
		"a body": "Тайный", "an address": "@example.com", "an address of a request": "secret.example", "a name": "Клиент 1",
		"the API key": key[:20], "a header": "Bearer",
		"the password of NATS": passwordOf(t, r.cfg.NATSURL),
	} {
		require.NotEmpty(t, secret, what)
		require.NotContains(t, text, secret, what)
	}
	about := 0
	for line := range strings.Lines(text) {
		var l struct{ Level, Job, Message, Mailing, Attempt, Route, User, RequestID string }
		require.NoError(t, json.Unmarshal([]byte(line), &l), line)
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields))
		switch {
		case l.Message == "attempt started":
			require.Equal(t, mailing.String(), l.Mailing)
			require.NotEmpty(t, l.Attempt)
			about++
		case l.Message == "request" && l.Route == "/api/v1/mailings":
			require.Equal(t, r.Owner.String(), l.User)
			require.NotEmpty(t, fields["request_id"])
			require.InDelta(t, http.StatusCreated, fields["status"], 0)
			require.Contains(t, fields, "duration_ms")
			about++
		}
	}
	require.Equal(t, 2, about)
}

// otlp is a collector that keeps what it is sent.
type otlp struct {
	url string
	mu  sync.Mutex
	all []*traces.Span
}

func startCollector(t *testing.T) *otlp {
	t.Helper()
	o := &otlp{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		var sent collector.ExportTraceServiceRequest
		if err != nil || q.URL.Path != "/v1/traces" || proto.Unmarshal(body, &sent) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		for _, from := range sent.GetResourceSpans() {
			for _, scope := range from.GetScopeSpans() {
				o.all = append(o.all, scope.GetSpans()...)
			}
		}
	}))
	t.Cleanup(server.Close)
	o.url = server.URL
	return o
}

// spans are those that have come, by name.
func (o *otlp) spans() map[string][]*traces.Span {
	o.mu.Lock()
	defer o.mu.Unlock()
	by := map[string][]*traces.Span{}
	for _, s := range o.all {
		by[s.GetName()] = append(by[s.GetName()], s)
	}
	return by
}

// of waits for a span by its name whose parent, or whose link, is one of those given, and returns all such.
func (o *otlp) of(t *testing.T, name string, by func(*traces.Span) []byte, cause ...*traces.Span) (found []*traces.Span) {
	t.Helper()
	require.Eventually(t, func() bool {
		found = nil
		for _, s := range o.spans()[name] {
			if slices.ContainsFunc(cause, func(c *traces.Span) bool { return bytes.Equal(by(s), c.GetSpanId()) }) {
				found = append(found, s)
			}
		}
		return len(found) > 0
	}, 20*time.Second, 50*time.Millisecond, "a span %q caused by %v", name, cause)
	return found
}

func parent(s *traces.Span) []byte { return s.GetParentSpanId() }
func link(s *traces.Span) []byte {
	if len(s.GetLinks()) != 1 || len(s.GetParentSpanId()) != 0 {
		return nil
	}
	return s.GetLinks()[0].GetSpanId()
}

func TestATraceGoesFromTheRequestToTheChunks(t *testing.T) {
	t.Parallel()
	o := startCollector(t)
	r := newRig(t, 700, smtptest.SinkOptions{})
	r.cfg.Traces.Endpoint = o.url
	at, key := r.whole(t)
	caller := &traces.Span{TraceId: []byte("0123456789abcdef"), SpanId: []byte("parent-1")}
	header := "00-30313233343536373839616263646566-706172656e742d31-01"

	t.Run("due at once: one trace", func(t *testing.T) {
		t.Parallel()
		r.WaitEnd(r.post(t, at, key, time.Time{}, "traceparent", header), 30*time.Second)
		causes := []*traces.Span{caller}
		for _, name := range []string{
			"POST /api/v1/mailings", "publish mailing.created.v1", "handle mailing.created.v1", "publish send.due.v1", "handle send.due.v1",
			"publish chunk.due.v2", "handle chunk.due.v2",
		} {
			causes = o.of(t, name, parent, causes...)
			for _, s := range causes {
				require.Equal(t, caller.GetTraceId(), s.GetTraceId(), name)
			}
		}
		require.Eventually(t, func() bool {
			return len(o.of(t, "handle chunk.due.v2", parent, o.spans()["publish chunk.due.v2"]...)) >= 2
		},
			20*time.Second, 50*time.Millisecond, "one span a chunk")
		require.Empty(t, o.spans()["GET /readyz"])
	})
	t.Run("due later: a trace of its own, with a link", func(t *testing.T) {
		t.Parallel()
		m := r.post(t, at, key, time.Now().Add(3*time.Second))
		r.WaitEnd(m, 30*time.Second)
		var planned []*traces.Span
		for _, s := range o.of(t, "publish send.due.v1", parent, o.spans()["handle mailing.created.v1"]...) {
			for _, a := range s.GetAttributes() {
				if a.GetKey() == "messaging.destination.name" && a.GetValue().GetStringValue() == "vestnik.schedule."+m.String() {
					planned = append(planned, s)
				}
			}
		}
		require.Len(t, planned, 1)
		started := o.of(t, "handle send.due.v1", link, planned...)
		require.NotEqual(t, planned[0].GetTraceId(), started[0].GetTraceId())
		require.Equal(t, planned[0].GetTraceId(), started[0].GetLinks()[0].GetTraceId())
		chunk := o.of(t, "publish chunk.due.v2", parent, started...)
		o.of(t, "handle chunk.due.v2", parent, chunk...)
	})
}

func TestACollectorThatIsAwayHarmsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, 700, smtptest.SinkOptions{})
	r.cfg.Traces.Endpoint = "http://" + freeAddr(t)
	log := &lines{}
	r.log = zerolog.New(log)
	at, key := r.whole(t)
	a := r.WaitEnd(r.post(t, at, key, time.Time{}), 30*time.Second)
	require.Equal(t, 700, a.Totals.Sent)
	require.Less(t, a.Late(), time.Second)
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "the collector of traces is away") }, 20*time.Second, 50*time.Millisecond)
	a = r.WaitEnd(r.post(t, at, key, time.Time{}), 30*time.Second)
	require.Equal(t, 700, a.Totals.Sent)
	require.Equal(t, 1, strings.Count(log.String(), "the collector of traces is away"), "it is said once")
}
