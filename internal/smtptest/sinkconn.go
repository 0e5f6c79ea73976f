package smtptest

import (
	"bytes"
	"net"
	"sync"
	"time"
)

const (
	sinkBuffer  = 64 << 10
	sinkMaxBody = 64 << 20
)

// sinkConn is one connection of a Sink. It parses by hand and answers all commands that came in one piece with one
// write, so that a message costs two reads and two writes.
type sinkConn struct {
	sink   *Sink
	nc     net.Conn
	number int

	in        []byte // what was read and not consumed is in[from:]
	from      int
	out       []byte
	mail      bool
	recipient string // empty: none accepted in this transaction

	mu      sync.Mutex
	entries []sinkEntry
}

// sinkEntry is a Message packed small: a sink may hold millions.
type sinkEntry struct {
	text string // recipient and Message-ID
	cut  int    // where the Message-ID begins
	size int
	at   int64 // Unix time, nanoseconds
	body []byte
}

func (c *sinkConn) appendMessages(to []Message) []Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.entries {
		to = append(to, Message{
			Recipient: e.text[:e.cut], MessageID: e.text[e.cut:], Size: e.size, At: time.Unix(0, e.at), Conn: c.number,
			Body: e.body,
		})
	}
	return to
}

func (c *sinkConn) serve() {
	c.in = make([]byte, 0, sinkBuffer)
	if !c.sink.hold(c.sink.options.CommandLatency) {
		return
	}
	c.out = append(c.out, "220 sink.test ESMTP\r\n"...)
	for {
		line, ok := c.line()
		if !ok {
			return
		}
		if !c.command(line) {
			return
		}
	}
}

// flush writes the replies gathered so far.
func (c *sinkConn) flush(latency time.Duration) bool {
	if len(c.out) == 0 {
		return true
	}
	if !c.sink.hold(latency) {
		return false
	}
	_, err := c.nc.Write(c.out)
	c.out = c.out[:0]
	return err == nil
}

// fill reads more, answering first what has been asked.
func (c *sinkConn) fill() bool {
	if !c.flush(c.sink.options.CommandLatency) {
		return false
	}
	if c.from > 0 {
		rest := copy(c.in, c.in[c.from:])
		c.in, c.from = c.in[:rest], 0
	}
	if len(c.in) == cap(c.in) {
		if len(c.in) > sinkMaxBody {
			return false
		}
		c.in = append(c.in, make([]byte, len(c.in))...)[:len(c.in)]
	}
	n, err := c.nc.Read(c.in[len(c.in):cap(c.in)])
	c.in = c.in[:len(c.in)+n]
	return n > 0 || err == nil
}

// line returns the next command without its CRLF; it is valid until the next read.
func (c *sinkConn) line() ([]byte, bool) {
	for {
		if i := bytes.IndexByte(c.in[c.from:], '\n'); i >= 0 {
			line := c.in[c.from : c.from+i]
			c.from += i + 1
			return bytes.TrimSuffix(line, []byte{'\r'}), true
		}
		if !c.fill() {
			return nil, false
		}
	}
}

func (c *sinkConn) reply(s string) { c.out = append(append(c.out, s...), '\r', '\n') }

// command answers one; it returns false when the connection is over.
func (c *sinkConn) command(line []byte) bool {
	verb := line
	if len(verb) > 4 {
		verb = verb[:4]
	}
	switch string(bytes.ToUpper(verb)) {
	case "EHLO":
		if !c.sink.options.NoPipelining {
			c.reply("250-sink.test\r\n250-PIPELINING")
		} else {
			c.reply("250-sink.test")
		}
		c.reply("250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 67108864")
	case "HELO":
		c.reply("250 sink.test")
	case "MAIL":
		c.mail, c.recipient = true, ""
		c.reply("250 2.1.0 Ok")
	case "RCPT":
		c.rcpt(line)
	case "DATA":
		if c.recipient == "" {
			c.reply("503 5.5.1 No recipient")
			return true
		}
		c.reply("354 Go on")
		return c.data()
	case "RSET":
		c.mail, c.recipient = false, ""
		c.reply("250 2.0.0 Ok")
	case "NOOP":
		c.reply("250 2.0.0 Ok")
	case "QUIT":
		c.reply("221 2.0.0 Bye")
		_ = c.flush(c.sink.options.CommandLatency)
		return false
	default:
		c.reply("500 5.5.2 What")
	}
	return true
}

