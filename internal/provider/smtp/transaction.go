package smtp

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// fate is what is to become of a connection after a message.
type fate int

const (
	keep  fate = iota // its state is known: the next message may use it
	drop              // it is lost, or out of step
	stale             // the server had closed it before this message began: nothing was accepted, try another
)

// verdict is what became of one message on one connection.
type verdict struct {
	outcome domain.Outcome
	class   domain.Class
	reply   domain.Reply
	fate    fate
	spoke   bool // the server was asked something, so its breaker may learn from it
}

// message is an envelope in the form of the wire.
type message struct {
	from, to string // domains as A-labels
	utf8     bool   // a local part is not ASCII
	data     []byte
}

// prepare checks an envelope before any server is asked; ok is false when v is final.
func prepare(e *domain.Envelope) (m message, v verdict, ok bool) {
	m.data = e.Data
	var err error
	if e.From != "" { // the null sender is in order (RFC 5321 §4.5.5)
		if m.from, err = address.ToASCII(e.From); err != nil {
			return m, failed(domain.PhaseMail, domain.ClassContent, "the sender's address: "+err.Error()), false
		}
	}
	if m.to, err = address.ToASCII(e.To); err != nil {
		return m, failed(domain.PhaseRcpt, domain.ClassNone, err.Error()), false
	}
	m.utf8 = !isASCII(m.from) || !isASCII(m.to)
	return m, verdict{}, true
}

