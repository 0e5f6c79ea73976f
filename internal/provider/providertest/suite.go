package providertest

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// patience is the deadline that a hanging server is to meet; quick ones answer far sooner.
const patience = 1500 * time.Millisecond

// Run holds a provider to the contract of all providers.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for name, run := range map[string]func(*testing.T, Harness){
		"Form":                 form,
		"EveryoneOnce":         everyoneOnce,
		"OneFault":             oneFault,
		"CloseBefore":          closeBefore,
		"Credentials":          credentials,
		"ServiceAway":          serviceAway,
		"ServiceGoesAway":      serviceGoesAway,
		"Breaker":              breaker,
		"RefusalsDoNotOpenIt":  refusalsDoNotOpenIt,
		"CancelInTheMiddle":    cancelInTheMiddle,
		"CancelledBefore":      cancelledBefore,
		"CancelFinishesBegun":  cancelFinishesBegun,
		"Cut":                  cut,
		"ManyAtOnce":           manyAtOnce,
		"Close":                closed,
		"NobodyIsNobodysFault": nobody,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, h)
		})
	}
}

func form(t *testing.T, h Harness) {
	t.Helper()
	p := h.Provide(t, h.Start(t, fixed(None)), Settings{})
	assert.Equal(t, "test", p.Name())
	assert.Equal(t, h.Form, p.Form())
}

func nobody(t *testing.T, h Harness) {
	t.Helper()
	receipts, err := h.Provide(t, h.Start(t, fixed(None)), Settings{}).Deliver(t.Context(), nil)
	require.NoError(t, err)
	assert.Empty(t, receipts)
}

func everyoneOnce(t *testing.T, h Harness) {
	t.Helper()
	for _, connections := range []int{1, 5} {
		server := h.Start(t, fixed(None))
		p := h.Provide(t, server, Settings{Connections: connections})
		batch := envelopes(40)
		for range 2 { // a second batch over connections that were used before
			receipts, err := p.Deliver(t.Context(), batch[:20])
			check(t, batch[:20], receipts, err)
			for i, r := range receipts {
				require.Equal(t, domain.Sent, r.Outcome, "%d: %+v", i, r)
				require.Equal(t, domain.ClassNone, r.Class)
				require.Equal(t, 2, r.Reply.Code/100)
			}
			batch = batch[20:]
		}
		once(t, server, upTo(40)...)
	}
}

// oneFault: whatever befalls one recipient in the middle is theirs alone.
func oneFault(t *testing.T, h Harness) {
	t.Helper()
	for name, tt := range map[string]struct {
		fault   Fault
		outcome domain.Outcome
		class   domain.Class
		taken   bool
	}{
		"slow":             {Slow, domain.Sent, domain.ClassNone, true},
		"hangs":            {Hang, h.Unclear, domain.ClassProvider, true},
		"rubbish":          {Rubbish, h.Unclear, domain.ClassProvider, true},
		"closes after":     {CloseAfter, h.Unclear, domain.ClassProvider, true},
		"refuses":          {RefuseRecipient, domain.Failed, domain.ClassRecipient, false},
		"refuses content":  {RefuseContent, domain.Failed, domain.ClassContent, false},
		"refuses for now":  {RefuseForNow, domain.Deferred, "", false},
		"refuses for rate": {RefuseRate, domain.Deferred, domain.ClassRate, false},
		"in trouble":       {Trouble, domain.Deferred, domain.ClassProvider, false},
	} {
		for _, connections := range []int{1, 3} {
			t.Run(name+"/connections="+strconv.Itoa(connections), func(t *testing.T) {
				t.Parallel()
				const middle, n = 4, 10
				server := h.Start(t, only(middle, tt.fault))
				settings := Settings{Connections: connections}
				if tt.fault == Hang {
					settings.Patience = patience
				}
				batch := envelopes(n)
				receipts, err := h.Provide(t, server, settings).Deliver(t.Context(), batch)
				require.Equal(t, n, check(t, batch, receipts, err))
				for i, r := range receipts {
					if i != middle {
						require.Equal(t, domain.Sent, r.Outcome, "%d: %+v", i, r)
						continue
					}
					assert.Equal(t, tt.outcome, r.Outcome, "%+v", r)
					if tt.fault != RefuseForNow {
						assert.Equal(t, tt.class, r.Class, "%+v", r)
					}
				}
				want := upTo(n)
				if !tt.taken {
					want = append(want[:middle], want[middle+1:]...)
				}
				once(t, server, want...)
			})
		}
	}
}

