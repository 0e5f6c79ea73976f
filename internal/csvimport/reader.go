package csvimport

import (
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

const (
	shownEmail = 254  // characters of a bad address that are shown
	shownRow   = 1000 // characters of a bad row that are shown
)

// Reader reads a file's rows. It is not safe for concurrent use.
type Reader struct {
	in      *counter
	scanner *scanner
	charset string
	cols    columns
	line    int64
}

// NewReader reads the first line of r and returns a reader of the rest. charset is one of Charsets, or empty: then it is
// told from the first 64 KiB. A *FormatError says that this is no such file; any other error is r's.
func NewReader(r io.Reader, charset string) (*Reader, error) {
	in := &counter{r: r}
	text, charset, err := decode(in, charset)
	if err != nil {
		return nil, err
	}
	s := newScanner(text)
	cols, err := readHeader(s)
	if err != nil {
		return nil, err
	}
	return &Reader{in: in, scanner: s, charset: charset, cols: cols, line: 1}, nil
}

// Columns returns what the first line promises.
func (r *Reader) Columns() Columns { return r.cols.public() }

// Line is where the row that was read last begins.
func (r *Reader) Line() int64 { return r.line }

// Offset is how many bytes of the file have been read. It runs ahead of the rows by up to 1 MiB.
func (r *Reader) Offset() int64 { return r.in.n }

// Next returns the next row as a client with e-mail, name, comment and attributes set, valid by the domain's rules. Empty
// fields are no attributes. A *RejectError says that the row is bad and to go on; a *FormatError that the rest of the
// file cannot be read; io.EOF that it is over. Other errors are the underlying reader's.
func (r *Reader) Next() (domain.Client, error) {
	for {
		line, err := r.scanner.next(rowSize)
		if bad, ok := errors.AsType[quoteError](err); ok {
			r.line = line
			return domain.Client{}, &RejectError{r.Reject(bad.Error())}
		}
		if err != nil {
			return domain.Client{}, err
		}
		if blank(r.scanner.fields) { // the rows below a spreadsheet's last
			continue
		}
		r.line = line
		return r.client(r.scanner.fields)
	}
}

func blank(fields []string) bool {
	for _, f := range fields {
		if strings.TrimSpace(f) != "" {
			return false
		}
	}
	return true
}

func (r *Reader) client(fields []string) (domain.Client, error) {
	if len(fields) != r.cols.count {
		return r.reject("has %s where the first line has %d", counted(len(fields)), r.cols.count)
	}
	for _, f := range fields {
		if !utf8.ValidString(f) {
			return r.reject("is not in UTF-8")
		}
		if r.charset != charsetUTF8 && strings.ContainsRune(f, utf8.RuneError) {
			return r.reject("has a character that does not exist in %s, as which the file is read", r.charset)
		}
	}
	parsed, err := address.Parse(fields[r.cols.email])
	if err != nil {
		return r.reject("%s", err)
	}
	c := domain.Client{Email: parsed, FullName: r.fullName(fields)}
	if i := r.cols.comment; i >= 0 {
		c.Comment = strings.TrimSpace(fields[i])
	}
	for _, a := range r.cols.attributes {
		value := strings.TrimSpace(fields[a.at])
		if value == "" {
			continue
		}
		if c.Attributes == nil {
			c.Attributes = make(map[string]string, len(r.cols.attributes))
		}
		c.Attributes[a.name] = value
	}
	if bad := c.Validate(); len(bad) > 0 {
		return r.reject("%s", reasons(bad))
	}
	return c, nil
}

// fullName joins the columns that make it up.
func (r *Reader) fullName(fields []string) string {
	switch len(r.cols.fullName) {
	case 0:
		return ""
	case 1:
		return strings.TrimSpace(fields[r.cols.fullName[0]])
	}
	parts := make([]string, 0, len(r.cols.fullName))
	for _, i := range r.cols.fullName {
		if part := strings.TrimSpace(fields[i]); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}

// Reject says that the row that was read last is left out, and why.
func (r *Reader) Reject(reason string) Reject {
	email := ""
	if r.cols.email < len(r.scanner.fields) {
		email = strings.TrimSpace(r.scanner.fields[r.cols.email])
	}
	return Reject{
		Line: r.line, Reason: reason, Email: harmless(email, shownEmail, ""),
		Content: harmless(string(trimEnd(r.scanner.raw)), shownRow, "\n\t"),
	}
}

func (r *Reader) reject(format string, args ...any) (domain.Client, error) {
	return domain.Client{}, &RejectError{r.Reject(fmt.Sprintf(format, args...))}
}

func counted(fields int) string {
	if fields == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", fields)
}

func reasons(bad []domain.FieldError) string {
	out := make([]string, len(bad))
	for i, f := range bad {
		out[i] = f.Field() + " " + f.Message()
	}
	sort.Strings(out) // attributes come in no order
	return strings.Join(out, "; ")
}

// harmless makes what stood in a file fit to be stored and shown, and cuts it to a number of characters.
func harmless(s string, limit int, allowed string) string {
	var b strings.Builder
	n := 0
	for _, c := range s {
		if n++; n > limit {
			break
		}
		if !unicode.IsPrint(c) && !strings.ContainsRune(allowed, c) {
			c = utf8.RuneError
		}
		b.WriteRune(c)
	}
	return b.String()
}

// counter counts what is read through it.
type counter struct {
	r io.Reader
	n int64
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
