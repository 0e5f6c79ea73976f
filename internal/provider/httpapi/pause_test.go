package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/httpmailtest"
	"github.com/vestnik-mail/vestnik/internal/provider/httpapi"
)

// TestRetryAfterIsWaitedFor when it is short: by the message it was said to and by all others.
func TestRetryAfterIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 503} {
		var first atomic.Int64
		early := new(atomic.Int32)
		server := httpmailtest.New(t, httpmailtest.Options{Fault: func(r httpmailtest.Request) httpmailtest.Fault {
			switch {
			case r.Message.To == "":
			case r.N == 1:
				first.Store(time.Now().UnixNano())
				return httpmailtest.Fault{Status: status, Header: map[string]string{"Retry-After": "1"}}
			case time.Now().UnixNano() < first.Load()+int64(time.Second):
				early.Add(1)
			}
			return httpmailtest.Fault{}
		}})
		cfg := config(server)
		cfg.Connections = 1
		receipts, err := newProvider(t, cfg).Deliver(t.Context(), envelopes(5))
		require.NoError(t, err)
		for _, r := range receipts {
			assert.Equal(t, domain.Sent, r.Outcome, "%+v", r)
		}
		assert.Zero(t, early.Load())
		assert.Equal(t, 6, server.Requests())
	}
}

// TestALongRetryAfterSendsTheRestBack: nobody else's try is spent on a service that asked to be left alone.
func TestALongRetryAfterSendsTheRestBack(t *testing.T) {
	t.Parallel()
	for value, upTo := range map[string]time.Duration{
		"60":                         time.Minute,
		"86400000000000000000000000": 5 * time.Minute,
		time.Now().Add(2 * time.Minute).UTC().Format(http.TimeFormat): 2*time.Minute + time.Second,
	} {
		server := httpmailtest.New(t, httpmailtest.Options{Fault: always(httpmailtest.Fault{
			Status: 503, Header: map[string]string{"Retry-After": value}, Body: `{"detail": "maintenance"}`,
		})})
		cfg := config(server)
		cfg.Connections = 1
		p := newProvider(t, cfg)
		receipts, err := p.Deliver(t.Context(), envelopes(3))
		u, ok := errors.AsType[*domain.Unreachable](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, []domain.Outcome{domain.Deferred, domain.Untouched, domain.Untouched}, outcomes(receipts))
		assert.Contains(t, u.Reason, "maintenance")
		assert.LessOrEqual(t, u.RetryAfter, upTo)
		assert.Greater(t, u.RetryAfter, upTo-10*time.Second)
		assert.Equal(t, 1, server.Requests())
		assert.False(t, p.State().PausedUntil.IsZero())
		receipts, err = p.Deliver(t.Context(), envelopes(3))
		require.Error(t, err)
		assert.Equal(t, make([]domain.Outcome, 3), outcomes(receipts))
		assert.Equal(t, 1, server.Requests())
	}
}

// TestWhatIsNoRetryAfter does not hold anything up.
func TestWhatIsNoRetryAfter(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "-5", "soon", "0", "1.5", "Fri, 31 Dec 1999 23:59:59 GMT"} {
		server := httpmailtest.New(t, httpmailtest.Options{Fault: func(r httpmailtest.Request) httpmailtest.Fault {
			if r.Nth == 1 {
				return httpmailtest.Fault{Status: 429, Header: map[string]string{"Retry-After": value}}
			}
			return httpmailtest.Fault{}
		}})
		p := newProvider(t, config(server))
		receipts, err := p.Deliver(t.Context(), envelopes(2))
		require.NoError(t, err, value)
		assert.Equal(t, []domain.Outcome{domain.Sent, domain.Sent}, outcomes(receipts), value)
		assert.True(t, p.State().PausedUntil.IsZero())
	}
}

// TestCancelDuringAPause: a stop does not wait for a service that asked for time; the outcome so far stands.
func TestCancelDuringAPause(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := httpmailtest.New(t, httpmailtest.Options{Fault: always(httpmailtest.Fault{
		Status: 503, Header: map[string]string{"Retry-After": "30"},
	})})
	cfg := config(server)
	cfg.Connections = 1
	p := newProvider(t, cfg, httpapi.WithRetry(func(r *httpapi.Retry) { r.Patience = time.Minute }))
	var receipts []domain.Receipt
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		receipts, err = p.Deliver(ctx, envelopes(2))
	}()
	require.Eventually(t, func() bool { return !p.State().PausedUntil.IsZero() }, 10*time.Second, time.Millisecond)
	cancel()
	began := time.Now()
	<-done
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []domain.Outcome{domain.Deferred, domain.Untouched}, outcomes(receipts))
	assert.Equal(t, 503, receipts[0].Reply.Code)
	assert.Less(t, time.Since(began), 10*time.Second)
}
