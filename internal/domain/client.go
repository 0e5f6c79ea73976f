package domain

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits on what a client may carry. They keep a chunk of 500 clients in a few megabytes.
const (
	MaxAttributes      = 50
	MaxAttributeName   = 64   // characters
	MaxAttributeLength = 1000 // characters
	MaxName            = 200  // characters
	MaxComment         = 2000 // characters
)

// Address is an e-mail address that has been parsed and accepted (see package address).
type Address struct {
	Display string // as the person wrote it; the domain may be in Unicode
	Key     string // what two spellings of one mailbox share: lower case, the domain in ASCII (RFC 5890 A-labels)
}

// Client is a recipient. It belongs to one user, who sees each address at most once.
type Client struct {
	ID         ID
	Key        int64 // the ledger's own compact number for it; never shown outside
	OwnerID    ID
	OwnerEmail string // as it is now; read only
	Email      Address
	FullName   string
	Comment    string
	Attributes map[string]string
	Suppressed *Suppression // nil when mail may be sent
	Revision   int
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// ClientFilter says which clients are asked for: those for whom all of it holds.
type ClientFilter struct {
	Owner      ID     // zero: everybody's
	Prefix     string // of the address or the name, in any case
	List       ID     // zero: whether or not they are in one
	Suppressed *bool  // nil: whether or not mail may be sent to them
}

// ClientDelivery is a row of the ledger as the history of its client shows it.
type ClientDelivery struct {
	Delivery

	AttemptID      ID
	MailingID      ID
	MailingName    string // as it is now
	MailingDeleted bool
}

// Suppression says why an address is mailed no more: the mail server refused it for good.
type Suppression struct {
	Reason string
	At     time.Time
}

// Suppressed is an address with its suppression.
type Suppressed struct {
	Suppression

	Key         int64 // the order of suppressions; never shown outside
	Email       Address
	AttemptID   ID // in which it was refused; zero: by hand, or not known
	MailingID   ID // of that attempt; zero as well when it is gone
	MailingName string
}

// Validate returns every field at fault; the address has been parsed before.
func (c *Client) Validate() []FieldError {
	var bad []FieldError
	bad = append(bad, checkText("full_name", c.FullName, MaxName)...)
	bad = append(bad, checkMultiline("comment", c.Comment, MaxComment)...)
	if len(c.Attributes) > MaxAttributes {
		bad = append(bad, NewFault(FaultTooMany, Params{"count": len(c.Attributes), "max": MaxAttributes},
			"has %d attributes; at most %d are kept", len(c.Attributes), MaxAttributes).At("attributes"))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Attributes)) {
		value := c.Attributes[name]
		if !validAttributeName(name) {
			bad = append(bad, NewFault(FaultAttributeName, Params{"name": name, "max": MaxAttributeName},
				"%q is not a name: use up to %d letters, digits and _, no digit first", name, MaxAttributeName).At("attributes"))
			continue
		}
		bad = append(bad, checkText("attributes."+name, value, MaxAttributeLength)...)
	}
	return bad
}

// validAttributeName holds a name to what a template can say: {{ client.attributes.name }}.
func validAttributeName(name string) bool {
	if name == "" || utf8.RuneCountInString(name) > MaxAttributeName {
		return false
	}
	for i, r := range name {
		if !unicode.IsLetter(r) && r != '_' && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return true
}

// List is a named set of clients of one user.
type List struct {
	ID         ID
	OwnerID    ID
	OwnerEmail string // as it is now; read only
	Name       string
	Clients    int // how many clients are in it
	Revision   int
	CreatedAt  time.Time
}

// Validate returns every field at fault.
func (l *List) Validate() []FieldError { return checkName("name", l.Name) }

// checkName is checkText for what must not be empty.
func checkName(field, s string) []FieldError {
	if strings.TrimSpace(s) == "" {
		return []FieldError{Required("must not be empty").At(field)}
	}
	return checkText(field, s, MaxName)
}

// checkText refuses what could break a header or a log line: control characters and Unicode line ends.
func checkText(field, s string, limit int) []FieldError {
	return checkRunes(field, s, limit, func(rune) bool { return false })
}

// checkMultiline allows line feeds and tabs.
func checkMultiline(field, s string, limit int) []FieldError {
	return checkRunes(field, s, limit, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' })
}

func checkRunes(field, s string, limit int, allowed func(rune) bool) []FieldError {
	if !utf8.ValidString(s) {
		return []FieldError{NewFault(FaultNotUTF8, nil, "is not valid UTF-8").At(field)}
	}
	if n := utf8.RuneCountInString(s); n > limit {
		return []FieldError{TooLong(n, limit).At(field)}
	}
	for _, r := range s {
		if (unicode.IsControl(r) || r == '\u2028' || r == '\u2029') && !allowed(r) {
			return []FieldError{ControlCharacter(r).At(field)}
		}
	}
	return nil
}
