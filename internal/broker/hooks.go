package broker

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
)

// Hooks let metrics and traces look on. Any of them may be nil; all are called by several goroutines at once.
type Hooks struct {
	// Publish is told of an event that is about to go out, and may change its headers. It returns what is to be called
	// when JetStream has answered; its error is nil when the event has arrived.
	Publish func(ctx context.Context, m events.Message) func(error)
	// Handle is told of a message before its handler, which gets the context returned. What it returns besides is
	// called with what came of it.
	Handle func(ctx context.Context, d Delivery) (context.Context, func(Result))
}

// Delivery is a message that is being handed to a handler.
type Delivery struct {
	Handler string
	Subject string
	Header  func(name string) string
	Payload []byte
}

// Result is what came of handling a message.
type Result string

// The results of handling a message.
const (
	HandledOK     Result = "ok"
	HandledLater  Result = "later"  // the handler asked for it again after a while; no failure
	HandledFailed Result = "failed" // it comes again
	HandledBuried Result = "buried" // it is in the stream DEAD
)

func (h Hooks) publishing(ctx context.Context, m events.Message) func(error) {
	if h.Publish == nil {
		return func(error) {}
	}
	return h.Publish(ctx, m)
}

// observe tells the hook of every message.
func (b *Broker) observe(next message.HandlerFunc) message.HandlerFunc {
	if b.hooks.Handle == nil {
		return next
	}
	return func(m *message.Message) ([]*message.Message, error) {
		v := verdictOf(m.Context())
		ctx, ended := b.hooks.Handle(m.Context(), Delivery{
			Handler: message.HandlerNameFromCtx(m.Context()), Subject: v.subject, Header: m.Metadata.Get, Payload: m.Payload,
		})
		m.SetContext(ctx)
		out, err := next(m)
		ended(v.result(err))
		return out, err
	}
}

func (v *verdict) result(err error) Result {
	switch {
	case err == nil:
		return HandledOK
	case v.dead != "":
		return HandledBuried
	case v.later > 0:
		return HandledLater
	default:
		return HandledFailed
	}
}

// named returns log with what names the message: what an event is about is in every payload.
func (v *verdict) named(m *message.Message, log zerolog.Logger) zerolog.Logger {
	line := log.With().Str("handler", message.HandlerNameFromCtx(m.Context())).Str("subject", v.subject)
	var about struct {
		MailingID domain.ID `json:"mailing_id"`
		AttemptID domain.ID `json:"attempt_id"`
		ChunkID   int64     `json:"chunk_id"`
	}
	if json.Unmarshal(m.Payload, &about) != nil {
		return line.Logger() // the subject tells as much
	}
	if !about.MailingID.IsZero() {
		line = line.Stringer("mailing", about.MailingID)
	}
	if !about.AttemptID.IsZero() {
		line = line.Stringer("attempt", about.AttemptID)
	}
	if about.ChunkID != 0 {
		line = line.Int64("chunk", about.ChunkID)
	}
	return line.Logger()
}

// CountDead returns how many messages are in the stream DEAD.
func (b *Broker) CountDead(ctx context.Context) (int, error) {
	s, err := b.js.Stream(ctx, StreamDead)
	if err != nil {
		return 0, fmt.Errorf("look at the stream %s: %w", StreamDead, err)
	}
	return int(s.CachedInfo().State.Msgs), nil //nolint:gosec // never as many
}
