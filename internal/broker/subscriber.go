package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/vestnik-mail/vestnik/internal/events"
)

const (
	// ackWait is how long JetStream waits for a sign of life before it hands a message to someone else.
	ackWait = 60 * time.Second
	// progressEvery is how often a handler that takes long gives that sign.
	progressEvery = 20 * time.Second
	// pullExpiry is how long a request for messages stands before it is renewed. One that JetStream does not know of any
	// more is noticed within that time, and at once where the connection broke.
	pullExpiry = 4 * time.Second
	// errorPause keeps a subscriber from spinning while NATS is away.
	errorPause = 500 * time.Millisecond
)

// SubscriberConfig is what a Subscriber is made of.
type SubscriberConfig struct {
	// Durable names the consumer of a topic. Subscribers that use the same name, in whatever process, share its
	// messages; each name gets all of them.
	Durable func(topic string) string
	// Workers is how many messages of a topic are out at a time; 0 is 1. One worker gets them in their order, as long as
	// none is given back.
	Workers int
	// Grace is how long messages that are out may still be handled after the end of their subscription. Then their
	// contexts end, and they go back for someone else.
	Grace time.Duration
}

// Subscriber is a Watermill subscriber on durable pull consumers. It asks only for as many messages as it has free
// workers, so none waits in a queue here while its AckWait runs out; and it has one request out at a time, for JetStream
// takes 512 of a consumer, from all processes together.
type Subscriber struct {
	b   *Broker
	cfg SubscriberConfig

	closing   chan struct{}
	closeOnce sync.Once
	running   sync.WaitGroup
	givenUp   atomic.Int64 // messages whose grace was over

	mu     sync.Mutex
	topics map[string]string // by the name of their consumer
}

// Subscriber returns a Watermill subscriber.
func (b *Broker) Subscriber(cfg SubscriberConfig) *Subscriber {
	cfg.Workers = max(cfg.Workers, 1)
	return &Subscriber{b: b, cfg: cfg, closing: make(chan struct{}), topics: map[string]string{}}
}

// subscription is one call of Subscribe.
type subscription struct {
	*Subscriber
	durable, topic string
	handling       context.Context //nolint:containedctx // of the handlers; it outlives that of Subscribe by the grace
	out            chan *message.Message

	consumer   jetstream.Consumer
	connection context.Context //nolint:containedctx // over which the consumer was known to exist; ends with it
}

// Subscribe implements message.Subscriber; topic is a filter of subjects. Messages come until ctx ends, or the
// Subscriber or its Broker is closed. A message that is not acknowledged comes again: after the delay its handler asked
// for (events.Later), or after one that grows with each delivery.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	sub := &subscription{Subscriber: s, durable: s.cfg.Durable(topic), topic: topic, out: make(chan *message.Message)}
	if err := s.begin(sub); err != nil {
		return nil, err
	}
	defer s.running.Done()
	if err := sub.ensure(ctx); err != nil {
		return nil, err
	}
	var giveUp context.CancelFunc
	sub.handling, giveUp = context.WithCancel(context.WithoutCancel(ctx))
	ctx, cancel := context.WithCancel(ctx)
	s.running.Go(func() {
		defer close(sub.out)
		defer giveUp()
		defer cancel()
		sub.pull(ctx)
	})
	s.running.Go(func() {
		select {
		case <-s.closing:
		case <-ctx.Done():
		}
		cancel()
		pause(sub.handling, s.cfg.Grace) //nolint:contextcheck // it outlives ctx on purpose
		giveUp()
	})
	return sub.out, nil
}

// begin counts sub as running, unless the subscriber is closed or another topic has the name of its consumer.
func (s *Subscriber) begin(sub *subscription) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closing:
		return errors.New("subscriber is closed")
	default:
	}
	if other, taken := s.topics[sub.durable]; taken && other != sub.topic {
		return fmt.Errorf("consumer %s is that of %s: %s needs a name of its own", sub.durable, other, sub.topic)
	}
	s.topics[sub.durable] = sub.topic
	s.running.Add(1)
	return nil
}

// Close implements message.Subscriber: no message comes any more, and it returns when all that came have been
// acknowledged or given back, which takes the grace at most.
func (s *Subscriber) Close() error {
	s.closeOnce.Do(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		close(s.closing)
	})
	s.running.Wait()
	return nil
}

// ensure makes the consumer. Making one that exists changes nothing.
func (s *subscription) ensure(ctx context.Context) (err error) {
	s.connection = s.b.connection()
	s.consumer, err = s.b.ensureConsumer(ctx, streamOf(s.topic), s.durable, s.topic)
	return err
}

