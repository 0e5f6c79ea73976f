package smtp_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

func requireUnreachable(t *testing.T, err error) *domain.Unreachable {
	t.Helper()
	u, ok := errors.AsType[*domain.Unreachable](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "test", u.Provider)
	require.Positive(t, u.RetryAfter)
	return u
}

func allUntouched(t *testing.T, receipts []domain.Receipt, n int) {
	t.Helper()
	require.Len(t, receipts, n)
	for _, r := range receipts {
		require.Equal(t, domain.Untouched, r.Outcome)
	}
}

// TestNoConnection: before anybody was named, no try is spent.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	type step = smtptest.Step
	for _, tt := range []struct {
		name   string
		script smtptest.Script
		says   string
		dials  int
	}{
		{"banner hangs", smtptest.Script{Banner: step{Hang: true}}, "banner: no answer", 3},
		{"banner closes", smtptest.Script{Banner: step{Close: true}}, "banner: the server closed", 3},
		{"banner rubbish", smtptest.Script{Banner: step{Reply: "SSH-2.0-x"}}, "banner: unparseable", 3},
		{"banner 421", smtptest.Script{Banner: step{Reply: "421 4.3.2 busy", Close: true}}, "banner: 421 4.3.2 busy", 3},
		{"banner 554", smtptest.Script{Banner: step{Reply: "554 5.7.1 go away"}}, "banner: 554 5.7.1 go away", 1},
		{"hello hangs", smtptest.Script{Ehlo: step{Hang: true}}, "hello: no answer", 3},
		{"hello closes", smtptest.Script{Ehlo: step{Close: true}}, "hello: the server closed", 3},
		{"hello 421", smtptest.Script{Ehlo: step{Reply: "421 later"}}, "hello: 421", 3},
		{"hello and helo refused", smtptest.Script{Ehlo: step{Reply: "502 what"}, Helo: step{Reply: "550 no"}}, "hello: 550", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.NewScripted(t, one(tt.script))
			cfg := config(t, server.Addr)
			cfg.Timeouts = smtp.Timeouts{Banner: short, Hello: short}
			p := newProvider(t, cfg)
			receipts, err := p.Deliver(t.Context(), envelopes(3))
			allUntouched(t, receipts, 3)
			u := requireUnreachable(t, err)
			assert.Contains(t, u.Reason, tt.says)
			assert.False(t, u.Stopped)
			assert.Equal(t, tt.dials, server.Connections())
			assert.Contains(t, p.State().LastError, tt.says)
			assert.False(t, p.State().LastErrorAt.IsZero())
		})
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{})
	cfg := config(t, sink.Addr)
	require.NoError(t, sink.Close())
	receipts, err := newProvider(t, cfg).Deliver(t.Context(), envelopes(2))
	allUntouched(t, receipts, 2)
	assert.Contains(t, requireUnreachable(t, err).Reason, "refused")
}

func TestHELOFallback(t *testing.T) {
	t.Parallel()
	server := smtptest.NewScripted(t, one(smtptest.Script{Ehlo: smtptest.Step{Reply: "502 5.5.2 what"}}))
	receipts, err := newProvider(t, config(t, server.Addr)).Deliver(t.Context(), envelopes(2))
	require.NoError(t, err)
	assert.Equal(t, []domain.Outcome{domain.Sent, domain.Sent}, outcomes(receipts))
	assert.Equal(t, []string{"EHLO client.test", "HELO client.test"}, server.Commands(1)[:2])
}

func TestStaleConnection(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		end  func(n int, s *smtptest.Script)
	}{
		{"closed", func(n int, s *smtptest.Script) { s.Mail.Close = n == 2 }},
		{"reset", func(n int, s *smtptest.Script) { s.Mail.Close, s.Mail.Reset = n == 2, true }},
		{"421", func(n int, s *smtptest.Script) {
			if n == 2 {
				s.Mail = smtptest.Step{Reply: "421 4.4.2 idle for too long", Close: true}
			}
		}},
		{"closed while idle", func(_ int, s *smtptest.Script) {
			s.Dot = smtptest.Step{Reply: "250 ok", Close: true}
		}},
		{"good-bye while idle", func(_ int, s *smtptest.Script) {
			s.Dot = smtptest.Step{Reply: "250 ok\r\n421 idle", Close: true}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.NewScripted(t, func(n int) smtptest.Script {
				if n == 1 {
					return smtptest.Script{Message: tt.end}
				}
				return smtptest.Script{}
			})
			p := newProvider(t, config(t, server.Addr))
			for i := range 2 {
				receipts, err := p.Deliver(t.Context(), envelopes(1))
				require.NoError(t, err)
				require.Equal(t, domain.Sent, receipts[0].Outcome, "%d: %+v", i, receipts[0].Reply)
			}
			assert.Equal(t, 2, server.Connections())
			assert.Len(t, server.Messages(), 2)
			assert.Empty(t, p.State().LastError, "that is no fault of the server")
		})
	}
}

