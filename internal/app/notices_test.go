package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/httpmailtest"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

const (
	noticeToken = "shown-to-nobody-shown-to-nobody-shown-to-n"
	noticeCode  = "730164"
)

func confirmation() domain.Notice {
	return domain.Notice{
		Email: "anna@example.net", Kind: domain.NoticeVerify, Language: domain.Russian,
		Data: map[string]string{"token": noticeToken, "code": noticeCode},
	}
}

// waitNotice waits until a notice stands so.
func (r *rig) waitNotice(t *testing.T, id domain.ID, status domain.NoticeStatus) {
	t.Helper()
	require.Eventually(t, func() bool {
		return r.Text("SELECT status FROM notices WHERE id = $1", id) == string(status)
	}, time.Minute, 20*time.Millisecond, "the message is to be %s", status)
	require.Equal(t, "{}", r.Text("SELECT data FROM notices WHERE id = $1", id), "with its end, what it says is gone")
}

// A confirmation is out within two seconds, whatever mailings to 200,000 are being sent, and however slow the mail service
// is.
func TestAConfirmationDoesNotWaitBehindMailings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sink  smtptest.SinkOptions
		url   string
		large int
	}{
		"a fast service":                    {large: 1},
		"a slow service and five large":     {sink: smtptest.SinkOptions{Latency: 50 * time.Millisecond}, large: 5},
		"a very slow service":               {sink: smtptest.SinkOptions{Latency: 500 * time.Millisecond}, large: 1},
		"a service with a limit of its own": {url: "&rate=20", large: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 200_000, c.sink)
			r.cfg.SMTPURL += c.url
			r.cfg.Workers = 20
			r.run(t, app.Jobs{Planner: true, Sender: true})
			var large []domain.Mailing
			for range c.large {
				large = append(large, r.Mailing(nil))
			}
			for _, m := range large {
				r.WaitFor(m.ID, 2*time.Minute, "the start of a large one", func(a domain.Attempt) bool { return a.Totals.Sent > 0 })
			}
			for range 5 {
				id := r.Notice(confirmation())
				r.waitNotice(t, id, domain.NoticeSent)
				took := time.Duration(r.Int("SELECT (extract(epoch FROM ended_at - created_at) * 1000)::integer FROM notices WHERE id = $1", id)) * time.Millisecond
				t.Logf("the confirmation was out after %s", took)
				require.Less(t, took, 2*time.Second)
			}
			require.Equal(t, 5, r.sink.Recipients()["anna@example.net"])
			for _, m := range large {
				still, _ := r.Attempt(m.ID)
				require.Equal(t, domain.AttemptRunning, still.Status, "the large one was being sent all along")
				_, err := r.Store.PauseMailing(t.Context(), r.Owner, m.ID)
				require.NoError(t, err)
			}
		})
	}
}

// A mail service that is away costs a confirmation the time until its return.
func TestAConfirmationWaitsForTheMailService(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, smtptest.SinkOptions{KeepBodies: true})
	r.cfg.BaseURL = "https://mail.example.org"
	require.NoError(t, r.sink.Close())
	r.run(t, app.Jobs{Planner: true, Sender: true})
	id := r.Notice(confirmation())
	require.Eventually(t, func() bool {
		return r.Text("SELECT last_response FROM notices WHERE id = $1", id) != "" &&
			r.Int("SELECT count(*) FROM notices WHERE leased_until IS NULL AND due_at > created_at + interval '1 second'") == 1
	}, 30*time.Second, 50*time.Millisecond, "it was tried in vain")
	require.Equal(t, "waiting", r.Text("SELECT status FROM notices"))
	require.Zero(t, r.Int("SELECT tries FROM notices"), "nobody was asked about the message")

	sink := smtptest.NewSink(t, smtptest.SinkOptions{Addr: r.sink.Addr, KeepBodies: true})
	r.waitNotice(t, id, domain.NoticeSent)
	require.Equal(t, 1, sink.Count())
	require.Equal(t, 1, r.Int("SELECT tries FROM notices"))
	e, err := enmime.ReadEnvelope(bytes.NewReader(sink.Messages()[0].Body))
	require.NoError(t, err)
	require.Empty(t, e.Errors)
	require.Equal(t, "Vestnik <vestnik@localhost>", strings.ReplaceAll(e.GetHeader("From"), `"`, ""))
	require.Contains(t, e.Text, "https://mail.example.org/verify#token="+noticeToken)
	require.Contains(t, e.HTML, `href="https://mail.example.org/verify#token=`+noticeToken+`"`)
}

