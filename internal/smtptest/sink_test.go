package smtptest_test

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client speaks raw SMTP.
type client struct {
	t  *testing.T
	nc net.Conn
	br *bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	nc, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = nc.Close() })
	require.NoError(t, nc.SetDeadline(time.Now().Add(10*time.Second)))
	c := &client{t, nc, bufio.NewReader(nc)}
	return c
}

func (c *client) say(s string) {
	c.t.Helper()
	_, err := c.nc.Write([]byte(s))
	require.NoError(c.t, err)
}

// hear reads one reply and checks its beginning.
func (c *client) hear(want string) {
	c.t.Helper()
	for {
		line, err := c.br.ReadString('\n')
		require.NoError(c.t, err)
		if line[3] == ' ' {
			require.True(c.t, strings.HasPrefix(line, want), "%q", line)
			return
		}
	}
}

func TestSinkRecords(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{KeepBodies: true, Refuse: func(to string, nth int) string {
		if to == "later@x.io" && nth == 1 {
			return "450 4.2.1 later"
		}
		return ""
	}})
	c := dial(t, sink.Addr)
	c.hear("220")
	c.say("EHLO me\r\nMAIL FROM:<a@x.io> SIZE=3\r\nRCPT TO:<кто@x.io>\r\nDATA\r\n")
	for _, want := range []string{"250", "250", "250", "354"} {
		c.hear(want)
	}
	message := "Subject: x\r\nMESSAGE-ID: <1@x>\r\n\r\n..dot\r\nпривет\r\n"
	// The body comes in pieces, and the next commands with its end.
	c.say(message[:20])
	c.say(message[20:] + "\r\n.")
	c.say("\r\nMAIL FROM:<a@x.io>\r\nRCPT TO:<later@x.io>\r\nDATA\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<later@x.io>\r\nDATA\r\n.\r\nQUIT\r\n")
	for _, want := range []string{"250", "250", "450", "503", "250", "250", "250", "354", "250", "221"} {
		c.hear(want)
	}
	require.NoError(t, sink.WaitFor(t.Context(), 2))
	got := sink.Messages()
	require.Len(t, got, 2)
	assert.Equal(t, "кто@x.io", got[0].Recipient)
	assert.Equal(t, "<1@x>", got[0].MessageID)
	want := strings.Replace(message, "..dot", ".dot", 1) + "\r\n"
	assert.Equal(t, want, string(got[0].Body))
	assert.Equal(t, len(want), got[0].Size)
	assert.Equal(t, 1, got[0].Conn)
	assert.WithinDuration(t, time.Now(), got[0].At, time.Minute)
	assert.Equal(t, "later@x.io", got[1].Recipient)
	assert.Zero(t, got[1].Size)
	assert.Empty(t, sink.Duplicates())
}

func transaction(c *client, to string) {
	c.t.Helper()
	c.say("MAIL FROM:<a@x.io>\r\nRCPT TO:<" + to + ">\r\nDATA\r\n")
	c.hear("250")
	c.hear("250")
	c.hear("354")
	c.say("x\r\n.\r\n")
}

func TestSinkCountsWhatTheSenderMayNeverHear(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{Latency: 20 * time.Millisecond})
	for range 2 {
		c := dial(t, sink.Addr)
		c.hear("220")
		transaction(c, "ann@x.io")
		require.NoError(t, c.nc.Close())
	}
	require.NoError(t, sink.WaitFor(t.Context(), 2))
	assert.Equal(t, map[string]int{"ann@x.io": 2}, sink.Duplicates())
	ever, _ := sink.Connections()
	assert.Equal(t, 2, ever)
}

func TestSinkPause(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{})
	c := dial(t, sink.Addr)
	c.hear("220")
	sink.Pause()
	c.say("MAIL FROM:<a@x.io>\r\nRCPT TO:<b@x.io>\r\nDATA\r\n")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, sink.WaitFor(ctx, 1), context.DeadlineExceeded)
	sink.Resume()
	c.hear("250")
	c.hear("250")
	c.hear("354")
	c.say("x\r\n.\r\n")
	c.hear("250")
	require.NoError(t, sink.WaitFor(t.Context(), 1))
	require.NoError(t, sink.Close())
	require.NoError(t, sink.Close())
	assert.Equal(t, 1, sink.Count())
}

func TestSinkClosesWhilePaused(t *testing.T) {
	t.Parallel()
	sink := smtptest.NewSink(t, smtptest.SinkOptions{})
	c := dial(t, sink.Addr)
	c.hear("220")
	transaction(c, "a@x.io")
	c.hear("250")
	sink.Pause()
	c.say("MAIL FROM:<a@x.io>\r\n")
	require.NoError(t, sink.Close())
	_, err := c.br.ReadByte()
	require.Error(t, err)
}

func TestScripted(t *testing.T) {
	t.Parallel()
	server := smtptest.NewScripted(t, func(n int) smtptest.Script {
		if n == 2 {
			return smtptest.Script{Banner: smtptest.Step{Close: true}}
		}
		return smtptest.Script{Rcpt: smtptest.Step{Reply: "550-a\r\n550 b", Slow: time.Millisecond}}
	})
	c := dial(t, server.Addr)
	c.hear("220")
	c.say("MAIL FROM:<a@x.io>\r\nRCPT TO:<b@x.io>\r\nDATA\r\n")
	c.hear("250")
	c.hear("550 b")
	c.hear("503")
	require.NoError(t, server.WaitUntil(t.Context(), func() bool { return len(server.Commands(1)) == 3 }))
	second := dial(t, server.Addr)
	_, err := second.br.ReadByte()
	require.Error(t, err)
	assert.Equal(t, 2, server.Connections())
	assert.Empty(t, server.Messages())
	assert.Empty(t, server.Commands(7))
}
