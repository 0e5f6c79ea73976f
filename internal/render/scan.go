package render

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Limits on a template. They keep the time of Check, Compile and Render bounded, whatever is saved.
const (
	maxMarkup  = 4096     // bytes between {{ and }} or {% and %}
	maxMarkups = 10_000   // {{ }} and {% %} in one template
	maxFilters = 1000     // filters in one template
	maxDepth   = 32       // blocks within blocks
	maxFaults  = 10       // reported for one template; parsing stops there
	maxValue   = 64 << 10 // bytes that the filters of one {{ }} may grow a value to
	maxPart    = 4 << 20  // bytes of one rendered body, before it is encoded
	maxInput   = 1000 * 4 // bytes of a client's longest value: domain.MaxAttributeLength characters
)

type itemKind uint8

const (
	itemText   itemKind = iota
	itemOutput          // {{ … }}
	itemTag             // {% … %}
)

// item is one piece of a template in the order of its source. Blocks are flat here: if, else and endif are items of
// their own, so that the text part can be derived from the HTML item by item (see derive).
type item struct {
	kind itemKind
	text string // literal text, or what is inside the markup
	at   int    // offset of text in the source
	name string // of a tag
	args string // of a tag: what follows its name

	out  output    // of {{ }}
	test test      // of if, elsif and unless
	list []operand // of case (one) and when
}

// fault is what is wrong at an offset of the source.
type fault struct {
	at int
	domain.Fault
}

// scanner cuts a source into items.
type scanner struct {
	src     string
	pos     int
	items   []item
	faults  *faults
	trim    bool // the next text loses its leading white space: -}} or -%} came before
	markups int
}

// scan cuts src into items; comments are dropped and raw blocks become text.
func scan(src string, faults *faults) []item {
	s := &scanner{src: src, faults: faults}
	for s.pos < len(src) && !faults.full() {
		open := nextMarkup(src, s.pos)
		if open < 0 {
			s.addText(src[s.pos:], s.pos)
			break
		}
		text := src[s.pos:open]
		if open+2 < len(src) && src[open+2] == '-' {
			text = strings.TrimRightFunc(text, unicode.IsSpace)
		}
		s.addText(text, s.pos)
		if s.markups++; s.markups > maxMarkups {
			faults.add(open, domain.NewFault(domain.FaultTemplateTooMany, domain.Params{"max": maxMarkups}, "more than %d {{ }} and {%% %%}", maxMarkups))
			break
		}
		if !s.markup(open) {
			break
		}
	}
	return s.items
}

// markup reads the markup that opens at open; it reports whether scanning can go on after it.
func (s *scanner) markup(open int) bool {
	opener, closer := s.src[open:open+2], "}}"
	if opener == "{%" {
		closer = "%}"
	}
	start := open + 2
	n := strings.Index(s.src[start:], closer)
	if n < 0 {
		s.faults.add(open, notClosed(opener, closer, ""))
		return false
	}
	if inner := nextMarkup(s.src[:start+n], start); inner >= 0 {
		s.faults.add(open, notClosed(opener, closer, " before the next "+s.src[inner:inner+2]))
		s.pos = inner
		return true
	}
	s.pos = start + n + 2
	if n > maxMarkup {
		s.faults.add(open, domain.NewFault(domain.FaultTemplateTooLong, domain.Params{"max": maxMarkup}, "%s %s is longer than %d bytes", opener, closer, maxMarkup))
		return true
	}
	inside, at := s.src[start:start+n], start
	if rest, ok := strings.CutPrefix(inside, "-"); ok {
		inside, at = rest, at+1
	}
	inside, s.trim = strings.CutSuffix(inside, "-")
	if opener == "{{" {
		s.items = append(s.items, item{kind: itemOutput, text: inside, at: at})
		return true
	}
	return s.tag(inside, at)
}

// tag adds the tag whose inside is given, and reads on to the end of comment and raw, inside which nothing is markup.
func (s *scanner) tag(inside string, at int) bool {
	name, rest := cutName(inside)
	if name != "comment" && name != "raw" {
		s.items = append(s.items, item{kind: itemTag, text: inside, at: at, name: name, args: rest})
		return true
	}
	if strings.TrimSpace(rest) != "" {
		s.faults.add(at, takesNothing(name))
	}
	body := s.pos
	for from := body; ; {
		n := strings.Index(s.src[from:], "{%")
		if n < 0 {
			break
		}
		from += n + 2
		end := strings.Index(s.src[from:min(len(s.src), from+maxMarkup)], "%}")
		if end < 0 {
			continue
		}
		inner := s.src[from : from+end]
		if endName, _ := cutName(strings.TrimPrefix(inner, "-")); endName != "end"+name {
			continue
		}
		text := s.src[body : from-2]
		if strings.HasPrefix(inner, "-") {
			text = strings.TrimRightFunc(text, unicode.IsSpace)
		}
		if name == "raw" {
			s.addText(text, body)
		}
		s.trim = strings.HasSuffix(inner, "-")
		s.pos = from + end + 2
		return true
	}
	s.faults.add(at, notClosed(name, "end"+name, ""))
	return false
}

func (s *scanner) addText(text string, at int) {
	if s.trim && text != "" {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		s.trim = false
	}
	if text != "" {
		s.items = append(s.items, item{kind: itemText, text: text, at: at})
	}
}

// nextMarkup returns the offset of the next {{ or {% of src at or after from, -1 when there is none.
func nextMarkup(src string, from int) int {
	for {
		n := strings.IndexByte(src[from:], '{')
		if n < 0 || from+n+1 >= len(src) {
			return -1
		}
		from += n + 1
		if c := src[from]; c == '{' || c == '%' {
			return from - 1
		}
	}
}

// cutName splits the inside of a tag after its name.
func cutName(inside string) (name, rest string) {
	inside = strings.TrimLeftFunc(inside, unicode.IsSpace)
	n := 0
	for n < len(inside) {
		r, size := utf8.DecodeRuneInString(inside[n:])
		if !isNameRune(r) {
			break
		}
		n += size
	}
	return inside[:n], inside[n:]
}

func isNameRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// clean makes a source fit to be sent: line ends become line feeds, other control characters but tabs become spaces,
// and bytes that are not UTF-8 become U+FFFD. Lines keep their numbers.
func clean(src string) string {
	plain := utf8.ValidString(src)
	for i := 0; plain && i < len(src); i++ {
		plain = src[i] >= 0x20 && src[i] != 0x7f && src[i] != 0xc2 || src[i] == '\n' || src[i] == '\t'
	}
	if plain {
		return src
	}
	src = strings.ReplaceAll(strings.ToValidUTF8(src, "\ufffd"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r != '\n' && r != '\t' && unicode.IsControl(r):
			return ' '
		}
		return r
	}, src)
}
