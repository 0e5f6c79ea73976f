package csvimport

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Columns says what a file's first line promises.
type Columns struct {
	FullName   bool
	Comment    bool
	Attributes []string // in the file's order
}

// FormatError says why a file cannot be read at all. Its text is for the person who has the file.
type FormatError struct{ Reason string }

// Error implements error.
func (e *FormatError) Error() string { return e.Reason }

func badFormat(format string, args ...any) error { return &FormatError{fmt.Sprintf(format, args...)} }

// columns maps the known columns to their places; -1 is absent.
type columns struct {
	email, fullName, comment int
	attributes               []attribute
	count                    int
}

type attribute struct {
	name string
	at   int
}

// firstLine takes the header line off r, with any blank lines before it, so that its delimiter can be told.
func firstLine(r *bufio.Reader) ([]byte, error) {
	var all []byte
	for {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) || len(all)+len(line) > headerSize {
			return nil, badFormat("the first line is longer than %d bytes; it must name the columns", headerSize)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		all = append(all, line...)
		if len(bytes.TrimSpace(line)) > 0 {
			return all, nil
		}
		if err != nil {
			return nil, badFormat("the file is empty; its first line must name the columns")
		}
	}
}

// checkEncoding skips a UTF-8 byte order mark and refuses those of UTF-16.
func checkEncoding(r *bufio.Reader) error {
	mark, err := r.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch {
	case bytes.Equal(mark, []byte{0xEF, 0xBB, 0xBF}):
		_, err = r.Discard(3)
		return err
	case bytes.HasPrefix(mark, []byte{0xFF, 0xFE}) || bytes.HasPrefix(mark, []byte{0xFE, 0xFF}):
		return badFormat("the file is in UTF-16; save it as CSV in UTF-8")
	default:
		return nil
	}
}

// delimiterOf returns whichever of comma, semicolon and tab the line uses most, outside quotes.
func delimiterOf(line []byte) rune {
	var commas, semicolons, tabs int
	quoted := false
	for _, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',':
			commas++
		case c == ';':
			semicolons++
		case c == '\t':
			tabs++
		}
	}
	switch {
	case tabs > commas && tabs > semicolons:
		return '\t'
	case semicolons > commas:
		return ';'
	default:
		return ','
	}
}

func readColumns(names []string) (columns, error) {
	cols := columns{email: -1, fullName: -1, comment: -1, count: len(names)}
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		if !utf8.ValidString(name) {
			return columns{}, badFormat("the first line is not in UTF-8; save the file as CSV in UTF-8")
		}
		name = strings.TrimSpace(name)
		known := strings.ToLower(name)
		if seen[known] {
			return columns{}, badFormat("the first line names the column %q twice", name)
		}
		seen[known] = true
		switch known {
		case "":
			return columns{}, badFormat("column %d has no name", i+1)
		case "email":
			cols.email = i
		case "full_name":
			cols.fullName = i
		case "comment":
			cols.comment = i
		default:
			cols.attributes = append(cols.attributes, attribute{name, i})
		}
	}
	if cols.email < 0 {
		return columns{}, badFormat(`the first line names no column "email"; it says %.200q`, strings.Join(names, ", "))
	}
	return cols, cols.check()
}

// check holds the attributes' names and number to the domain's rules.
func (c *columns) check() error {
	probe := domain.Client{Attributes: make(map[string]string, len(c.attributes))}
	for _, a := range c.attributes {
		probe.Attributes[a.name] = ""
	}
	if bad := probe.Validate(); len(bad) > 0 {
		return badFormat("columns: %s", bad[0].Message)
	}
	return nil
}

func (c *columns) public() Columns {
	out := Columns{FullName: c.fullName >= 0, Comment: c.comment >= 0}
	for _, a := range c.attributes {
		out.Attributes = append(out.Attributes, a.name)
	}
	return out
}
