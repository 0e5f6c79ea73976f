package httpapi_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/httpmailtest"
	"github.com/vestnik-mail/vestnik/internal/provider/httpapi"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	server := httpmailtest.New(t, httpmailtest.Options{Token: token})
	e := envelope(7)
	e.To = "анна@пример.рф"
	textOnly := envelope(8)
	textOnly.Parts.HTML, textOnly.Parts.Headers = "", nil
	cfg := config(server)
	cfg.Connections = 1
	receipts, err := newProvider(t, cfg).Deliver(t.Context(), []domain.Envelope{e, textOnly})
	require.NoError(t, err)
	assert.Equal(t, "accepted as m-2", receipts[1].Reply.Text)
	assert.Equal(t, []httpmailtest.Message{
		{
			MessageID: "<7@example.com>", From: "Вестник <news@example.com>", To: "анна@xn--e1afmkfd.xn--p1ai",
			Subject: "Привет & <пока>", HTML: "<p>Привет</p>\n", Text: "Привет\n", Headers: map[string]string{"List-Id": "<l.example.com>"},
		},
		{
			MessageID: "<8@example.com>", From: "Вестник <news@example.com>", To: "c8@example.org",
			Subject: "Привет & <пока>", Text: "Привет\n", Headers: map[string]string{},
		},
	}, server.Messages())
}

// TestWhatNoServiceWouldTake is refused without asking it.
func TestWhatNoServiceWouldTake(t *testing.T) {
	t.Parallel()
	server := httpmailtest.New(t, httpmailtest.Options{})
	batch := envelopes(5)
	batch[0].To = "nobody"
	batch[2].Parts = domain.Parts{} // rendered as MIME
	batch[4].Key = "a\r\nb"
	receipts, err := newProvider(t, config(server)).Deliver(t.Context(), batch)
	require.NoError(t, err)
	assert.Equal(t, []domain.Outcome{domain.Failed, domain.Sent, domain.Failed, domain.Sent, domain.Failed}, outcomes(receipts))
	assert.Equal(t, domain.ClassNone, receipts[0].Class, "nobody is suppressed for it")
	assert.Equal(t, 2, server.Requests())
	for _, i := range []int{0, 2, 4} {
		assert.NotEmpty(t, receipts[i].Reply.Text)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	server := httpmailtest.New(t, httpmailtest.Options{Fault: func(r httpmailtest.Request) httpmailtest.Fault {
		switch r.N % 3 {
		case 1:
			return httpmailtest.Fault{Status: 422, Body: "<html>no</html>"}
		case 2:
			return httpmailtest.Fault{Status: 429}
		}
		return httpmailtest.Fault{}
	}})
	cfg := config(server)
	cfg.Connections = 1
	p := newProvider(t, cfg)
	for range 3 {
		_, err := p.Deliver(t.Context(), envelopes(10))
		require.NoError(t, err)
	}
	ever, _, _ := server.Connections()
	assert.Equal(t, 1, ever)
	assert.Equal(t, 1, p.State().Connections)
	assert.Equal(t, 1, p.State().Idle)
	require.NoError(t, p.Close(t.Context()))
	require.Eventually(t, func() bool { return p.State().Connections == 0 }, 5*time.Second, time.Millisecond)
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	server := httpmailtest.New(t, httpmailtest.Options{})
	cfg := config(server)
	cfg.IdleTimeout = 20 * time.Millisecond
	p := newProvider(t, cfg)
	_, err := p.Deliver(t.Context(), envelopes(1))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, open, _ := server.Connections()
		return open == 0 && p.State().Connections == 0
	}, 5*time.Second, 5*time.Millisecond)
}

