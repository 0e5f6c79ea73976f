// Package notices sends the mail of the service itself: confirmations, resets, and what people are told of their
// accounts. It has a queue, workers and connections of its own, so that it never waits behind mailings.
//
// It sends at least once. When a sender dies between the mail service's answer and the record of it, or the answer is
// lost, the message goes out again: a second confirmation does no harm, one that never comes does. Both copies carry the
// same Message-ID. Mailings are the other way round.
//
// What a notice carries to be used once appears in no log, event or error.
package notices

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
)

// store is what a Mailer needs of the database.
type store interface {
	LeaseNotice(ctx context.Context, id, token domain.ID, ttl time.Duration) (domain.NoticeLease, error)
	RenewNotice(ctx context.Context, id, token domain.ID, ttl time.Duration) error
	RecordNotice(ctx context.Context, id, token domain.ID, r domain.NoticeResult) error
}

// service takes messages.
type service interface {
	Deliver(ctx context.Context, batch []domain.Envelope) ([]domain.Receipt, error)
}

// observer is told what a Mailer does, for its metrics.
type observer interface {
	Noticed(kind domain.NoticeKind, result string)
	NoticeSent(after time.Duration)
}

// Message is a notice that has been written, to be put into the form that the mail service takes.
type Message struct {
	ID      domain.ID
	To      string
	Subject string
	Text    string
	HTML    string
}

// Config is how a Mailer works.
type Config struct {
	Home    func() string // the address people reach Vestnik by, asked for each message
	Workers int           // messages at a time
	Lease   time.Duration // how long a message stays a dead sender's
}

// Deps are the parts of a Mailer.
type Deps struct {
	Store    store
	Service  service
	Envelope func(m Message, at time.Time) (domain.Envelope, error)
	Clock    domain.Clock
	Log      zerolog.Logger
	Observer observer
}

// Mailer sends notices. Make it with New; its methods are safe for concurrent use.
type Mailer struct {
	Deps
	cfg   Config
	texts *texts
}

// New returns a mailer on its parts.
func New(cfg Config, d Deps) (*Mailer, error) {
	t, err := loadTexts()
	if err != nil {
		return nil, fmt.Errorf("read the texts of notices: %w", err)
	}
	return &Mailer{Deps: d, cfg: cfg, texts: t}, nil
}

// Handlers lists everything a mailer subscribes to. The names are durable and never change.
func (m *Mailer) Handlers() []events.Handler {
	return []events.Handler{events.On("sender-notice-due", events.OnNoticeDue, m.cfg.Workers, m.OnNoticeDue)}
}

// unreachableWait bounds how long a message waits for a mail service that was away: it goes out within half a minute of
// the service's return, as mailings do.
const unreachableWait = 30 * time.Second

// The results that are counted, beside those of domain.NoticeStatus.
const (
	resultDeferred = "deferred"
	resultExpired  = "expired"
)

// OnNoticeDue sends a notice. It is safe to repeat and to race: the lease lets one sender have it, and one that is done is
// left alone. What it carries may be sent twice, see the package.
func (m *Mailer) OnNoticeDue(ctx context.Context, e events.NoticeDue) error {
	token := domain.NewID(m.Clock.Now())
	lease, err := m.Store.LeaseNotice(ctx, e.NoticeID, token, m.cfg.Lease)
	if err != nil {
		return err
	}
	switch lease.State {
	case domain.Busy:
		return &events.Later{After: lease.Wait, Reason: "another sender has the message"}
	case domain.NotDue:
		return &events.Later{After: lease.Wait, Reason: "the message is not due yet"}
	case domain.NoLease:
		return nil
	case domain.Leased:
	}
	n := lease.Notice
	if !m.Clock.Now().Before(n.Expires()) {
		return m.record(ctx, &n, token, domain.NoticeResult{Status: domain.NoticeFailed, Response: expiredReason(&n, "")}, resultExpired)
	}
	defer m.hold(ctx, n.ID, token)()
	result := m.send(ctx, &n)
	counted := string(result.Status)
	if result.Status == domain.NoticeWaiting {
		counted = resultDeferred
		if !result.DueAt.Before(n.Expires()) {
			result.Status, result.Response, counted = domain.NoticeFailed, expiredReason(&n, result.Response), resultExpired
		}
	}
	return m.record(ctx, &n, token, result, counted)
}

func expiredReason(n *domain.QueuedNotice, last string) string {
	reason := "given up after " + n.Kind.Life().String()
	if last != "" {
		reason += "; the last answer: " + last
	}
	return reason
}

