package render

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// maxLine is how long a line of the header should be at most (RFC 5322 §2.1.1); one with an encoded word is two
// shorter (RFC 2047 §2).
const maxLine = 78

// oneLine makes text fit for a header field: valid UTF-8, no control characters, no white space at its ends.
func oneLine(s string) string {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f || s[i] == 0xc2 || s[i] == 0xe2 || s[i] >= 0xf5 { // perhaps a control or U+2028
			return strings.TrimSpace(string(appendValue(nil, s, modeSubject)))
		}
	}
	return strings.TrimSpace(strings.ToValidUTF8(s, "\ufffd"))
}

// appendMailbox appends "name <addr>", or "<addr>" alone for an empty name. addr must be fit for the header.
func appendMailbox(dst []byte, name, addr string) []byte {
	if name = oneLine(name); name != "" {
		dst = appendPhrase(dst, name)
		if column(dst)+len(addr)+3 > maxLine {
			dst = append(dst, "\r\n"...)
		}
		dst = append(dst, ' ')
	}
	dst = append(dst, '<')
	dst = append(dst, addr...)
	return append(dst, '>')
}

// appendTo appends the recipient, whose address is checked and whose domain becomes ASCII.
func appendTo(dst []byte, name, email string) ([]byte, error) {
	var buf [320]byte
	addr, err := appendAddress(buf[:0], email)
	if err != nil {
		return dst, err
	}
	return appendMailbox(dst, name, string(addr)), nil
}

// column is how many bytes stand in the last line of dst.
func column(dst []byte) int { return len(dst) - 1 - bytes.LastIndexByte(dst, '\n') }

// appendPhrase appends a display name (RFC 5322 §3.2.5): as it is, quoted, or as encoded words.
func appendPhrase(dst []byte, name string) []byte {
	atoms, quotable := true, len(name) < 60 && !strings.Contains(name, "=?")
	for i := range len(name) {
		c := name[i]
		atoms = atoms && (isAtom(c) || c == ' ' && name[i+1] != ' ')
		quotable = quotable && c < utf8.RuneSelf
	}
	switch {
	case !quotable:
		return appendEncodedWords(dst, name)
	case atoms:
		return append(dst, name...)
	}
	dst = append(dst, '"')
	for i := range len(name) {
		if name[i] == '"' || name[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, name[i])
	}
	return append(dst, '"')
}

