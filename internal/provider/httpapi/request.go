package httpapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// message is the body of a request.
type message struct {
	MessageID string            `json:"message_id"`
	From      string            `json:"from"`
	To        string            `json:"to"`
	Subject   string            `json:"subject"`
	HTML      string            `json:"html,omitempty"`
	Text      string            `json:"text"`
	Headers   map[string]string `json:"headers"`
}

// request is a message in the form of the wire, the same for every try.
type request struct {
	flow  domain.ID // whose turn it takes
	key   string
	keyed bool // the service can tell a repeat: it is safe to send what may have been accepted
	body  []byte
}

// prepare checks an envelope before the service is asked; the request is nil when the verdict is final.
func (p *Provider) prepare(e *domain.Envelope) (*request, verdict) {
	refuse := func(class domain.Class, text string) (*request, verdict) {
		reply := domain.Reply{Phase: domain.PhaseRequest, Text: provider.OneLine([]byte(text))}
		return nil, verdict{outcome: domain.Failed, class: class, reply: reply}
	}
	to, err := address.ToASCII(e.To)
	switch {
	case err != nil:
		return refuse(domain.ClassNone, err.Error())
	case e.Parts.MessageID == "" || e.Parts.From == "" || e.Parts.Text == "" && e.Parts.HTML == "":
		return refuse(domain.ClassContent, "the message has no parts: it was rendered for another kind of provider")
	case strings.ContainsFunc(e.Key, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return refuse(domain.ClassContent, "the delivery's key cannot stand in a header")
	}
	headers := e.Parts.Headers
	if headers == nil {
		headers = map[string]string{}
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(message{
		MessageID: e.Parts.MessageID, From: e.Parts.From, To: to, Subject: e.Parts.Subject,
		HTML: e.Parts.HTML, Text: e.Parts.Text, Headers: headers,
	}); err != nil {
		return refuse(domain.ClassContent, err.Error())
	}
	whole := bytes.TrimSuffix(body.Bytes(), []byte("\n")) // so that the last byte is the one that closes the object
	return &request{flow: e.Flow, key: e.Key, keyed: e.Key != "" && !p.config.IgnoresKey, body: whole}, verdict{}
}

// handover is a body that knows whether its last byte has been taken. net/http takes it before it is written, so until
// then the service cannot have the whole of the message. It must not be an io.WriterTo, which would go around Read.
type handover struct {
	rest    bytes.Reader
	whole   atomic.Bool
	givenUp func() bool // reports whether the message was given up before it was begun
}

// Read implements io.Reader.
func (h *handover) Read(b []byte) (int, error) {
	if h.givenUp() {
		return 0, context.Canceled
	}
	n, err := h.rest.Read(b)
	if h.rest.Len() == 0 {
		h.whole.Store(true)
	}
	return n, err
}

// Close implements io.Closer.
func (h *handover) Close() error { return nil }

// progress is how far a request came.
type progress struct {
	body handover

	mu        sync.Mutex
	connected bool
	dialling  bool // no open connection was idle, so one is being made
	ended     bool // ctx has ended
	abandoned bool // by then there was no connection yet: nothing of the message is handed over any more
	securing  bool // TLS is being negotiated
	http2     bool
	reused    bool // the connection has served others before
	answered  bool // the first byte of an answer came
	broken    bool // writing failed
}

func (p *progress) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// trace follows a request. A message that needs a new connection is abandoned when ctx ends; to one that finds a
// connection open nothing happens, as it is finished in a moment.
func (p *progress) trace(abandon func()) *httptrace.ClientTrace {
	dialling := func() {
		p.set(func() { p.dialling = true })
		p.abandonIfLate(abandon)
	}
	return &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { dialling() },
		ConnectStart:      func(string, string) { dialling() },
		TLSHandshakeStart: func() { p.set(func() { p.securing = true }) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			p.set(func() { p.securing = err != nil })
		},
		GotConn: func(info httptrace.GotConnInfo) {
			secure, ok := info.Conn.(*tls.Conn)
			http2 := ok && secure.ConnectionState().NegotiatedProtocol == "h2"
			p.set(func() { p.connected, p.reused, p.http2 = true, info.Reused, http2 })
		},
		GotFirstResponseByte: func() { p.set(func() { p.answered = true }) },
		WroteRequest:         func(info httptrace.WroteRequestInfo) { p.set(func() { p.broken = info.Err != nil }) },
	}
}

// abandonIfLate decides what becomes of a message at the moment its ctx ends: either there is a connection already, and
// the exchange is finished, or there is none, and the message stays untouched even if one is made just now.
func (p *progress) abandonIfLate(abandon func()) {
	p.set(func() {
		if p.ended && p.dialling && !p.connected {
			p.abandoned = true
			abandon()
		}
	})
}

func (p *progress) isAbandoned() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.abandoned
}