func (c *sinkConn) rcpt(line []byte) {
	_, rest, _ := bytes.Cut(line, []byte{'<'})
	to, _, ok := bytes.Cut(rest, []byte{'>'})
	switch {
	case !c.mail:
		c.reply("503 5.5.1 MAIL first")
		return
	case !ok || len(to) == 0:
		c.reply("501 5.1.3 No such address")
		return
	}
	recipient := string(to)
	if refuse := c.sink.options.Refuse; refuse != nil {
		if answer := refuse(recipient, c.sink.nth(recipient)); answer != "" {
			c.reply(answer)
			return
		}
	}
	c.recipient = recipient
	c.reply("250 2.1.5 Ok")
}

// data reads a message, records it and answers it.
func (c *sinkConn) data() bool {
	seen := c.from // everything before it is known to hold no end
	for {
		if bytes.HasPrefix(c.in[c.from:], []byte(".\r\n")) { // an empty message
			return c.take(nil, 3)
		}
		if i := bytes.Index(c.in[seen:], []byte("\r\n.\r\n")); i >= 0 {
			end := seen + i + 2
			return c.take(c.in[c.from:end], end+3-c.from)
		}
		scanned := max(c.from, len(c.in)-4) - c.from
		if !c.fill() {
			return false
		}
		seen = c.from + scanned
	}
}

func (c *sinkConn) take(body []byte, consumed int) bool {
	size := len(body) - bytes.Count(body, []byte("\r\n."))
	if bytes.HasPrefix(body, []byte{'.'}) {
		size--
	}
	id := messageID(body)
	packed := make([]byte, 0, 128)
	packed = append(append(packed, c.recipient...), id...)
	e := sinkEntry{text: string(packed), cut: len(c.recipient), size: size}
	if c.sink.options.KeepBodies {
		e.body = unstuff(body)
	}
	c.from += consumed
	if !c.sink.hold(c.sink.options.Latency) {
		return false
	}
	e.at = time.Now().UnixNano()
	c.mu.Lock()
	c.entries = append(c.entries, e)
	c.mu.Unlock()
	c.sink.accepted()
	c.mail, c.recipient = false, ""
	c.reply("250 2.0.0 Ok: queued")
	return true
}

// unstuff copies a body without the dots of RFC 5321 §4.5.2.
func unstuff(body []byte) []byte {
	plain := bytes.ReplaceAll(body, []byte("\r\n."), []byte("\r\n"))
	return bytes.Clone(bytes.TrimPrefix(plain, []byte{'.'}))
}

// messageID finds the header field's value, which may be folded onto the next line (RFC 5322 §3.6.4).
func messageID(body []byte) []byte {
	const name = "message-id:"
	for len(body) > 0 {
		i := bytes.IndexByte(body, '\n')
		if i < 0 {
			i = len(body) - 1
		}
		line := body[:i]
		if len(bytes.TrimRight(line, "\r")) == 0 {
			return nil // the end of the header
		}
		if len(line) >= len(name) && (line[0]|0x20) == 'm' && bytes.EqualFold(line[:len(name)], []byte(name)) {
			value := bytes.TrimSpace(line[len(name):])
			if len(value) == 0 {
				folded, _, _ := bytes.Cut(body[i+1:], []byte{'\n'})
				value = bytes.TrimSpace(folded)
			}
			return value
		}
		body = body[i+1:]
	}
	return nil
}
