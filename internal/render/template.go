package render

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Mailbox is the sender of a message.
type Mailbox struct {
	Name    string // display name in any script; empty for none
	Address string // its domain may be in Unicode
}

// Content is what one attempt sends.
type Content struct {
	AttemptID   domain.ID
	MailingID   domain.ID
	MailingName string
	Subject     string // template
	HTML        string // template; empty for a message of text only
	Text        string // template; empty: derived from HTML
	From        Mailbox
	ListHost    string // the host in List-Id (RFC 2919); empty: the host of From
}

// Recipient is whom a message is rendered for.
type Recipient struct {
	ID         domain.ID
	Email      string // domain.Address.Display
	FullName   string
	Attributes map[string]string
}

// Check returns every fault of m's templates with its line, in the order of the lines of each field.
// It takes time in proportion to the templates' length.
func Check(m domain.Message) []domain.FieldError {
	var bad []domain.FieldError
	for _, field := range []struct{ name, src string }{{"subject", m.Subject}, {"html", m.HTML}, {"text", m.Text}} {
		src, faults := clean(field.src), &faults{}
		parse(src, faults)
		bad = append(bad, faults.fieldErrors(field.name, src)...)
	}
	return bad
}

// Template is a message prepared for one attempt. It is safe for concurrent use.
type Template struct {
	mailing  string
	subject  []node
	parts    []part
	from     string // the From field's value in Unicode
	head     string // From to the name of To
	idLeft   string // Message-ID up to the client's id
	tail     string // from the host of Message-ID to the first part's header
	boundary string // of the parts; empty for a single part
	pool     sync.Pool
}

// part is one body.
type part struct {
	mode     mode
	nodes    []node
	derived  bool // laid out by appendFlow
	static   bool // the same for everybody: fixed is its encoded body
	fixed    string
	encoding encoding
	header   string
}

// Compile prepares a message for one attempt. Faults of the templates, which Check would have found, are an error of
// kind Invalid; so is a sender that is no address.
func Compile(c Content) (*Template, error) {
	if bad := Check(domain.Message{Subject: c.Subject, HTML: c.HTML, Text: c.Text}); len(bad) > 0 {
		return nil, domain.NewInvalid(bad...)
	}
	from, err := appendAddress(nil, c.From.Address)
	if err != nil {
		return nil, domain.NewInvalid(domain.FieldFault("from", err))
	}
	host := string(from[bytes.LastIndexByte(from, '@')+1:])
	listHost := host
	if c.ListHost != "" {
		if listHost, err = asciiDomain(c.ListHost); err != nil {
			return nil, domain.NewInvalid(domain.FieldFault("list_host", err))
		}
	}
	t := newTemplate(c.From.Name, string(from))
	t.mailing, t.subject = oneLine(c.MailingName), build(parse(clean(c.Subject), &faults{}))
	t.idLeft = "\r\nMessage-ID: <" + c.AttemptID.String() + "."
	t.compileParts(c)
	// Precedence, not Auto-Submitted: a person wrote the message, and RFC 3834 §5 keeps Auto-Submitted for what a
	// program wrote. List-Id holds back the automatic replies of responders that follow RFC 5230 §4.6, and
	// "Precedence: bulk", which no standard defines (RFC 2076 §3.9), those of older ones.
	tail := append([]byte("@"), host...)
	tail = append(tail, ">\r\nList-Id: "...)
	tail = appendMailbox(tail, c.MailingName, c.MailingID.String()+"."+listHost)
	tail = append(tail, "\r\nPrecedence: bulk\r\nMIME-Version: 1.0\r\n"...)
	if len(t.parts) > 1 {
		// No body can contain "=_": quoted-printable writes "=" as "=3D", base64 has no "_", and a body that goes out
		// as it is has been searched for it. So the boundary need not be random, and every try is the same message.
		t.boundary = "--=_" + hex.EncodeToString(c.AttemptID[:])
		tail = fmt.Appendf(tail, "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n", t.boundary[2:])
	}
	t.tail = string(tail)
	return t, nil
}

// newTemplate returns a template that has its sender and nothing else. from must be fit for the header.
func newTemplate(name, from string) *Template {
	t := &Template{from: string(appendUnicodeMailbox(nil, name, from))}
	t.pool.New = func() any { return new(scratch) }
	t.head = string(append(appendMailbox([]byte("From: "), name, from), "\r\nTo: "...))
	return t
}

func (t *Template) compileParts(c Content) {
	// The order of RFC 2046 §5.1.4: the plainest first.
	html := parse(clean(c.HTML), &faults{})
	switch {
	case c.Text != "":
		t.addPart(part{mode: modeText, nodes: build(parse(clean(c.Text), &faults{}))})
	case c.HTML != "":
		t.addPart(part{mode: modeText, nodes: build(derive(html)), derived: true})
	}
	if c.HTML != "" {
		t.addPart(part{mode: modeHTML, nodes: build(html)})
	}
}

// build makes the nodes of items that have been checked.
func build(items []item) []node {
	return (&builder{faults: &faults{}, crlf: true}).build(items)
}