// isAtom is atext of RFC 5322 §3.2.3.
func isAtom(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

// appendSubjectField appends the field of a subject that is one line: as it is, folded at spaces, or, when that
// would change it, as encoded words.
func appendSubjectField(dst, subject []byte) []byte {
	dst = append(dst, "Subject: "...)
	if !isFoldable(subject, maxLine-column(dst)) {
		return appendEncodedWords(dst, string(subject))
	}
	for len(subject) > 0 {
		n := 1 // a space with the word after it, or the first word
		for n < len(subject) && subject[n] != ' ' {
			n++
		}
		if column(dst)+n > maxLine {
			dst = append(dst, "\r\n"...)
		}
		dst = append(dst, subject[:n]...)
		subject = subject[n:]
	}
	return dst
}

// isFoldable reports whether s can stand unencoded: ASCII that is not taken for an encoded word and, when it is
// longer than its line has room, has places to fold at where nothing is lost.
func isFoldable(s []byte, room int) bool {
	word, short := 0, true
	for i, c := range s {
		if c < ' ' || c >= 0x7f {
			return false
		}
		if word++; c == ' ' {
			short = short && (i == 0 || s[i-1] != ' ')
			word = 0
		}
		short = short && word < min(room, 60)
	}
	return (len(s) <= room || short) && !bytes.Contains(s, []byte("=?"))
}

// appendEncodedWords follows RFC 2047: words of at most 75 characters in lines of at most 76, each of whole
// characters. It takes the shorter of the encodings; Q keeps to what §5(3) allows in a phrase.
func appendEncodedWords(dst []byte, s string) []byte {
	const frame = len("=?utf-8?B??=")
	const line = 76
	quoted := 0
	for i := range len(s) {
		quoted += quotedLen(s[i])
	}
	base64Len := base64.StdEncoding.EncodedLen(len(s))
	q := quoted <= base64Len
	for s != "" {
		room := min(75, line-column(dst)) - frame
		n, size := 0, 0 // bytes taken, and their encoded length
		for n < len(s) {
			_, width := utf8.DecodeRuneInString(s[n:])
			next := base64.StdEncoding.EncodedLen(n + width)
			if q {
				next = size
				for i := range width {
					next += quotedLen(s[n+i])
				}
			}
			if next > room {
				break
			}
			n, size = n+width, next
		}
		if n == 0 { // no room in this line
			dst = append(dst, "\r\n "...)
			continue
		}
		dst = append(dst, "=?utf-8?"...)
		if q {
			dst = append(dst, "Q?"...)
			dst = appendQ(dst, s[:n])
		} else {
			dst = append(dst, "B?"...)
			var word [75]byte // spares an allocation
			dst = base64.StdEncoding.AppendEncode(dst, word[:copy(word[:], s[:n])])
		}
		dst = append(dst, "?="...)
		if s = s[n:]; s != "" {
			dst = append(dst, "\r\n "...)
		}
	}
	return dst
}

func isQ(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c == '-' }

func quotedLen(c byte) int {
	if isQ(c) || c == ' ' {
		return 1
	}
	return 3
}

func appendQ(dst []byte, s string) []byte {
	const hexDigits = "0123456789ABCDEF"
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			dst = append(dst, '_')
		case isQ(c):
			dst = append(dst, c)
		default:
			dst = append(dst, '=', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}

// appendAddress appends an addr-spec (RFC 5322 §3.4.1, RFC 6532 for the local part) with its domain in A-labels.
// Whatever could end the address or the field early is refused.
func appendAddress(dst []byte, addr string) ([]byte, error) {
	at := strings.LastIndexByte(addr, '@')
	if at < 1 || len(addr) > 320 || !utf8.ValidString(addr) || !isLocalPart(addr[:at]) {
		return dst, fmt.Errorf("%.330q is not an e-mail address", addr)
	}
	host, err := asciiDomain(addr[at+1:])
	if err != nil {
		return dst, err
	}
	dst = append(dst, addr[:at+1]...)
	return append(dst, host...), nil
}

// isLocalPart allows a dot-atom or a quoted string.
func isLocalPart(s string) bool {
	if len(s) > 2 && s[0] == '"' && s[len(s)-1] == '"' {
		inside := s[1 : len(s)-1]
		for i := 0; i < len(inside); i++ {
			switch inside[i] {
			case '\\':
				if i++; i == len(inside) || inside[i] < ' ' || inside[i] >= 0x7f {
					return false
				}
			case '"':
				return false
			}
		}
		return oneLine(s) == s
	}
	for i := range len(s) {
		c := s[i]
		if c == '.' && (i == 0 || i == len(s)-1 || s[i-1] == '.') || c != '.' && c < utf8.RuneSelf && !isAtom(c) {
			return false
		}
	}
	return oneLine(s) == s
}

// asciiDomain returns a domain in A-labels (RFC 5891).
func asciiDomain(host string) (string, error) {
	if host == "" || host[0] == '.' || host[len(host)-1] == '.' || strings.Contains(host, "..") {
		return "", fmt.Errorf("%.260q is not a domain", host)
	}
	plain := true
	for i := range len(host) {
		c := host[i]
		plain = plain && (c >= 'a' && c <= 'z' || isDigit(c) || c == '-' || c == '.')
	}
	if plain && len(host) <= 253 {
		return host, nil
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil || ascii == "" || len(ascii) > 253 || strings.ContainsAny(ascii, "<>@\"\\() \t\r\n,;:[]") {
		return "", fmt.Errorf("%.260q is not a domain", host)
	}
	return ascii, nil
}

// appendID appends the canonical form of an id without a string in between.
func appendID(dst []byte, id domain.ID) []byte {
	for i, cut := range [...]int{0, 4, 6, 8, 10} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, id[cut:min(len(id), [...]int{4, 6, 8, 10, 16}[i])])
	}
	return dst
}
