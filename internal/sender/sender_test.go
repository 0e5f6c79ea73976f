package sender_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/postgres"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
	"github.com/vestnik-mail/vestnik/internal/sender"
)

func TestMain(m *testing.M) { pgtest.Run(m) }

// mailer is a provider in memory. deliver, if set, decides; else everything is sent.
type mailer struct {
	mu      sync.Mutex
	got     map[string]int
	form    domain.Form
	deliver func(ctx context.Context, batch []domain.Envelope) ([]domain.Receipt, error)
}

func (m *mailer) Name() string      { return "memory" }
func (m *mailer) Form() domain.Form { return m.form }

func (m *mailer) Deliver(ctx context.Context, batch []domain.Envelope) ([]domain.Receipt, error) {
	if m.deliver != nil {
		return m.deliver(ctx, batch)
	}
	return m.accept(batch), nil
}

func (m *mailer) accept(batch []domain.Envelope) []domain.Receipt {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]domain.Receipt, len(batch))
	for i, e := range batch {
		m.got[e.To]++
		out[i] = domain.Receipt{Outcome: domain.Sent, Provider: "memory", At: time.Now(), Reply: domain.Reply{Phase: domain.PhaseDot, Code: 250, Text: "OK"}}
	}
	return out
}

// plain is a template that says nothing.
type plain struct{}

func (plain) Render(dst []byte, _ domain.Recipient, _ time.Time) ([]byte, error) {
	return append(dst, "Subject: x\r\n\r\nx\r\n"...), nil
}

func (plain) Parts(r domain.Recipient) (domain.Parts, error) {
	return domain.Parts{Subject: "x", Text: "for " + r.Email}, nil
}

func (plain) From() string { return "vestnik@example.com" }

// ledger is the real one, with faults in front of it.
type ledger struct {
	*postgres.Store
	advance func(ctx context.Context, next func() (domain.Window, error)) (domain.Window, error)
}

func (l *ledger) AdvanceWindow(ctx context.Context, chunk int64, token domain.ID, ttl time.Duration, done []domain.Delivery, next domain.Window) (domain.Window, error) {
	carry := func() (domain.Window, error) { return l.Store.AdvanceWindow(ctx, chunk, token, ttl, done, next) }
	if l.advance == nil {
		return carry()
	}
	return l.advance(ctx, carry)
}

type rig struct {
	*seedtest.World
	*sender.Sender
	mail    *mailer
	ledger  *ledger
	attempt domain.ID
	mailing domain.Mailing
}

// newRig has an attempt begun, to clients clients in one chunk.
func newRig(t *testing.T, clients int, change func(*domain.Mailing)) *rig {
	t.Helper()
	r := &rig{World: seedtest.New(t, pgtest.URL(t), clients, domain.SystemClock{}), mail: &mailer{got: map[string]int{}}}
	r.ledger = &ledger{Store: r.Store}
	r.Sender = sender.New(sender.Config{Workers: 2, Lease: 2 * time.Second}, sender.Deps{
		Attempts: r.Store, Ledger: r.ledger, Providers: []sender.Provider{r.mail}, Clock: domain.SystemClock{}, Log: zerolog.Nop(),
		Compile: func(domain.Content) (sender.Template, error) { return plain{}, nil },
	})
	r.mailing = r.Mailing(change)
	_, err := r.Store.PlanNext(t.Context(), r.mailing.ID)
	require.NoError(t, err)
	a, found := r.Attempt(r.mailing.ID)
	require.True(t, found)
	r.attempt = a.ID
	require.NoError(t, r.OnSendDue(t.Context(), events.SendDue{MailingID: r.mailing.ID, AttemptID: a.ID, DueAt: a.DueAt}))
	return r
}

func (r *rig) chunk(t *testing.T) events.ChunkDue {
	t.Helper()
	return events.ChunkDue{AttemptID: r.attempt, ChunkID: int64(r.Int("SELECT id FROM chunks ORDER BY id DESC LIMIT 1"))}
}

func (r *rig) report(t *testing.T) domain.Attempt {
	t.Helper()
	a, err := r.Store.AnyAttempt(t.Context(), r.attempt)
	require.NoError(t, err)
	r.RequireLedger(a)
	return a
}

func (r *rig) requireOnceEach(t *testing.T, n int) {
	t.Helper()
	require.Len(t, r.mail.got, n)
	for to, times := range r.mail.got {
		require.Equal(t, 1, times, to)
	}
}

