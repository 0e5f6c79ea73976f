package smtp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// maxKept bounds the write buffer that an idle connection keeps, in bytes.
const maxKept = 256 << 10

// conn is one connection; one goroutine at a time uses it.
type conn struct {
	nc       net.Conn
	br       *bufio.Reader
	out      []byte // reused for every write
	reply    reply
	ext      extensions
	timeouts *Timeouts
	limit    context.Context //nolint:containedctx // bounds the handshake only, and is nil after it

	readBy, writeBy time.Time   // the deadlines set last
	cut             atomic.Bool // deadlines have passed, whatever they are

	used  int       // messages tried on it
	dirty bool      // a transaction is open that the next one must RSET
	begun *message  // its MAIL, RCPT and DATA have gone out with the body before it, and their replies are to come
	since time.Time // when it last became idle; zero: it never did
}

// extensions is what the server offered to EHLO.
type extensions struct {
	pipelining, eightBit, utf8, startTLS bool
	size                                 int64  // bytes; 0: no limit announced
	auth                                 string // mechanisms, upper case, spaces around each
}

// parseExtensions reads an EHLO reply (RFC 5321 §4.1.1.1); the first line is the server's name.
func parseExtensions(text []byte) extensions {
	var e extensions
	_, lines, _ := strings.Cut(strings.ToUpper(string(text)), "\n")
	for line := range strings.SplitSeq(lines, "\n") {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "PIPELINING":
			e.pipelining = true
		case "8BITMIME":
			e.eightBit = true
		case "SMTPUTF8":
			e.utf8 = true
		case "STARTTLS":
			e.startTLS = true
		case "SIZE":
			if n, err := strconv.ParseInt(strings.TrimSpace(rest), 10, 64); err == nil && n > 0 {
				e.size = n
			}
		case "AUTH":
			e.auth += " " + rest + " "
		default:
			if old, ok := strings.CutPrefix(word, "AUTH="); ok { // servers older than RFC 4954
				e.auth += " " + old + " " + rest + " "
			}
		}
	}
	return e
}

// reused reports whether the server has had time to close the connection since it greeted us.
func (c *conn) reused() bool { return c.used > 0 || !c.since.IsZero() }

// readWithin bounds the next reads by d from now; during the handshake the context bounds them too. See later.
func (c *conn) readWithin(d time.Duration) {
	if at, ok := c.later(&c.readBy, d); ok {
		_ = c.nc.SetReadDeadline(at) // it fails on a closed connection only, and then so does what follows
		c.stayCut()
	}
}

// writeWithin is readWithin for writes.
func (c *conn) writeWithin(d time.Duration) {
	if at, ok := c.later(&c.writeBy, d); ok {
		_ = c.nc.SetWriteDeadline(at)
		c.stayCut()
	}
}

// later returns the deadline that is d from now, and keeps it in last. It is not to be set when the last one does: one that
// ends a little too early, by a sixteenth of d at most. Timeouts are minutes, and timers cost.
func (c *conn) later(last *time.Time, d time.Duration) (at time.Time, ok bool) {
	at = time.Now().Add(d)
	if c.limit == nil {
		if early := at.Sub(*last); early >= 0 && early <= d/16 {
			return at, false
		}
		*last = at
		return at, true
	}
	if end, ok := c.limit.Deadline(); ok && end.Before(at) {
		at = end
	}
	if c.limit.Err() != nil {
		at = longAgo()
	}
	*last = at
	return at, true
}

// stayCut is called after a deadline has been set: cutShort does these in the other order.
func (c *conn) stayCut() {
	if c.cut.Load() {
		_ = c.nc.SetDeadline(longAgo())
	}
}

// cutShort lets every deadline pass. Other goroutines may call it.
func (c *conn) cutShort() {
	c.cut.Store(true)
	_ = c.nc.SetDeadline(longAgo()) // it fails on a closed connection only
}

func longAgo() time.Time { return time.Unix(1, 0) }

// write sends what is in out within d.
func (c *conn) write(d time.Duration) error {
	c.writeWithin(d)
	_, err := c.nc.Write(c.out)
	return err
}

// read takes the next reply, waiting at most d for more bytes when it is not here yet.
func (c *conn) read(d time.Duration) error {
	if c.br.Buffered() == 0 {
		c.readWithin(d)
	}
	return c.reply.read(c.br)
}

// command writes a line and reads its reply.
func (c *conn) command(d time.Duration, line ...string) error {
	c.out = c.out[:0]
	for _, s := range line {
		c.out = append(c.out, s...)
	}
	c.out = append(c.out, '\r', '\n')
	if err := c.write(d); err != nil {
		return err
	}
	return c.read(d)
}

// quit says good-bye and closes. It waits for the answer (RFC 5321 §4.1.1.10) no longer than its timeout.
func (c *conn) quit() {
	_ = c.command(c.timeouts.Quit, "QUIT") // whatever comes of it, the connection ends
	_ = c.nc.Close()
}

// lostReply describes an error in the place of a reply, in words for people: no addresses, no secrets.
func lostReply(phase domain.Phase, err error, limit time.Duration) domain.Reply {
	var text string
	bad := (*rubbish)(nil)
	switch {
	case errors.As(err, &bad):
		text = bad.text
	case errors.Is(err, os.ErrDeadlineExceeded):
		text = fmt.Sprintf("no answer within %s", limit)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		text = "the server closed the connection"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		text = "the server broke the connection"
	default:
		text = provider.OneLine([]byte(err.Error()))
	}
	return domain.Reply{Phase: phase, Text: text}
}

// isGone tells a connection that the server had closed from one in other trouble.
func isGone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// fault turns an error of the handshake into a ConnectError.
func (c *conn) fault(phase domain.Phase, err error, limit time.Duration) error {
	return &provider.ConnectError{Reply: lostReply(phase, err, limit), Class: domain.ClassProvider, Err: err}
}

// refused turns a negative reply to the handshake into a ConnectError.
func (c *conn) refused(phase domain.Phase) error {
	r := c.reply.domain(phase)
	_, class := provider.Classify(r)
	if class == domain.ClassNone { // positive where it cannot be
		class = domain.ClassProvider
	}
	return &provider.ConnectError{Reply: r, Class: class, Permanent: r.Code >= 500}
}
