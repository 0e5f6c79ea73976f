package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenString
	tokenNumber
	tokenSign // everything else: . | : , [ ] == != <> < > <= >=
)

type token struct {
	kind tokenKind
	text string // of a string: without its quotes
	at   int
}

// describe names a token in an error.
func (t token) describe() string {
	switch t.kind {
	case tokenEnd:
		return "the end"
	case tokenString:
		return fmt.Sprintf("the text %q", t.text)
	case tokenName, tokenNumber, tokenSign:
	}
	return fmt.Sprintf("%q", t.text)
}

// parser reads the inside of one markup. After the first fault every token is the end, so callers need not ask.
type parser struct {
	src    string
	pos    int
	at     int // offset of src in the template
	tok    token
	faults *faults
	failed bool
}

func newParser(src string, at int, faults *faults) *parser {
	p := &parser{src: src, at: at, faults: faults}
	p.next()
	return p
}

func (p *parser) fail(at int, f domain.Fault) {
	if !p.failed {
		p.faults.add(at, f)
	}
	p.failed = true
	p.tok = token{kind: tokenEnd, at: at}
}

// next moves to the next token.
func (p *parser) next() {
	if p.failed {
		return
	}
	for p.pos < len(p.src) {
		r, size := utf8.DecodeRuneInString(p.src[p.pos:])
		if !unicode.IsSpace(r) {
			break
		}
		p.pos += size
	}
	rest := p.src[p.pos:]
	at := p.at + p.pos
	if rest == "" {
		p.tok = token{kind: tokenEnd, at: at}
		return
	}
	if quote := rest[0]; quote == '"' || quote == '\'' {
		n := strings.IndexByte(rest[1:], quote)
		if n < 0 {
			p.fail(at, domain.NewFault(domain.FaultNotClosed, domain.Params{"what": string(quote), "missing": string(quote)}, "the quote %c is not closed", quote))
			return
		}
		p.pos += n + 2
		p.tok = token{tokenString, rest[1 : n+1], at}
		return
	}
	kind := tokenSign
	var n int
	switch r, size := utf8.DecodeRuneInString(rest); {
	case isDigit(rest[0]) || rest[0] == '-' && len(rest) > 1 && isDigit(rest[1]):
		kind, n = tokenNumber, numberLen(rest)
	case isNameRune(r):
		name, _ := cutName(rest)
		kind, n = tokenName, len(name)
	case len(rest) > 1 && isTwoSign(rest[:2]):
		n = 2
	default:
		n = size
	}
	p.pos += n
	p.tok = token{kind, rest[:n], at}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isTwoSign(s string) bool {
	switch s {
	case "==", "!=", "<>", "<=", ">=":
		return true
	}
	return false
}

// numberLen is the length of the number at the start of s: an optional minus, digits, an optional fraction.
func numberLen(s string) int {
	n := 1
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	if n+1 < len(s) && s[n] == '.' && isDigit(s[n+1]) {
		n += 2
		for n < len(s) && isDigit(s[n]) {
			n++
		}
	}
	return n
}

// accept moves past the sign or word text and reports whether it was there.
func (p *parser) accept(text string) bool {
	if (p.tok.kind != tokenSign && p.tok.kind != tokenName) || p.tok.text != text {
		return false
	}
	p.next()
	return true
}

// end refuses anything that is left.
func (p *parser) end() {
	switch {
	case p.tok.kind == tokenEnd:
	case p.tok.text == "(" || p.tok.text == ")":
		p.fail(p.tok.at, domain.NewFault(domain.FaultParentheses, nil, "parentheses cannot be used; nest one if in another"))
	default:
		p.fail(p.tok.at, domain.NewFault(domain.FaultUnexpected, domain.Params{"what": p.tok.text}, "unexpected %s", p.tok.describe()))
	}
}

// output reads what stands between {{ and }}.
func (p *parser) output() output {
	out := output{operand: p.operand()}
	size := out.size()
	for p.accept("|") {
		name := p.tok
		if name.kind != tokenName {
			p.fail(name.at, domain.NewFault(domain.FaultNameMissing, nil, "the name of a filter is missing before %s", name.describe()))
			return out
		}
		p.next()
		var args []operand
		if p.accept(":") {
			args = append(args, p.operand())
			for p.accept(",") {
				args = append(args, p.operand())
			}
		}
		if p.failed {
			return out
		}
		f, fault := newFilter(name.text, args)
		if fault != nil {
			p.fail(name.at, *fault)
			return out
		}
		if size = f.size(size); size > maxValue {
			p.fail(name.at, domain.NewFault(domain.FaultTemplateTooLong, domain.Params{"max": maxValue},
				"%s could make the value %d KB long; at most %d KB are allowed", name.text, size>>10, maxValue>>10))
			return out
		}
		out.filters = append(out.filters, f)
	}
	p.end()
	return out
}

// test reads a condition: comparisons joined by "and", or by "or".
func (p *parser) test() test {
	t := test{terms: []comparison{p.comparison()}}
	for joined := ""; p.tok.kind == tokenName && (p.tok.text == "and" || p.tok.text == "or"); {
		if joined != "" && joined != p.tok.text {
			p.fail(p.tok.at, domain.NewFault(domain.FaultAndOr, nil, `"and" and "or" cannot be mixed in one condition; nest one if in another`))
			break
		}
		joined = p.tok.text
		t.any = joined == "or"
		p.next()
		t.terms = append(t.terms, p.comparison())
	}
	if p.tok.text == "|" && p.tok.kind == tokenSign {
		p.fail(p.tok.at, domain.NewFault(domain.FaultFilterInCondition, nil, "filters cannot be used in a condition"))
	}
	p.end()
	return t
}

func (p *parser) comparison() comparison {
	c := comparison{left: p.operand()}
	if p.tok.kind != tokenSign && (p.tok.kind != tokenName || p.tok.text != "contains") {
		return c
	}
	switch p.tok.text {
	case "==":
		c.op = opEqual
	case "!=", "<>":
		c.op = opNotEqual
	case "<":
		c.op = opLess
	case ">":
		c.op = opGreater
	case "<=":
		c.op = opLessEqual
	case ">=":
		c.op = opGreaterEqual
	case "contains":
		c.op = opContains
	case "=":
		p.fail(p.tok.at, domain.NewFault(domain.FaultSingleEquals, nil, `"=" does not compare; write "=="`))
		return c
	default:
		return c
	}
	p.next()
	c.right = p.operand()
	return c
}

// operands reads the values of a when: separated by commas or "or".
func (p *parser) operands() []operand {
	list := []operand{p.operand()}
	for p.accept(",") || p.accept("or") {
		list = append(list, p.operand())
	}
	p.end()
	return list
}

// operand reads a literal or a variable.
func (p *parser) operand() operand {
	tok := p.tok
	switch tok.kind {
	case tokenString:
		p.next()
		return operand{value: value{text: tok.text}}
	case tokenNumber:
		number, ok := parseNumber(tok.text)
		if !ok {
			p.fail(tok.at, domain.NewFault(domain.FaultNotANumber, domain.Params{"value": tok.text}, "%q is not a number", tok.text))
		}
		p.next()
		return operand{value: value{kind: valueNumber, text: tok.text, number: number}}
	case tokenName:
		p.next()
		switch tok.text {
		case "true":
			return operand{value: value{text: "true"}}
		case "false":
			return operand{value: value{kind: valueFalse, text: "false"}}
		case "nil", "null", "empty", "blank":
			return operand{value: value{kind: valueEmpty}}
		}
		return p.variable(tok)
	case tokenEnd, tokenSign:
	}
	if tok.kind == tokenEnd {
		p.fail(tok.at, domain.NewFault(domain.FaultValueMissing, nil, "a value is missing"))
	} else {
		p.fail(tok.at, domain.NewFault(domain.FaultValueMissing, nil, "a value is missing before %s", tok.describe()))
	}
	return operand{}
}

// variable reads the rest of a path whose first name was root.
func (p *parser) variable(root token) operand {
	path := []string{root.text}
	for !p.failed {
		if p.accept(".") {
			if p.tok.kind != tokenName {
				p.fail(p.tok.at, domain.NewFault(domain.FaultNameMissing, nil, "a name is missing after %q", strings.Join(path, ".")+"."))
				break
			}
			path = append(path, p.tok.text)
			p.next()
			continue
		}
		if !p.accept("[") {
			break
		}
		if p.tok.kind != tokenString {
			p.fail(p.tok.at, domain.NewFault(domain.FaultNameMissing, nil, `a name in quotes is missing after "["`))
			break
		}
		path = append(path, p.tok.text)
		p.next()
		if !p.failed && !p.accept("]") {
			p.fail(p.tok.at, domain.NewFault(domain.FaultNotClosed, domain.Params{"what": "[", "missing": "]"}, `"]" is missing before %s`, p.tok.describe()))
		}
	}
	if p.failed {
		return operand{}
	}
	switch name := strings.Join(path, "."); {
	case name == "client.email" && len(path) == 2:
		return operand{source: sourceEmail}
	case name == "client.full_name" && len(path) == 2:
		return operand{source: sourceFullName}
	case name == "mailing.name" && len(path) == 2:
		return operand{source: sourceMailing}
	case len(path) == 3 && path[0] == "client" && path[1] == "attributes":
		return operand{source: sourceAttribute, attribute: path[2]}
	default:
		p.fail(root.at, domain.NewFault(domain.FaultUnknownVariable, domain.Params{"name": name},
			"unknown variable %q; there are client.email, client.full_name, client.attributes.<name> "+
				"and mailing.name; text stands in quotes", name))
		return operand{}
	}
}
