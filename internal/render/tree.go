package render

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// ErrTooLarge is returned for a message of which one body would be over 4 MB for this client.
var ErrTooLarge = errors.New("the message would be over 4 MB for this client")

// node is a piece of a compiled template: literal text, an output, or branches of which the first that holds is taken.
type node struct {
	text     string
	out      *output
	branches []branch
}

type branch struct {
	test test
	body []node
}

// parse reads a cleaned source; what is wrong is in faults, and then the items are not fit to be built.
func parse(src string, faults *faults) []item {
	items := scan(src, faults)
	filters := 0
	for i := range items {
		it := &items[i]
		if faults.full() {
			return nil
		}
		switch it.kind {
		case itemText:
		case itemOutput:
			it.out = newParser(it.text, it.at, faults).output()
			if filters += len(it.out.filters); filters > maxFilters {
				faults.add(it.at, domain.NewFault(domain.FaultTemplateTooMany, domain.Params{"max": maxFilters}, "more than %d filters", maxFilters))
				return nil
			}
		case itemTag:
			parseTag(it, faults)
		}
	}
	(&builder{faults: faults}).build(items) // finds what is not balanced
	return items
}

func parseTag(it *item, faults *faults) {
	p := newParser(it.args, it.at+len(it.text)-len(it.args), faults)
	switch it.name {
	case "if", "elsif":
		it.test = p.test()
	case "unless":
		it.test = p.test()
		it.test.negate = true
	case "case":
		it.list = []operand{p.operand()}
		p.end()
	case "when":
		it.list = p.operands()
	case "else", "endif", "endunless", "endcase":
		if p.tok.kind != tokenEnd {
			p.fail(p.tok.at, takesNothing(it.name))
		}
	case "":
		faults.add(it.at, domain.NewFault(domain.FaultNameMissing, nil, "the name of a tag is missing"))
	default:
		faults.add(it.at, domain.NewFault(domain.FaultUnknownTag, domain.Params{"name": it.name},
			"unknown tag %q; there are if, elsif, else, unless, case, when, comment and raw", it.name))
	}
}

// builder makes the tree of blocks out of flat items.
type builder struct {
	faults *faults
	crlf   bool // literal text gets the line ends of mail
	stack  []block
}

// block is one that is not closed yet.
type block struct {
	tag      *item
	branches []branch
	outer    []node // the nodes before the block
	elseSeen bool
	between  bool // in a case, before its first when
}

func (b *builder) build(items []item) []node {
	var nodes []node
	for i := range items {
		it := &items[i]
		switch it.kind {
		case itemText:
			if b.inCase() {
				if strings.TrimFunc(it.text, isBlank) != "" {
					b.faults.add(it.at, domain.NewFault(domain.FaultTextBeforeWhen, nil, "text between case and its first when is never shown"))
				}
				continue
			}
			text := it.text
			if b.crlf {
				text = strings.ReplaceAll(text, "\n", "\r\n")
			}
			nodes = append(nodes, node{text: text})
		case itemOutput:
			if b.inCase() {
				b.faults.add(it.at, domain.NewFault(domain.FaultTextBeforeWhen, nil, "a value between case and its first when is never shown"))
				continue
			}
			nodes = append(nodes, node{out: &it.out})
		case itemTag:
			nodes = b.tag(it, nodes)
		}
	}
	for _, open := range b.stack {
		b.faults.add(open.tag.at, notClosed(open.tag.name, "end"+open.tag.name, ""))
	}
	return nodes
}

// isBlank also holds for the marks of a derived text (see flow.go).
func isBlank(r rune) bool { return r < ' ' || unicode.IsSpace(r) }

func (b *builder) inCase() bool { return len(b.stack) > 0 && b.stack[len(b.stack)-1].between }

