package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/vestnik-mail/vestnik/internal/events"
)

// publishTimeout bounds the wait for JetStream's acknowledgement of one message.
const publishTimeout = 5 * time.Second

// Publisher is a Watermill publisher: a topic is a NATS subject, and metadata are headers. The UUID travels as ce-id, and
// JetStream tells duplicates by it and the topic together, unless the metadata say otherwise.
type Publisher struct {
	b *Broker
}

// Publisher returns b as a Watermill publisher.
func (b *Broker) Publisher() *Publisher { return &Publisher{b: b} }

// Publish implements message.Publisher: it returns when JetStream has acknowledged every message.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	futures := make([]jetstream.PubAckFuture, 0, len(messages))
	for _, m := range messages {
		msg := nats.NewMsg(topic)
		msg.Data = m.Payload
		for k, v := range m.Metadata {
			msg.Header.Set(k, v)
		}
		if msg.Header.Get(events.HeaderID) == "" {
			msg.Header.Set(events.HeaderID, m.UUID)
		}
		if msg.Header.Get(events.HeaderDedupe) == "" {
			// A stream has one window of duplicates for all its subjects; the same message on two of them is none.
			msg.Header.Set(events.HeaderDedupe, m.UUID+"@"+topic)
		}
		f, err := p.b.js.PublishMsgAsync(msg)
		if err != nil {
			return fmt.Errorf("publish to %s: %w", topic, err)
		}
		futures = append(futures, f)
	}
	var errs []error
	for _, f := range futures {
		if err := await(context.Background(), f); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Close implements message.Publisher. The connection belongs to the Broker and stays.
func (p *Publisher) Close() error { return nil }

func await(ctx context.Context, f jetstream.PubAckFuture) error {
	select {
	case <-f.Ok():
		return nil
	case err := <-f.Err():
		return fmt.Errorf("publish to %s: %w", f.Msg().Subject, err)
	case <-ctx.Done():
		return fmt.Errorf("publish to %s: %w", f.Msg().Subject, ctx.Err())
	}
}

// publishStored sends messages of the outbox and returns the places of those that JetStream has acknowledged and of
// those it has not. Messages go out in their order, since they share one connection.
func (b *Broker) publishStored(ctx context.Context, stored []events.Stored) (done, failed []int64, err error) {
	futures := make([]jetstream.PubAckFuture, len(stored))
	ends := make([]func(error), len(stored))
	for i, s := range stored {
		ends[i] = b.hooks.publishing(ctx, s.Message)
		msg := nats.NewMsg(s.Subject)
		msg.Data = s.Payload
		for k, v := range s.Header {
			msg.Header.Set(k, v)
		}
		f, perr := b.js.PublishMsgAsync(msg)
		if errors.Is(perr, nats.ErrMaxPayload) {
			// It would come back for ever. What it tells stays in PostgreSQL; only its subscribers miss it.
			b.log.Error().Str("subject", s.Subject).Int("bytes", len(s.Payload)).Int64("max_payload", b.nc.MaxPayload()).
				Msg("an event is larger than the NATS servers take, and was dropped: raise max_payload there")
			done = append(done, s.ID)
			ends[i](perr)
			continue
		}
		if perr != nil {
			ends[i](perr)
			err = errors.Join(err, perr)
			continue
		}
		futures[i] = f
	}
	for i, f := range futures {
		if f == nil {
			if !slices.Contains(done, stored[i].ID) {
				failed = append(failed, stored[i].ID)
			}
			continue
		}
		perr := await(ctx, f)
		ends[i](perr)
		if perr != nil {
			err = perr // one tells enough: they fail together
			failed = append(failed, stored[i].ID)
			continue
		}
		done = append(done, stored[i].ID)
	}
	return done, failed, err
}
