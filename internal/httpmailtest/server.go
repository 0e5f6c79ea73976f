// Package httpmailtest has a mail service with a JSON interface on loopback, for tests and experiments: it takes messages
// as internal/provider/httpapi sends them, mails nobody, remembers who got what, tells repeats by their
// Idempotency-Key, and misbehaves as told. It does not need a *testing.T; New closes one at the end of a test.
package httpmailtest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Fault says how a Server answers a request. The zero Fault takes the message and answers as a healthy service does.
type Fault struct {
	Status int               // instead of 200
	Header map[string]string // of the answer, beside the usual
	Body   string            // instead of the usual
	Raw    string            // this on the connection, instead of an answer of HTTP; then the connection is closed
	Refuse bool              // the message is not taken, whatever the answer says
	Delay  time.Duration     // before the answer
	Slow   time.Duration     // between one byte of the answer's body and the next
	Hang   bool              // no answer, ever
	Close  bool              // close the connection instead of an answer
	Reset  bool              // with Close: by a TCP reset
	Early  bool              // do all this before the request's body has been read; the message is not taken
}

// Request is what a Server asks its faults about.
type Request struct {
	N       int    // which request to the server, from 1
	Nth     int    // which with this key, from 1
	Key     string // of Idempotency-Key
	Message Message
}

// Message is what came in a request; it is empty while the body has not been read.
type Message struct {
	MessageID string            `json:"message_id"`
	From      string            `json:"from"`
	To        string            `json:"to"`
	Subject   string            `json:"subject"`
	HTML      string            `json:"html"`
	Text      string            `json:"text"`
	Headers   map[string]string `json:"headers"`
}

// Options of a Server. The zero value takes everything from everybody.
type Options struct {
	Addr  string // to listen on; empty: a free port of 127.0.0.1
	Token string // required of clients when set
	// Fault, if set, chooses the answer. It is called twice for a request: before its body is read, when only what it
	// returns with Early counts, and after. It is called from many goroutines.
	Fault func(Request) Fault
	TLS   *tls.Config // HTTPS, with HTTP/2, when set
	// IgnoresKey takes a repeat for a message of its own.
	IgnoresKey bool
}

// Server is a mail service. It is safe for concurrent use.
type Server struct {
	Addr string // host:port
	URL  string // of the endpoint

	options Options
	server  *http.Server
	ctx     context.Context //nolint:containedctx // the life of the server: Close ends it
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	requests int
	named    map[string]int // requests with each key
	taken    map[string]int // the number of the message of each key
	messages []Message
	targets  []string
	open     map[net.Conn]struct{}
	ever     int
	peak     int
	busy     int
	busiest  int
	hanging  int
	changed  chan struct{} // closed and replaced whenever something has happened
}

// New starts a Server that the test closes at its end.
func New(tb testing.TB, options Options) *Server {
	tb.Helper()
	s, err := Start(options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// Start serves until Close.
func Start(options Options) (*Server, error) {
	if options.Addr == "" {
		options.Addr = "127.0.0.1:0"
	}
	ctx, cancel := context.WithCancel(context.Background())
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", options.Addr)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("listen for the mail service: %w", err)
	}
	s := &Server{
		Addr: listener.Addr().String(), options: options, ctx: ctx, cancel: cancel,
		named: map[string]int{}, taken: map[string]int{}, open: map[net.Conn]struct{}{}, changed: make(chan struct{}),
	}
	s.URL = "http://" + s.Addr + "/v1/send"
	s.server = &http.Server{
		Handler: http.HandlerFunc(s.serve), ErrorLog: log.New(io.Discard, "", 0), ConnState: s.connState,
		ReadHeaderTimeout: time.Minute, TLSConfig: options.TLS,
	}
	if options.TLS == nil {
		s.running.Go(func() { _ = s.server.Serve(listener) })
		return s, nil
	}
	s.URL = "https://" + s.Addr + "/v1/send"
	s.running.Go(func() { _ = s.server.ServeTLS(listener, "", "") })
	return s, nil
}

// Close cuts every connection and waits until all is quiet. The records stay.
func (s *Server) Close() error {
	s.mu.Lock()
	s.cancel() // under the lock: no request begins any more
	s.mu.Unlock()
	err := s.server.Close()
	s.mu.Lock()
	for nc := range s.open { // the server does not know those that a fault has taken over
		_ = nc.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Requests is how many there have been, refused and broken ones too.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Targets returns the request-target of each request (RFC 9112 §3.2).
func (s *Server) Targets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.targets...)
}

// Messages returns what was taken, repeats left out.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.messages...)
}

// Connections returns how many were ever accepted, how many are open now, and how many were at most.
func (s *Server) Connections() (ever, open, peak int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ever, len(s.open), s.peak
}