// TestHTTP2 carries every request over one connection, and the bulkhead holds all the same.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	certificate, roots, err := smtptest.Certificate("127.0.0.1")
	require.NoError(t, err)
	server := httpmailtest.New(t, httpmailtest.Options{
		Token: token,
		TLS:   &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		Fault: func(r httpmailtest.Request) httpmailtest.Fault {
			return httpmailtest.Fault{Delay: 5 * time.Millisecond, Close: r.N == 9}
		},
	})
	cfg := config(server)
	cfg.Connections = 4
	p := newProvider(t, cfg, httpapi.WithRootCAs(roots))
	var wg sync.WaitGroup
	var failures [3]error
	for i := range failures {
		wg.Go(func() { _, failures[i] = p.Deliver(context.Background(), envelopes(60)[i*20:(i+1)*20]) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(failures[:]...))
	assert.Len(t, server.Messages(), 60)
	assert.LessOrEqual(t, server.Busiest(), 4)
	ever, _, peak := server.Connections()
	assert.LessOrEqual(t, peak, 4)
	assert.LessOrEqual(t, ever, 4)
}

func TestDistrustedCertificate(t *testing.T) {
	t.Parallel()
	certificate, _, err := smtptest.Certificate("127.0.0.1")
	require.NoError(t, err)
	server := httpmailtest.New(t, httpmailtest.Options{
		TLS: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	})
	receipts, err := newProvider(t, config(server)).Deliver(t.Context(), envelopes(2))
	assert.Equal(t, make([]domain.Outcome, 2), outcomes(receipts))
	u, ok := errors.AsType[*domain.Unreachable](err)
	require.True(t, ok, "%v", err)
	assert.Contains(t, u.Reason, "tls: ")
	assert.Contains(t, u.Reason, "certificate")
	ever, _, _ := server.Connections()
	assert.LessOrEqual(t, ever, 2, "it is not going to be trusted a moment later")
	assert.Zero(t, server.Requests())
}

// TestCancelWhileConnecting: a service that takes connections and does not answer them holds up no stop.
func TestCancelWhileConnecting(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	accepted := make(chan net.Conn, 10)
	go func() {
		defer close(accepted)
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			accepted <- nc
		}
	}()
	p := newProvider(t, httpapi.Config{Name: "test", URL: "https://" + listener.Addr().String() + "/", Token: token, Connections: 1})
	ctx, cancel := context.WithCancel(t.Context())
	var nc net.Conn
	go func() {
		nc = <-accepted
		cancel()
	}()
	began := time.Now()
	receipts, err := p.Deliver(ctx, envelopes(2))
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, make([]domain.Outcome, 2), outcomes(receipts))
	assert.Less(t, time.Since(began), 5*time.Second)
	assert.Empty(t, p.State().LastError, "that was no fault of the service")
	<-ctx.Done()
	require.NoError(t, nc.Close())
	require.NoError(t, listener.Close())
	for nc := range accepted {
		_ = nc.Close()
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	server := httpmailtest.New(t, httpmailtest.Options{})
	cfg := config(server)
	cfg.Rate = 100
	p := newProvider(t, cfg)
	began := time.Now()
	_, err := p.Deliver(t.Context(), envelopes(21))
	require.NoError(t, err)
	assert.GreaterOrEqual(t, time.Since(began), 180*time.Millisecond)
	assert.InDelta(t, 100, p.State().Rate, 0)
}

// TestCancelAtAnyMoment: however the end of ctx falls between a connection's being made or taken and the first byte's
// being written, a message is either finished or was not begun.
func TestCancelAtAnyMoment(t *testing.T) {
	t.Parallel()
	for _, idle := range []bool{true, false} {
		server := httpmailtest.New(t, httpmailtest.Options{Fault: func(httpmailtest.Request) httpmailtest.Fault {
			if idle {
				return httpmailtest.Fault{}
			}
			return httpmailtest.Fault{Header: map[string]string{"Connection": "close"}}
		}})
		cfg := config(server)
		cfg.Connections = 1
		p := newProvider(t, cfg)
		sent := 0
		for i := range 1500 {
			ctx, cancel := context.WithCancel(t.Context())
			var ended sync.WaitGroup
			ended.Go(func() {
				for range i % 60 { // a moment that moves
					runtime.Gosched()
				}
				cancel()
			})
			receipts, err := p.Deliver(ctx, []domain.Envelope{envelope(2 * i), envelope(2*i + 1)})
			ended.Wait()
			for _, r := range receipts {
				if r.Outcome == domain.Sent {
					sent++
					continue
				}
				require.Equal(t, domain.Untouched, r.Outcome, "given up half-way: %+v", r)
				require.ErrorIs(t, err, context.Canceled)
			}
		}
		assert.Len(t, server.Messages(), sent)
	}
}
