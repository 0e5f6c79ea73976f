package render

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Preview returns what r would read, with line feeds as line ends; html is empty for a message of text only.
// Its error is ErrTooLarge.
func (t *Template) Preview(r Recipient) (subject, html, text string, err error) {
	s := new(scratch)
	w := writer{scope: scope{client: &r, mailing: t.mailing}}
	if s.raw, err = t.appendSubject(nil, &w); err != nil {
		return "", "", "", err
	}
	subject = string(s.raw)
	html, text, err = t.bodies(s, &w)
	return subject, html, text, err
}

// Parts returns the message for r apart, for a service that makes the MIME itself. A parser that reads what Render writes
// finds the same. Its errors are those of Render.
//
// The headers are taken from what Render writes, so neither form can have one that the other lacks, but for those that
// have their own place in domain.Parts, those of MIME, To, whose address is the envelope's, and Date, which would make
// every try another message.
func (t *Template) Parts(r Recipient) (domain.Parts, error) {
	s, _ := t.pool.Get().(*scratch)
	defer t.release(s)
	w := writer{scope: scope{client: &r, mailing: t.mailing}}
	head, err := t.appendHeader(s.laidOut[:0], s, &w, time.Time{})
	s.laidOut = head
	if err != nil {
		return domain.Parts{}, err
	}
	p := domain.Parts{From: t.from, Subject: string(s.raw), Headers: make(map[string]string, 2)}
	eachField(string(head), func(name, value string) {
		switch name {
		case "Message-ID":
			p.MessageID = value
		case "From", "To", "Subject", "Date", "MIME-Version", "Content-Type", "Content-Transfer-Encoding":
		default:
			p.Headers[name] = value
		}
	})
	p.HTML, p.Text, err = t.bodies(s, &w)
	return p, err
}

// bodies renders the parts with line feeds as line ends; html is empty for a message of text only.
func (t *Template) bodies(s *scratch, w *writer) (html, text string, err error) {
	for i := range t.parts {
		p := &t.parts[i]
		plain, err := p.render(s, w)
		if err != nil {
			return "", "", err
		}
		body := strings.ReplaceAll(string(plain), "\r\n", "\n")
		if p.mode == modeHTML {
			html = body
		} else {
			text = body
		}
	}
	return html, text, nil
}

// eachField calls do for every field of a header, unfolded (RFC 5322 §2.2.3).
func eachField(head string, do func(name, value string)) {
	name, value := "", ""
	for line := range strings.SplitSeq(head, "\r\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			value += line
			continue
		}
		if name != "" {
			do(name, strings.TrimSpace(value))
		}
		name, value, _ = strings.Cut(line, ":")
	}
	if name != "" {
		do(name, strings.TrimSpace(value))
	}
}

// appendUnicodeMailbox is appendMailbox for readers of Unicode: the name as it is, or quoted (RFC 6532 §3.2).
func appendUnicodeMailbox(dst []byte, name, addr string) []byte {
	if name = oneLine(name); name == "" {
		return append(append(append(dst, '<'), addr...), '>')
	}
	atoms := !strings.Contains(name, "=?") && !strings.Contains(name, "  ")
	for i := range len(name) {
		atoms = atoms && (isAtom(name[i]) || name[i] == ' ' || name[i] >= utf8.RuneSelf)
	}
	if atoms {
		dst = append(dst, name...)
	} else {
		dst = append(dst, '"')
		dst = append(dst, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name)...)
		dst = append(dst, '"')
	}
	return append(append(append(dst, " <"...), addr...), '>')
}
