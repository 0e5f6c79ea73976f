package csvimport

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

const (
	headerSize = 64 << 10
	rowSize    = 1 << 20
)

// scanner cuts a file into records, keeping at most one of them and 1 MiB in memory.
//
// Unlike encoding/csv it never lets one stray quote take other rows with it: a record that cannot be read costs its first
// line only, and reading goes on with the line after that.
type scanner struct {
	in    io.Reader
	comma byte
	buf   []byte
	start int   // of what has not been read
	end   int   // of what there is
	err   error // in's, when there will be no more
	line  int64 // of what begins at start

	text   []byte // the fields of a record, one after another
	ends   []int
	fields []string
	raw    []byte // the record as it stood; valid until the next
}

// quoteError says why a record cannot be read.
type quoteError string

const (
	errStrayQuote  quoteError = "has a quote where it cannot stand: put the whole field in quotes and double those inside"
	errUnclosed    quoteError = "opens a quote that is never closed; the lines after it were read as lines of their own"
	errUnreachable quoteError = "opens a quote that is not closed within 1 MiB; the lines after it were read as lines of their own"
)

// Error implements error.
func (e quoteError) Error() string { return string(e) }

func newScanner(in io.Reader) *scanner {
	return &scanner{in: in, buf: make([]byte, headerSize), line: 1}
}

// more reads on. It returns false at the end, or when rowSize has been gathered.
func (s *scanner) more() bool {
	if s.err != nil || s.end-s.start >= rowSize {
		return false
	}
	if s.start > 0 && s.end == len(s.buf) {
		s.end = copy(s.buf, s.buf[s.start:s.end])
		s.start = 0
	}
	if s.end == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 { // as bufio does: a reader that returns nothing over and over is broken
		n, err := s.in.Read(s.buf[s.end:])
		s.end += n
		s.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	s.err = io.ErrNoProgress
	return false
}

// firstLine returns the next line with its end; at the end of the file what there is, perhaps nothing. limit bounds it.
func (s *scanner) firstLine(limit int) ([]byte, error) {
	for seen := 0; ; {
		rest := s.buf[s.start+seen : s.end]
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			return s.buf[s.start : s.start+seen+i+1], nil
		}
		seen = s.end - s.start
		if seen > limit {
			return nil, badFormat("line %d is longer than %d bytes", s.line, limit)
		}
		if s.more() {
			continue
		}
		switch {
		case s.err == nil:
			return nil, badFormat("line %d is longer than %d bytes", s.line, limit)
		case !errors.Is(s.err, io.EOF):
			return nil, s.err
		}
		return s.buf[s.start:s.end], nil
	}
}

// skipBlank passes over empty lines. io.EOF says that there is nothing after them.
func (s *scanner) skipBlank(limit int) error {
	for {
		line, err := s.firstLine(limit)
		if err != nil {
			return err
		}
		if len(line) == 0 {
			return io.EOF
		}
		if len(bytes.TrimSpace(line)) > 0 {
			return nil
		}
		s.pass(len(line))
	}
}

// pass goes n bytes on.
func (s *scanner) pass(n int) {
	s.line += int64(bytes.Count(s.buf[s.start:s.start+n], []byte{'\n'}))
	s.start += n
}

// next reads the next record that is not blank into s.fields and s.raw and returns the line it begins in. A quoteError
// says that this line is no record; the fields are then a guess. io.EOF says that there is none.
func (s *scanner) next(limit int) (line int64, err error) {
	if err := s.skipBlank(limit); err != nil {
		return s.line, err
	}
	first, err := s.firstLine(limit)
	if err != nil {
		return s.line, err
	}
	line, n := s.line, len(first)
	s.text, s.ends = s.text[:0], s.ends[:0]
	if bytes.IndexByte(first, '"') < 0 {
		s.plain(first)
	} else {
		length, err := s.quoted()
		if _, bad := errors.AsType[quoteError](err); bad {
			s.text, s.ends = s.text[:0], s.ends[:0]
			first = s.buf[s.start : s.start+n] // it may have moved
			s.plain(first)
			s.finish(n)
			return line, err
		}
		if err != nil {
			return line, err
		}
		n = length
	}
	s.finish(n)
	return line, nil
}