func (t *Template) addPart(p part) {
	p.static = len(p.nodes) == 0 || len(p.nodes) == 1 && p.nodes[0].text != ""
	if p.static {
		var plain []byte
		for _, n := range p.nodes {
			plain = append(plain, n.text...)
		}
		if p.derived {
			plain = appendFlow(nil, plain)
		}
		plain = p.finish(plain, 0)
		if p.encoding = chooseEncoding(string(plain)); isPlain(plain) {
			p.encoding = encoding7bit
		}
		p.fixed = string(p.encoding.append(nil, plain))
	} else {
		p.encoding = chooseEncoding(literals(p.nodes))
	}
	kind := "plain"
	if p.mode == modeHTML {
		kind = "html"
	}
	p.header = "Content-Type: text/" + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: " + p.encoding.name() + "\r\n\r\n"
	t.parts = append(t.parts, p)
}

// finish ends a text, which begins at start, with a line end: lines of text end with one, and a message must.
func (p *part) finish(dst []byte, start int) []byte {
	if p.mode == modeText && !bytes.HasSuffix(dst[start:], []byte("\r\n")) {
		dst = append(dst, "\r\n"...)
	}
	return dst
}

// literals joins the literal text of nodes: what the choice of an encoding goes by.
func literals(nodes []node) string {
	var b strings.Builder
	var walk func([]node)
	walk = func(nodes []node) {
		for i := range nodes {
			b.WriteString(nodes[i].text)
			for _, branch := range nodes[i].branches {
				walk(branch.body)
			}
		}
	}
	walk(nodes)
	return b.String()
}

// scratch is the memory of one Render.
type scratch struct{ raw, laidOut []byte }

// maxScratch is how much of it is kept between two.
const maxScratch = 1 << 20

// Render appends the message for r to dst: RFC 5322 with CRLF line ends, not dot-stuffed. at becomes its Date; its
// Message-ID depends on the attempt and the client alone. No more than 78 characters stand in a line of the body,
// and no more than 998 bytes in one of the header. The error is ErrTooLarge, or names what is no address in r.Email.
func (t *Template) Render(dst []byte, r Recipient, at time.Time) ([]byte, error) {
	s, _ := t.pool.Get().(*scratch)
	defer t.release(s)
	w := writer{scope: scope{client: &r, mailing: t.mailing}}

	dst, err := t.appendHeader(dst, s, &w, at)
	if err != nil {
		return dst, err
	}
	for i := range t.parts {
		p := &t.parts[i]
		if t.boundary != "" {
			dst = append(append(dst, t.boundary...), "\r\n"...)
		}
		dst = append(dst, p.header...)
		if p.static {
			dst = append(dst, p.fixed...)
		} else {
			body, err := p.render(s, &w)
			if err != nil {
				return dst, err
			}
			dst = p.encoding.append(dst, body)
		}
		if t.boundary != "" {
			dst = append(dst, "\r\n"...)
		}
	}
	if t.boundary != "" {
		return append(append(dst, t.boundary...), "--\r\n"...), nil
	}
	if !bytes.HasSuffix(dst, []byte("\r\n")) {
		dst = append(dst, "\r\n"...)
	}
	return dst, nil
}

// appendHeader appends the fields up to the first body's own, and leaves the subject in s.raw.
func (t *Template) appendHeader(dst []byte, s *scratch, w *writer, at time.Time) ([]byte, error) {
	dst = append(dst, t.head...)
	dst, err := appendTo(dst, w.client.FullName, w.client.Email)
	if err != nil {
		return dst, err
	}
	dst = append(dst, "\r\n"...)
	if s.raw, err = t.appendSubject(s.raw[:0], w); err != nil {
		return dst, err
	}
	dst = appendSubjectField(dst, s.raw)
	dst = append(dst, "\r\nDate: "...)
	dst = at.AppendFormat(dst, "Mon, 02 Jan 2006 15:04:05 -0700")
	dst = append(dst, t.idLeft...)
	dst = appendID(dst, w.client.ID)
	return append(dst, t.tail...), nil
}

// render returns the body for a client; it is valid until s is used again.
func (p *part) render(s *scratch, w *writer) ([]byte, error) {
	var err error
	w.mode = p.mode
	if s.raw, err = w.write(s.raw[:0], 0, p.nodes); err != nil {
		return nil, err
	}
	if p.derived {
		s.laidOut = p.finish(appendFlow(s.laidOut[:0], s.raw), 0)
		return s.laidOut, nil
	}
	s.raw = p.finish(s.raw, 0)
	return s.raw, nil
}

// appendSubject appends the subject as it is read: one line without white space at its ends.
func (t *Template) appendSubject(dst []byte, w *writer) ([]byte, error) {
	start := len(dst)
	w.mode = modeSubject
	dst, err := w.write(dst, start, t.subject)
	if err != nil {
		return dst, err
	}
	for i, c := range dst[start:] {
		if c < ' ' {
			dst[start+i] = ' '
		}
	}
	trimmed := bytes.TrimSpace(dst[start:])
	return append(dst[:start], trimmed...), nil
}

func (t *Template) release(s *scratch) {
	if cap(s.raw) <= maxScratch && cap(s.laidOut) <= maxScratch {
		t.pool.Put(s)
	}
}