// closeBefore: as long as the server cannot have the whole of a message, nobody was mailed.
func closeBefore(t *testing.T, h Harness) {
	t.Helper()
	server := h.Start(t, only(1, CloseBefore))
	batch := envelopes(3)
	batch[1] = envelope(1, strings.Repeat(strings.Repeat("x", 70)+"\n", 1<<18)) // 18 MB, more than the sockets buffer
	receipts, err := h.Provide(t, server, Settings{Connections: 1}).Deliver(t.Context(), batch)
	require.Equal(t, 3, check(t, batch, receipts, err))
	assert.Equal(t, domain.Deferred, receipts[1].Outcome, "%+v", receipts[1])
	assert.Equal(t, domain.ClassProvider, receipts[1].Class)
	once(t, server, 0, 2)
}

// credentials: a person must mend that, so no recipient pays for it, and the server is not asked again and again.
func credentials(t *testing.T, h Harness) {
	t.Helper()
	server := h.Start(t, fixed(RefuseCredentials))
	p := h.Provide(t, server, Settings{Connections: 2})
	batch := envelopes(10)
	receipts, err := p.Deliver(t.Context(), batch)
	require.Zero(t, check(t, batch, receipts, err))
	u := requireUnreachable(t, err)
	assert.True(t, u.Stopped, u.Reason)
	before := server.Touched()
	receipts, err = p.Deliver(t.Context(), batch)
	require.Zero(t, check(t, batch, receipts, err))
	assert.True(t, requireUnreachable(t, err).Stopped)
	assert.Equal(t, before, server.Touched())
	once(t, server)
}

func serviceAway(t *testing.T, h Harness) {
	t.Helper()
	server := h.Start(t, fixed(None))
	server.Away()
	batch := envelopes(10)
	receipts, err := h.Provide(t, server, Settings{Connections: 3}).Deliver(t.Context(), batch)
	require.Zero(t, check(t, batch, receipts, err))
	assert.False(t, requireUnreachable(t, err).Stopped)
}

// serviceGoesAway between two batches, while connections are kept.
func serviceGoesAway(t *testing.T, h Harness) {
	t.Helper()
	server := h.Start(t, fixed(None))
	p := h.Provide(t, server, Settings{Connections: 1})
	batch := envelopes(5)
	receipts, err := p.Deliver(t.Context(), batch[:1])
	require.Equal(t, 1, check(t, batch[:1], receipts, err))
	server.Away()
	receipts, err = p.Deliver(t.Context(), batch[1:])
	// The first may have been written to a connection that was closed under it; then its try is spent.
	require.LessOrEqual(t, check(t, batch[1:], receipts, err), 1)
	_ = requireUnreachable(t, err)
	once(t, server, 0)
}

// breaker: a burst of trouble opens it; nobody's try is spent while it is open; it closes when the server is well again.
func breaker(t *testing.T, h Harness) {
	t.Helper()
	var well atomic.Bool
	server := h.Start(t, func(string) Fault {
		if well.Load() {
			return None
		}
		return Trouble
	})
	p := h.Provide(t, server, Settings{Connections: 1, Guard: func(s *provider.Settings) {
		s.MinExecutions, s.OpenFor, s.OpenJitter = 4, 2*time.Second, 0
	}})
	batch := envelopes(10)
	receipts, err := p.Deliver(t.Context(), batch)
	touched := check(t, batch, receipts, err)
	require.Positive(t, touched)
	require.LessOrEqual(t, touched, 4)
	for _, r := range receipts[:touched] {
		assert.Equal(t, domain.Deferred, r.Outcome)
	}
	u := requireUnreachable(t, err)
	assert.Contains(t, u.Reason, "breaker is open")
	assert.False(t, u.Stopped)

	before := server.Touched()
	receipts, err = p.Deliver(t.Context(), batch)
	require.Zero(t, check(t, batch, receipts, err))
	require.Equal(t, before, server.Touched(), "nothing is asked of a server in trouble")

	well.Store(true)
	require.Eventually(t, func() bool {
		receipts, err := p.Deliver(context.Background(), batch)
		return err == nil && receipts[len(receipts)-1].Outcome == domain.Sent
	}, 20*time.Second, 20*time.Millisecond)
	once(t, server, upTo(10)...)
}

// refusalsDoNotOpenIt: what is said of recipients and messages says nothing of the server.
func refusalsDoNotOpenIt(t *testing.T, h Harness) {
	t.Helper()
	for _, fault := range []Fault{RefuseRecipient, RefuseContent, RefuseForNow, RefuseRate} {
		server := h.Start(t, fixed(fault))
		batch := envelopes(12)
		receipts, err := h.Provide(t, server, Settings{Connections: 4, Guard: func(s *provider.Settings) {
			s.MinExecutions = 4
		}}).Deliver(t.Context(), batch)
		require.Equal(t, len(batch), check(t, batch, receipts, err), "fault %d", fault)
		once(t, server)
	}
}

