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

// Serve runs handlers until ctx ends; then it takes no more messages, waits up to grace for those being handled, and
// returns. A handler's panic counts as an error of that message.
func (b *Broker) Serve(ctx context.Context, handlers []events.Handler, grace time.Duration) error {
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: grace}, logAdapter{b.log})
	if err != nil {
		return fmt.Errorf("make router: %w", err)
	}
	router.AddMiddleware(b.judge, middleware.Recoverer)
	for _, h := range handlers {
		router.AddConsumerHandler(h.Name, h.Filter, b.Subscriber(h.Name, h.Workers), func(m *message.Message) error {
			return h.Handle(m.Context(), m.Payload)
		})
	}
	if err := router.Run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("run handlers: %w", err)
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
		if later, ok := errors.AsType[*events.Later](err); ok {
			v.later = max(later.After, time.Millisecond)
			b.log.Debug().Str("subject", v.subject).Err(err).Msg("put back")
			return nil, err
		}
		if errors.Is(err, events.ErrUndecodable) || v.deliveries >= maxDeliveries {
			v.dead = err.Error()
			b.log.Error().Str("subject", v.subject).Err(err).Msg("message buried; see the stream DEAD")
			return nil, err
		}
		b.log.Warn().Str("subject", v.subject).Uint64("deliveries", v.deliveries).Dur("again_in", v.delay()).Err(err).Msg("handler failed")
		return nil, err
	}
}
