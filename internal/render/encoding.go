package render

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// encoding is a Content-Transfer-Encoding (RFC 2045 §6).
type encoding uint8

const (
	encodingQuoted encoding = iota
	encodingBase64
	encoding7bit
)

func (e encoding) name() string {
	switch e {
	case encodingBase64:
		return "base64"
	case encoding7bit:
		return "7bit"
	case encodingQuoted:
	}
	return "quoted-printable"
}

// append appends body, whose line ends are CRLF, to dst.
func (e encoding) append(dst, body []byte) []byte {
	switch e {
	case encodingBase64:
		return appendBase64(dst, body)
	case encoding7bit:
		return append(dst, body...)
	case encodingQuoted:
	}
	return appendQuoted(dst, body)
}

// chooseEncoding returns the shorter of quoted-printable (three bytes for one that is not ASCII) and base64 (four
// for three) by a template's literal text.
func chooseEncoding(text string) encoding {
	quoted := 0
	for i := range len(text) {
		if text[i] >= 0x80 || text[i] == '=' {
			quoted++
		}
	}
	if len(text)+2*quoted > len(text)*138/100+4 {
		return encodingBase64
	}
	return encodingQuoted
}

// isPlain reports whether body can go out as it is: ASCII in lines of at most 78 characters, nothing that mail
// servers or mbox files are known to change, and nothing that looks like the boundary.
func isPlain(body []byte) bool {
	for line := range bytes.SplitSeq(body, []byte("\r\n")) {
		if len(line) > 78 || bytes.HasPrefix(line, []byte("From ")) || bytes.HasSuffix(line, []byte(" ")) ||
			bytes.HasSuffix(line, []byte("\t")) || bytes.Contains(line, []byte("=_")) {
			return false
		}
		for _, c := range line {
			if c >= 0x7f || c < ' ' && c != '\t' {
				return false
			}
		}
	}
	return true
}

// appendBase64 follows RFC 2045 §6.8: lines of 76 characters.
func appendBase64(dst, body []byte) []byte {
	const raw = 57 // bytes in a line
	dst = slices.Grow(dst, base64.StdEncoding.EncodedLen(len(body))+2*(len(body)/raw+1))
	for len(body) > raw {
		dst = base64.StdEncoding.AppendEncode(dst, body[:raw])
		dst = append(dst, "\r\n"...)
		body = body[raw:]
	}
	return base64.StdEncoding.AppendEncode(dst, body)
}

// appendQuoted follows RFC 2045 §6.7: lines of at most 76 characters, a soft line break's "=" included.
func appendQuoted(dst, body []byte) []byte {
	const hexDigits = "0123456789ABCDEF"
	const limit = 75
	column := 0
	for i := 0; i < len(body); {
		// A run of what goes out as it is, up to the line's limit.
		j := i + safeRun(body[i:min(len(body), i+limit-column)])
		if column == 0 && bytes.HasPrefix(body[i:j], []byte("From ")) { // mbox files put a ">" before it
			dst = append(dst, "=46"...)
			column, i = 3, i+1
			continue
		}
		if j > i && (j == len(body) || body[j] == '\r') && (body[j-1] == ' ' || body[j-1] == '\t') {
			j-- // white space at a line's end is encoded
		}
		dst = append(dst, body[i:j]...)
		column += j - i
		if i = j; i == len(body) {
			break
		}
		c := body[i]
		switch {
		case c == '\r' && i+1 < len(body) && body[i+1] == '\n':
			dst = append(dst, "\r\n"...)
			column = 0
			i += 2
		case isSafe(c) && column >= limit, column+3 > limit:
			dst = append(dst, "=\r\n"...)
			column = 0
		default:
			for more := true; more; { // a word of another script is a run of these
				dst = append(dst, '=', hexDigits[c>>4], hexDigits[c&15])
				column += 3
				if i++; i < len(body) {
					c = body[i]
				}
				more = i < len(body) && c >= utf8.RuneSelf && column+3 <= limit
			}
		}
	}
	return dst
}

// safeRun is how many bytes of s go out as they are before one that does not. It looks at eight at a time: of a message this
// is what costs most.
func safeRun(s []byte) int {
	const each, high = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; len(s)-n >= 8; n += 8 {
		x := binary.LittleEndian.Uint64(s[n:])
		equals, deletes := x^each*'=', x^each*0x7f // a byte of zero where x has that character
		// A byte's highest bit is set where it was, or where it is less than what is taken from it. Carries can only make the
		// bytes after such a one look so too.
		if (x|(x-each*' ')&^x|(equals-each)&^equals|(deletes-each)&^deletes)&high != 0 {
			break
		}
	}
	for n < len(s) && isSafe(s[n]) {
		n++
	}
	return n
}

func isSafe(c byte) bool { return c-' ' <= '~'-' ' && c != '=' || c == '\t' }
