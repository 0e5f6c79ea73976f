package broker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/broker"
	"github.com/vestnik-mail/vestnik/internal/natstest"
)

// suite is Watermill's own tests of a Pub/Sub, on the stream EVENTS of a server of its own.
type suite struct {
	*rig
	workers int
}

func conformance(t *testing.T, workers int) suite {
	t.Helper()
	return suite{newRig(t), workers}
}

// inGroup makes a Publisher and a Subscriber. The suite subscribes one Subscriber to several topics, and closes one
// whose message it neither acknowledges nor gives back.
func (s suite) inGroup(t *testing.T, group string) (message.Publisher, message.Subscriber) {
	t.Helper()
	sub := s.Subscriber(broker.SubscriberConfig{
		Durable: func(topic string) string { return group + "-" + strings.ReplaceAll(topic, ".", "_") },
		Workers: s.workers,
		Grace:   100 * time.Millisecond,
	})
	t.Cleanup(func() { require.NoError(t, sub.Close()) }) // the suite forgets some
	return s.Publisher(), sub
}

// pubSub is inGroup with the one group of the test.
func (s suite) pubSub(t *testing.T) (message.Publisher, message.Subscriber) {
	t.Helper()
	return s.inGroup(t, "everyone")
}

// alone is inGroup with a group that nobody else has.
func (s suite) alone(t *testing.T) (message.Publisher, message.Subscriber) {
	t.Helper()
	return s.inGroup(t, tests.NewTestID().String())
}

func topicOf(c tests.TestContext) string { return "vestnik.events.test." + c.TestID.String() }

func TestWatermillConformance(t *testing.T) {
	t.Parallel()
	s := conformance(t, 10)
	tests.TestPubSub(t, tests.Features{
		ConsumerGroups:    true,
		Persistent:        true,
		GenerateTopicFunc: topicOf,
		// ExactlyOnceDelivery: no; a message whose acknowledgement is lost comes again, and handlers are safe to repeat.
		// GuaranteedOrder: not with several workers; with one, see below.
		// NewSubscriberReceivesOldMessages: a new group does, see below; a new subscriber of an old one goes on where
		// that is.
		// RestartServiceCommand: our server is in this process; see TestSubscribersOutliveARestart.
		// ContextPreserved: a context does not travel over the wire.
	}, s.pubSub, s.inGroup)
}

func TestWatermillConformanceOfOneWorker(t *testing.T) {
	t.Parallel()
	s := conformance(t, 1)
	for name, test := range map[string]func(*testing.T, tests.TestContext, tests.PubSubConstructor){
		"in order": tests.TestPublishSubscribeInOrder,
		"no ack":   tests.TestNoAck,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, tests.TestContext{TestID: tests.NewTestID(), Features: tests.Features{
				Persistent: true, GenerateTopicFunc: topicOf,
				GuaranteedOrder: true, GuaranteedOrderWithSingleSubscriber: true,
			}}, s.pubSub)
		})
	}
}

func TestWatermillConformanceOfNewGroups(t *testing.T) {
	t.Parallel()
	s := conformance(t, 10)
	tests.TestNewSubscriberReceivesOldMessages(t, tests.TestContext{TestID: tests.NewTestID(), Features: tests.Features{
		Persistent: true, GenerateTopicFunc: topicOf, NewSubscriberReceivesOldMessages: true,
	}}, s.alone)
}

func TestOneConsumerForTwoTopicsIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	sub := r.Subscriber(broker.SubscriberConfig{Durable: func(string) string { return "same" }})
	_, err := sub.Subscribe(t.Context(), "vestnik.events.test.a")
	require.NoError(t, err)
	_, err = sub.Subscribe(t.Context(), "vestnik.events.test.b")
	require.ErrorContains(t, err, "vestnik.events.test.b needs a name of its own")
	require.NoError(t, sub.Close())
	_, err = sub.Subscribe(t.Context(), "vestnik.events.test.a")
	require.ErrorContains(t, err, "closed")
}

func TestSubscribersOutliveARestart(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(*natstest.Server){
		"restart":             (*natstest.Server).Restart,
		"loss of the streams": (*natstest.Server).Wipe,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			const topic = "vestnik.events.test.restart"
			sub := r.Subscriber(broker.SubscriberConfig{Durable: func(string) string { return "all" }, Workers: 8})
			messages, err := sub.Subscribe(t.Context(), topic)
			require.NoError(t, err)
			exchange := func() {
				t.Helper()
				sent := message.NewMessage(tests.NewTestID().String(), []byte("x"))
				require.Eventually(t, func() bool { return r.Publisher().Publish(topic, sent) == nil }, patience, 50*time.Millisecond)
				select {
				case m := <-messages:
					require.Equal(t, sent.UUID, m.UUID)
					require.True(t, m.Ack())
				case <-time.After(5 * time.Second):
					require.Fail(t, "no message within 5 s")
				}
			}
			exchange()
			fault(r.server)
			exchange()
			require.NoError(t, sub.Close())
			require.Empty(t, messages)
		})
	}
}