// The answer to a COMMIT can be lost, and a statement can be lost before it. Neither may repeat a window or skip one.
func TestAnswersOfTheLedgerThatAreLost(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(n int, carry func() (domain.Window, error)) (domain.Window, error){
		"after it was carried out": func(n int, carry func() (domain.Window, error)) (domain.Window, error) {
			w, err := carry()
			if n%2 == 0 {
				return domain.Window{}, errors.New("connection reset")
			}
			return w, err
		},
		"before it was carried out": func(n int, carry func() (domain.Window, error)) (domain.Window, error) {
			if n%2 == 0 {
				return domain.Window{}, errors.New("connection reset")
			}
			return carry()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 500, nil)
			n := 0
			r.ledger.advance = func(_ context.Context, carry func() (domain.Window, error)) (domain.Window, error) {
				n++
				return lose(n, carry)
			}
			require.NoError(t, r.OnChunkDue(t.Context(), r.chunk(t)))
			r.requireOnceEach(t, 500)
			a := r.report(t)
			require.Equal(t, 500, a.Totals.Sent)
			require.Equal(t, domain.ResultSucceeded, a.Result)
			require.Greater(t, n, 10)
		})
	}
}

func TestAChunkWithASenderIsNotTakenAndADoneOneNotRepeated(t *testing.T) {
	t.Parallel()
	r := newRig(t, 30, nil)
	due := r.chunk(t)
	lease, err := r.Store.LeaseChunk(t.Context(), due.ChunkID, domain.NewID(time.Now()), time.Minute)
	require.NoError(t, err)
	require.Equal(t, domain.Leased, lease.State)
	var later *events.Later
	require.ErrorAs(t, r.OnChunkDue(t.Context(), due), &later)
	require.InDelta(t, time.Minute, later.After, float64(2*time.Second))
	require.Empty(t, r.mail.got)

	r.Exec("UPDATE chunks SET leased_until = now() - interval '1 second'")
	require.NoError(t, r.OnChunkDue(t.Context(), due))
	require.NoError(t, r.OnChunkDue(t.Context(), due))
	r.requireOnceEach(t, 30)
	require.Equal(t, 30, r.report(t).Totals.Sent)
}

func TestTheWindowOfALostSender(t *testing.T) {
	t.Parallel()
	for policy, wantUnknown := range map[domain.OnUnknown]int{domain.HoldUnknown: 7, domain.ResendUnknown: 0} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 30, func(m *domain.Mailing) { m.OnUnknown = policy })
			due, token := r.chunk(t), domain.NewID(time.Now())
			_, err := r.Store.LeaseChunk(t.Context(), due.ChunkID, token, time.Minute)
			require.NoError(t, err)
			_, err = r.Store.AdvanceWindow(t.Context(), due.ChunkID, token, time.Minute, nil, domain.Window{From: 0, To: 7})
			require.NoError(t, err)
			r.Exec("UPDATE chunks SET leased_until = now() - interval '1 second'") // it was killed in its window
			require.NoError(t, r.OnChunkDue(t.Context(), due))
			a := r.report(t)
			require.Equal(t, wantUnknown, a.Totals.Unknown)
			require.Equal(t, 30-wantUnknown, a.Totals.Sent)
			r.requireOnceEach(t, 30-wantUnknown)

			// The one thought dead is not: it cannot write as the owner of the chunk, but it can tell what it knows.
			_, err = r.Store.AdvanceWindow(t.Context(), due.ChunkID, token, time.Minute, nil, domain.Window{From: 7, To: 14})
			require.ErrorIs(t, err, domain.ErrLeaseLost)
		})
	}
}

func TestAProviderThatIsAwaySpendsNoTry(t *testing.T) {
	t.Parallel()
	r := newRig(t, 100, nil)
	calls := 0
	r.mail.deliver = func(_ context.Context, batch []domain.Envelope) ([]domain.Receipt, error) {
		calls++
		if calls == 3 { // it goes away in the middle of a window
			receipts := slices.Concat(r.mail.accept(batch[:4]), make([]domain.Receipt, len(batch)-4))
			return receipts, &domain.Unreachable{Provider: "memory", Reason: "the breaker is open", RetryAfter: time.Hour}
		}
		return r.mail.accept(batch), nil
	}
	due := r.chunk(t)
	require.NoError(t, r.OnChunkDue(t.Context(), due))
	sent := len(r.mail.got)
	a := r.report(t)
	require.Equal(t, sent, a.Totals.Sent)
	require.Equal(t, domain.AttemptRunning, a.Status)
	require.Zero(t, a.Totals.Deferred)
	require.Equal(t, "memory: the breaker is open", a.LastResponse)
	require.InDelta(t, 3600, r.Int("SELECT extract(epoch FROM due_at - now())::integer FROM chunks"), 5)
	require.Zero(t, r.Int("SELECT count(*) FROM chunks WHERE lease_token IS NOT NULL OR window_from <> window_to"))

	var later *events.Later
	require.ErrorAs(t, r.OnChunkDue(t.Context(), due), &later, "it is not due before the provider is worth asking")
	r.Exec("UPDATE chunks SET due_at = now()")
	require.NoError(t, r.OnChunkDue(t.Context(), due))
	r.requireOnceEach(t, 100)
	require.Equal(t, 100, r.report(t).Totals.Sent)
}

