package csvimport

import (
	"bufio"
	"bytes"
	"encoding/csv"
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
	headerSize = 64 << 10
	rowSize    = 1 << 20
	shownEmail = 254 // characters of a bad address that are shown
)

// Reader reads a file's rows. It is not safe for concurrent use.
type Reader struct {
	in   *meter
	csv  *csv.Reader
	cols columns
	line int64
}

// NewReader reads the first line of r and returns a reader of the rest. A *FormatError says that this is no such file;
// any other error is r's.
func NewReader(r io.Reader) (*Reader, error) {
	in := &meter{r: r}
	buffered := bufio.NewReaderSize(in, headerSize)
	if err := checkEncoding(buffered); err != nil {
		return nil, err
	}
	head, err := firstLine(buffered)
	if err != nil {
		return nil, err
	}
	c := csv.NewReader(io.MultiReader(bytes.NewReader(head), buffered))
	c.Comma = delimiterOf(head)
	c.FieldsPerRecord = -1
	c.ReuseRecord = true
	names, err := c.Read()
	if err != nil {
		if _, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, badFormat("the first line has a quote where it cannot stand")
		}
		return nil, err
	}
	cols, err := readColumns(names)
	if err != nil {
		return nil, err
	}
	return &Reader{in: in, csv: c, cols: cols, line: 1}, nil
}

// Columns returns what the first line promises.
func (r *Reader) Columns() Columns { return r.cols.public() }

// Line is where the row that was read last begins.
func (r *Reader) Line() int64 { return r.line }

// Next returns the next row as a client with e-mail, name, comment and attributes set, valid by the domain's rules. A
// *RejectError says that the row is bad and to go on; a *FormatError that the rest of the file cannot be read; io.EOF that
// it is over. Other errors are the underlying reader's.
func (r *Reader) Next() (domain.Client, error) {
	r.in.read = 0
	fields, err := r.csv.Read()
	if err != nil {
		return domain.Client{}, r.explain(err)
	}
	line, _ := r.csv.FieldPos(0)
	r.line = int64(line)
	return r.client(fields)
}

func (r *Reader) explain(err error) error {
	if bad, ok := errors.AsType[*csv.ParseError](err); ok {
		r.line = int64(bad.StartLine)
		return &RejectError{Reject{
			Line: r.line, Reason: "has a quote where it cannot stand: put the whole field in quotes and double those inside",
		}}
	}
	if errors.Is(err, errRowTooLong) {
		return badFormat("a row after line %d is longer than 1 MiB; perhaps a quote is not closed", r.line)
	}
	return err
}

func (r *Reader) client(fields []string) (domain.Client, error) {
	email := ""
	if r.cols.email < len(fields) {
		email = fields[r.cols.email]
	}
	if len(fields) != r.cols.count {
		return r.reject(email, fmt.Sprintf("has %d fields where the first line has %d", len(fields), r.cols.count))
	}
	for _, f := range fields {
		if !utf8.ValidString(f) {
			return r.reject(email, "is not in UTF-8")
		}
	}
	parsed, err := address.Parse(email)
	if err != nil {
		return r.reject(email, err.Error())
	}
	c := domain.Client{Email: parsed}
	if i := r.cols.fullName; i >= 0 {
		c.FullName = strings.TrimSpace(fields[i])
	}
	if i := r.cols.comment; i >= 0 {
		c.Comment = strings.TrimSpace(fields[i])
	}
	if len(r.cols.attributes) > 0 {
		c.Attributes = make(map[string]string, len(r.cols.attributes))
		for _, a := range r.cols.attributes {
			c.Attributes[a.name] = strings.TrimSpace(fields[a.at])
		}
	}
	if bad := c.Validate(); len(bad) > 0 {
		return r.reject(email, reasons(bad))
	}
	return c, nil
}

func (r *Reader) reject(email, reason string) (domain.Client, error) {
	return domain.Client{}, &RejectError{Reject{Line: r.line, Reason: reason, Email: harmless(email)}}
}

func reasons(bad []domain.FieldError) string {
	out := make([]string, len(bad))
	for i, f := range bad {
		out[i] = f.Field + " " + f.Message
	}
	sort.Strings(out) // attributes come in no order
	return strings.Join(out, "; ")
}

// harmless makes what stood in the e-mail column fit to be stored and shown.
func harmless(s string) string {
	var b strings.Builder
	n := 0
	for _, c := range s {
		if n++; n > shownEmail {
			break
		}
		if !unicode.IsPrint(c) {
			c = utf8.RuneError
		}
		b.WriteRune(c)
	}
	return b.String()
}

var errRowTooLong = errors.New("row too long")

// meter bounds what one row may take from the file, because encoding/csv would gather an unclosed quote to the file's
// end in memory.
type meter struct {
	r    io.Reader
	read int
}

func (m *meter) Read(p []byte) (int, error) {
	if m.read > rowSize {
		return 0, errRowTooLong
	}
	n, err := m.r.Read(p)
	m.read += n
	return n, err
}
