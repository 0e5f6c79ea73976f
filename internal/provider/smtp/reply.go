package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

const (
	maxReplyLine  = 4096 // octets; RFC 5321 §4.5.3.1.5 has 512, some servers write more
	maxReplyLines = 128
)

// rubbish is a reply that is none: it breaks RFC 5321 §4.2 or our limits.
type rubbish struct{ text string }

func (r *rubbish) Error() string { return r.text }

// reply is the last reply of a connection. Its text is in memory that the next one uses again.
type reply struct {
	code     int
	enhanced string
	text     []byte // lines divided by \n, codes removed
}

// read parses one reply. Its errors are *rubbish, io.EOF when the connection ended before the first byte, or the
// connection's own.
func (r *reply) read(br *bufio.Reader) error {
	r.code, r.enhanced, r.text = 0, "", r.text[:0]
	for n := 0; ; n++ {
		line, err := br.ReadSlice('\n')
		if err != nil {
			return lineError(line, err, n == 0)
		}
		last, err := r.line(bytes.TrimRight(line, "\r\n"), n == 0)
		if err != nil {
			return err
		}
		if last {
			return nil
		}
		if n+1 == maxReplyLines {
			return &rubbish{fmt.Sprintf("a reply of more than %d lines", maxReplyLines)}
		}
	}
}

func lineError(line []byte, err error, first bool) error {
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return &rubbish{fmt.Sprintf("a reply with a line of more than %d octets", maxReplyLine)}
	case errors.Is(err, io.EOF) && (len(line) > 0 || !first):
		return io.ErrUnexpectedEOF
	}
	return err
}

// line parses one line, "250-text" or "250 text"; the code alone will do (RFC 5321 §4.2).
func (r *reply) line(line []byte, first bool) (last bool, err error) {
	code, ok := replyCode(line)
	if !ok || !first && code != r.code {
		return false, &rubbish{"unparseable reply: " + provider.OneLine(line)}
	}
	r.code = code
	last = len(line) == 3 || line[3] == ' '
	text := line[min(4, len(line)):]
	status, rest := cutStatus(text)
	switch {
	case first:
		r.enhanced, text = internStatus(status), rest
	case r.enhanced != "" && string(status) == r.enhanced:
		text = rest
	}
	if !first {
		r.text = append(r.text, '\n')
	}
	r.text = append(r.text, text...)
	return last, nil
}

func replyCode(line []byte) (int, bool) {
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return 0, false
	}
	if line[0] < '2' || line[0] > '5' || !isDigit(line[1]) || !isDigit(line[2]) {
		return 0, false
	}
	return int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0'), true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// cutStatus splits off the enhanced status code (RFC 3463 §2) if the text begins with one; else status is empty.
func cutStatus(text []byte) (status, rest []byte) {
	i, part, digits := 0, 0, 0
	for ; i < len(text) && text[i] != ' '; i++ {
		switch c := text[i]; {
		case isDigit(c):
			digits++
			if digits > 3 || part == 0 && (digits > 1 || c != '2' && c != '4' && c != '5') {
				return nil, text
			}
		case c == '.' && digits > 0 && part < 2:
			part, digits = part+1, 0
		default:
			return nil, text
		}
	}
	if part != 2 || digits == 0 {
		return nil, text
	}
	return text[:i], bytes.TrimLeft(text[i:], " ")
}

// internStatus spares an allocation for the codes that every message gets.
func internStatus(status []byte) string {
	switch string(status) {
	case "2.0.0":
		return "2.0.0"
	case "2.1.0":
		return "2.1.0"
	case "2.1.5":
		return "2.1.5"
	case "2.6.0":
		return "2.6.0"
	}
	return string(status)
}

// domain copies the reply into a form that may be kept.
func (r *reply) domain(phase domain.Phase) domain.Reply {
	return domain.Reply{Phase: phase, Code: r.code, Enhanced: r.enhanced, Text: provider.OneLine(r.text)}
}