// finish makes strings of the fields of a record of n bytes, and passes it.
func (s *scanner) finish(n int) {
	text, from := string(s.text), 0
	s.fields = s.fields[:0]
	for _, end := range s.ends {
		s.fields = append(s.fields, text[from:end])
		from = end
	}
	s.raw = s.buf[s.start : s.start+n]
	s.pass(n)
}

func (s *scanner) endField() { s.ends = append(s.ends, len(s.text)) }

// plain splits a line without regard to quotes.
func (s *scanner) plain(line []byte) {
	line = trimEnd(line)
	for {
		i := bytes.IndexByte(line, s.comma)
		if i < 0 {
			s.text = append(s.text, line...)
			s.endField()
			return
		}
		s.text = append(s.text, line[:i]...)
		s.endField()
		line = line[i+1:]
	}
}

// trimEnd takes off a line's end, of either kind.
func trimEnd(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'})
}

// quoted reads a record that has quotes in it and returns its length.
func (s *scanner) quoted() (int, error) {
	for at := 0; ; {
		var over bool
		var err error
		if c, there := s.peek(at); there && c == '"' {
			at, over, err = s.quotedField(at + 1)
		} else {
			at, over, err = s.bareField(at)
		}
		if err != nil || over {
			return at, err
		}
	}
}

// bareField reads a field without quotes. over says that the record ends after it.
func (s *scanner) bareField(at int) (next int, over bool, err error) {
	rest := s.buf[s.start+at : s.end]
	i := bytes.IndexByte(rest, '\n') // the line is all there, unless it is the last of the file
	if i >= 0 {
		rest = rest[:i+1]
	}
	if comma := bytes.IndexByte(rest, s.comma); comma >= 0 {
		rest, next = rest[:comma], at+comma+1
	} else {
		next, over = at+len(rest), true
		rest = trimEnd(rest)
	}
	if bytes.IndexByte(rest, '"') >= 0 {
		return 0, false, errStrayQuote
	}
	s.text = append(s.text, rest...)
	s.endField()
	return next, over, nil
}

// quotedField reads a field from behind its first quote.
func (s *scanner) quotedField(at int) (next int, over bool, err error) {
	for {
		rest := s.buf[s.start+at : s.end]
		i := bytes.IndexByte(rest, '"')
		if i < 0 {
			s.text = append(s.text, rest...)
			at += len(rest)
			if _, there := s.peek(at); there {
				continue
			}
			return 0, false, s.cut()
		}
		s.text = append(s.text, rest[:i]...)
		at += i + 1
		c, there := s.peek(at)
		switch {
		case there && c == '"':
			s.text = append(s.text, '"')
			at++
			continue
		case there && c == s.comma:
			s.endField()
			return at + 1, false, nil
		case there && c == '\r':
			if c, there = s.peek(at + 1); there && c == '\n' {
				s.endField()
				return at + 2, true, nil
			}
			return 0, false, errStrayQuote
		case there && c == '\n':
			s.endField()
			return at + 1, true, nil
		case there:
			return 0, false, errStrayQuote
		case !errors.Is(s.err, io.EOF):
			return 0, false, s.cut()
		}
		s.endField()
		return at, true, nil
	}
}

// peek returns the byte at a distance from the record's start, reading on if need be.
func (s *scanner) peek(at int) (byte, bool) {
	for s.start+at >= s.end {
		if !s.more() {
			return 0, false
		}
	}
	return s.buf[s.start+at], true
}

// cut says why a quote was not closed.
func (s *scanner) cut() error {
	switch {
	case s.err == nil:
		return errUnreachable
	case errors.Is(s.err, io.EOF):
		return errUnclosed
	}
	return s.err
}

// delimiterOf returns whichever of comma, semicolon and tab the line uses most, outside quotes.
func delimiterOf(line []byte) byte {
	var counts [128]int
	quoted := false
	for _, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(",;\t", c) >= 0:
			counts[c]++
		}
	}
	switch {
	case counts['\t'] > counts[','] && counts['\t'] > counts[';']:
		return '\t'
	case counts[';'] > counts[',']:
		return ';'
	default:
		return ','
	}
}
