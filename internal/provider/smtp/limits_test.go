package smtp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// picky is a domain that takes so many messages in each tenth of a second and refuses the rest.
type picky struct {
	tenth atomic.Int64 // 0: it takes all
	reply string

	mu     sync.Mutex
	began  time.Time
	taken  int64
	asked  int
	others int
}

func (d *picky) refuse(to string, _ int) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !strings.HasSuffix(to, "@slow.test") {
		d.others++
		return ""
	}
	d.asked++
	if now := time.Now(); now.Sub(d.began) >= 100*time.Millisecond {
		d.began, d.taken = now, 0
	}
	d.taken++
	if most := d.tenth.Load(); most > 0 && d.taken > most {
		return d.reply
	}
	return ""
}

// counts returns how many messages came for the domain and for others since it was last called.
func (d *picky) counts() (asked, others int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	asked, others = d.asked, d.others
	d.asked, d.others = 0, 0
	return asked, others
}

// quick makes the patience with domains short.
func quick(change func(s *provider.SlowSettings)) smtp.Option {
	return smtp.WithGuard(func(s *provider.Settings) {
		s.Slow.Every, s.Slow.Count, s.Slow.Wait = 200*time.Millisecond, 100*time.Millisecond, 500*time.Millisecond
		change(&s.Slow)
	})
}

func to(addresses ...string) []domain.Envelope {
	batch := make([]domain.Envelope, len(addresses))
	for i, a := range addresses {
		batch[i] = envelope(a)
	}
	return batch
}

// repeat fills a batch of ten with one address.
func repeat(address string) []domain.Envelope {
	batch := make([]domain.Envelope, 10)
	for i := range batch {
		batch[i] = envelope(address)
	}
	return batch
}