// TestStaleConnectionWithoutAnother: the server has gone while the connection was idle. Nothing was accepted.
func TestStaleConnectionWithoutAnother(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{})
	p := newProvider(t, config(t, sink.Addr))
	_, err := p.Deliver(t.Context(), envelopes(1))
	require.NoError(t, err)
	require.NoError(t, sink.Close())
	receipts, err := p.Deliver(t.Context(), envelopes(3))
	allUntouched(t, receipts, 3)
	assert.False(t, requireUnreachable(t, err).Stopped)
	assert.Zero(t, p.State().Connections)
}

func TestCancelLeavesASuffix(t *testing.T) {
	t.Parallel()
	for _, connections := range []int{1, 4} {
		ctx, cancel := context.WithCancel(t.Context())
		sink := smtptest.NewSink(t, smtptest.SinkOptions{
			Latency: 20 * time.Millisecond,
			Refuse: func(to string, _ int) string {
				if to == "c10@example.org" {
					cancel() // in the middle of a message: that one is finished
				}
				return ""
			},
		})
		cfg := config(t, sink.Addr)
		cfg.Connections = connections
		receipts, err := newProvider(t, cfg).Deliver(ctx, envelopes(30))
		cancel()
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, receipts, 30)
		got := sink.Recipients()
		for i, r := range receipts {
			to := "c" + strconv.Itoa(i) + "@example.org"
			if i < len(got) {
				require.Equal(t, domain.Sent, r.Outcome, i)
				require.Equal(t, 1, got[to])
			} else {
				require.Equal(t, domain.Untouched, r.Outcome, i)
			}
		}
		assert.GreaterOrEqual(t, len(got), 11)
		assert.Less(t, len(got), 20)
	}
}

func TestCancelledBeforeAnything(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	receipts, err := newProvider(t, config(t, sink.Addr)).Deliver(ctx, envelopes(2))
	require.ErrorIs(t, err, context.Canceled)
	allUntouched(t, receipts, 2)
	assert.Zero(t, sink.Count())
}

// TestCancelWhileConnecting: a server that hangs does not hold up a stop.
func TestCancelWhileConnecting(t *testing.T) {
	t.Parallel()
	server := smtptest.NewScripted(t, one(smtptest.Script{Ehlo: smtptest.Step{Hang: true}}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_ = server.WaitUntil(t.Context(), func() bool { return len(server.Commands(1)) == 1 })
		cancel()
	}()
	began := time.Now()
	receipts, err := newProvider(t, config(t, server.Addr)).Deliver(ctx, envelopes(2))
	require.ErrorIs(t, err, context.Canceled)
	allUntouched(t, receipts, 2)
	assert.Less(t, time.Since(began), 5*time.Second)
}

// TestSlowServerIsSpread: with 20 ms a group of commands, ten messages one after another would take 400 ms.
func TestSlowServerIsSpread(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{CommandLatency: 20 * time.Millisecond})
	cfg := config(t, sink.Addr)
	cfg.Connections = 5
	p := newProvider(t, cfg)
	receipts, err := p.Deliver(t.Context(), envelopes(40))
	require.NoError(t, err)
	for _, r := range receipts {
		require.Equal(t, domain.Sent, r.Outcome)
	}
	ever, _ := sink.Connections()
	assert.Equal(t, 5, ever)
	assert.Empty(t, sink.Duplicates())
	assert.Equal(t, 5, p.State().Idle)
}

func TestFastServerGetsFewConnections(t *testing.T) {
	t.Parallel()
	// A message takes microseconds, but a busy machine can make the server slow in earnest, and then more connections are
	// right. So the fewest of several rounds counts.
	fewest := 100
	for range 8 {
		sink := smtptest.NewSink(t, smtptest.SinkOptions{})
		p := newProvider(t, config(t, sink.Addr))
		for range 20 {
			_, err := p.Deliver(t.Context(), envelopes(10))
			require.NoError(t, err)
		}
		ever, _ := sink.Connections()
		fewest = min(fewest, ever)
	}
	assert.LessOrEqual(t, fewest, 3)
}

func TestConcurrentDeliveries(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{Refuse: func(to string, nth int) string {
		if to[1] == '7' && nth == 1 {
			return "450 4.2.1 later"
		}
		return ""
	}})
	cfg := config(t, sink.Addr)
	cfg.Connections, cfg.PerConnection = 4, 50
	p := newProvider(t, cfg)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for b := range 10 {
				batch := make([]domain.Envelope, 10)
				for i := range batch {
					batch[i] = envelope("c" + strconv.Itoa(i) + "." + strconv.Itoa(w) + "." + strconv.Itoa(b) + "@example.org")
				}
				receipts, err := p.Deliver(context.Background(), batch)
				if err != nil {
					t.Error(err)
				}
				for i, r := range receipts {
					want := domain.Sent
					if i == 7 {
						want = domain.Deferred
					}
					assert.Equal(t, want, r.Outcome, "%s: %+v", batch[i].To, r.Reply)
				}
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 720, sink.Count())
	assert.Empty(t, sink.Duplicates())
	ever, _ := sink.Connections()
	assert.GreaterOrEqual(t, ever, 720/50, "connections are replaced after 50 messages")
	assert.LessOrEqual(t, p.State().Connections, 4)
}

