package metrics

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Provider is how a provider stands.
type Provider struct {
	Name    string
	Breaker string // one of breakerStates
	Open    int    // connections
	Idle    int    // of them, unused
}

// Pool is how the connections to PostgreSQL stand.
type Pool struct {
	Max, InUse, Idle int
	Waits            int64         // queries that found no free connection, since the start
	Waited           time.Duration // how long they waited, together
}

// Backlog is the work that waits, in all of Vestnik.
type Backlog struct {
	Outbox      int           // events that are not in NATS yet
	OutboxAge   time.Duration // of the oldest of them; 0 when there is none
	Notices     int           // messages of the service itself that are to be sent
	NoticeAge   time.Duration // since the oldest of them was asked for; 0 when there is none
	Running     int           // attempts being sent
	Pending     int           // their chunks: due, and no sender has taken them
	Leased      int           // being sent
	Waiting     int           // behind the 32 that are outstanding
	Deferred    int           // to be tried again later
	Held        int           // of mailings that are paused or disabled
	DeadLetters int           // messages in the stream DEAD; -1: NATS does not say
}

const (
	// backlogFresh is how long an answer is shown again instead of asking anew, however many scrape.
	backlogFresh = 5 * time.Second
	// backlogTimeout bounds the question; a database that needs longer has other worries.
	backlogTimeout = 2 * time.Second
)

// breakerStates are the states of a provider, each a series of its own that is 0 or 1.
func breakerStates() []string { return []string{"closed", "half-open", "open", "stopped"} }

// source collects by a function that is asked at each scrape.
type source struct {
	descs   []*prometheus.Desc
	collect func(chan<- prometheus.Metric)
}

// Describe implements prometheus.Collector.
func (s *source) Describe(out chan<- *prometheus.Desc) {
	for _, d := range s.descs {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (s *source) Collect(out chan<- prometheus.Metric) { s.collect(out) }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

// WatchProviders shows the providers that ask returns at each scrape, each name once. ask must be quick.
func (m *Metrics) WatchProviders(ask func() []Provider) (stop func()) {
	state := desc("provider_breaker_state", "1 for the state that this sender's breaker of the provider is in; stopped: its credentials or its policy refuse us.", "provider", "state")
	connections := desc("provider_connections", "Connections of this sender to the provider.", "provider", "state")
	return m.watch(&source{[]*prometheus.Desc{state, connections}, func(out chan<- prometheus.Metric) {
		for _, p := range ask() {
			for _, s := range breakerStates() {
				value := 0.0
				if s == p.Breaker {
					value = 1
				}
				out <- gauge(state, value, p.Name, s)
			}
			out <- gauge(connections, float64(p.Open-p.Idle), p.Name, "busy")
			out <- gauge(connections, float64(p.Idle), p.Name, "idle")
		}
	}})
}

// WatchPool shows the connections to PostgreSQL. ask must be quick.
func (m *Metrics) WatchPool(ask func() Pool) (stop func()) {
	connections := desc("database_connections", "Connections of this process to PostgreSQL.", "state")
	most := desc("database_connections_max", "How many connections to PostgreSQL this process may open.")
	waits := desc("database_waits_total", "Queries that had to wait for a free connection.")
	waited := desc("database_wait_seconds_total", "How long queries have waited for a free connection, together.")
	return m.watch(&source{[]*prometheus.Desc{connections, most, waits, waited}, func(out chan<- prometheus.Metric) {
		p := ask()
		out <- gauge(connections, float64(p.InUse), "busy")
		out <- gauge(connections, float64(p.Idle), "idle")
		out <- gauge(most, float64(p.Max))
		out <- prometheus.MustNewConstMetric(waits, prometheus.CounterValue, float64(p.Waits))
		out <- prometheus.MustNewConstMetric(waited, prometheus.CounterValue, p.Waited.Seconds())
	}})
}

// WatchBacklog shows the work that waits. ask is called at most once in five seconds, with two to answer in; while it
// fails, or once ctx has ended, these metrics are absent.
func (m *Metrics) WatchBacklog(ctx context.Context, ask func(context.Context) (Backlog, error)) (stop func()) {
	const once = " Of all of Vestnik, and the same in every planner: take the max, not the sum."
	outbox := desc("outbox_messages", "Events that are not in NATS yet, 100000 at most."+once)
	lag := desc("outbox_lag_seconds", "Age of the oldest event that is not in NATS yet; 0: there is none."+once)
	notices := desc("notices_waiting", "Messages of the service itself, such as confirmations, that are to be sent, 100000 at most."+once)
	noticeAge := desc("notices_age_seconds", "How long ago the oldest of them was asked for; 0: there is none."+once)
	running := desc("attempts_running", "Attempts that are being sent."+once)
	chunks := desc("chunks", "Chunks of running attempts, 100000 at most: pending (due, no sender has it), leased (being sent), waiting (behind others of its attempt), deferred (to be tried later), held (of a paused mailing)."+once, "status")
	dead := desc("dead_letters", "Messages in the stream DEAD."+once)
	kept := &keptBacklog{ask: ask, now: m.clock.Now}
	return m.watch(&source{[]*prometheus.Desc{outbox, lag, notices, noticeAge, running, chunks, dead}, func(out chan<- prometheus.Metric) {
		b, ok := kept.get(ctx)
		if !ok {
			return
		}
		out <- gauge(outbox, float64(b.Outbox))
		out <- gauge(lag, b.OutboxAge.Seconds())
		out <- gauge(notices, float64(b.Notices))
		out <- gauge(noticeAge, b.NoticeAge.Seconds())
		out <- gauge(running, float64(b.Running))
		out <- gauge(chunks, float64(b.Pending), "pending")
		out <- gauge(chunks, float64(b.Leased), "leased")
		out <- gauge(chunks, float64(b.Waiting), "waiting")
		out <- gauge(chunks, float64(b.Deferred), "deferred")
		out <- gauge(chunks, float64(b.Held), "held")
		if b.DeadLetters >= 0 {
			out <- gauge(dead, float64(b.DeadLetters))
		}
	}})
}

// watch adds c until stop is called.
func (m *Metrics) watch(c prometheus.Collector) (stop func()) {
	m.registry.MustRegister(c)
	return sync.OnceFunc(func() { m.registry.Unregister(c) })
}

// keptBacklog keeps the last answer for a while, be it a failure.
type keptBacklog struct {
	ask func(context.Context) (Backlog, error)
	now func() time.Time

	mu   sync.Mutex
	last Backlog
	ok   bool
	at   time.Time
}

func (k *keptBacklog) get(ctx context.Context) (Backlog, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); k.at.IsZero() || now.Sub(k.at) >= backlogFresh || now.Before(k.at) {
		ctx, cancel := context.WithTimeout(ctx, backlogTimeout)
		defer cancel()
		answer, err := k.ask(ctx)
		k.last, k.ok, k.at = answer, err == nil, now
	}
	return k.last, k.ok
}

// statusText is an HTTP status as a label; what is none counts as 0.
func statusText(status int) string {
	if status < 100 || status > 599 {
		status = 0
	}
	return strconv.Itoa(status)
}
