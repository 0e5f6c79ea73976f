package csvimport

import (
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
	email, comment int
	fullName       []int // joined with a space
	attributes     []attribute
	count          int
}

type attribute struct {
	name string
	at   int
}

// readHeader takes the first line off s and finds out the delimiter and the columns.
func readHeader(s *scanner) (columns, error) {
	if err := s.skipBlank(headerSize); err != nil {
		if errors.Is(err, io.EOF) {
			return columns{}, badFormat("the file is empty; its first line must name the columns")
		}
		return columns{}, err
	}
	line, err := s.firstLine(headerSize)
	if err != nil {
		return columns{}, err
	}
	s.comma = delimiterOf(line)
	if _, err := s.next(headerSize); err != nil {
		if bad, ok := errors.AsType[quoteError](err); ok {
			return columns{}, badFormat("the first line %s", bad)
		}
		return columns{}, err
	}
	return readColumns(s.fields)
}

// readColumns finds out what each column is. Everything that is wrong with the names is told together.
func readColumns(names []string) (columns, error) {
	h := header{names: names, roles: map[role][]int{}, used: map[int]bool{}}
	h.look()
	cols := h.columns()
	if len(h.faults) > 0 {
		return columns{}, badFormat("%s", strings.Join(h.faults, "; "))
	}
	return cols, nil
}

// header is a first line on its way to columns.
type header struct {
	names  []string
	roles  map[role][]int
	used   map[int]bool // as something else than an attribute
	faults []string
}

func (h *header) faultf(format string, args ...any) {
	h.faults = append(h.faults, fmt.Sprintf(format, args...))
}

// look sorts the columns by what their names say.
func (h *header) look() {
	seen := make(map[string]bool, len(h.names))
	for i, name := range h.names {
		if !utf8.ValidString(name) {
			h.faultf("the name of column %d is not in UTF-8: save the file as CSV in UTF-8, or say which charset it is in", i+1)
			h.used[i] = true // a fault is told once
			continue
		}
		name = strings.TrimSpace(name)
		h.names[i] = name
		known := strings.ToLower(name)
		switch {
		case known == "":
			h.faultf("column %d has no name", i+1)
			h.used[i] = true
		case strings.HasPrefix(name, attributePrefix):
		case seen[known]:
			h.faultf("the first line names the column %q twice", name)
			h.used[i] = true
		default:
			seen[known] = true
			h.roles[roleOf(name)] = append(h.roles[roleOf(name)], i)
		}
	}
}

// columns gives each role to the column that has its name, or else to the one with another name for it. What is left
// over is an attribute.
func (h *header) columns() columns {
	cols := columns{email: h.pick("email", emailRole), comment: h.pick("comment", commentRole), count: len(h.names)}
	if cols.email < 0 {
		cols.email = h.pick("email", addressRole)
	}
	if cols.email < 0 {
		h.faultf(`the first line names no column "email"; it says %.200q`, strings.Join(h.names, ", "))
	}
	if i := h.pick("full_name", fullNameRole); i >= 0 {
		cols.fullName = []int{i}
	} else {
		for _, part := range []role{nameRole, middleRole, lastRole} {
			if i := h.pick("full_name", part); i >= 0 {
				cols.fullName = append(cols.fullName, i)
			}
		}
	}
	known := map[string]bool{}
	for i, name := range h.names {
		if h.used[i] {
			continue
		}
		name = strings.TrimPrefix(name, attributePrefix)
		if known[name] {
			h.faultf("the first line names the attribute %q twice", name)
		}
		known[name] = true
		probe := domain.Client{Attributes: map[string]string{name: ""}}
		for _, bad := range probe.Validate() {
			h.faultf("columns: %s", bad.Message())
		}
		cols.attributes = append(cols.attributes, attribute{name, i})
	}
	// A client has domain.MaxAttributes at most, which is looked at row by row; the clients of a file may have different ones.
	if len(cols.attributes) > maxColumns {
		h.faultf("columns: there are %d attributes; a file may have %d", len(cols.attributes), maxColumns)
	}
	return cols
}

// maxColumns is how many attributes a file may name.
const maxColumns = 1000

// pick uses and returns the column of that name, or the only one of the role; -1 is none.
func (h *header) pick(name string, r role) int {
	for _, list := range h.roles {
		for _, i := range list {
			if !h.used[i] && strings.EqualFold(h.names[i], name) {
				h.used[i] = true
				return i
			}
		}
	}
	switch list := h.roles[r]; len(list) {
	case 0:
		return -1
	case 1:
	default:
		h.faultf("the columns %q and %q could both be %q: call the one that is so", h.names[list[0]], h.names[list[1]], name)
		for _, i := range list[1:] {
			h.used[i] = true
		}
	}
	h.used[h.roles[r][0]] = true
	return h.roles[r][0]
}

func (c *columns) public() Columns {
	out := Columns{FullName: len(c.fullName) > 0, Comment: c.comment >= 0}
	for _, a := range c.attributes {
		out.Attributes = append(out.Attributes, a.name)
	}
	return out
}
