package broker

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/vestnik-mail/vestnik/internal/events"
)

// Names of the streams.
const (
	StreamEvents = "EVENTS"
	StreamSends  = "SENDS"
	StreamDead   = "DEAD"
)

// StreamNames lists them.
func StreamNames() []string { return []string{StreamEvents, StreamSends, StreamDead} }

const dedupeWindow = 10 * time.Minute

// StreamOptions are what an operator may choose about the streams.
type StreamOptions struct {
	Replicas     int           // of every stream; 1 without a cluster
	EventsMaxAge time.Duration // how long events can be replayed
}

// EnsureStreams makes the streams, or brings them up to date. It is safe to repeat and to race.
func (b *Broker) EnsureStreams(ctx context.Context, o StreamOptions) error {
	for _, cfg := range []jetstream.StreamConfig{
		{
			Name:        StreamEvents,
			Description: "What has happened: the log that subscribers follow and replay",
			Subjects:    []string{events.AllEvents},
			Retention:   jetstream.LimitsPolicy,
			MaxAge:      o.EventsMaxAge,
		},
		{
			Name:        StreamSends,
			Description: "What is to be done, now or at its time",
			Subjects:    []string{events.AllSchedules, events.AllDue},
			Retention:   jetstream.WorkQueuePolicy,
			// One message a subject: asking twice for a chunk that waits leaves one request. No other limit may be set,
			// for it would evict schedules silently.
			MaxMsgsPerSubject: 1,
			AllowMsgSchedules: true,
			AllowMsgTTL:       true,
		},
		{
			Name:        StreamDead,
			Description: "Messages that could not be handled, with the reason",
			Subjects:    []string{events.AllDead},
			Retention:   jetstream.LimitsPolicy,
			MaxAge:      30 * 24 * time.Hour,
		},
	} {
		cfg.Storage = jetstream.FileStorage
		cfg.Discard = jetstream.DiscardOld
		cfg.Duplicates = dedupeWindow
		cfg.Replicas = max(o.Replicas, 1)
		if err := b.ensureStream(ctx, cfg); err != nil {
			return fmt.Errorf("make stream %s: %w", cfg.Name, err)
		}
	}
	b.streams.Store(&o)
	return nil
}

// ensureStream makes a stream, or changes what differs from cfg. What cfg does not say stays as the operator has it.
func (b *Broker) ensureStream(ctx context.Context, cfg jetstream.StreamConfig) error {
	stream, err := b.js.Stream(ctx, cfg.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = b.js.CreateStream(ctx, cfg)
		return err
	}
	if err != nil {
		return err
	}
	have := stream.CachedInfo().Config
	want := have
	want.Description, want.Subjects = cfg.Description, cfg.Subjects
	want.Retention, want.Storage, want.Discard = cfg.Retention, cfg.Storage, cfg.Discard
	want.MaxAge, want.Duplicates, want.Replicas = cfg.MaxAge, cfg.Duplicates, cfg.Replicas
	if cfg.MaxMsgsPerSubject > 0 {
		want.MaxMsgsPerSubject = cfg.MaxMsgsPerSubject
	}
	want.AllowMsgSchedules, want.AllowMsgTTL = cfg.AllowMsgSchedules, cfg.AllowMsgTTL
	// An update that changes nothing would still be one: written to disk by every process that starts.
	if reflect.DeepEqual(have, want) {
		return nil
	}
	_, err = b.js.UpdateStream(ctx, want)
	return err
}

// repair makes the streams again after their store was lost or wiped while we ran, and reports whether they are there.
// What they held is derived from PostgreSQL again by the sweeper.
func (b *Broker) repair(ctx context.Context) bool {
	o := b.streams.Load()
	if o == nil {
		return false // nobody has made them yet, so they are not ours to make
	}
	b.repairing.Lock()
	defer b.repairing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	missing, err := b.MissingStreams(ctx)
	if err == nil && len(missing) == 0 {
		return true // someone else was faster
	}
	if err == nil {
		err = b.EnsureStreams(ctx, *o)
	}
	if err != nil {
		b.log.Debug().Err(err).Msg("could not make the streams again")
		return false
	}
	b.log.Warn().Strs("streams", missing).Msg("made streams of NATS again: its store was lost")
	return true
}

// MissingStreams tells which of the streams are not there.
func (b *Broker) MissingStreams(ctx context.Context) ([]string, error) {
	var missing []string
	for _, name := range StreamNames() {
		_, err := b.js.Stream(ctx, name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			missing = append(missing, name)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look for stream %s: %w", name, err)
		}
	}
	return missing, nil
}

// streamOf tells which stream keeps a subject.
func streamOf(subject string) string {
	switch {
	case strings.HasPrefix(subject, "vestnik.events."):
		return StreamEvents
	case strings.HasPrefix(subject, "vestnik.dead."):
		return StreamDead
	default:
		return StreamSends
	}
}

// ensureConsumer makes the durable consumer of a handler, or brings it up to date.
func (b *Broker) ensureConsumer(ctx context.Context, stream, durable, filter string) (jetstream.Consumer, error) {
	c, err := b.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable:       durable,
		FilterSubject: filter,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       ackWait,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		MaxDeliver:    -1, // a message that ran out would stay in the work queue for ever: it goes to DEAD instead
		MaxAckPending: -1, // fetches are sized to the free workers
	})
	if err != nil {
		return nil, fmt.Errorf("make consumer %s: %w", durable, err)
	}
	return c, nil
}

// PurgeSchedule takes back what waits on a schedule subject. Nothing waiting is no error.
func (b *Broker) PurgeSchedule(ctx context.Context, subject string) error {
	stream, err := b.js.Stream(ctx, StreamSends)
	if err != nil {
		return fmt.Errorf("open stream %s: %w", StreamSends, err)
	}
	if err := stream.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
		return fmt.Errorf("purge %s: %w", subject, err)
	}
	return nil
}