// cancelInTheMiddle: what has begun is finished, and the rest nobody touched.
func cancelInTheMiddle(t *testing.T, h Harness) {
	t.Helper()
	for _, connections := range []int{1, 4} {
		ctx, cancel := context.WithCancel(t.Context())
		var (
			mu   sync.Mutex
			came = map[string]bool{}
		)
		server := h.Start(t, func(to string) Fault {
			mu.Lock()
			defer mu.Unlock()
			if came[to] = true; len(came) == 11 { // whichever it is: on a busy machine one can be overtaken by all the others
				cancel()
			}
			return None
		})
		batch := envelopes(40)
		receipts, err := h.Provide(t, server, Settings{Connections: connections}).Deliver(ctx, batch)
		cancel()
		touched := check(t, batch, receipts, err)
		require.ErrorIs(t, err, context.Canceled)
		require.GreaterOrEqual(t, touched, 11)
		require.Less(t, touched, 40)
		var sent []int
		for i, r := range receipts[:touched] {
			switch {
			case r.Outcome == domain.Sent:
				sent = append(sent, i)
			case connections > 1: // whose connection was still being made, while a later one was on its way: never there
				require.Equal(t, domain.Deferred, r.Outcome, "%+v", r)
			default:
				require.Fail(t, "not finished", "%+v", r)
			}
		}
		require.GreaterOrEqual(t, len(sent), 11)
		once(t, server, sent...)
	}
}

func cancelledBefore(t *testing.T, h Harness) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	server := h.Start(t, fixed(None))
	batch := envelopes(5)
	receipts, err := h.Provide(t, server, Settings{Connections: 2}).Deliver(ctx, batch)
	require.Zero(t, check(t, batch, receipts, err))
	require.ErrorIs(t, err, context.Canceled)
	once(t, server)
}

// cancelFinishesBegun: the outcome of a message that is on its way when ctx ends is waited for, and told as it is.
func cancelFinishesBegun(t *testing.T, h Harness) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := h.Start(t, func(string) Fault {
		cancel()
		return Slow
	})
	batch := envelopes(5)
	receipts, err := h.Provide(t, server, Settings{Connections: 1}).Deliver(ctx, batch)
	require.Equal(t, 1, check(t, batch, receipts, err))
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, domain.Sent, receipts[0].Outcome, "%+v", receipts[0])
	once(t, server, 0)
}

// cut: a process that has to end does not wait for a server that hangs.
func cut(t *testing.T, h Harness) {
	t.Helper()
	hanging := make(chan struct{}, 100)
	server := h.Start(t, func(string) Fault {
		hanging <- struct{}{}
		return Hang
	})
	p := h.Provide(t, server, Settings{Connections: 1})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	batch := envelopes(3)
	done := make(chan struct{})
	var receipts []domain.Receipt
	var err error
	go func() {
		defer close(done)
		receipts, err = p.Deliver(ctx, batch)
	}()
	<-hanging
	require.Eventually(t, func() bool { return len(server.Messages()) == 1 }, 5*time.Second, time.Millisecond)
	cancel()
	select {
	case <-done:
		require.Fail(t, "what has begun is waited for")
	case <-time.After(50 * time.Millisecond):
	}
	p.Cut()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		require.Fail(t, "it still waits")
	}
	require.Equal(t, 1, check(t, batch, receipts, err))
	assert.Equal(t, h.Unclear, receipts[0].Outcome)
	once(t, server, 0)
}

// manyAtOnce: the bulkhead holds for all batches together, and nobody is lost or mailed twice.
func manyAtOnce(t *testing.T, h Harness) {
	t.Helper()
	const connections, senders, each = 4, 8, 25
	server := h.Start(t, fixed(None))
	p := h.Provide(t, server, Settings{Connections: connections})
	batch := envelopes(senders * each)
	var receipts [senders][]domain.Receipt
	var errs [senders]error
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() { receipts[i], errs[i] = p.Deliver(context.Background(), batch[i*each:(i+1)*each]) })
	}
	wg.Wait()
	for i := range senders {
		require.Equal(t, each, check(t, batch[i*each:(i+1)*each], receipts[i], errs[i]))
		for _, r := range receipts[i] {
			require.Equal(t, domain.Sent, r.Outcome, "%+v", r)
		}
	}
	once(t, server, upTo(senders*each)...)
	assert.LessOrEqual(t, server.Peak(), connections)
}

func closed(t *testing.T, h Harness) {
	t.Helper()
	server := h.Start(t, fixed(None))
	p := h.Provide(t, server, Settings{})
	batch := envelopes(3)
	receipts, err := p.Deliver(t.Context(), batch)
	require.Equal(t, 3, check(t, batch, receipts, err))
	require.NoError(t, p.Close(t.Context()))
	receipts, err = p.Deliver(t.Context(), batch)
	require.Zero(t, check(t, batch, receipts, err))
	_ = requireUnreachable(t, err)
	require.NoError(t, p.Close(t.Context()), "closing again does nothing")
	once(t, server, 0, 1, 2)
}
