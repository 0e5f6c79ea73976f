package postgres_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
)

const modelClients = 12

// model is an attempt with its senders, and what the world saw of it.
type model struct {
	w       *seedtest.World
	clock   *handClock
	mailing domain.Mailing
	attempt domain.ID
	clients []int64
	senders []*modelSender

	accepted map[int64]int // how often the mail service took a message for a client
	allowed  map[int64]int // how often somebody asked for him to be sent to although he may have got it
	recorded map[try]domain.Outcome
}

type try struct {
	client int64
	n      int
}

// modelSender is one that works on a chunk, or thinks it does.
type modelSender struct {
	chunk      domain.Chunk
	token      domain.ID
	resend     bool
	recipients map[int64]domain.Recipient
	at         int
	done, left []domain.Delivery // of its window: how they ended, and those it did not come to
}

// openChunk is a chunk that is not done, with the clients of its open window.
type openChunk struct {
	id     int64
	window []int64
}

// Any interleaving of windows, deferrals, releases, lost leases, late truths, resends, pauses, suppressions and ends keeps
// the books: ledger, chunks and report agree at every moment, everyone has exactly one row in the end with every try
// behind it, and nobody gets a second message unless somebody asked for that.
func TestTheBooksAreKeptWhateverHappens(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Now()}
	w := seedtest.New(t, pgtest.URL(t), modelClients, clock)
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t, w, clock)
		t.Repeat(map[string]func(*rapid.T){
			"":           m.check,
			"lease":      m.lease,
			"lease too":  m.lease,
			"window":     m.window,
			"window too": m.window,
			"window 3":   m.window,
			"release":    m.release,
			"expire":     m.expire,
			"wait":       m.wait,
			"hold":       m.hold,
			"suppress":   m.suppress,
			"resend":     m.resend,
			"move end":   m.moveEnd,
			"sweep":      func(t *rapid.T) { m.sweep(t) },
		})
		m.settle(t)
	})
}

func newModel(t *rapid.T, w *seedtest.World, clock *handClock) *model {
	m := &model{w: w, clock: clock, accepted: map[int64]int{}, allowed: map[int64]int{}, recorded: map[try]domain.Outcome{}}
	w.Exec("DELETE FROM suppressions")
	m.mailing = w.Mailing(func(mailing *domain.Mailing) {
		if rapid.Bool().Draw(t, "resends unknown") {
			mailing.OnUnknown = domain.ResendUnknown
		}
		if rapid.Bool().Draw(t, "has an end") {
			mailing.Schedule.End = clock.Now().Add(30 * time.Hour)
		}
	})
	_, err := w.Store.PlanNext(t.Context(), m.mailing.ID)
	require.NoError(t, err)
	a, _ := w.Attempt(m.mailing.ID)
	m.attempt = a.ID
	start, err := w.Store.StartAttempt(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, domain.Began, start.State)
	require.NoError(t, w.Pool.QueryRow(t.Context(), "SELECT client_ids FROM chunks WHERE attempt_id = $1", a.ID).Scan(&m.clients))
	// Three chunks instead of one, the last of them waiting for its turn.
	w.Exec(`INSERT INTO chunks (attempt_id, client_ids, status, due_at) SELECT attempt_id, client_ids[6:9], 'pending', due_at
		FROM chunks WHERE attempt_id = $1 UNION ALL SELECT attempt_id, client_ids[10:], 'waiting', due_at FROM chunks WHERE attempt_id = $1`, a.ID)
	w.Exec("UPDATE chunks SET client_ids = client_ids[:5] WHERE attempt_id = $1 AND cardinality(client_ids) = $2", a.ID, modelClients)
	return m
}

// lease has a new sender ask for any open chunk.
func (m *model) lease(t *rapid.T) {
	rows, err := m.w.Pool.Query(t.Context(), `SELECT id, client_ids[window_from + 1 : window_to] FROM chunks
		WHERE attempt_id = $1 AND status <> 'done' ORDER BY id`, m.attempt)
	require.NoError(t, err)
	var all []openChunk
	for rows.Next() {
		var o openChunk
		require.NoError(t, rows.Scan(&o.id, &o.window))
		all = append(all, o)
	}
	require.NoError(t, rows.Err())
	if len(all) == 0 {
		t.Skip("no chunk is open")
	}
	m.take(t, rapid.SampledFrom(all).Draw(t, "chunk"))
}

