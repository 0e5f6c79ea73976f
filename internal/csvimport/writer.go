package csvimport

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Format says how a file is written.
type Format struct {
	Comma rune // between fields; 0: a comma
	BOM   bool // begin with a byte order mark, by which Excel knows UTF-8
	// Inert puts an apostrophe before every field that a spreadsheet would take for a formula (see Inert). Such a file
	// is for looking at: read back, it is not what it was.
	Inert bool
}

// Writer writes clients as a CSV file in UTF-8 that Reader reads back as they were, the spaces around values and
// attributes without a value apart. It is not safe for concurrent use.
type Writer struct {
	csv        *csv.Writer
	inert      bool
	attributes []string
	fields     []string
}

// NewWriter writes the first line to w: email, full_name, comment and then the attributes, none of which may be there
// twice.
func NewWriter(w io.Writer, attributes []string, f Format) (*Writer, error) {
	if f.BOM {
		if _, err := io.WriteString(w, markUTF8); err != nil {
			return nil, err
		}
	}
	out := &Writer{csv: csv.NewWriter(w), inert: f.Inert, attributes: attributes}
	if f.Comma != 0 {
		out.csv.Comma = f.Comma
	}
	names := []string{"email", "full_name", "comment"}
	seen := map[string]bool{"email": true, "full_name": true, "comment": true}
	for _, name := range attributes {
		known := strings.ToLower(name)
		if seen[known] {
			name = attributePrefix + name
		}
		seen[known] = true
		names = append(names, name)
	}
	return out, out.csv.Write(names)
}

// Write writes one client. An attribute that the first line does not name is left out.
func (w *Writer) Write(c *domain.Client) error {
	w.fields = append(w.fields[:0], c.Email.Display, c.FullName, c.Comment)
	for _, name := range w.attributes {
		w.fields = append(w.fields, c.Attributes[name])
	}
	if w.inert {
		for i, f := range w.fields {
			w.fields[i] = Inert(f)
		}
	}
	return w.csv.Write(w.fields)
}

// Flush passes on what has been written. It must be called at the end.
func (w *Writer) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

// Inert keeps a spreadsheet from taking what a stranger wrote for a formula (OWASP, CSV Injection): an apostrophe before it
// makes it text. Some take the full-width signs for the others.
func Inert(field string) string {
	if first, _ := utf8.DecodeRuneInString(field); field != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + field
	}
	return field
}

// WriteRejects writes the rows that an import left out, as each calls the function it is given, to a CSV file with the
// columns line, reason, email and row. Nothing in it is a formula to a spreadsheet.
func WriteRejects(w io.Writer, each func(func(Reject) error) error) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"line", "reason", "email", "row"}); err != nil {
		return err
	}
	err := each(func(r Reject) error {
		return out.Write([]string{strconv.FormatInt(r.Line, 10), r.Reason, Inert(r.Email), Inert(r.Content)})
	})
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}
