package broker

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/vestnik-mail/vestnik/internal/events"
)

const (
	relayBatch = 256
	// relayClaim is how long a relay may take over a batch before another one takes it; more than publishTimeout.
	relayClaim = 15 * time.Second
	// relayPoll finds what no notification told of.
	relayPoll = time.Second
)

// outbox is what the relay needs of the database.
type outbox interface {
	ClaimOutbox(ctx context.Context, batch int, claim time.Duration) ([]events.Stored, error)
	OutboxPublished(ctx context.Context, ids []int64) error
	OutboxFailed(ctx context.Context, ids []int64) error
	WatchOutbox(ctx context.Context, wake func()) error
}

// Relay carries the outbox to JetStream until ctx ends. Any number may run, in any number of processes: each message
// is claimed by one of them, and one that dies loses its claim. A message may go out twice; its Nats-Msg-Id and the
// handlers take care of that.
func (b *Broker) Relay(ctx context.Context, o outbox) error {
	wake := make(chan struct{}, 1)
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		for ctx.Err() == nil {
			err := o.WatchOutbox(ctx, func() {
				select {
				case wake <- struct{}{}:
				default:
				}
			})
			if ctx.Err() == nil {
				b.log.Debug().Err(err).Msg("watching the outbox; polling meanwhile")
				pause(ctx, relayPoll)
			}
		}
	}()
	defer func() { <-watching }()

	poll := time.NewTicker(relayPoll)
	defer poll.Stop()
	for {
		more, err := b.relayOnce(ctx, o)
		if err != nil && ctx.Err() == nil {
			b.log.Warn().Err(err).Msg("events wait in the outbox")
			if errors.Is(err, jetstream.ErrNoStreamResponse) && b.nc.IsConnected() {
				b.repair(ctx)
			}
			pause(ctx, errorPause)
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wake:
		case <-poll.C:
		}
	}
}

// relayOnce publishes one batch and reports whether there may be more.
func (b *Broker) relayOnce(ctx context.Context, o outbox) (more bool, err error) {
	batch, err := o.ClaimOutbox(ctx, relayBatch, relayClaim)
	if err != nil || len(batch) == 0 {
		return false, err
	}
	done, failed, err := b.publishStored(ctx, batch)
	// What has happened is noted even when the process is being stopped, lest it happen again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	if len(done) > 0 {
		if derr := o.OutboxPublished(ctx, done); derr != nil {
			return false, derr
		}
	}
	if len(failed) > 0 {
		if ferr := o.OutboxFailed(ctx, failed); ferr != nil {
			return false, ferr
		}
	}
	return len(batch) == relayBatch, err
}
