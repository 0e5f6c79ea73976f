package render

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// In the HTML that derive reads, markup stands as its number between these two: clean has removed all others.
const (
	markupStart = '\x01'
	markupEnd   = '\x02'
)

// maxHref is how long a link may be in a derived text; longer ones are left out.
const maxHref = 2048

// derive makes the text part out of the items of an HTML template, once per attempt. Outputs stay outputs and blocks
// stay blocks, balanced whatever the HTML around them is: a tag of Liquid is dropped only together with all of its
// block. The result is to be laid out by appendFlow.
func derive(items []item) []item {
	var src strings.Builder
	for i := range items {
		if items[i].kind == itemText {
			src.WriteString(items[i].text)
			continue
		}
		src.WriteByte(markupStart)
		src.WriteString(strconv.Itoa(i))
		src.WriteByte(markupEnd)
	}
	text := src.String()
	if plain := html.UnescapeString(text); strings.Count(plain, string(markupStart)) != strings.Count(text, string(markupStart)) ||
		strings.Count(plain, string(markupEnd)) != strings.Count(text, string(markupEnd)) {
		text = strings.ReplaceAll(text, "&#", "&amp;#") // "&#1;" would be taken for markup
	}
	d := &deriver{items: items}
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			d.flushLinks(0)
			d.flushText()
			return d.out
		case html.TextToken:
			d.textToken(z)
		case html.StartTagToken, html.SelfClosingTagToken:
			raw := slices.Clone(z.Raw()) // Token overwrites it
			d.orphans(raw)
			d.startTag(z.Token())
		case html.EndTagToken:
			d.orphans(z.Raw())
			name, _ := z.TagName()
			d.endTag(string(name))
		case html.CommentToken, html.DoctypeToken:
			d.orphans(z.Raw())
		}
	}
}

// deriver's state is split along the branches of blocks: each begins with the state at the block's start.
type deriver struct {
	items []item
	out   []item
	text  strings.Builder // literal text not yet in out
	size  int
	state
	blocks []state // one for each open block: the state at its start
}

type state struct {
	links []link
	skip  string // the element whose content is left out; empty for none
	pre   int    // open pre elements
}

// link is an open a element.
type link struct {
	href string
	from int // its content begins at out[from]
}

func (d *deriver) mark(c byte) {
	if d.skip == "" {
		d.text.WriteByte(c)
	}
}

func (d *deriver) flushText() {
	if d.text.Len() > 0 {
		d.size += d.text.Len()
		d.out = append(d.out, item{kind: itemText, text: d.text.String()})
		d.text.Reset()
	}
}

// add puts markup into the text.
func (d *deriver) add(it *item) {
	d.flushText()
	d.size += 64 // its weight in memory, roughly
	d.out = append(d.out, *it)
}

// control puts a tag of Liquid into the text and splits or joins the state.
func (d *deriver) control(it *item) {
	switch it.name {
	case "if", "unless", "case":
		d.add(it)
		d.blocks = append(d.blocks, d.clone())
		return
	}
	outer := d.blocks[len(d.blocks)-1]
	d.flushLinks(len(outer.links)) // the link of this branch only: it must not end in another branch
	d.add(it)
	if !strings.HasPrefix(it.name, "end") {
		d.state = outer.clone()
		return
	}
	open := min(len(d.links), len(outer.links))
	d.blocks = d.blocks[:len(d.blocks)-1]
	d.state = outer
	d.links = d.links[:open]
}

func (s state) clone() state {
	s.links = slices.Clone(s.links)
	return s
}

// each calls literal and markup for the parts of s in order.
func (d *deriver) each(s string, literal func(string), markup func(*item)) {
	for s != "" {
		start := strings.IndexByte(s, markupStart)
		if start < 0 {
			literal(s)
			return
		}
		literal(s[:start])
		number, rest, _ := strings.Cut(s[start+1:], string(markupEnd))
		if i, err := strconv.Atoi(number); err == nil && i < len(d.items) {
			markup(&d.items[i])
		}
		s = rest
	}
}

// balanced reports whether the tags of Liquid in s are whole blocks.
func (d *deriver) balanced(s string) bool {
	depth, whole := 0, true
	d.each(s, func(string) {}, func(it *item) {
		switch {
		case it.kind != itemTag:
		case strings.HasPrefix(it.name, "end"):
			depth--
		case it.name == "if" || it.name == "unless" || it.name == "case":
			depth++
		default:
			whole = whole && depth > 0
		}
		whole = whole && depth >= 0
	})
	return whole && depth == 0
}

// orphans keeps the tags of Liquid in HTML markup that is dropped, unless they are whole blocks.
func (d *deriver) orphans(raw []byte) {
	if bytes.IndexByte(raw, markupStart) < 0 || d.balanced(string(raw)) {
		return
	}
	d.each(string(raw), func(string) {}, func(it *item) {
		if it.kind == itemTag {
			d.control(it)
		}
	})
}

func (d *deriver) textToken(z *html.Tokenizer) {
	d.content(string(z.Text()))
}

// content adds text of the HTML. Each branch of a block begins where the block did, so d.skip is asked for every part.
func (d *deriver) content(s string) {
	d.each(s, d.literal, func(it *item) {
		switch {
		case it.kind == itemTag:
			d.control(it)
		case d.skip == "":
			d.add(it)
		}
	})
}