// hold renews the lease until it is called off. One that is lost changes nothing: the message is on its way.
func (m *Mailer) hold(ctx context.Context, id, token domain.ID) (letGo func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(m.cfg.Lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			err := m.Store.RenewNotice(ctx, id, token, m.cfg.Lease)
			if errors.Is(err, domain.ErrLeaseLost) {
				return
			}
			if err != nil && ctx.Err() == nil {
				m.Log.Debug().Err(err).Stringer("notice", id).Msg("could not keep the lease; trying again")
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// send tries once and returns what is to be recorded. A result that waits is due at the time of its next try.
func (m *Mailer) send(ctx context.Context, n *domain.QueuedNotice) domain.NoticeResult {
	letter, err := m.texts.write(n, m.cfg.Home())
	var envelope domain.Envelope
	if err == nil {
		envelope, err = m.Envelope(Message{ID: n.ID, To: n.Email, Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML}, m.Clock.Now())
	}
	if err != nil {
		// Not failed: a newer Vestnik may have asked for what only a newer sender can write.
		m.Log.Error().Stringer("notice", n.ID).Str("kind", string(n.Kind)).Msg("could not write a message; the table notices has the reason")
		return m.again(n, true, "it could not be written: "+err.Error())
	}
	receipts, err := m.Service.Deliver(ctx, []domain.Envelope{envelope})
	if len(receipts) != 1 || receipts[0].Outcome == domain.Untouched {
		return m.away(n, err)
	}
	r := receipts[0]
	response := withoutSecrets(describe(r.Reply), n.Data)
	switch r.Outcome {
	case domain.Sent:
		return domain.NoticeResult{Status: domain.NoticeSent, Tried: true, Response: response}
	case domain.Failed:
		return domain.NoticeResult{Status: domain.NoticeFailed, Tried: true, Response: response}
	case domain.Deferred, domain.Unknown, domain.Untouched, domain.Skipped, domain.Expired:
	}
	return m.again(n, true, response)
}

func describe(r domain.Reply) string {
	return strings.Join(strings.Fields(fmt.Sprintf("%d %s %s", r.Code, r.Enhanced, r.Text)), " ")
}

// again is a result after which the notice is tried again.
func (m *Mailer) again(n *domain.QueuedNotice, tried bool, response string) domain.NoticeResult {
	tries := n.Tries
	if tried {
		tries++
	}
	return domain.NoticeResult{
		Status: domain.NoticeWaiting, Tried: tried, Response: response,
		DueAt: m.Clock.Now().Add(domain.NoticeRetry(tries, rand.Float64())), //nolint:gosec // spreads load; no secret
	}
}

// away is the result of a try that the mail service was not there for, or that was stopped before it began.
func (m *Mailer) away(n *domain.QueuedNotice, err error) domain.NoticeResult {
	result := m.again(n, false, "")
	if err != nil {
		result.Response = withoutSecrets(err.Error(), n.Data)
	}
	wait := time.Second // this sender stops: another one takes it
	if u, ok := errors.AsType[*domain.Unreachable](err); ok {
		wait = max(u.RetryAfter, 5*time.Second)
	}
	wait = min(wait, unreachableWait)
	result.DueAt = m.Clock.Now().Add(time.Duration(float64(wait) * (0.8 + 0.2*rand.Float64()))) //nolint:gosec // spreads load
	return result
}

// recordTries is how often a database that does not answer is told what came of a message, for about five seconds.
const recordTries = 10

// record tells the database what came of a try. A database that is away for a moment is told again: otherwise what was sent
// would be sent twice.
func (m *Mailer) record(ctx context.Context, n *domain.QueuedNotice, token domain.ID, r domain.NoticeResult, counted string) error {
	for try := 0; ; try++ {
		err := m.Store.RecordNotice(ctx, n.ID, token, r)
		if err == nil {
			break
		}
		if try == recordTries || wait(ctx, min(20*time.Millisecond<<try, time.Second)) != nil {
			return err
		}
	}
	m.Observer.Noticed(n.Kind, counted)
	log := m.Log.With().Stringer("notice", n.ID).Str("kind", string(n.Kind)).Logger()
	switch r.Status {
	case domain.NoticeSent:
		after := max(m.Clock.Now().Sub(n.QueuedAt), 0)
		m.Observer.NoticeSent(after)
		log.Debug().Dur("after_ms", after).Msg("message sent")
	case domain.NoticeFailed:
		log.Warn().Str("result", counted).Msg("message not sent, and not tried again; the table notices has the reason")
	case domain.NoticeWaiting:
		log.Info().Time("again_at", r.DueAt).Msg("message not sent yet")
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
