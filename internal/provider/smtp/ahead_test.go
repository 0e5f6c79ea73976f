package smtp_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
)

// eager is a server that does not answer a message before the commands for the next one are there. It hangs up on the
// messages that drop names, with the commands for the next one read.
type eager struct {
	drop map[string]bool
	// enough, if set, is called when the server has taken twenty messages.
	enough func()

	mu    sync.Mutex
	took  []string
	alone int // messages after which nothing came
}

func (e *eager) serve(nc net.Conn) {
	defer func() { _ = nc.Close() }()
	r := bufio.NewReader(nc)
	say := func(s string) { _, _ = io.WriteString(nc, s+"\r\n") }
	say("220 eager")
	to := ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.TrimSpace(line), " "); verb {
		case "EHLO":
			say("250-eager\r\n250 PIPELINING")
		case "RCPT":
			to = strings.Trim(strings.TrimPrefix(strings.TrimSpace(line), "RCPT TO:"), "<>")
			say("250 2.1.5 OK")
		case "DATA":
			say("354 go on")
			for line != ".\r\n" {
				if line, err = r.ReadString('\n'); err != nil {
					return
				}
			}
			_ = nc.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
			next, _ := r.Peek(4)
			_ = nc.SetReadDeadline(time.Time{})
			e.mu.Lock()
			e.took = append(e.took, to)
			if string(next) != "MAIL" {
				e.alone++
			}
			drop := e.drop[to]
			delete(e.drop, to)
			if len(e.took) == 20 && e.enough != nil {
				e.enough()
			}
			e.mu.Unlock()
			if drop {
				return
			}
			say("250 2.0.0 OK")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 OK")
		}
	}
}

func (e *eager) start(t *testing.T) *smtp.Provider {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { e.serve(nc) })
		}
	})
	p, err := smtp.New(smtp.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: smtp.TLSNone, Connections: 1})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, p.Close(context.Background()))
		require.NoError(t, l.Close())
		conns.Wait()
	})
	return p
}

func batchOf(n int) []domain.Envelope {
	batch := make([]domain.Envelope, n)
	for i := range batch {
		batch[i] = domain.Envelope{From: "news@example.com", To: fmt.Sprintf("c%d@example.org", i), Data: []byte("Subject: x\r\n\r\nx\r\n")}
	}
	return batch
}

// A message costs one round trip: the commands for the next one go out with its body.
func TestTheNextMessagesCommandsGoOutWithTheBody(t *testing.T) {
	t.Parallel()
	e := &eager{}
	receipts, err := e.start(t).Deliver(t.Context(), batchOf(5))
	require.NoError(t, err)
	for _, r := range receipts {
		require.Equal(t, domain.Sent, r.Outcome)
	}
	require.Len(t, e.took, 5)
	require.Equal(t, 1, e.alone, "the last has no next")
}

// Whose final dot went unanswered is unknown; the one after it, whose commands had been read, was given to nobody and goes
// over a new connection, as the same try.
func TestAConnectionLostBetweenTheDotAndTheNextMessage(t *testing.T) {
	t.Parallel()
	e := &eager{drop: map[string]bool{"c1@example.org": true}}
	receipts, err := e.start(t).Deliver(t.Context(), batchOf(5))
	require.NoError(t, err)
	for i, r := range receipts {
		want := domain.Sent
		if i == 1 {
			want = domain.Unknown
		}
		require.Equal(t, want, r.Outcome, "message %d: %+v", i, r.Reply)
	}
	require.Equal(t, []string{"c0@example.org", "c1@example.org", "c2@example.org", "c3@example.org", "c4@example.org"}, e.took)
}

// When no further message may be begun, the one that the server has been told of is sent all the same, and it alone.
func TestAStopBehindTheNextMessagesCommands(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	e := &eager{enough: stop}
	p := e.start(t)
	receipts, err := p.Deliver(ctx, batchOf(5000))
	require.ErrorIs(t, err, context.Canceled)
	sent := 0
	for i, r := range receipts {
		if r.Outcome == domain.Sent {
			require.Equal(t, sent, i, "those sent are the first")
			sent++
			continue
		}
		require.Equal(t, domain.Untouched, r.Outcome)
	}
	require.Len(t, e.took, sent)
	require.LessOrEqual(t, sent, 21)
}
