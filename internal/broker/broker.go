// Package broker is Watermill on NATS JetStream: a Publisher and a Subscriber, the streams they need, and the relay
// that carries the outbox of PostgreSQL there.
//
// Why not watermill-nats: see docs/adr/0002-own-broker-adapter-and-outbox.md.
package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

// Broker is a connection to NATS. It is safe for concurrent use.
type Broker struct {
	nc    *nats.Conn
	js    jetstream.JetStream
	log   zerolog.Logger
	hooks Hooks

	streams   atomic.Pointer[StreamOptions] // of the last EnsureStreams
	repairing sync.Mutex

	mu        sync.Mutex
	connected context.Context //nolint:containedctx // ends when the connection has been made anew
	renew     context.CancelFunc
}

// Open connects to the NATS servers at url (several, comma separated). It does not wait for them: the connection is
// made and kept in the background, and Ping tells whether it stands.
func Open(url, name string, log zerolog.Logger) (*Broker, error) {
	b := &Broker{log: log}
	b.connected, b.renew = context.WithCancel(context.Background())
	nc, err := nats.Connect(url,
		nats.Name(name),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(500*time.Millisecond),
		nats.ReconnectJitter(200*time.Millisecond, time.Second),
		nats.ReconnectBufSize(-1), // what cannot be sent fails at once; the outbox keeps it
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn().Err(err).Msg("NATS is away; reconnecting")
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) {
			log.Info().Msg("NATS is back")
			b.reconnected()
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Debug().Err(err).Msg("NATS") }),
	)
	if err != nil {
		return nil, fmt.Errorf("open NATS: %w", err)
	}
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(4096), jetstream.WithPublishAsyncTimeout(publishTimeout))
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("open JetStream: %w", err)
	}
	b.nc, b.js = nc, js
	return b, nil
}

// Observe has hooks look on. It comes before Relay and Serve.
func (b *Broker) Observe(hooks Hooks) { b.hooks = hooks }

// Close ends the connection.
func (b *Broker) Close() {
	b.nc.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.renew()
}

// connection returns a context that ends when the connection is made anew. What JetStream was asked for over the old one
// it does not know of any more, nor, perhaps, of the consumer that was asked for it.
func (b *Broker) connection() context.Context {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.connected
}

func (b *Broker) reconnected() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.renew()
	b.connected, b.renew = context.WithCancel(context.Background())
}

// Ping reports whether JetStream answers.
func (b *Broker) Ping(ctx context.Context) error {
	if !b.nc.IsConnected() {
		if err := b.nc.LastError(); err != nil {
			return fmt.Errorf("not connected: %w", err)
		}
		return errors.New("not connected")
	}
	if _, err := b.js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("ask JetStream: %w", err)
	}
	return nil
}