func (m *model) take(t *rapid.T, o openChunk) {
	token := domain.NewID(time.Now())
	l, err := m.w.Store.LeaseChunk(t.Context(), o.id, token, time.Minute)
	require.NoError(t, err)
	if l.State != domain.Leased {
		return
	}
	if l.Resend {
		for _, client := range o.window {
			m.allowed[client]++
		}
	}
	s := &modelSender{chunk: l.Chunk, token: token, resend: l.Resend, at: l.Chunk.Window.From}
	s.recipients, err = m.w.Store.Recipients(t.Context(), l.Chunk.Clients)
	require.NoError(t, err)
	m.senders = append(m.senders, s)
}

func (m *model) sender(t *rapid.T) *modelSender {
	if len(m.senders) == 0 {
		t.Skip("nobody sends")
	}
	return rapid.SampledFrom(m.senders).Draw(t, "sender")
}

// window has a sender record its window and send the next one.
func (m *model) window(t *rapid.T) {
	s := m.sender(t)
	size := rapid.IntRange(1, 4).Draw(t, "size")
	m.advance(t, s, size, func() domain.Outcome {
		return rapid.SampledFrom([]domain.Outcome{
			domain.Sent, domain.Sent, domain.Deferred, domain.Deferred, domain.Failed, domain.Unknown, domain.Untouched,
		}).Draw(t, "outcome")
	})
}

func (m *model) advance(t *rapid.T, s *modelSender, size int, outcome func() domain.Outcome) {
	next := domain.Window{From: s.at, To: min(s.at+size, len(s.chunk.Clients))}
	opened, err := m.w.Store.AdvanceWindow(t.Context(), s.chunk.ID, s.token, time.Minute, s.done, next)
	if errors.Is(err, domain.ErrLeaseLost) {
		m.lost(t, s)
		return
	}
	require.NoError(t, err)
	for _, d := range s.done {
		m.recorded[try{d.ClientKey, s.chunk.Try}] = d.Outcome
	}
	s.done, s.left = nil, nil
	switch {
	case s.at == len(s.chunk.Clients):
		err := m.w.Store.FinishChunk(t.Context(), s.chunk.ID, s.token)
		if !errors.Is(err, domain.ErrLeaseLost) {
			require.NoError(t, err)
		}
		m.gone(s)
	case opened.Len() == 0:
		require.NoError(t, m.w.Store.ReleaseChunk(t.Context(), s.chunk.ID, s.token, m.clock.Now(), ""))
		require.NoError(t, m.w.Store.CloseAttempt(t.Context(), m.attempt))
		m.gone(s)
	default:
		m.deliver(t, s, opened, outcome)
	}
}

// deliver is the mail service at work on a window.
func (m *model) deliver(t *rapid.T, s *modelSender, w domain.Window, outcome func() domain.Outcome) {
	for i := w.From; i < w.To; i++ {
		d := domain.Delivery{ClientKey: s.chunk.Clients[i], Email: "x@example.com", Tries: s.chunk.Try}
		d.At = m.clock.Now()
		if len(s.left) > 0 {
			s.left = append(s.left, d)
			continue
		}
		if s.recipients[d.ClientKey].Suppressed != "" {
			d.Outcome = domain.Skipped
		} else if d.Outcome = outcome(); d.Outcome == domain.Untouched {
			s.left = append(s.left, d)
			continue
		}
		if d.Outcome == domain.Sent || d.Outcome == domain.Unknown { // what nobody knows may well have arrived
			m.accepted[d.ClientKey]++
			require.LessOrEqual(t, m.accepted[d.ClientKey], 1+m.allowed[d.ClientKey], "client %d is mailed once too often", d.ClientKey)
		}
		if d.Outcome == domain.Unknown && s.resend {
			d.Outcome = domain.Deferred
			m.allowed[d.ClientKey]++
		}
		s.done = append(s.done, d)
	}
	s.at = w.From + len(s.done)
}