// whole reports whether the service may have all of the message. A write that failed over HTTP/1 kept at least the last
// byte back; of HTTP/2, where the answer can end the writing, nothing follows. mu is held.
func (p *progress) whole() bool { return p.body.whole.Load() && (p.http2 || !p.broken) }

// exchange makes one request. It ends by its deadline, by Cut, and, while a connection is being made, with ctx.
func (p *Provider) exchange(ctx context.Context, r *request) verdict {
	p.busy.Add(1)
	defer p.busy.Add(-1)
	var far progress
	far.body.rest.Reset(r.body)
	far.body.givenUp = far.isAbandoned
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.config.Timeouts.Request)
	defer cancel()
	defer context.AfterFunc(p.life, cancel)() //nolint:contextcheck // Cut ends requests of every caller
	defer context.AfterFunc(ctx, func() {
		far.set(func() { far.ended = true })
		far.abandonIfLate(cancel)
	})()
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(limited, far.trace(cancel)), http.MethodPost, p.config.URL, &far.body)
	if err != nil {
		return p.lost(ctx, &far, r, err)
	}
	req.ContentLength = int64(len(r.body))
	req.Header.Set("Authorization", "Bearer "+p.config.Token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, application/problem+json")
	req.Header.Set("User-Agent", "Vestnik")
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	// The transport itself, without http.Client: no redirects, no cookies, no errors that quote the URL.
	resp, err := p.http.RoundTrip(req)
	if err != nil {
		return p.lost(ctx, &far, r, err)
	}
	// One byte more than is taken: so the end of a body that fits is seen, and the connection can be used again.
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	_ = resp.Body.Close()
	return p.judge(&answer{status: resp.StatusCode, header: resp.Header, body: body, err: err}, r)
}

// lost is the verdict when no answer came.
func (p *Provider) lost(ctx context.Context, far *progress, r *request, err error) verdict {
	far.mu.Lock()
	defer far.mu.Unlock()
	v := verdict{class: domain.ClassProvider, reply: domain.Reply{Text: p.describe(err, far.connected)}}
	switch {
	case far.abandoned:
		v.reply.Phase, v.ours, v.err = domain.PhaseDial, true, ctx.Err()
	case !far.connected:
		v.reply.Phase, v.again = domain.PhaseDial, true
		if far.securing {
			v.reply.Phase = domain.PhaseTLS
			_, distrusted := errors.AsType[*tls.CertificateVerificationError](err)
			v.again = !distrusted
		}
		v.ours = p.life.Err() != nil
	case !far.whole():
		v.reply.Phase, v.outcome, v.again = domain.PhaseRequest, domain.Deferred, true
	default:
		v.reply.Phase = domain.PhaseResponse
		v.outcome, v.again = r.unclear()
	}
	// A connection that was closed while it was idle says nothing about the service.
	v.ours = v.ours || far.connected && far.reused && !far.answered && isGone(err)
	return v
}

// unclear is the outcome when the service may have accepted the message, and whether it may be asked again.
func (r *request) unclear() (domain.Outcome, bool) {
	if r.keyed {
		return domain.Deferred, true
	}
	return domain.Unknown, false
}

// describe puts an error in words for people: no addresses of ours, no secrets.
func (p *Provider) describe(err error, connected bool) string {
	switch {
	case p.life.Err() != nil:
		return "no answer before this process had to end"
	case connected && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)):
		return "no answer within " + p.config.Timeouts.Request.Round(time.Millisecond).String()
	case isGone(err):
		return "the service closed the connection"
	}
	return p.show(err.Error())
}

// show makes a text of the service one line that may be shown: some repeat the token in their complaints about it.
func (p *Provider) show(text string) string {
	if p.config.Token != "" { // before anything is cut off: part of a secret is a secret too
		text = strings.ReplaceAll(text, p.config.Token, "***")
	}
	return provider.OneLine([]byte(text))
}

// isGone tells a connection that the service had closed from one in other trouble.
func isGone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "server closed idle connection")
}