// What a message says is in no event, log, answer or metric, even when the mail service repeats it in its refusal.
func TestSecretsOfMessagesAreShownToNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, smtptest.SinkOptions{Refuse: func(to string, nth int) string {
		if strings.HasPrefix(to, "refused") {
			return "550 5.1.1 no " + noticeToken + " " + noticeCode
		}
		if nth == 1 {
			return "450 4.2.1 later " + noticeToken + " " + noticeCode
		}
		return ""
	}})
	log := &lockedLog{}
	r.log = zerolog.New(log).Level(zerolog.TraceLevel)
	watched, seen := r.watch(t)
	addr, stop := r.serve(t, app.Jobs{Gateway: true, Planner: true, Sender: true})
	sent := r.Notice(confirmation())
	n := confirmation()
	n.Email = "refused@example.net"
	refused := r.Notice(n)
	n = confirmation()
	n.Kind = "of_the_future"
	r.Notice(n)
	r.waitNotice(t, sent, domain.NoticeSent)
	r.waitNotice(t, refused, domain.NoticeFailed)
	require.Contains(t, r.Text("SELECT last_response FROM notices WHERE id = $1", refused), "550 5.1.1 no")

	metrics := get(t, "http://"+addr+"/metrics")
	require.Contains(t, metrics, `vestnik_notices_total{kind="verify",result="sent"} 1`)
	require.Contains(t, metrics, `vestnik_notices_total{kind="verify",result="deferred"} 1`)
	require.Contains(t, metrics, `vestnik_notices_total{kind="verify",result="failed"} 1`)
	stop()
	require.NoError(t, watched.Drain())
	require.Eventually(t, watched.IsClosed, 10*time.Second, 10*time.Millisecond)
	require.Contains(t, log.String(), sent.String())
	require.Contains(t, seen.String(), sent.String(), "its events were seen")
	rows := r.Text("SELECT string_agg(last_response, ' ') FROM notices")
	for what, text := range map[string]string{"the log": log.String(), "the events": seen.String(), "the metrics": metrics, "the rows": rows} {
		for _, secret := range []string{noticeToken, noticeCode} {
			require.NotContains(t, text, secret, what)
		}
	}
	require.NotContains(t, seen.String(), "anna@example.net", "events name nobody")
}

// watch collects all that goes over NATS until the connection it returns is closed.
func (r *rig) watch(t *testing.T) (*nats.Conn, *lockedLog) {
	t.Helper()
	seen := &lockedLog{}
	nc, err := nats.Connect(r.nats.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	_, err = nc.Subscribe(">", func(m *nats.Msg) {
		headers, _ := json.Marshal(m.Header)
		_, _ = seen.Write([]byte(m.Subject + " " + string(headers) + " " + string(m.Data) + "\n"))
	})
	require.NoError(t, err)
	return nc, seen
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close() //nolint:errcheck // read to its end
	var body bytes.Buffer
	_, err = body.ReadFrom(response.Body)
	require.NoError(t, err)
	return body.String()
}

// lockedLog collects what several goroutines write.
type lockedLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// A sender that dies with a message in its hands keeps it until its lease ends.
func TestAConfirmationOfASenderThatDiedIsSentByAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, smtptest.SinkOptions{})
	id := r.Notice(confirmation())
	lease, err := r.Store.LeaseNotice(t.Context(), id, domain.NewID(time.Now()), 3*time.Second)
	require.NoError(t, err)
	require.Equal(t, domain.Leased, lease.State)
	r.run(t, app.Jobs{Planner: true, Sender: true})
	r.waitNotice(t, id, domain.NoticeSent)
	require.Equal(t, 1, r.sink.Count())
	require.Equal(t, 1, r.Int("SELECT count(*) FROM notices WHERE ended_at > created_at + interval '2 seconds'"), "not before the lease was over")
}

// The row is the truth: an event that NATS loses is made again.
func TestAConfirmationSurvivesTheLossOfNATS(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, smtptest.SinkOptions{})
	_, stop := r.serve(t, app.Jobs{Planner: true})
	id := r.Notice(confirmation())
	nc, err := nats.Connect(r.nats.URL())
	require.NoError(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		s, err := js.Stream(context.Background(), "SENDS")
		return err == nil && s.CachedInfo().State.Msgs > 0
	}, 20*time.Second, 20*time.Millisecond, "the event is in NATS")
	stop()
	r.nats.Wipe()
	r.run(t, app.Jobs{Planner: true, Sender: true})
	r.waitNotice(t, id, domain.NoticeSent)
	require.Equal(t, 1, r.sink.Count())
}

// Where the only mail service has an HTTP interface, it gets the parts of the message, and its repeats under one key.
func TestAConfirmationThroughHTTP(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, smtptest.SinkOptions{})
	var mu sync.Mutex
	keys := map[string]int{}
	service := httpmailtest.New(t, httpmailtest.Options{Token: "secret", Fault: func(q httpmailtest.Request) httpmailtest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if q.Message.To == "" {
			return httpmailtest.Fault{}
		}
		if keys[q.Key]++; keys[q.Key] == 1 {
			return httpmailtest.Fault{Status: http.StatusTooEarly, Refuse: true}
		}
		return httpmailtest.Fault{}
	}})
	r.cfg.SMTPURL, r.cfg.HTTPProvider, r.cfg.HTTPToken = "", service.URL, "secret"
	r.run(t, app.Jobs{Planner: true, Sender: true})
	id := r.Notice(confirmation())
	r.waitNotice(t, id, domain.NoticeSent)
	require.Len(t, service.Messages(), 1)
	m := service.Messages()[0]
	require.Equal(t, "anna@example.net", m.To)
	require.Equal(t, "Подтвердите адрес почты", m.Subject)
	require.Equal(t, "<notice."+id.String()+"@localhost>", m.MessageID)
	require.Equal(t, map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}, m.Headers)
	for _, body := range []string{m.Text, m.HTML} {
		require.Contains(t, body, "/verify#token="+noticeToken)
		require.Contains(t, body, noticeCode)
	}
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, map[string]int{"notice." + id.String(): 2}, keys, "one key on every try")
}