// after waits for d, or for ctx.
func after(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// keepSending delivers batches until ctx ends, and comes back when it is told to.
func keepSending(ctx context.Context, t *testing.T, p *smtp.Provider, batch []domain.Envelope) {
	t.Helper()
	for ctx.Err() == nil {
		receipts, err := p.Deliver(ctx, batch)
		for _, r := range receipts {
			assert.Contains(t, []domain.Outcome{domain.Sent, domain.Deferred, domain.Untouched}, r.Outcome)
		}
		if u, ok := errors.AsType[*domain.Unreachable](err); ok {
			assert.Equal(t, domain.Untouched, receipts[len(receipts)-1].Outcome)
			after(ctx, u.RetryAfter)
		}
	}
}

func TestADomainThatRefusesForItsRateIsSlowedAlone(t *testing.T) {
	t.Parallel()
	for _, reply := range []string{"452 4.5.3 Too many recipients", "450 4.7.1 Too fast"} {
		t.Run(reply[4:9], func(t *testing.T) {
			t.Parallel()
			slow := &picky{reply: reply}
			slow.tenth.Store(3)
			sink := smtptest.NewSink(t, smtptest.SinkOptions{Refuse: slow.refuse, Latency: time.Millisecond})
			cfg := config(t, sink.Addr)
			cfg.Connections = 4
			p := newProvider(t, cfg, quick(func(s *provider.SlowSettings) { s.Floor, s.Step = 10, 300*time.Millisecond }))

			ctx, stop := context.WithCancel(t.Context())
			var sending sync.WaitGroup
			defer sending.Wait()
			defer stop()
			sending.Go(func() { keepSending(ctx, t, p, repeat("a@slow.test")) })
			sending.Go(func() { keepSending(ctx, t, p, repeat("a@other.test")) })

			require.Eventually(t, func() bool { asked, _ := slow.counts(); return asked > 0 }, 5*time.Second, time.Millisecond)
			began := time.Now()
			require.Eventually(t, func() bool { return len(p.State().Slowed) > 0 }, 5*time.Second, time.Millisecond)
			first, others := slow.counts()
			firstRate := float64(first) / time.Since(began).Seconds()
			otherRate := float64(others) / time.Since(began).Seconds()

			require.Eventually(t, func() bool {
				slowed := p.State().Slowed
				return len(slowed) > 0 && slowed[0].Rate <= 60
			}, 10*time.Second, time.Millisecond)
			slow.counts()
			began = time.Now()
			after(ctx, time.Second)
			asked, others := slow.counts()
			took := time.Since(began).Seconds()
			t.Logf("at first %.0f/s and %.0f/s for others, then %.0f/s and %.0f/s", firstRate, otherRate, float64(asked)/took, float64(others)/took)
			assert.LessOrEqual(t, float64(asked)/took, firstRate/2)
			assert.Positive(t, asked)
			assert.GreaterOrEqual(t, float64(others)/took, otherRate/2, "others keep their speed")

			slow.tenth.Store(0)
			require.Eventually(t, func() bool { return len(p.State().Slowed) == 0 }, 10*time.Second, 5*time.Millisecond)
		})
	}
}

// slowedTo returns a provider whose domain slow.test is held to perSecond for the rest of the test, and accepts all.
func slowedTo(t *testing.T, perSecond float64, wait time.Duration, connections int) (*smtp.Provider, *smtptest.Sink) {
	t.Helper()
	var refusing atomic.Bool
	refusing.Store(true)
	sink := smtptest.NewSink(t, smtptest.SinkOptions{Refuse: func(to string, _ int) string {
		if refusing.Load() && strings.HasSuffix(to, "@slow.test") {
			return "452 4.5.3 Too many recipients"
		}
		return ""
	}})
	cfg := config(t, sink.Addr)
	cfg.Connections = connections
	p := newProvider(t, cfg, quick(func(s *provider.SlowSettings) {
		s.Every, s.Floor, s.Wait = time.Minute, perSecond, wait
	}))
	for range 2 { // in this time, these are so slow already that no less is left to it
		_, err := p.Deliver(t.Context(), to("a@slow.test"))
		require.NoError(t, err)
		after(t.Context(), time.Duration(1.1*float64(time.Second)/perSecond))
	}
	require.Equal(t, []domain.SlowedDomain{{Domain: "slow.test", Rate: perSecond}}, p.State().Slowed)
	refusing.Store(false)
	return p, sink
}

func TestAWaitForADomainKeepsNoConnection(t *testing.T) {
	t.Parallel()
	p, sink := slowedTo(t, 5, time.Minute, 1)
	before := sink.Count()
	var sending sync.WaitGroup
	done := make(chan struct{})
	began := time.Now()
	sending.Go(func() {
		defer close(done)
		receipts, err := p.Deliver(t.Context(), to("1@other.test", "2@slow.test", "3@slow.test", "4@other.test", "5@slow.test", "6@slow.test"))
		if err != nil {
			t.Error(err)
		}
		for _, r := range receipts {
			assert.Equal(t, domain.Sent, r.Outcome)
		}
	})
	between := 0
	for waiting := true; waiting; {
		select {
		case <-done:
			waiting = false
		default:
			_, err := p.Deliver(t.Context(), to("a@other.test"))
			require.NoError(t, err)
			between++
		}
	}
	sending.Wait()
	assert.GreaterOrEqual(t, time.Since(began), 550*time.Millisecond, "four turns of 200 ms")
	assert.Greater(t, between, 50, "the one connection serves others between the turns")
	require.Equal(t, before+6+between, sink.Count())
}

// TestWorkersShareASlowedDomain has several connections at the same batch: none goes past the message that waits.
func TestWorkersShareASlowedDomain(t *testing.T) {
	t.Parallel()
	slow := &picky{reply: "450 4.7.1 Too fast"}
	slow.tenth.Store(1)
	sink := smtptest.NewSink(t, smtptest.SinkOptions{Refuse: slow.refuse, Latency: 10 * time.Millisecond})
	p := newProvider(t, config(t, sink.Addr), quick(func(s *provider.SlowSettings) { s.Floor, s.Wait = 50, time.Minute }))
	require.Eventually(t, func() bool {
		_, err := p.Deliver(t.Context(), repeat("a@slow.test"))
		require.NoError(t, err)
		slowed := p.State().Slowed
		return len(slowed) > 0 && slowed[0].Rate == 50
	}, 20*time.Second, time.Millisecond)
	slow.tenth.Store(0)

	batch := to()
	for range 15 {
		batch = append(batch, to("a@other.test", "b@slow.test", "c@slow.test", "d@other.test")...)
	}
	slow.counts()
	before := sink.Count()
	began := time.Now()
	receipts, err := p.Deliver(t.Context(), batch)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, time.Since(began), 550*time.Millisecond, "30 turns of 20 ms")
	for _, r := range receipts {
		assert.Equal(t, domain.Sent, r.Outcome)
	}
	asked, others := slow.counts()
	assert.Equal(t, []int{30, 30, 60}, []int{asked, others, sink.Count() - before})
}

