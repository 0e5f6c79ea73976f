package csvimport

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// sniffed is how much of a file tells its encoding.
const sniffed = 64 << 10

const (
	charsetUTF8        = "utf-8"
	charsetUTF16       = "utf-16"
	charsetUTF16LE     = "utf-16le"
	charsetUTF16BE     = "utf-16be"
	charsetWindows1251 = "windows-1251"
)

// Charsets lists the encodings that a file may be said to have.
func Charsets() []string {
	return []string{charsetUTF8, charsetWindows1251, charsetUTF16, charsetUTF16LE, charsetUTF16BE}
}

// Charset returns the name in Charsets of an encoding, which may be in any case, cp1251 or utf8; "" if there is none.
func Charset(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	switch name {
	case "utf8":
		return charsetUTF8
	case "cp1251", "windows1251", "win-1251", "x-cp1251":
		return charsetWindows1251
	}
	if slices.Contains(Charsets(), name) {
		return name
	}
	return ""
}

// decode returns the text of r in UTF-8, without a byte order mark, and what it was in. An empty charset is told from
// the beginning of the file. Text that is UTF-8 is passed on as it is, faulty or not.
func decode(r io.Reader, charset string) (text io.Reader, found string, err error) {
	head, rest := sniff(r)
	if err := checkKind(head); err != nil {
		return nil, "", err
	}
	if charset == "" {
		charset = charsetOf(head)
	}
	if charset == charsetUTF8 {
		head = bytes.TrimPrefix(head, []byte(markUTF8))
	}
	text = io.MultiReader(bytes.NewReader(head), rest)
	switch charset {
	case charsetUTF8:
		return text, charset, nil
	case charsetWindows1251:
		return charmap.Windows1251.NewDecoder().Reader(text), charset, nil
	case charsetUTF16, charsetUTF16LE:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(text), charset, nil
	case charsetUTF16BE:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(text), charset, nil
	default:
		return nil, "", badFormat("%q is no encoding that is known here; there are %s", charset, strings.Join(Charsets(), ", "))
	}
}

// sniff reads the first 64 KiB of r, or what there is. A fault of r comes after them, where it happened.
func sniff(r io.Reader) (head []byte, rest io.Reader) {
	head = make([]byte, 0, sniffed)
	for len(head) < sniffed {
		n, err := r.Read(head[len(head):sniffed])
		head = head[:len(head)+n]
		if err != nil {
			return head, failed{err}
		}
	}
	return head, r
}

// failed is the end of a reader, io.EOF or worse.
type failed struct{ err error }

// Read implements io.Reader.
func (f failed) Read([]byte) (int, error) { return 0, f.err }

const (
	markUTF8    = "\xEF\xBB\xBF"
	markUTF16LE = "\xFF\xFE"
	markUTF16BE = "\xFE\xFF"
)

// checkKind refuses what is plainly no text.
func checkKind(head []byte) error {
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")) {
		return badFormat("the file is a workbook or an archive; open it and save it as CSV")
	}
	return nil
}

// charsetOf tells the encoding by a byte order mark; without one it is Windows-1251 if most of the lines that are not
// plain ASCII are not UTF-8. A few such lines are damage in a UTF-8 file, to be reported one by one.
func charsetOf(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte(markUTF16LE)):
		return charsetUTF16LE
	case bytes.HasPrefix(head, []byte(markUTF16BE)):
		return charsetUTF16BE
	}
	if len(head) == sniffed { // the last line is cut, perhaps within a character
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	special, faulty := 0, 0
	for line := range bytes.SplitSeq(head, []byte("\n")) {
		if bytes.ContainsFunc(line, func(r rune) bool { return r >= utf8.RuneSelf }) {
			special++
			if !utf8.Valid(line) {
				faulty++
			}
		}
	}
	if 2*faulty > special {
		return charsetWindows1251
	}
	return charsetUTF8
}