func (d *deriver) literal(s string) {
	if d.skip != "" {
		return
	}
	if d.pre > 0 {
		d.text.WriteString(strings.ReplaceAll(clean(s), "\u00a0", " "))
		return
	}
	spaces := false
	for _, r := range s {
		switch {
		case r == ' ' || r == '\n' || r == '\t' || r == '\f' || r == '\r':
			if !spaces {
				d.text.WriteByte(markSpace)
			}
			spaces = true
			continue
		case r == '\u00a0':
			d.text.WriteByte(' ')
		case r == '\u00ad' || unicode.IsControl(r): // soft hyphens; controls written as entities
		default:
			d.text.WriteRune(r)
		}
		spaces = false
	}
}

func (d *deriver) startTag(t html.Token) {
	if d.skip != "" {
		if d.skip == "head" && t.Data == "body" { // head's end tag may be omitted
			d.skip = ""
		}
		return
	}
	switch t.Data {
	case "head", "title", "script", "style", "template", "svg", "object", "iframe":
		if t.Type != html.SelfClosingTagToken {
			d.skip = t.Data
		}
	case "br":
		d.mark(markBreak)
	case "hr":
		d.mark(markLine)
		d.text.WriteString("---")
		d.mark(markLine)
	case "ul":
		d.mark(markBullets)
	case "ol":
		d.mark(markNumbers)
	case "li":
		d.mark(markListItem)
	case "td", "th":
		d.mark(markCell)
	case "img":
		d.attribute(attribute(t, "alt"))
	case "a":
		if len(d.blocks) == 0 || len(d.links) > len(d.blocks[len(d.blocks)-1].links) {
			d.closeLink() // HTML closes an open link before another
		}
		d.flushText()
		d.links = append(d.links, link{href: d.href(t), from: len(d.out)})
	case "pre":
		d.pre++
		d.edge(t.Data)
	default:
		d.edge(t.Data)
	}
}

func (d *deriver) endTag(name string) {
	if d.skip != "" {
		if d.skip == name {
			d.skip = ""
		}
		return
	}
	switch name {
	case "a":
		d.closeLink()
	case "ul", "ol":
		d.mark(markListEnd)
	case "pre":
		d.pre = max(0, d.pre-1)
		d.edge(name)
	case "br": // what browsers make of </br>
		d.mark(markBreak)
	default:
		d.edge(name)
	}
}

// edge begins or ends an element that stands on lines of its own.
func (d *deriver) edge(name string) {
	switch name {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "dl", "figure",
		"fieldset":
		d.mark(markParagraph)
	case "address", "article", "aside", "body", "caption", "center", "dd", "div", "dt",
		"figcaption", "footer", "form", "header", "html", "li", "main", "nav", "section",
		"table", "tbody", "tfoot", "thead", "tr":
		d.mark(markLine)
	}
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// attribute adds the text of an attribute whose blocks are whole.
func (d *deriver) attribute(s string) {
	if strings.TrimSpace(s) != "" && d.balanced(s) {
		d.content(s)
	}
}

// href returns where a link leads, empty for one that is of no use on paper.
func (d *deriver) href(t html.Token) string {
	href := strings.TrimSpace(attribute(t, "href"))
	scheme, _, _ := strings.Cut(href, ":")
	if strings.HasPrefix(href, "#") || strings.EqualFold(scheme, "javascript") || len(href) > maxHref || !d.balanced(href) {
		return ""
	}
	return href
}

// flushLinks ends the links above the first keep.
func (d *deriver) flushLinks(keep int) {
	for len(d.links) > keep {
		d.closeLink()
	}
}

// closeLink ends the innermost open link: "text (address)", or the address alone when the text says the same.
func (d *deriver) closeLink() {
	if len(d.links) == 0 {
		return
	}
	l := d.links[len(d.links)-1]
	d.links = d.links[:len(d.links)-1]
	d.flushText()
	text := d.key(d.out[min(l.from, len(d.out)):])
	bare := strings.TrimPrefix(strings.TrimPrefix(l.href, "mailto:"), "tel:")
	if bare == "" || text == d.source(bare) || text == d.source(l.href) || d.size > maxPart {
		return
	}
	before, after := "(", ")"
	if text == "" {
		before, after = "", ""
	}
	d.mark(markSpace)
	d.text.WriteString(before)
	d.each(bare, func(s string) { d.text.WriteString(strings.Join(strings.Fields(clean(s)), "%20")) }, d.add)
	d.text.WriteString(after)
	if text == "" {
		d.mark(markSpace)
	}
}

// key writes the items of a link's text without marks, to be compared with source of its address.
func (d *deriver) key(items []item) string {
	if len(items) == 0 {
		return ""
	}
	var b strings.Builder
	for i := range items {
		it := &items[i]
		if b.Len() > maxHref || len(it.text) > 2*maxHref {
			return "longer than any address"
		}
		if it.kind == itemText {
			b.WriteString(strings.Map(func(r rune) rune {
				if r < ' ' {
					return -1
				}
				return r
			}, it.text))
			continue
		}
		b.WriteString(markupSource(it))
	}
	return strings.TrimSpace(b.String())
}

// source writes the text of an attribute the way key does.
func (d *deriver) source(s string) string {
	if strings.IndexByte(s, markupStart) < 0 {
		return s
	}
	var b strings.Builder
	d.each(s, func(s string) { b.WriteString(s) }, func(it *item) { b.WriteString(markupSource(it)) })
	return b.String()
}

func markupSource(it *item) string {
	return string(markupStart) + strings.TrimSpace(it.text) + string(markupEnd)
}
