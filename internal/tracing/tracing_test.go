package tracing_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/tracing"
)

func none(string) string { return "" }

//nolint:paralleltest // allocations of other tests would count
func TestNoTracerCostsNothing(t *testing.T) {
	var off *tracing.Tracer
	m := events.Message{Header: map[string]string{events.HeaderTraceParent: "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"}}
	ctx, header := t.Context(), http.Header{}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_, ended := off.Request(ctx, http.MethodGet, "/", header)
		ended(http.StatusOK)
		off.Publish(ctx, m)(nil)
		_, handled := off.Handle(ctx, tracing.Handling{Header: none})
		handled("ok", false)
	}))
	off.Close(ctx)
}

func TestEventsOfNoTraceBeginOnlyWhereTheyAreHandled(t *testing.T) {
	t.Parallel()
	ctx, cut := context.WithCancel(t.Context())
	tracer, err := tracing.New(ctx, tracing.Config{URL: "http://127.0.0.1:1/v1/traces", Service: "test"}, zerolog.Nop())
	require.NoError(t, err)
	m := events.Message{Subject: "vestnik.due.send.x", Header: map[string]string{}}
	tracer.Publish(ctx, m)(nil)
	require.Empty(t, m.Header, "a sweeper's hint has no trace")

	handling, ended := tracer.Handle(ctx, tracing.Handling{Handler: "sender-send-due", Subject: m.Subject, Header: none})
	carried := events.TraceParent(handling)
	require.Regexp(t, `^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`, carried)
	m.Header[events.HeaderTraceParent] = carried
	tracer.Publish(ctx, m)(nil)
	require.NotEqual(t, carried, m.Header[events.HeaderTraceParent], "what comes next is caused by the publishing")
	require.Equal(t, carried[:36], m.Header[events.HeaderTraceParent][:36], "in the same trace")
	ended("ok", false)

	_, ended2 := tracer.Request(ctx, http.MethodGet, "/x", http.Header{"Traceparent": {"no trace"}})
	ended2(http.StatusTeapot)
	cut()
	tracer.Close(ctx)
}
