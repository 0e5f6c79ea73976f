package broker

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/vestnik-mail/vestnik/internal/events"
)

// Headers of buried messages.
const (
	headerDead         = "Vestnik-Dead-"
	headerDeadReason   = headerDead + "Reason"
	headerDeadSubject  = headerDead + "Subject"
	headerDeadConsumer = headerDead + "Consumer"
	headerDeadCount    = headerDead + "Deliveries"
)

// DeadLetter is a message that could not be handled.
type DeadLetter struct {
	ID         uint64    // its place in the stream DEAD
	At         time.Time // when it was buried
	Subject    string    // where it was published
	Consumer   string    // who could not handle it
	Reason     string
	Deliveries uint64              // how many times it had been handed out
	Header     map[string][]string // as it was published, without what NATS adds and removes
	Payload    []byte
}

// ErrNoDeadLetter says that no dead letter has the id: it was requeued, dropped, or is older than 30 days.
var ErrNoDeadLetter = errors.New("there is no such dead letter")

// errNoDeadStream says that there is no place for dead letters, and so none.
var errNoDeadStream = errors.New("NATS has no stream DEAD: Vestnik has not run on it yet, or its store was lost; " +
	"`vestnik migrate` makes the streams")

// bury stores a copy of m in the DEAD stream with the reason.
func (b *Broker) bury(ctx context.Context, m jetstream.Msg, consumer, reason string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	dead := nats.NewMsg("vestnik.dead." + consumer)
	dead.Data = m.Data()
	for k, v := range m.Headers() {
		// Nats-* headers would act on the copy: schedule it, or make it a duplicate of itself.
		if !strings.HasPrefix(k, "Nats-") {
			dead.Header[k] = v
		}
	}
	// A header is one line.
	dead.Header.Set(headerDeadReason, strings.Join(strings.Fields(reason), " "))
	dead.Header.Set(headerDeadSubject, m.Subject())
	dead.Header.Set(headerDeadConsumer, consumer)
	if meta, err := m.Metadata(); err == nil {
		dead.Header.Set(headerDeadCount, strconv.FormatUint(meta.NumDelivered, 10))
		dead.Header.Set(events.HeaderDedupe, fmt.Sprintf("dead-%s-%d-%d", meta.Stream, meta.Sequence.Stream, meta.Timestamp.UnixNano()))
	}
	if _, err := b.js.PublishMsg(ctx, dead); err != nil {
		return fmt.Errorf("publish to %s: %w", dead.Subject, err)
	}
	return nil
}

// DeadLetters yields those there are when it is called, the oldest first. It ends with the first error.
func (b *Broker) DeadLetters(ctx context.Context) iter.Seq2[DeadLetter, error] {
	return func(yield func(DeadLetter, error) bool) {
		stream, err := b.deadStream(ctx)
		if err != nil {
			yield(DeadLetter{}, err)
			return
		}
		state := stream.CachedInfo().State
		for next := state.FirstSeq; next <= state.LastSeq; {
			m, err := stream.GetMsg(ctx, next, jetstream.WithGetMsgSubject(events.AllDead)) // the first from there on
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return
			}
			if err != nil {
				yield(DeadLetter{}, fmt.Errorf("read dead letter %d: %w", next, err))
				return
			}
			if m.Sequence > state.LastSeq || !yield(deadLetter(m), nil) {
				return
			}
			next = m.Sequence + 1
		}
	}
}

// DeadLetter returns one of them, or ErrNoDeadLetter.
func (b *Broker) DeadLetter(ctx context.Context, id uint64) (DeadLetter, error) {
	stream, err := b.deadStream(ctx)
	if err != nil {
		return DeadLetter{}, err
	}
	m, err := readDead(ctx, stream, id)
	if err != nil {
		return DeadLetter{}, err
	}
	return deadLetter(m), nil
}

// Requeue publishes a dead letter again where it came from, and then removes it. It may be repeated: until the letter is
// removed it has one Nats-Msg-Id, another one than the message had that died, which JetStream may remember.
func (b *Broker) Requeue(ctx context.Context, id uint64) error {
	stream, err := b.deadStream(ctx)
	if err != nil {
		return err
	}
	m, err := readDead(ctx, stream, id)
	if err != nil {
		return err
	}
	letter := deadLetter(m)
	if !strings.HasPrefix(letter.Subject, "vestnik.events.") && !strings.HasPrefix(letter.Subject, "vestnik.due.") {
		return fmt.Errorf("dead letter %d came from %q, where Vestnik takes nothing: drop it", id, letter.Subject)
	}
	again := nats.NewMsg(letter.Subject)
	again.Data = letter.Payload
	again.Header = maps.Clone(letter.Header)
	again.Header.Set(events.HeaderDedupe, fmt.Sprintf("requeued-%d-%d", id, letter.At.UnixNano()))
	if _, err := b.js.PublishMsg(ctx, again); err != nil {
		return fmt.Errorf("publish to %s: %w", again.Subject, err)
	}
	return dropDead(ctx, stream, id)
}

// Drop removes a dead letter for good.
func (b *Broker) Drop(ctx context.Context, id uint64) error {
	stream, err := b.deadStream(ctx)
	if err != nil {
		return err
	}
	if _, err := readDead(ctx, stream, id); err != nil {
		return err
	}
	return dropDead(ctx, stream, id)
}

func (b *Broker) deadStream(ctx context.Context) (jetstream.Stream, error) {
	stream, err := b.js.Stream(ctx, StreamDead)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, errNoDeadStream
	}
	if err != nil {
		return nil, fmt.Errorf("open stream %s: %w", StreamDead, err)
	}
	return stream, nil
}

func readDead(ctx context.Context, stream jetstream.Stream, id uint64) (*jetstream.RawStreamMsg, error) {
	m, err := stream.GetMsg(ctx, id)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, ErrNoDeadLetter
	}
	if err != nil {
		return nil, fmt.Errorf("read dead letter %d: %w", id, err)
	}
	return m, nil
}

func dropDead(ctx context.Context, stream jetstream.Stream, id uint64) error {
	err := stream.DeleteMsg(ctx, id)
	if err == nil {
		return nil
	}
	if _, rerr := readDead(ctx, stream, id); errors.Is(rerr, ErrNoDeadLetter) {
		return nil // somebody was faster
	}
	return fmt.Errorf("remove dead letter %d: %w", id, err)
}

func deadLetter(m *jetstream.RawStreamMsg) DeadLetter {
	letter := DeadLetter{
		ID: m.Sequence, At: m.Time, Payload: m.Data, Header: nats.Header{},
		Subject: m.Header.Get(headerDeadSubject), Consumer: m.Header.Get(headerDeadConsumer), Reason: m.Header.Get(headerDeadReason),
	}
	letter.Deliveries, _ = strconv.ParseUint(m.Header.Get(headerDeadCount), 10, 64) // 0 where nobody knows
	for k, v := range m.Header {
		if !strings.HasPrefix(k, headerDead) && !strings.HasPrefix(k, "Nats-") {
			letter.Header[k] = v
		}
	}
	return letter
}
