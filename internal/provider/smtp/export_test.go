package smtp

import (
	"bufio"
	"io"
	"net"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// AppendBody shows appendBody to the tests.
func AppendBody(data []byte) []byte { return appendBody(nil, data) }

// ReadReply shows the parser of replies to the tests.
func ReadReply(r io.Reader) (domain.Reply, error) {
	var got reply
	err := got.read(bufio.NewReaderSize(r, maxReplyLine))
	return got.domain(domain.PhaseDot), err
}

// WriteBody shows what becomes of a message when a write of its body over nc fails; sent is true when none did.
func WriteBody(nc net.Conn, data []byte) (outcome domain.Outcome, phase domain.Phase, sent bool) {
	t := DefaultTimeouts()
	c := &conn{nc: nc, br: bufio.NewReader(nc), timeouts: &t}
	v, ok := c.writeBody(data)
	return v.outcome, v.reply.Phase, ok
}