// Busiest is how many requests were in progress at once at most.
func (s *Server) Busiest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busiest
}

// Hanging is how many requests have been made to hang.
func (s *Server) Hanging() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hanging
}

// WaitUntil returns when done says so; it is asked again whenever something has happened.
func (s *Server) WaitUntil(ctx context.Context, done func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if done() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Server) record(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) connState(nc net.Conn, state http.ConnState) {
	s.record(func() {
		switch state {
		case http.StateNew:
			s.open[nc] = struct{}{}
			s.ever++
			s.peak = max(s.peak, len(s.open))
		case http.StateClosed:
			delete(s.open, nc)
		case http.StateActive, http.StateIdle, http.StateHijacked: // a hijacked one is closed by its fault
		}
	})
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.ctx.Err() != nil {
		s.mu.Unlock()
		return
	}
	s.running.Add(1)
	s.mu.Unlock()
	defer s.running.Done()
	asked := Request{Key: r.Header.Get("Idempotency-Key")}
	s.record(func() {
		s.requests++
		s.targets = append(s.targets, r.RequestURI)
		s.named[asked.Key]++
		asked.N, asked.Nth = s.requests, s.named[asked.Key]
		s.busy++
		s.busiest = max(s.busiest, s.busy)
	})
	defer s.record(func() { s.busy-- })
	if f := s.fault(asked); f.Early {
		s.answer(w, r, f, "")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	refusal := s.refusal(r, body, &asked.Message)
	if refusal != nil {
		s.answer(w, r, *refusal, "")
		return
	}
	f := s.fault(asked)
	id := ""
	if !f.Refuse && (f.Status == 0 || f.Status/100 == 2) {
		id = s.take(asked)
	}
	s.answer(w, r, f, id)
}

func (s *Server) fault(r Request) Fault {
	if s.options.Fault == nil {
		return Fault{}
	}
	return s.options.Fault(r)
}

// refusal is what a healthy service has against a request.
func (s *Server) refusal(r *http.Request, body []byte, m *Message) *Fault {
	switch {
	case s.options.Token != "" && r.Header.Get("Authorization") != "Bearer "+s.options.Token:
		return &Fault{Status: http.StatusUnauthorized, Body: `{"title": "the token is not known"}`}
	case r.Method != http.MethodPost || r.URL.Path != "/v1/send":
		return &Fault{Status: http.StatusNotFound, Body: `{"title": "there is nothing here"}`}
	case r.Header.Get("Content-Type") != "application/json" || json.Unmarshal(body, m) != nil || m.To == "" || m.MessageID == "":
		return &Fault{Status: http.StatusBadRequest, Body: `{"title": "this is no message"}`}
	}
	return nil
}

// take keeps a message, unless it is a repeat, and returns its id.
func (s *Server) take(r Request) string {
	var n int
	s.record(func() {
		if n = s.taken[r.Key]; n > 0 && r.Key != "" && !s.options.IgnoresKey {
			return
		}
		s.messages = append(s.messages, r.Message)
		n = len(s.messages)
		s.taken[r.Key] = n
	})
	return "m-" + strconv.Itoa(n)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, f Fault, id string) {
	if !s.wait(r, f.Delay) {
		panic(http.ErrAbortHandler) // to return would be to answer
	}
	switch {
	case f.Hang:
		s.record(func() { s.hanging++ })
		select {
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
		panic(http.ErrAbortHandler) // to return would be to answer
	case f.Close, f.Raw != "":
		s.takeOver(w, f)
		return
	}
	for name, value := range f.Header {
		w.Header().Set(name, value)
	}
	body := f.Body
	if body == "" && id != "" && f.Status != http.StatusNoContent {
		body = `{"id": "` + id + `"}`
	}
	if f.Status != 0 {
		w.WriteHeader(f.Status)
	}
	if f.Slow == 0 {
		_, _ = io.WriteString(w, body)
		return
	}
	for i := range len(body) {
		if _, err := io.WriteString(w, body[i:i+1]); err != nil || http.NewResponseController(w).Flush() != nil || !s.wait(r, f.Slow) {
			panic(http.ErrAbortHandler)
		}
	}
}

// takeOver speaks to the connection itself.
func (s *Server) takeOver(w http.ResponseWriter, f Fault) {
	nc, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 has no connection to take over; its stream is reset
	}
	_, _ = io.WriteString(nc, f.Raw)
	if tcp, ok := nc.(*net.TCPConn); ok && f.Reset {
		_ = tcp.SetLinger(0)
	}
	_ = nc.Close()
	s.record(func() { delete(s.open, nc) })
}

func (s *Server) wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	case <-s.ctx.Done():
		return false
	}
}
