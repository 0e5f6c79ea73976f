// Package tracing sends traces to an OpenTelemetry collector by OTLP over HTTP, where one is named. It keeps nothing
// global, and whoever is traced knows nothing of it: package app calls it from the hooks of the gateway and the broker,
// and events carry the trace in their header traceparent (W3C Trace Context).
//
// There is one span a request, one an event published and one an event handled, hence one a chunk; never one a
// recipient, nor one a window.
package tracing

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/vestnik-mail/vestnik/internal/events"
)

// Config says where traces go. Sampling, limits and certificates are the standard variables' of OpenTelemetry's SDK.
type Config struct {
	URL     string            // of the collector's traces: http://host:4318/v1/traces
	Headers map[string]string // sent with each request to it
	Service string            // service.name
	Jobs    string            // what this process does: "gateway+planner"
}

const (
	exportTimeout = 5 * time.Second
	// batchTime is how long ended spans wait for company.
	batchTime = 2 * time.Second
)

// Tracer makes spans. A nil one makes none and costs nothing. It is safe for concurrent use.
type Tracer struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// New returns a tracer that sends to a collector, in the background; it does not wait for it. A collector that is away
// is logged, once, and its spans are dropped.
func New(ctx context.Context, cfg Config, log zerolog.Logger) (*Tracer, error) {
	exporter, err := otlptracehttp.New(ctx,
		otlptracehttp.WithEndpointURL(cfg.URL), otlptracehttp.WithHeaders(cfg.Headers), otlptracehttp.WithTimeout(exportTimeout),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false})) // newer spans are worth more than old ones
	if err != nil {
		return nil, fmt.Errorf("make the exporter of traces: %w", err)
	}
	about, err := resource.Merge(resource.Default(), resource.NewSchemaless(
		attribute.String("service.name", cfg.Service), attribute.String("vestnik.jobs", cfg.Jobs)))
	if err != nil {
		return nil, fmt.Errorf("describe this process to the collector: %w", err)
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithResource(about),
		sdktrace.WithBatcher(&quiet{SpanExporter: exporter, log: log}, sdktrace.WithBatchTimeout(batchTime), sdktrace.WithExportTimeout(exportTimeout)))
	return &Tracer{provider: provider, tracer: provider.Tracer("github.com/vestnik-mail/vestnik")}, nil
}

// Close sends what has not been sent yet, until ctx ends.
func (t *Tracer) Close(ctx context.Context) {
	if t != nil {
		_ = t.provider.Shutdown(ctx) // a collector that is away has been logged
	}
}

// quiet keeps the exporter's errors out of the SDK's global handler, and logs the first of a row.
type quiet struct {
	sdktrace.SpanExporter

	log  zerolog.Logger
	away atomic.Bool
}

// ExportSpans implements sdktrace.SpanExporter; it never fails.
func (q *quiet) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := q.SpanExporter.ExportSpans(ctx, spans)
	switch {
	case err != nil && !q.away.Swap(true):
		q.log.Warn().Err(err).Msg("the collector of traces is away; spans are dropped until it is back")
	case err == nil && q.away.Swap(false):
		q.log.Info().Msg("the collector of traces is back")
	}
	return nil
}

// Request begins the span of a request to the API, which may belong to a trace of the caller's. The function returned
// ends it.
func (t *Tracer) Request(ctx context.Context, method, route string, header http.Header) (context.Context, func(status int)) {
	if t == nil {
		return ctx, func(int) {}
	}
	name := method
	if route != "" {
		name += " " + route
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(header))
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", method), attribute.String("http.route", route)))
	return carried(ctx), func(status int) {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, http.StatusText(status))
		}
		span.End()
	}
}

// Publish begins the span of an event on its way from the outbox to NATS, whose headers are made to carry it on. An
// event that belongs to no trace begins none.
func (t *Tracer) Publish(ctx context.Context, m events.Message) func(error) {
	if t == nil {
		return func(error) {}
	}
	parent := remote(ctx, m.Header[events.HeaderTraceParent])
	if !trace.SpanContextFromContext(parent).IsValid() {
		return func(error) {}
	}
	ctx, span := t.tracer.Start(parent, "publish "+m.Header[events.HeaderType], trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
		attribute.String("messaging.system", "nats"), attribute.String("messaging.destination.name", m.Subject)))
	m.Header[events.HeaderTraceParent] = traceparent(ctx)
	return func(err error) { end(span, err) }
}

// Handling is an event that is being handled.
type Handling struct {
	Handler string
	Subject string
	Header  func(name string) string
}

// Handle begins the span of handling an event: within the trace that led to it, or, when the event waited for its time,
// in a trace of its own that is linked to that one. The function returned ends it.
func (t *Tracer) Handle(ctx context.Context, h Handling) (context.Context, func(result string, failed bool)) {
	if t == nil {
		return ctx, func(string, bool) {}
	}
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(about(h.Subject)...), trace.WithAttributes(
		attribute.String("messaging.system", "nats"), attribute.String("messaging.destination.name", h.Subject),
		attribute.String("messaging.consumer.group.name", h.Handler), attribute.String("messaging.message.id", h.Header(events.HeaderID)))}
	parent := remote(ctx, h.Header(events.HeaderTraceParent))
	if cause := trace.SpanContextFromContext(parent); cause.IsValid() && events.Waited(h.Header) {
		options, parent = append(options, trace.WithNewRoot(), trace.WithLinks(trace.Link{SpanContext: cause})), ctx
	}
	ctx, span := t.tracer.Start(parent, "handle "+h.Header(events.HeaderType), options...)
	return carried(ctx), func(result string, failed bool) {
		span.SetAttributes(attribute.String("vestnik.result", result))
		if failed {
			span.SetStatus(codes.Error, result)
		}
		span.End()
	}
}

// about reads off a subject what an event is about: package events writes its subjects.
func about(subject string) []attribute.KeyValue {
	parts := strings.Split(subject, ".")
	last := parts[len(parts)-1]
	if strings.HasPrefix(subject, "vestnik.due.chunk.") && len(parts) == 5 {
		return []attribute.KeyValue{attribute.String("vestnik.attempt", parts[3]), attribute.String("vestnik.chunk", last)}
	}
	return []attribute.KeyValue{attribute.String("vestnik.mailing", last)}
}

func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

// remote is ctx within the trace that a traceparent names, if it names one.
func remote(ctx context.Context, parent string) context.Context {
	if parent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{events.HeaderTraceParent: parent})
}

func traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[events.HeaderTraceParent]
}

// carried has the events that are written under ctx carry its span.
func carried(ctx context.Context) context.Context {
	return events.WithTraceParent(ctx, traceparent(ctx))
}