func TestATurnTooFarAwaySpendsNoTry(t *testing.T) {
	t.Parallel()
	p, _ := slowedTo(t, 1, 100*time.Millisecond, 4)
	var receipts []domain.Receipt
	var err error
	require.Eventually(t, func() bool { // whenever its turn comes
		receipts, err = p.Deliver(t.Context(), to("1@other.test", "2@slow.test", "3@slow.test", "4@other.test"))
		return receipts[1].Outcome == domain.Sent
	}, 10*time.Second, 10*time.Millisecond)
	assert.Equal(t, []domain.Outcome{domain.Sent, domain.Sent, domain.Untouched, domain.Untouched}, outcomes(receipts))
	u, ok := errors.AsType[*domain.Unreachable](err)
	require.True(t, ok, "%v", err)
	assert.Contains(t, u.Reason, "slow.test asked for fewer messages and gets 1 a second")
	assert.Greater(t, u.RetryAfter, 100*time.Millisecond)
	assert.LessOrEqual(t, u.RetryAfter, time.Second)
	receipts, err = p.Deliver(t.Context(), to("1@other.test"))
	require.NoError(t, err)
	assert.Equal(t, domain.Sent, receipts[0].Outcome)
}

func TestAWaitForADomainEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	p, _ := slowedTo(t, 5, time.Hour, 2)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	receipts, err := p.Deliver(ctx, repeat("a@slow.test"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, domain.Sent, receipts[0].Outcome)
	assert.Equal(t, domain.Untouched, receipts[1].Outcome)
}

// busy answers every connection to addr with 421 until the returned function is called.
func busy(t *testing.T, addr string) (stop func()) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", addr)
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(nc, "421 4.3.2 Not now\r\n")
			_ = nc.Close()
		}
	})
	return func() {
		_ = listener.Close()
		serving.Wait()
	}
}

func TestDeliveryGoesOnWhenTheServerIsBack(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{})
	const openFor = 400 * time.Millisecond
	p := newProvider(t, config(t, sink.Addr), smtp.WithGuard(func(s *provider.Settings) {
		s.MinExecutions, s.OpenFor = 4, openFor
	}))
	receipts, err := p.Deliver(t.Context(), envelopes(10))
	require.NoError(t, err)
	require.NotContains(t, outcomes(receipts), domain.Untouched)

	// away delivers until a probe of the open breaker has failed, and nobody's try is spent.
	away := func() {
		var opened time.Time
		for {
			receipts, err := p.Deliver(t.Context(), envelopes(10))
			u, ok := errors.AsType[*domain.Unreachable](err)
			require.True(t, ok, "%v", err)
			require.False(t, u.Stopped)
			require.LessOrEqual(t, u.RetryAfter, 2*time.Second)
			for _, r := range receipts {
				require.Equal(t, domain.Untouched, r.Outcome)
			}
			state := p.State()
			switch {
			case state.Breaker != "open":
			case opened.IsZero():
				opened = state.LastErrorAt
			case state.LastErrorAt.After(opened):
				return
			}
			after(t.Context(), 5*time.Millisecond)
		}
	}
	require.NoError(t, sink.Close())
	away() // connections are refused
	stop := busy(t, sink.Addr)
	away() // 421
	stop()

	again := smtptest.NewSink(t, smtptest.SinkOptions{Addr: sink.Addr})
	back := time.Now()
	sent := 0
	require.Eventually(t, func() bool {
		receipts, err := p.Deliver(t.Context(), envelopes(10)[sent:])
		for _, r := range receipts {
			if r.Outcome == domain.Sent {
				sent++
			} else if r.Outcome != domain.Untouched {
				t.Errorf("a try was spent: %+v", r)
			}
		}
		return err == nil
	}, 10*time.Second, 5*time.Millisecond)
	assert.LessOrEqual(t, time.Since(back), openFor*12/10+time.Second)
	assert.Equal(t, "closed", p.State().Breaker)
	assert.Equal(t, 10, again.Count())
}
