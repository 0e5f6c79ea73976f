package events

import "context"

// HeaderTraceParent carries the W3C trace context (Trace Context §3.2) of what led to an event, where traces are kept.
const HeaderTraceParent = "traceparent"

// headerScheduler is set by NATS on a message that waited until it was due.
const headerScheduler = "Nats-Scheduler"

type traceKey struct{}

// WithTraceParent returns ctx with the traceparent that events written under it carry.
func WithTraceParent(ctx context.Context, traceparent string) context.Context {
	return context.WithValue(ctx, traceKey{}, traceparent)
}

// TraceParent returns what WithTraceParent has put into ctx, or nothing.
func TraceParent(ctx context.Context) string {
	s, _ := ctx.Value(traceKey{}).(string)
	return s
}

// Waited reports whether the message with these headers was held back until it was due. What it belongs to ended long
// before, so its handling is linked to that trace instead of being a part of it.
func Waited(header func(name string) string) bool { return header(headerScheduler) != "" }
