package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/vestnik-mail/vestnik/internal/events"
)

const (
	// ackWait is how long JetStream waits for a sign of life before it hands a message to someone else.
	ackWait = 60 * time.Second
	// progressEvery is how often a handler that takes long gives that sign.
	progressEvery = 20 * time.Second
	// fetchWait bounds one fetch; it only limits how long a lost answer goes unnoticed.
	fetchWait = 5 * time.Second
	// errorPause keeps a subscriber from spinning while NATS is away.
	errorPause = 500 * time.Millisecond
)

// Subscriber is a Watermill subscriber on one durable pull consumer: every process that subscribes by the same name
// shares the work. It asks only for as many messages as it has free workers, so none waits in a queue here while its
// AckWait runs out.
type Subscriber struct {
	b       *Broker
	durable string
	workers int

	closing   chan struct{}
	closeOnce sync.Once
	running   sync.WaitGroup
}

// Subscriber returns a subscriber by the name of a durable consumer with that many workers.
func (b *Broker) Subscriber(durable string, workers int) *Subscriber {
	return &Subscriber{b: b, durable: durable, workers: max(workers, 1), closing: make(chan struct{})}
}

// Subscribe implements message.Subscriber; topic is a filter of subjects. Messages come until ctx ends or Close is
// called. A message that is not acknowledged comes again: after the delay its handler asked for (events.Later), or
// after one that grows with each delivery.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	select {
	case <-s.closing:
		return nil, errors.New("subscriber is closed")
	default:
	}
	consumer, err := s.b.ensureConsumer(ctx, streamOf(topic), s.durable, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	ctx, cancel := context.WithCancel(ctx)
	s.running.Go(func() {
		defer cancel()
		defer close(out)
		s.pull(ctx, consumer, topic, out)
	})
	s.running.Go(func() {
		defer cancel()
		select {
		case <-s.closing:
		case <-ctx.Done():
		}
	})
	return out, nil
}

// Close implements message.Subscriber: no message comes any more, and it returns when all that came have been
// acknowledged or given back.
func (s *Subscriber) Close() error {
	s.closeOnce.Do(func() { close(s.closing) })
	s.running.Wait()
	return nil
}

func (s *Subscriber) pull(ctx context.Context, consumer jetstream.Consumer, topic string, out chan<- *message.Message) {
	free := make(chan struct{}, s.workers)
	for range s.workers {
		free <- struct{}{}
	}
	var inFlight sync.WaitGroup
	defer inFlight.Wait()
	for {
		n := takeFree(ctx, free)
		if n == 0 {
			return
		}
		taken, err := s.fetch(ctx, consumer, n, func(m jetstream.Msg) {
			inFlight.Go(func() {
				defer func() { free <- struct{}{} }()
				s.deliver(ctx, m, out)
			})
		})
		for range n - taken {
			free <- struct{}{}
		}
		if err == nil || ctx.Err() != nil {
			continue
		}
		s.b.log.Debug().Err(err).Str("consumer", s.durable).Msg("fetch")
		pause(ctx, errorPause)
		// The consumer may be gone together with its store; making one that exists changes nothing.
		if c, cerr := s.b.ensureConsumer(ctx, streamOf(topic), s.durable, topic); cerr == nil {
			consumer = c
		} else if errors.Is(cerr, jetstream.ErrStreamNotFound) {
			s.b.repair(ctx)
		}
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

func (s *Subscriber) fetch(ctx context.Context, consumer jetstream.Consumer, n int, got func(jetstream.Msg)) (taken int, err error) {
	fetchCtx, cancel := context.WithTimeout(ctx, fetchWait)
	defer cancel()
	batch, err := consumer.Fetch(n, jetstream.FetchContext(fetchCtx))
	if err != nil {
		return 0, fmt.Errorf("fetch: %w", err)
	}
	for m := range batch.Messages() {
		taken++
		got(m)
	}
	err = batch.Error()
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, nats.ErrTimeout) {
		return taken, nil
	}
	return taken, err
}

// deliver hands one message to a worker and answers JetStream for it.
func (s *Subscriber) deliver(ctx context.Context, m jetstream.Msg, out chan<- *message.Message) {
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
	// The handler outlives the subscription by as long as it takes to finish: only Close decides when to give up on it.
	msgCtx, cancel := context.WithCancel(withVerdict(context.WithoutCancel(ctx), v))
	defer cancel()
	msg.SetContext(msgCtx)

	select {
	case out <- msg:
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
			s.reject(ctx, m, v)
			return
		}
	}
}

func (s *Subscriber) acknowledge(ctx context.Context, m jetstream.Msg) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	s.answer(m, "acknowledge", m.DoubleAck(ctx))
}

// reject gives a message back for later, or buries it where no retry helps.
func (s *Subscriber) reject(ctx context.Context, m jetstream.Msg, v *verdict) {
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
func (s *Subscriber) answer(m jetstream.Msg, what string, err error) {
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
