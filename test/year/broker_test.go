package year_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/events"
)

// handClock shows the time it was set to.
type handClock struct{ now time.Time }

func (c *handClock) Now() time.Time { return c.now }

// service is a set of handlers that run or do not.
type service struct {
	handlers []events.Handler
	up       bool
	cancel   context.CancelFunc // of what is being handled
}

// letter is a message on its way to one durable consumer, or on a schedule.
type letter struct {
	due     time.Time
	subject string // a schedule's own, or the subject it is delivered on
	target  string // of a schedule
	payload []byte
	to      *events.Handler
	of      *service
	tries   int
}

// broker is as reliable as NATS at its worst: it loses messages, repeats them and lets them overtake each other. It
// holds back what is due later, one message a schedule's subject, and keeps what a service that is away has not taken.
type broker struct {
	clock    *handClock
	random   *rand.Rand
	services []*service
	queue    []*letter
	lost     int
	repeated int
}

// PurgeSchedule implements what the planner needs.
func (b *broker) PurgeSchedule(_ context.Context, subject string) error {
	b.queue = slices.DeleteFunc(b.queue, func(l *letter) bool { return l.to == nil && l.subject == subject })
	return nil
}

// wipe is the loss of the whole store.
func (b *broker) wipe() {
	b.lost += len(b.queue)
	b.queue = nil
}

// publish takes a message from the outbox.
func (b *broker) publish(t *testing.T, m events.Message) {
	t.Helper()
	copies := 1
	switch p := b.random.IntN(100); {
	case p < 4:
		b.lost++
		return
	case p < 10:
		b.repeated++
		copies = 2
	}
	at, scheduled := strings.CutPrefix(m.Header[events.HeaderSchedule], "@at ")
	if scheduled {
		due, err := time.Parse(time.RFC3339Nano, at)
		require.NoError(t, err)
		require.NoError(t, b.PurgeSchedule(t.Context(), m.Subject))
		b.queue = append(b.queue, &letter{due: due, subject: m.Subject, target: m.Header[events.HeaderScheduleTarget], payload: m.Payload})
		return
	}
	for i := range copies {
		due := b.clock.now
		if i > 0 || b.random.IntN(10) == 0 {
			due = due.Add(time.Duration(b.random.IntN(3000)) * time.Millisecond)
		}
		b.deliver(m.Subject, m.Payload, due)
	}
}

// deliver hands a message to every consumer of its subject.
func (b *broker) deliver(subject string, payload []byte, due time.Time) {
	for _, s := range b.services {
		for i := range s.handlers {
			if h := &s.handlers[i]; strings.HasPrefix(subject, h.Filter[:strings.IndexByte(h.Filter, '*')]) {
				b.queue = append(b.queue, &letter{due: due, subject: subject, payload: payload, to: h, of: s})
			}
		}
	}
}

// next returns when something is to be handed out next; false: nothing can be.
func (b *broker) next() (time.Time, bool) {
	var first time.Time
	for _, l := range b.queue {
		if (l.to == nil || l.of.up) && (first.IsZero() || l.due.Before(first)) {
			first = l.due
		}
	}
	return first, !first.IsZero()
}

// step hands out one message that is due, any of them; false: none is.
func (b *broker) step(t *testing.T) bool {
	t.Helper()
	var due []int
	for i, l := range b.queue {
		if !l.due.After(b.clock.now) && (l.to == nil || l.of.up) {
			due = append(due, i)
		}
	}
	if len(due) == 0 {
		return false
	}
	i := due[b.random.IntN(len(due))]
	l := b.queue[i]
	b.queue = slices.Delete(b.queue, i, i+1)
	if l.to == nil {
		b.deliver(l.target, l.payload, b.clock.now)
		return true
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l.of.cancel = cancel
	err := l.to.Handle(ctx, l.payload)
	l.tries++
	if later, ok := errors.AsType[*events.Later](err); ok {
		l.due = b.clock.now.Add(later.After)
		b.queue = append(b.queue, l)
		return true
	}
	if err != nil && ctx.Err() == nil {
		require.NoError(t, err, "%s at %s", l.to.Name, b.clock.now)
	}
	return true
}