// lost is a sender that learns that its chunk has gone to another.
func (m *model) lost(t *rapid.T, s *modelSender) {
	_, err := m.w.Store.RecordLate(t.Context(), s.chunk, slices.Concat(s.done, s.left))
	require.NoError(t, err)
	m.gone(s)
}

func (m *model) gone(s *modelSender) {
	m.senders = slices.DeleteFunc(m.senders, func(other *modelSender) bool { return other == s })
}

// release has a sender give its chunk back.
func (m *model) release(t *rapid.T) {
	s := m.sender(t)
	_, err := m.w.Store.AdvanceWindow(t.Context(), s.chunk.ID, s.token, time.Minute, s.done, domain.Window{From: s.at, To: s.at})
	if errors.Is(err, domain.ErrLeaseLost) {
		m.lost(t, s)
		return
	}
	require.NoError(t, err)
	for _, d := range s.done {
		m.recorded[try{d.ClientKey, s.chunk.Try}] = d.Outcome
	}
	due := m.clock.Now().Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "minutes")) * time.Minute)
	require.NoError(t, m.w.Store.ReleaseChunk(t.Context(), s.chunk.ID, s.token, due, ""))
	m.gone(s)
}

// expire ends every lease; the senders do not know.
func (m *model) expire(t *rapid.T) {
	_, err := m.w.Pool.Exec(t.Context(), "UPDATE chunks SET leased_until = now() - interval '1 second' WHERE attempt_id = $1 AND leased_until IS NOT NULL", m.attempt)
	require.NoError(t, err)
}

func (m *model) wait(t *rapid.T) {
	m.clock.set(m.clock.Now().Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "minutes")) * time.Minute))
}

// hold pauses or resumes the mailing, whichever it can.
func (m *model) hold(t *rapid.T) {
	if _, err := m.w.Store.PauseMailing(t.Context(), m.w.Owner, m.mailing.ID); err == nil && rapid.Bool().Draw(t, "for long") {
		return
	}
	_, err := m.w.Store.ResumeMailing(t.Context(), m.w.Owner, m.mailing.ID)
	require.True(t, err == nil || domain.KindOf(err) == domain.Conflict, "%v", err)
}

// suppress suppresses a client's address, or lifts that.
func (m *model) suppress(t *rapid.T) {
	var key string
	client := rapid.SampledFrom(m.clients).Draw(t, "client")
	require.NoError(t, m.w.Pool.QueryRow(t.Context(), "SELECT email_key FROM clients WHERE id = $1", client).Scan(&key))
	if _, err := m.w.Store.SuppressAddress(t.Context(), m.w.Owner, domain.Address{Display: key, Key: key}, "asked for it"); err != nil {
		require.NoError(t, m.w.Store.UnsuppressAddress(t.Context(), m.w.Owner, key))
	}
}

// moveEnd gives the mailing an end ahead, or none.
func (m *model) moveEnd(t *rapid.T) {
	_, err := m.w.Store.UpdateMailing(t.Context(), m.w.Owner, m.mailing.ID, 0, func(mailing *domain.Mailing) error {
		mailing.Schedule.End = time.Time{}
		if rapid.Bool().Draw(t, "has an end") {
			mailing.Schedule.End = m.clock.Now().Add(5 * time.Hour)
		}
		return nil
	})
	require.NoError(t, err)
	m.sweep(t)
}

// sweep is a planner's round.
func (m *model) sweep(t require.TestingT) {
	ctx := context.Background()
	_, err := m.w.Store.PlanNext(ctx, m.mailing.ID)
	require.NoError(t, err)
	over, err := m.w.Store.AttemptsToClose(ctx)
	require.NoError(t, err)
	if slices.Contains(over, m.attempt) {
		require.NoError(t, m.w.Store.CloseAttempt(ctx, m.attempt))
	}
}
