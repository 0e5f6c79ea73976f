package render

import (
	"strconv"
	"strings"
)

type valueKind uint8

const (
	valueText   valueKind = iota
	valueNumber           // a literal, or the result of size
	valueFalse            // the literal false
	valueEmpty            // the literals nil, empty and blank
)

// value is what an expression yields.
type value struct {
	kind   valueKind
	text   string
	number float64
}

// truth reports whether a condition holds for v alone; empty text is false, unlike in Shopify's Liquid.
func (v value) truth() bool { return v.text != "" && v.kind != valueFalse }

// parseNumber reads what Liquid writes as a number; strconv alone would take "inf", "0x1p4" and "1_000" too.
func parseNumber(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	for i := range len(s) {
		if c := s[i]; !isDigit(c) && c != '.' && (i > 0 || c != '-' && c != '+') {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

func (v value) asNumber() (float64, bool) {
	if v.kind == valueNumber {
		return v.number, true
	}
	return parseNumber(v.text)
}

type sourceKind uint8

const (
	sourceLiteral sourceKind = iota
	sourceEmail
	sourceFullName
	sourceAttribute
	sourceMailing
)

// operand is a literal or a variable.
type operand struct {
	source    sourceKind
	attribute string // of sourceAttribute: its name
	value     value  // of sourceLiteral
}

// size bounds the operand's length in bytes.
func (o operand) size() int {
	if o.source == sourceLiteral {
		return len(o.value.text)
	}
	return maxInput
}

// output is an operand put out through filters.
type output struct {
	operand
	filters []filter
}

type op uint8

const (
	opTruth op = iota
	opEqual
	opNotEqual
	opLess
	opGreater
	opLessEqual
	opGreaterEqual
	opContains
)

type comparison struct {
	op          op
	left, right operand
}

// test is a condition; one without terms always holds.
type test struct {
	terms  []comparison
	any    bool // one term is enough ("or"); otherwise all must hold
	negate bool // of unless
}

// scope is where variables get their values from.
type scope struct {
	client  *Recipient
	mailing string
}

func (s *scope) value(o *operand) value {
	switch o.source {
	case sourceEmail:
		return value{text: s.client.Email}
	case sourceFullName:
		return value{text: s.client.FullName}
	case sourceAttribute:
		return value{text: s.client.Attributes[o.attribute]}
	case sourceMailing:
		return value{text: s.mailing}
	case sourceLiteral:
	}
	return o.value
}

func (s *scope) holds(t *test) bool {
	result := !t.any
	for i := range t.terms {
		if s.compare(&t.terms[i]) == t.any {
			result = t.any
			break
		}
	}
	return (result || len(t.terms) == 0) != t.negate
}

func (s *scope) compare(c *comparison) bool {
	left, right := s.value(&c.left), s.value(&c.right)
	switch c.op {
	case opTruth:
		return left.truth()
	case opEqual:
		return equal(left, right)
	case opNotEqual:
		return !equal(left, right)
	case opContains:
		return right.text != "" && strings.Contains(left.text, right.text)
	case opLess:
		return less(left, right)
	case opGreater:
		return less(right, left)
	case opLessEqual:
		return less(left, right) || ordered(left, right) && equal(left, right)
	case opGreaterEqual:
		return less(right, left) || ordered(left, right) && equal(left, right)
	}
	return false
}

func equal(a, b value) bool {
	switch {
	case a.kind == valueEmpty:
		return strings.TrimSpace(b.text) == ""
	case b.kind == valueEmpty:
		return strings.TrimSpace(a.text) == ""
	case a.kind == valueNumber || b.kind == valueNumber:
		x, okX := a.asNumber()
		y, okY := b.asNumber()
		return okX && okY && x == y
	}
	return a.text == b.text
}

// ordered reports whether one of a and b can be before the other: both are text, or both are numbers.
func ordered(a, b value) bool {
	if a.kind != valueNumber && b.kind != valueNumber {
		return a.kind == valueText && b.kind == valueText
	}
	_, okA := a.asNumber()
	_, okB := b.asNumber()
	return okA && okB
}

func less(a, b value) bool {
	if !ordered(a, b) {
		return false
	}
	if a.kind != valueNumber && b.kind != valueNumber {
		return a.text < b.text
	}
	x, _ := a.asNumber()
	y, _ := b.asNumber()
	return x < y
}
