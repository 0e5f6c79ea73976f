package fault_test

import (
	"hash/fnv"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

const (
	// outage is long enough for every breaker to open, to try again and to open once more.
	outage = 40 * time.Second
	// backWithin is the promise: so long after the service is back the mailing goes on, by itself.
	backWithin = 30 * time.Second
)

// greylisted is one recipient in 25, whose server asks to come again later.
func greylisted(recipient string) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(recipient))
	return h.Sum32()%25 == 0
}

// The mail service goes away in the middle of a mailing, in three ways, and refuses 4 % of the recipients for now besides.
// No recipient's try is spent on a service that is away, the mailing goes on by itself, and everyone is served once.
func TestAnOutageOfTheMailService(t *testing.T) {
	t.Parallel()
	const clients = 20_000
	for name, c := range map[string]struct {
		mayDefer int // recipients whose try the service itself may take before the breakers are open, and when they try again
	}{
		"it refuses connections":     {2 * 10}, // one a connection: the crash itself cuts them off before their final dot
		"it says 421 to everyone":    {150},
		"it hangs in every dialogue": {0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var away atomic.Bool
			s := newSite(t, clients, smtptest.SinkOptions{Latency: pace, Refuse: func(to string, nth int) string {
				switch {
				case away.Load():
					return "421 4.3.2 the service is going down"
				case nth == 1 && greylisted(to):
					return "450 4.2.0 greylisted, come again later"
				}
				return ""
			}})
			s.start("planner")
			s.start("sender")
			s.start("sender")
			m := s.Mailing(nil)
			s.WaitFor(m.ID, minute, "its start", func(a domain.Attempt) bool { return a.Totals.Sent > 3000 })
			refusedFor := func() int {
				return s.Int(`SELECT count(*) FROM deliveries WHERE outcome = 'deferred' AND response NOT LIKE '%greylisted%'`)
			}

			got := map[string]int{}
			began := time.Now()
			switch name {
			case "it refuses connections":
				require.NoError(t, s.sink.Close())
			case "it says 421 to everyone":
				away.Store(true)
			default:
				s.sink.Pause()
			}
			<-time.After(outage) // the fault itself
			a, _ := s.Attempt(m.ID)
			require.Equal(t, domain.AttemptRunning, a.Status, "an attempt with clients not served has not finished")
			before := s.sink.Count()
			switch name {
			case "it refuses connections":
				maps.Copy(got, s.sink.Recipients())
				before = 0
				sink, err := smtptest.StartSink(smtptest.SinkOptions{Addr: s.sink.Addr, Latency: pace})
				require.NoError(t, err)
				t.Cleanup(func() { _ = sink.Close() })
				s.sink = sink
			case "it says 421 to everyone":
				away.Store(false)
			default:
				s.sink.Resume()
			}
			back := time.Now()
			require.Eventually(t, func() bool { return s.sink.Count() > before+100 }, backWithin, 50*time.Millisecond, "it goes on by itself")
			t.Logf("away for %s; on again %s after it was back; %d tries were spent on it", back.Sub(began).Round(time.Second),
				time.Since(back).Round(100*time.Millisecond), refusedFor())
			require.LessOrEqual(t, refusedFor(), c.mayDefer)

			a = s.WaitFor(m.ID, 3*minute, "all but those to be tried later", func(a domain.Attempt) bool {
				return a.Totals.Ended()+a.Totals.Deferred == clients && s.Int("SELECT count(*) FROM chunks WHERE try = 1 AND status <> 'done'") == 0
			})
			require.Equal(t, domain.AttemptRunning, a.Status, "some wait for their next try")
			require.Positive(t, a.Totals.Deferred)
			s.Exec(`UPDATE chunks SET due_at = now() WHERE status = 'pending'`) // five minutes later
			a = s.WaitFor(m.ID, minute, "its end", ended)

			require.Equal(t, domain.AttemptFinished, a.Status)
			require.Equal(t, clients, a.Totals.Sent+a.Totals.Unknown)
			// What was behind its final dot when the server died can only be unknown: one message a connection.
			require.LessOrEqual(t, a.Totals.Unknown, 2*10)
			s.RequireLedger(a)
			for to, n := range s.sink.Recipients() {
				got[to] += n
			}
			for to, n := range got {
				require.Equal(t, 1, n, to)
			}
			require.GreaterOrEqual(t, len(got), a.Totals.Sent)
		})
	}
}
