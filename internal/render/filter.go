package render

import (
	"html"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// filter is one filter with its arguments. The filters are those that take time and make text in proportion to what
// they are given; newFilter is where the list is.
type filter struct {
	name  string
	args  []operand
	count int // of truncate and truncatewords: the first argument
}

const maxCount = 10_000

// newFilter returns the named filter, or what is wrong with it.
func newFilter(name string, args []operand) (filter, *domain.Fault) {
	least, most := 0, 0
	switch name {
	case "upcase", "downcase", "capitalize", "strip", "lstrip", "rstrip", "strip_newlines", "escape", "escape_once",
		"url_encode", "size":
	case "default", "append", "prepend", "remove", "remove_first":
		least, most = 1, 1
	case "replace", "replace_first":
		least, most = 2, 2
	case "truncate", "truncatewords":
		most = 2
	default:
		fault := domain.NewFault(domain.FaultUnknownFilter, domain.Params{"name": name}, "unknown filter %q; there are append, capitalize, default, downcase, escape, escape_once, "+
			"lstrip, prepend, remove, remove_first, replace, replace_first, rstrip, size, strip, strip_newlines, truncate, "+
			"truncatewords, upcase and url_encode", name)
		return filter{}, &fault
	}
	switch {
	case least == most && len(args) != least:
		return filter{}, wrongArguments(name, "%s takes %d arguments, not %d", name, least, len(args))
	case len(args) > most:
		return filter{}, wrongArguments(name, "%s takes at most %d arguments, not %d", name, most, len(args))
	}
	f := filter{name: name, args: args}
	if most == 2 && least == 0 {
		f.count = 50
		if name == "truncatewords" {
			f.count = 15
		}
		if len(args) > 0 {
			n, err := strconv.Atoi(args[0].value.text)
			if args[0].value.kind != valueNumber || err != nil || n < 0 || n > maxCount {
				return filter{}, wrongArguments(name, "%s takes a whole number up to %d", name, maxCount)
			}
			f.count = n
		}
	}
	return f, nil
}

func wrongArguments(name, format string, args ...any) *domain.Fault {
	fault := domain.NewFault(domain.FaultFilterArguments, domain.Params{"name": name}, format, args...)
	return &fault
}

// size bounds the result for an input of at most n bytes.
func (f *filter) size(n int) int {
	switch f.name {
	case "default":
		return max(n, f.args[0].size())
	case "upcase", "downcase", "capitalize":
		return n + n/2 // no letter's other case is longer by more than a half in UTF-8
	case "url_encode":
		return 3 * n
	case "append", "prepend":
		return n + f.args[0].size()
	case "replace_first":
		return n + f.args[1].size()
	case "replace":
		from := 1
		if f.args[0].source == sourceLiteral {
			from = max(1, f.args[0].size())
		}
		return n + n/from*f.args[1].size()
	case "truncate":
		return min(n, utf8.UTFMax*f.count) + f.ellipsisSize()
	case "truncatewords":
		return n + f.ellipsisSize()
	case "size":
		return max(20, n)
	}
	return n
}

func (f *filter) ellipsisSize() int {
	if len(f.args) > 1 {
		return f.args[1].size()
	}
	return 3
}

func (f *filter) apply(s *scope, v value) value {
	arg := func(i int) string { return s.value(&f.args[i]).text }
	in := v.text
	switch f.name {
	case "default":
		if !v.truth() {
			return s.value(&f.args[0])
		}
		return v
	case "size":
		n := utf8.RuneCountInString(in)
		return value{kind: valueNumber, text: strconv.Itoa(n), number: float64(n)}
	case "upcase":
		in = strings.ToUpper(in)
	case "downcase":
		in = strings.ToLower(in)
	case "capitalize":
		r, n := utf8.DecodeRuneInString(in)
		if n > 0 {
			in = string(unicode.ToUpper(r)) + strings.ToLower(in[n:])
		}
	case "strip":
		in = strings.TrimSpace(in)
	case "lstrip":
		in = strings.TrimLeftFunc(in, unicode.IsSpace)
	case "rstrip":
		in = strings.TrimRightFunc(in, unicode.IsSpace)
	case "strip_newlines":
		in = strings.NewReplacer("\r", "", "\n", "").Replace(in)
	case "escape": // HTML is escaped on its way out, and text needs none
	case "escape_once":
		in = html.UnescapeString(in) // the escaping on the way out makes it "once"
	case "url_encode":
		in = url.QueryEscape(in)
	case "append":
		in += arg(0)
	case "prepend":
		in = arg(0) + in
	case "remove":
		in = replace(in, arg(0), "", -1)
	case "remove_first":
		in = replace(in, arg(0), "", 1)
	case "replace":
		in = replace(in, arg(0), arg(1), -1)
	case "replace_first":
		in = replace(in, arg(0), arg(1), 1)
	case "truncate", "truncatewords":
		ellipsis := "..."
		if len(f.args) > 1 {
			ellipsis = arg(1)
		}
		if f.name == "truncate" {
			in = truncate(in, f.count, ellipsis)
		} else {
			in = truncateWords(in, f.count, ellipsis)
		}
	}
	return value{text: in}
}

// replace leaves s alone for an empty from, where strings.Replace would put to between all characters.
func replace(s, from, to string, n int) string {
	if from == "" {
		return s
	}
	return strings.Replace(s, from, to, n)
}

// truncate cuts s to n characters, the ellipsis included.
func truncate(s string, n int, ellipsis string) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	keep := max(0, n-utf8.RuneCountInString(ellipsis))
	for i := range s {
		if keep == 0 {
			return s[:i] + ellipsis
		}
		keep--
	}
	return s
}

// truncateWords cuts s to its first n words, at least one.
func truncateWords(s string, n int, ellipsis string) string {
	inWord, words := false, 0
	end := 0
	for i, r := range s {
		space := unicode.IsSpace(r)
		if !space && !inWord {
			if words == max(1, n) {
				return s[:end] + ellipsis
			}
			words++
		}
		if inWord && space {
			end = i
		}
		inWord = !space
	}
	return s
}
