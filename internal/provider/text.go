package provider

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is how many octets of a text are kept.
const maxText = 500

// OneLine makes a text one line that is safe in a log and on a page: controls, line ends and invisible characters become
// spaces, what is not UTF-8 a question mark, and at most 500 octets stay.
func OneLine(text []byte) string {
	if len(text) <= maxText && isPlain(text) {
		return string(text)
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		switch {
		case r == utf8.RuneError && size == 1:
			r = '?'
		case !unicode.IsPrint(r):
			r = ' '
		}
		if b.Len()+utf8.RuneLen(r) > maxText {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

func isPlain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
