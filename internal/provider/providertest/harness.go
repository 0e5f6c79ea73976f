package providertest

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// Provider is what every provider offers.
type Provider interface {
	Name() string
	Form() domain.Form
	Deliver(ctx context.Context, batch []domain.Envelope) ([]domain.Receipt, error)
	Cut()
	Close(ctx context.Context) error
}

// Fault is what a server does with the messages to one recipient, each time.
type Fault int

// The faults. Before and after are told by the handover of the message: the last byte without which a server cannot have
// the whole of it.
const (
	None              Fault = iota
	Slow                    // takes the message and answers a tenth of a second later
	Hang                    // takes the message and never answers
	Rubbish                 // takes the message and answers with what is no answer
	RefuseRecipient         // the address is no good
	RefuseContent           // the message is no good
	RefuseForNow            // later perhaps
	RefuseRate              // too much at once
	RefuseCredentials       // we are not known, or not any more
	CloseBefore             // closes the connection in the middle of the message
	CloseAfter              // takes the message and closes the connection
	Trouble                 // the server itself cannot go on
)

// Server is a running server that a Harness has started.
type Server interface {
	Messages() []string // the Message-IDs of what was taken, in any order
	Touched() int       // how often the server was asked to take a message, or was connected to; it never falls
	Peak() int          // how many messages were in its hands at once at most, or an upper bound of it
	Away()              // it stops listening and cuts every connection
}

// Settings are what a case changes of a provider.
type Settings struct {
	Connections int           // at once, at most
	Patience    time.Duration // the deadline for the server's answer to a whole message; 0: as it is usually
	Guard       func(*provider.Settings)
}

// Harness makes the parts of a case. What it starts it ends with the test, and every Provider is named "test".
type Harness struct {
	// Start runs a server that asks fault about each recipient before it takes their message. fault may be called
	// from many goroutines.
	Start func(t *testing.T, fault func(to string) Fault) Server
	// Provide makes a provider for a server. It does not wait long before it repeats what may be repeated.
	Provide func(t *testing.T, server Server, s Settings) Provider
	// Form is what the provider must say of itself.
	Form domain.Form
	// Unclear is the outcome of a message that the server may have taken: domain.Unknown, or domain.Deferred where the
	// server can tell a repeat.
	Unclear domain.Outcome
}

// fixed gives the same fault to everybody.
func fixed(f Fault) func(string) Fault { return func(string) Fault { return f } }

// only gives a fault to one recipient of envelopes.
func only(i int, f Fault) func(string) Fault {
	return func(to string) Fault {
		if to == recipient(i) {
			return f
		}
		return None
	}
}

func recipient(i int) string { return "c" + strconv.Itoa(i) + "@example.org" }

func messageID(i int) string { return "<c" + strconv.Itoa(i) + "@example.com>" }

// envelopes makes messages in both forms.
func envelopes(n int) []domain.Envelope {
	batch := make([]domain.Envelope, n)
	for i := range batch {
		batch[i] = envelope(i, "Hello\n")
	}
	return batch
}

func envelope(i int, text string) domain.Envelope {
	return domain.Envelope{
		Key: "key-" + strconv.Itoa(i), From: "news@example.com", To: recipient(i),
		Data: []byte("Message-ID: " + messageID(i) + "\r\nSubject: test\r\n\r\n" + strings.ReplaceAll(text, "\n", "\r\n")),
		Parts: domain.Parts{
			MessageID: messageID(i), From: "News <news@example.com>", Subject: "test", Text: text,
			Headers: map[string]string{"List-Id": "<list.example.com>"},
		},
	}
}

// check holds what a Deliver returned to its contract and returns how many receipts are not domain.Untouched.
func check(t *testing.T, batch []domain.Envelope, receipts []domain.Receipt, err error) int {
	t.Helper()
	require.Len(t, receipts, len(batch))
	touched := 0
	for i, r := range receipts {
		require.Equal(t, "test", r.Provider)
		if r.Outcome == domain.Untouched {
			require.Zero(t, r.At, "nothing happened to %d", i)
			continue
		}
		require.Equal(t, touched, i, "untouched ones are a suffix: %+v", receipts)
		touched++
		require.False(t, r.At.IsZero())
		checkReply(t, r)
	}
	if touched == len(batch) {
		require.NoError(t, err, "everyone was touched")
		return touched
	}
	require.Error(t, err)
	if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		_ = requireUnreachable(t, err)
	}
	return touched
}

func checkReply(t *testing.T, r domain.Receipt) {
	t.Helper()
	require.NotEmpty(t, r.Reply.Phase, "%+v", r)
	require.NotEmpty(t, r.Reply.Text, "%+v", r)
	require.LessOrEqual(t, len(r.Reply.Text), 500)
	require.NotContains(t, r.Reply.Text, "\n")
	require.False(t, strings.ContainsFunc(r.Reply.Text, func(c rune) bool { return c < ' ' || c == 0x7f }), "%q", r.Reply.Text)
}

func requireUnreachable(t *testing.T, err error) *domain.Unreachable {
	t.Helper()
	u, ok := errors.AsType[*domain.Unreachable](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "test", u.Provider)
	require.NotEmpty(t, u.Reason)
	require.Positive(t, u.RetryAfter)
	return u
}

// once requires that of n recipients those of want, and nobody else, were sent one message each.
func once(t *testing.T, server Server, want ...int) {
	t.Helper()
	ids := make([]string, len(want))
	for i, n := range want {
		ids[i] = messageID(n)
	}
	require.ElementsMatch(t, ids, server.Messages())
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
