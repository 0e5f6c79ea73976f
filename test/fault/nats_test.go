package fault_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// maxDelay is what the loss of the NATS store may cost.
const maxDelay = 10 * time.Second

func TestTheNATSStoreIsWipedInTheMiddle(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		clients, senders int
		workers          string
		wait             func(*site, domain.Mailing) // for the moment of the loss
	}{
		"while many chunks are being sent": {clients: 10_000, senders: 2, workers: "8", wait: func(s *site, m domain.Mailing) {
			s.WaitFor(m.ID, minute, "its start", func(a domain.Attempt) bool { return a.Totals.Sent > 500 })
		}},
		// The worst moment: all chunks but one wait in NATS and have just been asked for, and that one releases none.
		"just after all chunks were asked for": {clients: 6_000, senders: 1, workers: "1", wait: func(s *site, m domain.Mailing) {
			s.WaitFor(m.ID, minute, "its start", func(a domain.Attempt) bool { return a.Totals.Sent > 500 })
			require.Eventually(t, func() bool {
				return s.Int(`SELECT count(*) FROM chunks WHERE leased_until IS NULL AND status = 'pending' AND hinted_at > now() - interval '300 ms'`) > 3
			}, minute, 20*time.Millisecond, "the sweeper asks again for chunks that wait")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, test.clients, smtptest.SinkOptions{Latency: pace})
			s.env = append(s.env, "VESTNIK_WORKERS="+test.workers)
			s.start("planner")
			for range test.senders {
				s.start("sender")
			}
			m := s.Mailing(nil)
			test.wait(s, m)
			s.nats.Wipe()
			a := s.WaitFor(m.ID, 2*minute, "its end", ended)
			require.Zero(t, s.requireHonest(a, 1))
			require.Equal(t, test.clients, a.Totals.Sent)
			require.Len(t, s.sink.Recipients(), test.clients, "lost 0")
			require.Empty(t, s.sink.Duplicates())
			delay := s.longestGap(a)
			t.Logf("took %s, the longest time without a message was %s", a.FinishedAt.Sub(a.StartedAt), delay)
			require.LessOrEqual(t, delay, maxDelay)
		})
	}
}

// longestGap is the longest time between two messages, or between the last one and the end of the attempt.
func (s *site) longestGap(a domain.Attempt) time.Duration {
	s.t.Helper()
	times := []time.Time{a.StartedAt, a.FinishedAt}
	for _, m := range s.sink.Messages() {
		times = append(times, m.At)
	}
	slices.SortFunc(times, time.Time.Compare)
	var longest time.Duration
	for i := range times[1:] {
		longest = max(longest, times[i+1].Sub(times[i]))
	}
	return longest
}