func failed(phase domain.Phase, class domain.Class, text string) verdict {
	return verdict{
		outcome: domain.Failed, class: class,
		reply: domain.Reply{Phase: phase, Text: provider.OneLine([]byte(text))}, fate: keep,
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// send tries a message once. Just before the body goes out it asks ahead, if that is not nil, for the message after it:
// where the server offers PIPELINING, the commands for that one go out in the same write (RFC 2920 §3.1: the content may
// be the first "command" of a group), so that a message costs one round trip. The message that ahead returned must be the
// next one sent, over this connection if it lasts.
func (c *conn) send(m *message, ahead func() *message) verdict {
	if v, ok := c.unsendable(m); ok {
		return v
	}
	v := c.transact(m, ahead)
	v.spoke = true
	c.used++
	if cap(c.out) > maxKept {
		c.out = nil
	}
	return v
}

// unsendable refuses what the server has said it cannot take, without bothering it.
func (c *conn) unsendable(m *message) (verdict, bool) {
	switch {
	case c.ext.size > 0 && int64(len(m.data)) > c.ext.size:
		return failed(domain.PhaseMail, domain.ClassContent,
			fmt.Sprintf("the message has %d bytes; the server takes %d at most", len(m.data), c.ext.size)), true
	case m.utf8 && !c.ext.utf8 && !isASCII(m.from):
		return failed(domain.PhaseMail, domain.ClassContent,
			"the sender's address is not ASCII and the server does not offer SMTPUTF8"), true
	case m.utf8 && !c.ext.utf8:
		return failed(domain.PhaseRcpt, domain.ClassNone, // ours to say, so nobody is suppressed for it
			"the address is not ASCII and the server does not offer SMTPUTF8"), true
	case !c.ext.eightBit && !isSevenBit(m.data):
		return failed(domain.PhaseMail, domain.ClassContent,
			"the message has 8-bit bytes and the server does not offer 8BITMIME"), true
	}
	return verdict{}, false
}

// appendMail writes the MAIL command with its parameters.
func (c *conn) appendMail(out []byte, m *message) []byte {
	out = append(append(append(out, "MAIL FROM:<"...), m.from...), '>')
	if c.ext.size > 0 {
		out = strconv.AppendInt(append(out, " SIZE="...), int64(len(m.data)), 10)
	}
	if c.ext.eightBit && (m.utf8 || !isSevenBit(m.data)) {
		out = append(out, " BODY=8BITMIME"...)
	}
	if m.utf8 {
		out = append(out, " SMTPUTF8"...)
	}
	return append(out, '\r', '\n')
}

// transact carries out MAIL, RCPT, DATA and the message, in two writes where the server offers PIPELINING, or in one when
// its commands have gone out already.
func (c *conn) transact(m *message, ahead func() *message) verdict {
	if c.begun == m {
		c.begun = nil
		return c.sender(m, ahead)
	}
	if c.reused() && c.br.Buffered() > 0 {
		// The server said something unasked: a good-bye, or replies out of step. What it says next could be taken for
		// the answer to something else.
		return c.unstarted(io.EOF)
	}
	if c.dirty && !c.ext.pipelining {
		if err := c.command(c.timeouts.Mail, "RSET"); err != nil || c.reply.code != 250 {
			return c.unstarted(err)
		}
		c.dirty = false
	}
	rset := c.dirty
	c.out = c.out[:0]
	if rset {
		c.out = append(c.out, "RSET\r\n"...)
	}
	c.out = c.appendCommands(c.out, m)
	if err := c.write(c.timeouts.Mail); err != nil {
		return c.unstarted(err)
	}
	if rset {
		if err := c.read(c.timeouts.Mail); err != nil || c.reply.code != 250 {
			return c.unstarted(err)
		}
		c.dirty = false
	}
	return c.sender(m, ahead)
}

// appendCommands writes the commands that go out together: the one for the sender, and the others with PIPELINING.
func (c *conn) appendCommands(out []byte, m *message) []byte {
	out = c.appendMail(out, m)
	if c.ext.pipelining {
		out = append(append(append(out, "RCPT TO:<"...), m.to...), ">\r\nDATA\r\n"...)
	}
	return out
}

// sender goes on after MAIL was written.
func (c *conn) sender(m *message, ahead func() *message) verdict {
	if err := c.read(c.timeouts.Mail); err != nil || c.reply.code == 421 {
		return c.unstarted(err)
	}
	if v, ok := c.judge(domain.PhaseMail); !ok {
		return c.drain(v, 2)
	}
	c.dirty = true
	return c.recipient(m, ahead)
}

// recipient goes on after MAIL was accepted.
func (c *conn) recipient(m *message, ahead func() *message) verdict {
	if v, ok := c.step(domain.PhaseRcpt, c.timeouts.Rcpt, "RCPT TO:<", m.to, ">"); !ok {
		return c.drain(v, 1)
	}
	if v, ok := c.step(domain.PhaseData, c.timeouts.Data, "DATA"); !ok {
		return v
	}
	if v, ok := c.writeBody(m.data, ahead); !ok {
		return v
	}
	if err := c.read(c.timeouts.Dot); err != nil {
		return c.lost(domain.PhaseDot, err, c.timeouts.Dot)
	}
	c.dirty = false
	v, _ := c.judge(domain.PhaseDot)
	return v
}

// step reads the reply to a command, which it writes first unless that went out with the group.
func (c *conn) step(phase domain.Phase, limit time.Duration, line ...string) (verdict, bool) {
	var err error
	if c.ext.pipelining {
		err = c.read(limit)
	} else {
		err = c.command(limit, line...)
	}
	if err != nil {
		return c.lost(phase, err, limit), false
	}
	return c.judge(phase)
}

// judge turns the reply just read into a verdict; ok is true when the transaction goes on.
func (c *conn) judge(phase domain.Phase) (v verdict, ok bool) {
	if c.reply.code/100 == 2 && (phase == domain.PhaseMail || phase == domain.PhaseRcpt) {
		return verdict{}, true // the usual path, without a copy of the text
	}
	if c.reply.code == 354 && phase == domain.PhaseData {
		return verdict{}, true
	}
	v = verdict{reply: c.reply.domain(phase)}
	v.outcome, v.class = provider.Classify(v.reply)
	if v.class == domain.ClassProvider || v.class == domain.ClassCredentials {
		v.fate = drop
	}
	return v, false
}

// lost is the verdict when there is no reply.
func (c *conn) lost(phase domain.Phase, err error, limit time.Duration) verdict {
	v := verdict{reply: lostReply(phase, err, limit), fate: drop}
	v.outcome, v.class = provider.Classify(v.reply)
	return v
}

// unstarted is the verdict when the transaction's first reply did not come or was a good-bye. On a connection that has
// done its work before, that is about the connection and not about the message.
func (c *conn) unstarted(err error) verdict {
	var v verdict
	if err != nil {
		v = c.lost(domain.PhaseMail, err, c.timeouts.Mail)
	} else {
		v, _ = c.judge(domain.PhaseMail)
		v.fate = drop
	}
	if c.reused() && (err == nil || isGone(err)) {
		v.fate = stale
	}
	return v
}

// drain reads what a group of commands has still to get after one of them was refused. A server may go on to accept
// DATA even then: it must be given the lone dot it waits for (RFC 2920 §3.1), and its reply to that means nothing, for
// no recipient stands behind it.
func (c *conn) drain(v verdict, replies int) verdict {
	if !c.ext.pipelining || v.fate != keep {
		return v
	}
	for range replies {
		if c.read(c.timeouts.Data) != nil || c.reply.code == 421 {
			v.fate = drop
			return v
		}
	}
	if c.reply.code == 354 {
		c.out = append(c.out[:0], final...)
		if c.write(c.timeouts.Body) != nil || c.read(c.timeouts.Dot) != nil || c.reply.code == 421 {
			v.fate = drop
		}
	}
	return v
}

// block is how much of a message one write sends, each within the timeout for the body.
const block = 64 << 10

// writeBody sends the message and its final dot; ok is false when v is the end of it.
//
// This is where "surely not sent" and "unknown" part. Message and dot go out together, so a failed write does not tell
// by itself how far it got; the number of bytes that net.Conn.Write returns does. Over TCP it counts what the kernel
// took, and what the kernel did not take cannot reach the server. Over TLS it counts the bytes of records that were
// written whole; a server cannot decrypt part of a record. So as long as the count ends before the dot, the server
// cannot have seen the end of the message and must not deliver it (RFC 5321 §4.1.1.4). From the dot's own byte on it
// may have, even if CRLF is missing: some servers are content with less.
//
// What follows the dot are commands for the next message, which is not under way before its own body.
func (c *conn) writeBody(data []byte, ahead func() *message) (v verdict, ok bool) {
	c.out = appendBody(c.out[:0], data)
	dot := len(c.out) - len(final)
	if ahead != nil && c.ext.pipelining {
		if next := ahead(); next != nil {
			c.begun = next
			c.out = c.appendCommands(c.out, next)
		}
	}
	for sent := 0; sent < len(c.out); {
		c.writeWithin(c.timeouts.Body)
		n, err := c.nc.Write(c.out[sent:min(sent+block, len(c.out))])
		sent += n
		switch {
		case err == nil:
		case sent > dot:
			return c.lost(domain.PhaseDot, err, c.timeouts.Body), false
		default:
			return c.brokenBody(err), false
		}
	}
	return verdict{}, true
}

// brokenBody looks whether the server said why it stopped reading before it was given the dot.
func (c *conn) brokenBody(cause error) verdict {
	v := c.lost(domain.PhaseBody, cause, c.timeouts.Body)
	if errors.Is(cause, os.ErrDeadlineExceeded) {
		return v
	}
	if c.read(min(time.Second, c.timeouts.Body)) == nil && c.reply.code >= 400 {
		v, _ = c.judge(domain.PhaseBody)
		v.fate = drop
	}
	return v
}
