package domain

import "time"

// Outcome is how a delivery ended, or stands.
//
//	(none) ──▶ sent | failed | unknown | skipped | expired      final
//	   └─────▶ deferred ──next try──▶ any of these
//	unknown ──the truth arrives late──▶ sent | failed            never the other way
//	unknown | failed ──sent again by hand──▶ deferred
type Outcome string

// The outcomes of a delivery. Untouched is no row of the ledger: the server was asked nothing about this recipient,
// who goes back without a try spent.
const (
	Untouched Outcome = ""
	Sent      Outcome = "sent"
	Deferred  Outcome = "deferred"
	Failed    Outcome = "failed"
	Unknown   Outcome = "unknown"
	Skipped   Outcome = "skipped"
	Expired   Outcome = "expired"
)

// FullMailboxes is in how many attempts a mailbox may be full before its address is suppressed.
const FullMailboxes = 3

// Phase is the part of an SMTP or HTTP dialogue in which something happened.
type Phase string

// The phases, in their order. In SMTP, PhaseBody lasts until the first byte of the final dot is about to be written;
// from then on it is PhaseDot, where silence means that nobody can know. In HTTP, PhaseRequest lasts until the last
// byte of the body is about to be written; from then on it is PhaseResponse.
const (
	PhaseDial   Phase = "dial" // DNS, connection
	PhaseBanner Phase = "banner"
	PhaseHello  Phase = "hello"
	PhaseTLS    Phase = "tls"
	PhaseAuth   Phase = "auth"
	PhaseMail   Phase = "mail"
	PhaseRcpt   Phase = "rcpt"
	PhaseData   Phase = "data"
	PhaseBody   Phase = "body"
	PhaseDot    Phase = "dot"

	PhaseRequest  Phase = "request"
	PhaseResponse Phase = "response"
)

// Class says whose business a reply is.
type Class string

// The classes of replies.
const (
	ClassNone        Class = ""
	ClassRecipient   Class = "recipient"    // this address
	ClassMailboxFull Class = "mailbox_full" // this address, for now
	ClassContent     Class = "content"      // this message, whoever gets it
	ClassPolicy      Class = "policy"       // the provider does not want this
	ClassRate        Class = "rate"         // too much at once
	ClassProvider    Class = "provider"     // the provider is in trouble: the breaker's business
	ClassCredentials Class = "credentials"  // the provider does not know us
)

// Reply is what the provider said, and when in the dialogue.
type Reply struct {
	Phase    Phase
	Code     int    // RFC 5321 §4.2 reply code, or RFC 9110 §15 status code; 0 when there was none
	Enhanced string // RFC 3463 status code, "5.1.1"; empty when there was none
	Text     string // the reply's text, or the error that stood in its place; one line
}

// Receipt is what became of one recipient in one try.
type Receipt struct {
	Outcome  Outcome
	Class    Class
	Reply    Reply
	Provider string // the provider's name
	At       time.Time
}

// Envelope is one rendered message on its way to one recipient.
type Envelope struct {
	Flow  ID     // whose turn it is where messages wait for each other: the attempt
	Key   string // the delivery's stable id, the same on every try: a service may tell a repeat by it
	From  string // address of the envelope's sender
	To    string // address of the recipient; its domain may be in Unicode
	Data  []byte // the message, RFC 5322, lines ended by CRLF, not dot-stuffed; for a provider that takes FormMIME
	Parts Parts  // the same message apart; for a provider that takes FormParts
}

// Form is how a provider takes messages.
type Form int

// The forms of a message.
const (
	FormMIME  Form = iota // whole, as SMTP does
	FormParts             // its parts, as services with a programming interface of their own do
)

// Parts is a rendered message before it becomes MIME. It is the same on every try, so that a service can compare what
// comes twice under one key; that is why it has no date.
type Parts struct {
	MessageID string            // with its angle brackets
	From      string            // the From header: "Name <address>", the name in Unicode, the domain as A-labels
	Subject   string            // in Unicode, one line
	HTML      string            // empty when the message has none; lines end with a line feed
	Text      string            // given or derived, never empty; lines end with a line feed
	Headers   map[string]string // the others that the MIME form has, such as List-Id, encoded as there; never nil
}

// Delivery is one row of the ledger: one recipient in one attempt.
type Delivery struct {
	ClientKey int64
	ClientID  ID // zero when the client has been deleted since
	Email     string
	Receipt
	Tries int
}

// Try is one entry in the history of a delivery. A try stands there twice when its outcome was changed without another
// try: when the truth arrived late, when nobody was to try again, or when it was sent back to be.
type Try struct {
	Try int // from 1; 0 for an end that came before any
	Receipt
}

// Unreachable is returned by a provider that cannot take messages now: no recipient's try is spent on it.
type Unreachable struct {
	Provider   string
	Reason     string
	RetryAfter time.Duration // when it is worth asking again
	Stopped    bool          // a person must mend it (credentials); asking often would only lock us out
}

// Error implements error.
func (u *Unreachable) Error() string { return u.Provider + ": " + u.Reason }
