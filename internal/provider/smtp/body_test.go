package smtp_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/textproto"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
)

// cutConn takes so many bytes and then fails, as a kernel does whose connection was reset.
type cutConn struct {
	net.Conn // nil: nothing else is called

	left int
	took []byte
}

func (c *cutConn) Write(b []byte) (int, error) {
	n := min(c.left, len(b))
	c.left -= n
	c.took = append(c.took, b[:n]...)
	if n < len(b) {
		return n, syscall.ECONNRESET
	}
	return n, nil
}

func (c *cutConn) Read([]byte) (int, error)         { return 0, io.EOF }
func (c *cutConn) SetReadDeadline(time.Time) error  { return nil }
func (c *cutConn) SetWriteDeadline(time.Time) error { return nil }

// TestEveryCutOfABody cuts the connection after each number of bytes: it is unknown exactly from the dot on.
func TestEveryCutOfABody(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"", "x", "Subject: x\r\n\r\n.dots\r\n..\r\n", strings.Repeat("y", 64<<10-3), strings.Repeat("z", 130<<10)} {
		wire := smtp.AppendBody([]byte(data))
		dot := len(wire) - 3
		for cut := max(0, len(wire)-12); cut <= len(wire); cut++ {
			nc := &cutConn{left: cut}
			outcome, phase, sent := smtp.WriteBody(nc, []byte(data))
			require.Len(t, nc.took, cut)
			switch {
			case cut == len(wire):
				require.True(t, sent)
			case cut > dot:
				require.Equal(t, domain.Unknown, outcome, "the dot is among the %d bytes of %d", cut, len(wire))
				require.Equal(t, domain.PhaseDot, phase)
			default:
				require.Equal(t, domain.Deferred, outcome, "the dot is not among the %d bytes of %d", cut, len(wire))
				require.Equal(t, domain.PhaseBody, phase)
			}
		}
	}
}

func TestBodyOnTheWire(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                   ".\r\n",
		"x":                  "x\r\n.\r\n",
		"x\r\n":              "x\r\n.\r\n",
		"x\n":                "x\r\n.\r\n",
		"x\r":                "x\r\n.\r\n",
		".":                  "..\r\n.\r\n",
		".\r\n":              "..\r\n.\r\n",
		"a\r\n.\r\nb":        "a\r\n..\r\nb\r\n.\r\n",
		"a\n.\nb":            "a\r\n..\r\nb\r\n.\r\n", // bare LF must not smuggle an end (CVE-2023-51764)
		"a\r.\rb":            "a\r\n..\r\nb\r\n.\r\n",
		"a\n.\r\nMAIL FROM:": "a\r\n..\r\nMAIL FROM:\r\n.\r\n",
		"\r\n\r\n":           "\r\n\r\n.\r\n",
		"\r\r\n":             "\r\n\r\n.\r\n",
	} {
		assert.Equal(t, want, string(smtp.AppendBody([]byte(in))), "%q", in)
	}
}

// FuzzBody reads the wire form back with textproto's reader of dots.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{"", ".", "a\r\n.\r\nb", "a\n.\nb\r.\r", "Привет\r\n..мир\n", "\r\r\n\n.", "x\x00\xff\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		wire := smtp.AppendBody(data)
		require.True(t, bytes.HasSuffix(wire, []byte(".\r\n")))
		require.Equal(t, bytes.Count(wire, []byte("\n")), bytes.Count(wire, []byte("\r\n")), "no bare LF")
		require.Equal(t, bytes.Count(wire, []byte("\r")), bytes.Count(wire, []byte("\r\n")), "no bare CR")
		r := bufio.NewReader(bytes.NewReader(wire))
		back, err := io.ReadAll(textproto.NewReader(r).DotReader())
		require.NoError(t, err)
		require.Zero(t, r.Buffered(), "nothing is behind the first end")
		want := bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
		want = bytes.ReplaceAll(want, []byte("\r"), []byte("\n"))
		if len(want) > 0 && !bytes.HasSuffix(want, []byte("\n")) {
			want = append(want, '\n')
		}
		require.Equal(t, string(want), string(back))
	})
}

func TestReadReply(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]domain.Reply{
		"250 ok\r\n":                        {Code: 250, Text: "ok"},
		"250\r\n":                           {Code: 250},
		"250 2.0.0 ok\n":                    {Code: 250, Enhanced: "2.0.0", Text: "ok"},
		"550 5.1.1\r\n":                     {Code: 550, Enhanced: "5.1.1"},
		"550-5.1.1 a\r\n550 5.1.1 b\r\n":    {Code: 550, Enhanced: "5.1.1", Text: "a b"},
		"550-a\r\n550 5.1.1 b\r\n":          {Code: 550, Text: "a 5.1.1 b"},
		"550 5.1.1x b\r\n":                  {Code: 550, Text: "5.1.1x b"},
		"550 5.1.1.1 b\r\n":                 {Code: 550, Text: "5.1.1.1 b"},
		"550 3.1.1 b\r\n":                   {Code: 550, Text: "3.1.1 b"},
		"550 5.1000.1 b\r\n":                {Code: 550, Text: "5.1000.1 b"},
		"550 5.123.456 b\r\n":               {Code: 550, Enhanced: "5.123.456", Text: "b"},
		"220 5.1 servers\r\n":               {Code: 220, Text: "5.1 servers"},
		"220 192.168.0.1 at your service\n": {Code: 220, Text: "192.168.0.1 at your service"},
	} {
		got, err := smtp.ReadReply(strings.NewReader(in))
		require.NoError(t, err, "%q", in)
		want.Phase = domain.PhaseDot
		assert.Equal(t, want, got, "%q", in)
	}
	for _, in := range []string{
		"", "\r\n", "25\r\n", "250ok\r\n", "150 ok\r\n", "650 ok\r\n", "2x0 ok\r\n", "ok\r\n", "250-a\r\n251 b\r\n", "250-a\r\n", "250 ok",
		"250-a\r\nb\r\n", "250 " + strings.Repeat("x", 5000) + "\r\n", strings.Repeat("250-x\r\n", 129), "\xff\xfe\r\n",
	} {
		_, err := smtp.ReadReply(strings.NewReader(in))
		assert.Error(t, err, "%q", in)
	}
}

func FuzzReadReply(f *testing.F) {
	for _, seed := range []string{"250 ok\r\n", "550-5.1.1 a\r\n550 5.1.1 b\r\n", "250", "250 \x1b[31m\u202e\xff\r\n", "999 x\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := smtp.ReadReply(bytes.NewReader(in))
		text := got.Text
		if err != nil {
			text = err.Error()
		}
		require.True(t, utf8.ValidString(text))
		require.False(t, strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%q", text)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(text), 500)
		require.GreaterOrEqual(t, got.Code, 200)
		require.Less(t, got.Code, 600)
	})
}
