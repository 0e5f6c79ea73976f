package render

import "strconv"

// The text part that is derived from HTML is laid out only when it is rendered: which conditions hold decides where
// lines and paragraphs end. Derived text carries these marks; values cannot, since appendValue removes controls.
const (
	markSpace     = '\x03' // white space of the HTML
	markLine      = '\x04' // what follows begins a line
	markParagraph = '\x05' // what follows begins a paragraph
	markBreak     = '\x06' // br
	markCell      = '\x07' // what follows is another cell of a table's row
	markBullets   = '\x0e' // ul
	markNumbers   = '\x0f' // ol
	markListEnd   = '\x10'
	markListItem  = '\x11'
)

// flow lays out a derived text: a pending separator is written only when text follows it.
type flow struct {
	dst   []byte
	start int
	lines int  // line ends due before the next text
	cell  bool // a cell's separator is due
	space bool // a space is due
	fresh bool // right after the bullet of a list item: nothing is due
	lists []int
}

// appendFlow appends src, laid out, to dst.
func appendFlow(dst, src []byte) []byte {
	var lists [maxDepth]int
	f := flow{dst: dst, start: len(dst), lists: lists[:0]}
	text := 0
	for i, c := range src {
		if c >= ' ' || c == '\t' || c == '\r' || c == '\n' {
			continue
		}
		f.text(src[text:i])
		text = i + 1
		f.mark(c)
	}
	f.text(src[text:])
	return f.dst
}

func (f *flow) mark(c byte) {
	switch c {
	case markSpace:
		f.space = true
	case markLine:
		f.lines = max(f.lines, 1)
	case markParagraph:
		f.lines = max(f.lines, 2)
	case markBreak:
		f.lines = min(f.lines+1, 2)
	case markCell:
		f.cell = true
	case markBullets, markNumbers:
		f.edge()
		n := -1 // no numbers
		if c == markNumbers {
			n = 0
		}
		if len(f.lists) < cap(f.lists) {
			f.lists = append(f.lists, n)
		}
	case markListEnd:
		f.lists = f.lists[:max(0, len(f.lists)-1)]
		f.edge()
	case markListItem:
		f.lines = max(f.lines, 1)
		f.bullet()
	}
}

// edge separates an outer list by a paragraph and an inner one by a line.
func (f *flow) edge() {
	if len(f.lists) > 0 {
		f.lines = max(f.lines, 1)
	} else {
		f.lines = max(f.lines, 2)
	}
}

func (f *flow) bullet() {
	f.fresh = false
	f.separate()
	last := len(f.lists) - 1
	for range last {
		f.dst = append(f.dst, "  "...)
	}
	if last >= 0 && f.lists[last] >= 0 {
		f.lists[last]++
		f.dst = strconv.AppendInt(f.dst, int64(f.lists[last]), 10)
		f.dst = append(f.dst, ". "...)
	} else {
		f.dst = append(f.dst, "- "...)
	}
	f.fresh = true
}

func (f *flow) text(text []byte) {
	if len(text) == 0 {
		return
	}
	f.separate()
	f.dst = append(f.dst, text...)
	f.fresh = false
}

// separate writes what is due before text.
func (f *flow) separate() {
	switch {
	case len(f.dst) == f.start || f.fresh:
	case f.lines > 0:
		for range f.lines {
			f.dst = append(f.dst, "\r\n"...)
		}
	case f.cell:
		f.dst = append(f.dst, " | "...)
	case f.space:
		f.dst = append(f.dst, ' ')
	}
	f.lines, f.cell, f.space = 0, false, false
}