// TestServerAllowsFewerConnections: what the server refuses beside living connections must not stop the mailing.
func TestServerAllowsFewerConnections(t *testing.T) {
	t.Parallel()
	server := smtptest.NewScripted(t, func(n int) smtptest.Script {
		if n > 2 {
			return smtptest.Script{Banner: smtptest.Step{Reply: "421 4.7.0 too many connections", Close: true}}
		}
		return smtptest.Script{Dot: smtptest.Step{Delay: 15 * time.Millisecond}}
	})
	p := newProvider(t, config(t, server.Addr))
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			receipts, err := p.Deliver(context.Background(), envelopes(10))
			if err != nil {
				t.Error(err)
			}
			for _, r := range receipts {
				assert.Equal(t, domain.Sent, r.Outcome)
			}
		})
	}
	wg.Wait()
	assert.Len(t, server.Messages(), 60)
	assert.Equal(t, "closed", p.State().Breaker)
}

func TestBreakerOpensAndCloses(t *testing.T) {
	t.Parallel()
	server := smtptest.NewScripted(t, func(n int) smtptest.Script {
		if n <= 4 {
			return smtptest.Script{Mail: smtptest.Step{Reply: "421 4.3.2 shutting down", Close: true}}
		}
		return smtptest.Script{}
	})
	p := newProvider(t, config(t, server.Addr), smtp.WithGuard(func(s *provider.Settings) {
		s.MinExecutions, s.OpenFor, s.OpenJitter = 4, 2*time.Second, 0
	}))
	receipts, err := p.Deliver(t.Context(), envelopes(6))
	u := requireUnreachable(t, err)
	assert.Contains(t, u.Reason, "breaker is open")
	assert.Contains(t, u.Reason, "421 4.3.2 shutting down")
	assert.Equal(t, []domain.Outcome{
		domain.Deferred, domain.Deferred, domain.Deferred, domain.Deferred, domain.Untouched, domain.Untouched,
	}, outcomes(receipts))
	assert.Equal(t, "open", p.State().Breaker)
	require.Eventually(t, func() bool {
		receipts, err = p.Deliver(t.Context(), envelopes(5))
		return err == nil
	}, 10*time.Second, 20*time.Millisecond)
	assert.Equal(t, domain.Sent, receipts[4].Outcome)
	assert.Equal(t, "closed", p.State().Breaker)
}

func TestRefusedRecipientsAreNotTheBreakersBusiness(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{Refuse: func(string, int) string { return "550 5.1.1 unknown" }})
	p := newProvider(t, config(t, sink.Addr))
	receipts, err := p.Deliver(t.Context(), envelopes(100))
	require.NoError(t, err)
	for _, r := range receipts {
		require.Equal(t, domain.Failed, r.Outcome)
		require.Equal(t, domain.ClassRecipient, r.Class)
	}
	assert.Equal(t, "closed", p.State().Breaker)
}

func TestRate(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{})
	cfg := config(t, sink.Addr)
	cfg.Rate = 100
	p := newProvider(t, cfg)
	began := time.Now()
	_, err := p.Deliver(t.Context(), envelopes(21))
	require.NoError(t, err)
	assert.GreaterOrEqual(t, time.Since(began), 180*time.Millisecond)
	assert.InDelta(t, 100, p.State().Rate, 0)

	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	receipts, err := p.Deliver(ctx, envelopes(1000))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, domain.Untouched, receipts[999].Outcome)
	assert.Equal(t, domain.Sent, receipts[0].Outcome)
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{})
	cfg := config(t, sink.Addr)
	cfg.IdleTimeout = 50 * time.Millisecond
	p := newProvider(t, cfg)
	_, err := p.Deliver(t.Context(), envelopes(1))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, open := sink.Connections()
		return open == 0 && p.State().Connections == 0
	}, 5*time.Second, 5*time.Millisecond)
}

func TestClose(t *testing.T) {
	t.Parallel()
	server := smtptest.NewScripted(t, one(smtptest.Script{}))
	p := newProvider(t, config(t, server.Addr))
	_, err := p.Deliver(t.Context(), envelopes(1))
	require.NoError(t, err)
	require.NoError(t, p.Close(t.Context()))
	assert.Contains(t, server.Commands(1), "QUIT")
	receipts, err := p.Deliver(t.Context(), envelopes(1))
	allUntouched(t, receipts, 1)
	assert.Contains(t, requireUnreachable(t, err).Reason, "closed")
	require.NoError(t, p.Close(t.Context()), "closing again does nothing")
}

// TestCloseIsBounded: a server that does not answer QUIT does not hold up the end of the program.
func TestCloseIsBounded(t *testing.T) {
	t.Parallel()
	server := smtptest.NewScripted(t, one(smtptest.Script{Quit: smtptest.Step{Hang: true}}))
	cfg := config(t, server.Addr)
	cfg.Timeouts.Quit = time.Minute
	p := newProvider(t, cfg)
	_, err := p.Deliver(t.Context(), envelopes(1))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, p.Close(ctx), context.DeadlineExceeded)
}