func TestDrainingFinishesTheWindowAndGivesTheRestBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, 200, nil)
	calls := 0
	r.mail.deliver = func(ctx context.Context, batch []domain.Envelope) ([]domain.Receipt, error) {
		if calls++; calls < 3 {
			return r.mail.accept(batch), nil
		}
		r.Drain()
		<-ctx.Done() // no message is begun after that
		receipts := slices.Concat(r.mail.accept(batch[:2]), make([]domain.Receipt, len(batch)-2))
		return receipts, ctx.Err()
	}
	due := r.chunk(t)
	require.NoError(t, r.OnChunkDue(t.Context(), due))
	a := r.report(t)
	require.Equal(t, len(r.mail.got), a.Totals.Sent)
	require.Zero(t, a.Totals.Unknown)
	require.Zero(t, r.Int("SELECT count(*) FROM chunks WHERE lease_token IS NOT NULL OR window_from <> window_to"))
	require.Positive(t, r.Int("SELECT count(*) FROM outbox WHERE subject = $1", due.Subject()), "another sender is asked")
	var later *events.Later
	require.ErrorAs(t, r.OnChunkDue(t.Context(), due), &later, "a stopping sender takes nothing")
}

func TestClientsDeletedOrSuppressedMeanwhileAreSkipped(t *testing.T) {
	t.Parallel()
	r := newRig(t, 20, nil)
	r.Exec("DELETE FROM clients WHERE email = 'client-3@example.com'")
	r.Exec("INSERT INTO suppressions (owner_id, email_key, reason, created_at) VALUES ($1, 'client-4@example.com', '550 gone', now())", r.Owner)
	require.NoError(t, r.OnChunkDue(t.Context(), r.chunk(t)))
	r.requireOnceEach(t, 18)
	a := r.report(t)
	require.Equal(t, 2, a.Totals.Skipped)
	require.Equal(t, domain.ResultSucceeded, a.Result)
}

// A stop ends the sending of further messages, not the waiting for those on the wire; the lease lasts as long as that.
func TestTheLeaseOutlastsAStopWhileTheServerIsSlow(t *testing.T) {
	t.Parallel()
	r := newRig(t, 30, nil)
	due := r.chunk(t)
	r.mail.deliver = func(ctx context.Context, batch []domain.Envelope) ([]domain.Receipt, error) {
		alive := context.WithoutCancel(ctx)
		_, err := r.Store.PauseMailing(alive, r.Owner, r.mailing.ID)
		require.NoError(t, err)
		<-ctx.Done()
		_, err = r.Store.ResumeMailing(alive, r.Owner, r.mailing.ID)
		require.NoError(t, err)
		<-time.After(2500 * time.Millisecond) // longer than the lease
		other, err := r.Store.LeaseChunk(alive, due.ChunkID, domain.NewID(time.Now()), time.Minute)
		require.NoError(t, err)
		require.Equal(t, domain.Busy, other.State)
		r.mail.deliver = nil
		return slices.Concat(r.mail.accept(batch[:1]), make([]domain.Receipt, len(batch)-1)), ctx.Err()
	}
	require.NoError(t, r.OnChunkDue(t.Context(), due))
	r.requireOnceEach(t, 30)
	require.Equal(t, 30, r.report(t).Totals.Sent)
}

// A provider that loses count cannot tell who was mailed: they are unknown, and nobody is mailed again.
func TestAProviderThatLosesCount(t *testing.T) {
	t.Parallel()
	r := newRig(t, 30, nil)
	calls := 0
	r.mail.deliver = func(_ context.Context, batch []domain.Envelope) ([]domain.Receipt, error) {
		receipts := r.mail.accept(batch)
		if calls++; calls == 1 {
			return receipts[1:], nil
		}
		return receipts, nil
	}
	for range 3 {
		r.Exec("UPDATE chunks SET due_at = now() WHERE status = 'pending'")
		require.NoError(t, r.OnChunkDue(t.Context(), r.chunk(t)))
	}
	r.requireOnceEach(t, 30)
	a := r.report(t)
	require.Equal(t, 10, a.Totals.Unknown)
	require.Equal(t, 20, a.Totals.Sent)
}

// With "resend", what may have been sent is sent again: the owner would rather have it twice than not at all.
func TestResendTriesAnUnknownOutcomeAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, 5, func(m *domain.Mailing) { m.OnUnknown = domain.ResendUnknown })
	first := true
	r.mail.deliver = func(_ context.Context, batch []domain.Envelope) ([]domain.Receipt, error) {
		receipts := r.mail.accept(batch)
		if first {
			first = false
			receipts[2].Outcome, receipts[2].Reply = domain.Unknown, domain.Reply{Phase: domain.PhaseDot, Text: "connection reset"}
		}
		return receipts, nil
	}
	require.NoError(t, r.OnChunkDue(t.Context(), r.chunk(t)))
	require.Equal(t, 1, r.report(t).Totals.Deferred)
	r.Exec("UPDATE chunks SET due_at = now() WHERE status = 'pending'")
	require.NoError(t, r.OnChunkDue(t.Context(), r.chunk(t)))
	a := r.report(t)
	require.Equal(t, 5, a.Totals.Sent)
	require.Equal(t, domain.ResultSucceeded, a.Result)
}