// tag returns the nodes that what follows the tag is added to.
func (b *builder) tag(it *item, nodes []node) []node {
	switch it.name {
	case "if", "unless", "case":
		if len(b.stack) >= maxDepth {
			b.faults.add(it.at, domain.NewFault(domain.FaultTemplateTooDeep, domain.Params{"max": maxDepth}, "blocks are nested more than %d deep", maxDepth))
		}
		open := block{tag: it, outer: nodes, between: it.name == "case"}
		if !open.between {
			open.branches = []branch{{test: it.test}}
		}
		b.stack = append(b.stack, open)
		return nil
	}
	if len(b.stack) == 0 {
		if isClause(it.name) {
			b.faults.add(it.at, misplaced(it.name, "without a block that it belongs to"))
		}
		return nodes
	}
	open := &b.stack[len(b.stack)-1]
	if n := len(open.branches); n > 0 {
		open.branches[n-1].body = nodes
	}
	switch it.name {
	case "elsif", "when", "else":
		belongs := open.tag.name != "case"
		if it.name == "when" || it.name == "elsif" && open.tag.name == "unless" {
			belongs = !belongs
		}
		switch {
		case it.name != "else" && !belongs:
			b.faults.add(it.at, misplaced(it.name, "inside "+open.tag.name))
			return nil
		case open.elseSeen:
			b.faults.add(it.at, misplaced(it.name, "after else"))
		}
		next := branch{test: it.test}
		for _, candidate := range it.list {
			next.test.any = true
			next.test.terms = append(next.test.terms, comparison{opEqual, open.tag.list[0], candidate})
		}
		open.between = false
		open.elseSeen = open.elseSeen || it.name == "else"
		open.branches = append(open.branches, next)
		return nil
	case "endif", "endunless", "endcase":
		if it.name != "end"+open.tag.name {
			b.faults.add(it.at, misplaced(it.name, "where end"+open.tag.name+" is due"))
		}
		nodes = open.outer
		nodes = append(nodes, node{branches: open.branches})
		b.stack = b.stack[:len(b.stack)-1]
	}
	return nodes
}

func isClause(name string) bool {
	return slices.Contains([]string{"elsif", "else", "when", "endif", "endunless", "endcase"}, name)
}

type mode uint8

const (
	modeText mode = iota
	modeHTML
	modeSubject
)

// writer renders nodes for one client.
type writer struct {
	scope
	mode mode
}

// write appends the rendered nodes to dst; start is where the body begins in it.
func (w *writer) write(dst []byte, start int, nodes []node) ([]byte, error) {
	var err error
	for i := range nodes {
		n := &nodes[i]
		switch {
		case n.out != nil:
			v := w.value(&n.out.operand)
			for f := range n.out.filters {
				v = n.out.filters[f].apply(&w.scope, v)
			}
			dst = appendValue(dst, v.text, w.mode)
		case n.branches != nil:
			for b := range n.branches {
				if w.holds(&n.branches[b].test) {
					dst, err = w.write(dst, start, n.branches[b].body)
					break
				}
			}
		default:
			dst = append(dst, n.text...)
		}
		if err != nil {
			return dst, err
		}
		if len(dst)-start > maxPart {
			return dst, ErrTooLarge
		}
	}
	return dst, nil
}

// appendValue puts out a value so that it can be nothing but text where it stands: escaped in HTML, one line
// everywhere, free of control characters, valid UTF-8.
func appendValue(dst []byte, s string, mode mode) []byte {
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		size := 1
		var instead string
		switch {
		case c >= utf8.RuneSelf:
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && size == 1:
				instead = "\ufffd"
			case r < 0xa0 || r == '\u2028' || r == '\u2029': // C1 controls and Unicode's own line ends
				instead = " "
			}
		case c < 0x20 || c == 0x7f:
			instead = " "
		case mode == modeHTML:
			instead = htmlEscape(c)
		}
		if instead != "" {
			dst = append(append(dst, s[done:i]...), instead...)
			done = i + size
		}
		i += size
	}
	return append(dst, s[done:]...)
}

func htmlEscape(c byte) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&#34;"
	case '\'':
		return "&#39;"
	}
	return ""
}
