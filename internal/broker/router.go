package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"github.com/vestnik-mail/vestnik/internal/events"
)

// Serve runs handlers until ctx ends; then it takes no more messages, waits up to grace for those being handled, ends
// their contexts and gives them back, which is an error, and returns. A handler's panic counts as an error of that
// message.
func (b *Broker) Serve(ctx context.Context, handlers []events.Handler, grace time.Duration) error {
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: grace}, logAdapter{b.log})
	if err != nil {
		return fmt.Errorf("make router: %w", err)
	}
	router.AddMiddleware(b.observe, b.judge, middleware.Recoverer)
	subscribers := make([]*Subscriber, 0, len(handlers))
	for _, h := range handlers {
		subscriber := b.Subscriber(SubscriberConfig{
			Durable: func(string) string { return h.Name }, Workers: h.Workers, Grace: grace,
		})
		subscribers = append(subscribers, subscriber)
		router.AddConsumerHandler(h.Name, h.Filter, subscriber, func(m *message.Message) error {
			return h.Handle(m.Context(), m.Payload)
		})
	}
	if err := router.Run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("run handlers: %w", err)
	}
	var givenUp int64
	for _, s := range subscribers {
		_ = s.Close() // the router may have given up a moment earlier; it never fails
		givenUp += s.givenUp.Load()
	}
	if givenUp > 0 {
		return fmt.Errorf("%d messages were still being handled %s after the stop, because some server did not answer; "+
			"they come again, and what was not confirmed is checked then", givenUp, grace)
	}
	return nil
}

// judge turns a handler's error into the message's fate.
func (b *Broker) judge(next message.HandlerFunc) message.HandlerFunc {
	return func(m *message.Message) ([]*message.Message, error) {
		out, err := next(m)
		if err == nil {
			return out, nil
		}
		v := verdictOf(m.Context())
		log := v.named(m, b.log)
		if later, ok := errors.AsType[*events.Later](err); ok {
			v.later = max(later.After, time.Millisecond)
			log.Debug().Err(err).Msg("put back")
			return nil, err
		}
		if errors.Is(err, events.ErrUndecodable) || v.deliveries >= maxDeliveries {
			v.dead = err.Error()
			log.Error().Err(err).Msg("message buried; see the stream DEAD")
			return nil, err
		}
		log.Warn().Uint64("deliveries", v.deliveries).Dur("again_in_ms", v.delay()).Err(err).Msg("handler failed")
		return nil, err
	}
}
