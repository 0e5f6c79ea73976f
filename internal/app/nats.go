package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/broker"
	"github.com/vestnik-mail/vestnik/internal/config"
)

// ErrNoDeadLetter says that no dead letter has the id.
var ErrNoDeadLetter = broker.ErrNoDeadLetter

// DeadLetter is a message that could not be handled.
type DeadLetter = broker.DeadLetter

func streamOptions(cfg config.Config) broker.StreamOptions {
	return broker.StreamOptions{Replicas: cfg.NATSReplicas, EventsMaxAge: cfg.EventsMaxAge}
}

// OpenBroker connects to NATS for a command of the operator and waits until JetStream answers or ctx ends.
func OpenBroker(ctx context.Context, cfg config.Config, log zerolog.Logger) (*broker.Broker, error) {
	if err := cfg.Require("NATS_URL"); err != nil {
		return nil, err
	}
	b, err := broker.Open(cfg.NATSURL, "vestnik", log)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(natsPoll)
	defer tick.Stop()
	for {
		ping, cancel := context.WithTimeout(ctx, pingTimeout)
		err := b.Ping(ping)
		cancel()
		if err == nil {
			return b, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.Close()
			return nil, fmt.Errorf("NATS does not answer: %w", errors.Join(ctx.Err(), err))
		}
	}
}

// natsPoll is how often a NATS that does not answer yet is asked again.
const natsPoll = 50 * time.Millisecond

// MakeStreams makes the streams of NATS, or brings them up to date, once it answers, and tells which it made and which
// there were. It is safe to repeat and to race.
func MakeStreams(ctx context.Context, cfg config.Config, log zerolog.Logger) (made, kept []string, err error) {
	b, err := OpenBroker(ctx, cfg, log)
	if err != nil {
		return nil, nil, err
	}
	defer b.Close()
	made, err = b.MissingStreams(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := b.EnsureStreams(ctx, streamOptions(cfg)); err != nil {
		return nil, nil, err
	}
	kept = slices.DeleteFunc(broker.StreamNames(), func(name string) bool { return slices.Contains(made, name) })
	return made, kept, nil
}