// pull gives messages to free workers until ctx ends or the Broker is closed, and returns when all have been answered for.
func (s *subscription) pull(ctx context.Context) {
	free := make(chan struct{}, s.cfg.Workers)
	for range s.cfg.Workers {
		free <- struct{}{}
	}
	var inFlight sync.WaitGroup
	defer inFlight.Wait()
	for !s.b.nc.IsClosed() {
		n := takeFree(ctx, free)
		if n == 0 {
			return
		}
		taken, err := s.take(ctx, n, func(m jetstream.Msg) {
			inFlight.Go(func() {
				defer func() { free <- struct{}{} }()
				s.deliver(ctx, m)
			})
		})
		for range n - taken {
			free <- struct{}{}
		}
		if err != nil {
			s.b.log.Debug().Err(err).Str("consumer", s.durable).Msg("no messages")
			pause(ctx, errorPause)
		}
		if err != nil || s.connection.Err() != nil {
			s.renew(ctx)
		}
	}
}

// renew returns when the consumer is certain to exist, or else at the end: it may be gone together with its store, and
// asking one that is gone goes unanswered.
func (s *subscription) renew(ctx context.Context) {
	for ctx.Err() == nil && !s.b.nc.IsClosed() {
		err := s.ensure(ctx)
		if err == nil {
			return
		}
		if errors.Is(err, jetstream.ErrStreamNotFound) && s.b.repair(ctx) {
			continue
		}
		pause(ctx, errorPause)
	}
}

// takeFree waits for a free worker and takes every one there is; 0 when ctx ended first.
func takeFree(ctx context.Context, free <-chan struct{}) int {
	select {
	case <-ctx.Done():
		return 0
	case <-free:
	}
	for n := 1; ; n++ {
		select {
		case <-free:
		default:
			return n
		}
	}
}

// take asks for n messages and passes them on. It returns with fewer when ctx ends, the connection is made anew, or
// something fails; what JetStream had sent by then is passed on as well: dropped, it would come again only when its
// AckWait has run out.
func (s *subscription) take(ctx context.Context, n int, got func(jetstream.Msg)) (taken int, err error) {
	it, err := s.consumer.Messages(jetstream.PullMaxMessages(n), jetstream.StopAfter(n), jetstream.PullExpiry(pullExpiry))
	if err != nil {
		return 0, fmt.Errorf("ask for messages: %w", err)
	}
	defer it.Stop()
	defer context.AfterFunc(ctx, it.Drain)()
	defer context.AfterFunc(s.connection, it.Drain)() //nolint:contextcheck // the life of the connection, not ours
	for {
		m, err := it.Next()
		if errors.Is(err, jetstream.ErrMsgIteratorClosed) {
			return taken, nil
		}
		if err != nil {
			return taken, fmt.Errorf("ask for messages: %w", err)
		}
		taken++
		got(m)
	}
}

// deliver hands one message out and answers JetStream for it.
func (s *subscription) deliver(ctx context.Context, m jetstream.Msg) {
	if ctx.Err() != nil { // it came after the end
		s.answer(m, "give back", m.Nak())
		return
	}
	v := &verdict{}
	msg := message.NewMessage(m.Headers().Get(events.HeaderID), m.Data())
	if msg.UUID == "" {
		msg.UUID = m.Headers().Get(events.HeaderDedupe)
	}
	for k := range m.Headers() {
		msg.Metadata.Set(k, m.Headers().Get(k)) // the first of several values
	}
	if meta, err := m.Metadata(); err == nil {
		v.deliveries = meta.NumDelivered
	}
	v.subject = m.Subject()
	msgCtx, cancel := context.WithCancel(withVerdict(s.handling, v))
	defer cancel()
	msg.SetContext(msgCtx) //nolint:contextcheck // it outlives ctx by the grace

	select {
	case s.out <- msg:
	case <-ctx.Done():
		s.answer(m, "give back", m.Nak())
		return
	}
	alive := time.NewTicker(progressEvery)
	defer alive.Stop()
	for {
		select {
		case <-alive.C:
			s.answer(m, "in progress", m.InProgress())
		case <-msg.Acked():
			s.acknowledge(ctx, m)
			return
		case <-msg.Nacked():
			if msgCtx.Err() != nil {
				s.givenUp.Add(1) // it failed because its context had ended
			}
			s.reject(ctx, m, v)
			return
		case <-msgCtx.Done(): // the grace is over
			s.givenUp.Add(1)
			s.answer(m, "give back", m.Nak())
			return
		}
	}
}

func (s *subscription) acknowledge(ctx context.Context, m jetstream.Msg) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	s.answer(m, "acknowledge", m.DoubleAck(ctx))
}

// reject gives a message back for later, or buries it where no retry helps.
func (s *subscription) reject(ctx context.Context, m jetstream.Msg, v *verdict) {
	if v.dead == "" {
		s.answer(m, "give back", m.NakWithDelay(v.delay()))
		return
	}
	if err := s.b.bury(ctx, m, s.durable, v.dead); err != nil {
		s.answer(m, "bury", err)
		s.answer(m, "give back", m.NakWithDelay(v.delay())) // better twice than lost
		return
	}
	s.answer(m, "terminate", m.TermWithReason(v.dead))
}

// answer logs what JetStream could not be told: the message will come again, and handlers are safe to repeat.
func (s *subscription) answer(m jetstream.Msg, what string, err error) {
	if err != nil {
		s.b.log.Debug().Err(err).Str("consumer", s.durable).Str("subject", m.Subject()).Msg("could not " + what)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
