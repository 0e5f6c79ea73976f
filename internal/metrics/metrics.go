// Package metrics counts what a process of Vestnik does, and shows it to Prometheus. There is a registry for each
// process's Metrics and none shared; whoever is counted is given a function or an interface that package app wires.
//
// Every label has few values: providers and handlers are as many as are configured, routes those of the contract, and
// ids, addresses and texts are no labels.
package metrics

import (
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

const namespace = "vestnik"

// Metrics is what one process counts. Its methods are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	clock    domain.Clock

	deliveries *prometheus.CounterVec
	lateness   prometheus.Histogram
	window     prometheus.Histogram
	notices    *prometheus.CounterVec
	noticeLag  prometheus.Histogram
	handled    *prometheus.CounterVec
	handling   *prometheus.HistogramVec
	requests   *prometheus.HistogramVec
}

// New returns the metrics of a process that does jobs, such as "gateway+planner".
func New(jobs string, clock domain.Clock) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), clock: clock,
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "deliveries_total",
			Help: "Tries to deliver to one recipient that this process has ended, by provider (none: no provider was asked), outcome and, where it was refused, whose business that is.",
		}, []string{"provider", "outcome", "class"}),
		lateness: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "attempt_lateness_seconds",
			Help:    "How much later than it was due an attempt was started by this process.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2, 5, 10, 60, 600, 3600},
		}),
		window: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "window_seconds",
			Help:    "How long the messages of one window, 10 to 50 of them, took to be rendered and sent.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 120},
		}),
		notices: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "notices_total",
			Help: "Tries to send a message of the service itself, such as a confirmation, by its kind and result: sent, deferred (tried again later), failed (refused for good), expired (no longer worth sending).",
		}, []string{"kind", "result"}),
		noticeLag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "notice_seconds",
			Help:    "How long after it was asked for a message of the service itself was sent.",
			Buckets: []float64{.1, .25, .5, 1, 2, 5, 10, 30, 120, 600, 3600, 6 * 3600},
		}),
		handled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "events_handled_total",
			Help: "Events handled, by handler and result: ok, later (put back, no failure), failed (comes again), buried (in the stream DEAD).",
		}, []string{"handler", "result"}),
		handling: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "event_handling_seconds",
			Help:    "How long handling one event took; a chunk is one event.",
			Buckets: []float64{.005, .025, .1, .5, 1, 5, 15, 60, 300, 1800},
		}, []string{"handler"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "http_request_seconds",
			Help:    "How long requests took, by the route's template (none: there is no such route) and status.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60},
		}, []string{"method", "route", "status"}),
	}
	m.registry.MustRegister(
		m.deliveries, m.lateness, m.window, m.notices, m.noticeLag, m.handled, m.handling, m.requests,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo(jobs),
	)
	return m
}

func buildInfo(jobs string) prometheus.Collector {
	labels := prometheus.Labels{"version": "unknown", "revision": "", "go_version": runtime.Version(), "jobs": jobs}
	if info, ok := debug.ReadBuildInfo(); ok {
		labels["version"] = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				labels["revision"] = s.Value
			}
		}
	}
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "1: which program this is, and its jobs.", ConstLabels: labels,
	}, func() float64 { return 1 })
}

// Handler serves the metrics in the formats that Prometheus asks for. What cannot be collected is left out.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// Delivered counts n recipients whose try ended in one way. provider is empty where none was asked.
func (m *Metrics) Delivered(provider string, outcome domain.Outcome, class domain.Class, n int) {
	if provider == "" {
		provider = "none"
	}
	m.deliveries.WithLabelValues(provider, string(outcome), string(class)).Add(float64(n))
}

// Started counts an attempt that began late after it was due.
func (m *Metrics) Started(late time.Duration) { m.lateness.Observe(late.Seconds()) }

// Window counts a window that took this long.
func (m *Metrics) Window(took time.Duration) { m.window.Observe(took.Seconds()) }

// Noticed counts a try to send a message of the service itself.
func (m *Metrics) Noticed(kind domain.NoticeKind, result string) {
	m.notices.WithLabelValues(string(kind), result).Inc()
}

// NoticeSent counts one that was sent so long after it was asked for.
func (m *Metrics) NoticeSent(after time.Duration) { m.noticeLag.Observe(after.Seconds()) }

// Handled counts an event that a handler was done with.
func (m *Metrics) Handled(handler, result string, took time.Duration) {
	m.handled.WithLabelValues(handler, result).Inc()
	m.handling.WithLabelValues(handler).Observe(took.Seconds())
}

// Requested counts a request. route is the template, empty when there is none.
func (m *Metrics) Requested(method, route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(knownMethod(method), route, statusText(status)).Observe(took.Seconds())
}

// knownMethod keeps the words that strangers make up out of the labels.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}
