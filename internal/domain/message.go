package domain

import (
	"strings"
	"time"
)

// MaxBody bounds each of a message's HTML and text, in characters.
const MaxBody = 1 << 20

// MaxSubject bounds a subject template, in characters.
const MaxSubject = 998

// Message is what a mailing says: templates of a subject and a body. Package render checks the templates.
type Message struct {
	ID         ID
	OwnerID    ID
	OwnerEmail string // as it is now; read only
	Subject    string
	HTML       string
	Text       string // empty: derived from HTML when it is sent
	Revision   int
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Validate returns every field at fault, the templates' syntax apart.
func (m *Message) Validate() []FieldError {
	var bad []FieldError
	if strings.TrimSpace(m.Subject) == "" {
		bad = append(bad, Required("must not be empty").At("subject"))
	}
	bad = append(bad, checkText("subject", m.Subject, MaxSubject)...)
	if m.HTML == "" && m.Text == "" {
		bad = append(bad, NewFault(FaultNoBody, nil, "write an HTML body, a text body, or both").At("html"))
	}
	bad = append(bad, checkMultiline("html", m.HTML, MaxBody)...)
	bad = append(bad, checkMultiline("text", m.Text, MaxBody)...)
	return bad
}
