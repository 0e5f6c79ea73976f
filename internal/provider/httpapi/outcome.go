package httpapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// maxAnswer is how long an answer's body may be, and its header, in bytes.
const maxAnswer = 64 << 10

// verdict is what became of one request.
type verdict struct {
	outcome domain.Outcome
	class   domain.Class
	reply   domain.Reply
	again   bool          // another request is safe, and worth making
	ours    bool          // it proves nothing about the service, so the breaker does not learn of it
	after   time.Duration // the service asked to be left alone for so long
	err     error         // with domain.Untouched: why, if that is known already
}

// answer is what a service said.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error // why the body ended early
}

// judge says what an answer means for its message; the package's documentation has the table.
func (p *Provider) judge(a *answer, r *request) verdict {
	fields := a.fields()
	v := verdict{reply: domain.Reply{Phase: domain.PhaseResponse, Code: a.status}}
	if a.status/100 == 2 {
		if id := fields.id(); id != "" {
			v.outcome, v.reply.Text = domain.Sent, p.show("accepted as "+id)
			return v
		}
		v.reply.Text = p.show(a.rubbish())
	} else {
		v.reply.Text = p.show(fields.text(cmp.Or(http.StatusText(a.status), "status "+strconv.Itoa(a.status))))
		v.reply.Enhanced = fields.enhanced()
	}
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		v.class = domain.ClassCredentials
	case http.StatusRequestTimeout, http.StatusServiceUnavailable:
		v.outcome, v.class, v.again = domain.Deferred, domain.ClassProvider, true
	case http.StatusTooManyRequests:
		v.outcome, v.class, v.again = domain.Deferred, domain.ClassRate, true
	case http.StatusTooEarly:
		v.outcome, v.again = domain.Deferred, true
	default:
		if a.status/100 == 4 {
			p.refused(&v, a.status, fields, r)
			break
		}
		v.class = domain.ClassProvider
		v.outcome, v.again = r.unclear()
		// Who answers so in full is going to answer so in a second too.
		v.again = v.again && (a.status >= 500 || a.err != nil)
	}
	if a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable {
		v.after = retryAfter(a.header, time.Now())
	}
	return v
}

// refused reads a 4xx that is final: by its code first, else by its status.
func (p *Provider) refused(v *verdict, status int, fields object, r *request) {
	v.outcome = domain.Failed
	if v.class = fields.class(); v.class != domain.ClassNone {
		return
	}
	switch status {
	case http.StatusConflict:
		if r.keyed {
			// The first request with this key is still being worked on
			// (draft-ietf-httpapi-idempotency-key-header §2.7); it may well be accepted.
			v.outcome, v.again = domain.Deferred, true
			return
		}
		v.class = domain.ClassContent
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusRequestHeaderFieldsTooLarge:
		v.class = domain.ClassContent
	default:
		// No such path, no such method, not paid: true of every message, so a burst of it pauses the provider.
		v.class = domain.ClassPolicy
	}
}

// rubbish says what is wrong with the body of a 2xx.
func (a *answer) rubbish() string {
	switch {
	case a.err != nil:
		return "the answer broke off"
	case len(a.body) > maxAnswer:
		return "the answer is longer than any of this kind"
	case len(a.body) == 0:
		return "the answer is empty; it must be a JSON object with the message's id"
	}
	return "the answer is not a JSON object with the message's id: " + string(a.body)
}

// object is the JSON object of an answer; nil when it is none.
type object map[string]json.RawMessage

func (a *answer) fields() object {
	if a.err != nil || len(a.body) > maxAnswer {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(a.body))
	var o object
	if dec.Decode(&o) != nil {
		return nil
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil
	}
	return o
}

// str returns a field that is a string, without white space at its ends.
func (o object) str(name string) string {
	var s string
	if json.Unmarshal(o[name], &s) != nil {
		return ""
	}
	return strings.TrimSpace(s)
}

// id is the service's own id of a message it has accepted.
func (o object) id() string {
	for _, name := range []string{"id", "message_id"} {
		if s := o.str(name); s != "" {
			return s
		}
		var n json.Number
		if raw := o[name]; len(raw) > 0 && raw[0] != '"' && json.Unmarshal(raw, &n) == nil {
			return n.String()
		}
	}
	return ""
}

// text is what the service has to say to people, else usual.
func (o object) text(usual string) string {
	for _, name := range []string{"detail", "message", "title", "error"} {
		if s := o.str(name); s != "" {
			return s
		}
	}
	var inner object
	if json.Unmarshal(o["error"], &inner) == nil {
		if s := inner.str("message"); s != "" {
			return s
		}
	}
	return usual
}

// enhanced is the code if it is of RFC 3463.
func (o object) enhanced() string {
	code := o.str("code")
	if len(code) < 5 || len(code) > 9 || (code[0] != '4' && code[0] != '5') || strings.Count(code, ".") != 2 ||
		strings.Trim(code, "0123456789.") != "" {
		return ""
	}
	return code
}

// class is what the code says is refused, if it says so.
func (o object) class() domain.Class {
	switch o.str("code") {
	case "invalid_recipient":
		return domain.ClassRecipient
	case "mailbox_full":
		return domain.ClassMailboxFull
	}
	code := o.enhanced()
	if code == "" {
		return domain.ClassNone
	}
	// A bare 550 to RCPT says nothing by itself: what is said, the code says.
	outcome, class := provider.Classify(domain.Reply{Phase: domain.PhaseRcpt, Code: 550, Enhanced: code})
	if outcome != domain.Failed {
		return domain.ClassNone
	}
	return class
}
