package smtptest

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// Step says how a Scripted server answers in one phase. The zero Step answers as a healthy server does.
type Step struct {
	Reply string        // instead of the usual reply; several lines are divided by CRLF, the last CRLF may be left out
	Raw   bool          // write Reply exactly as it is
	Hang  bool          // say nothing, ever
	Close bool          // close after Reply, or instead of any reply when Reply is empty
	Reset bool          // with Close: by a TCP reset
	Delay time.Duration // before replying
	Slow  time.Duration // between one byte of the reply and the next
}

// Script is what a Scripted server does on one connection.
type Script struct {
	Banner, Ehlo, Helo, StartTLS, Auth, AuthNext, Mail, Rcpt, Data, Dot, Rset, Quit Step

	Body      Step // done in the middle of a body, after BodyAfter bytes of it, when it hangs, closes or replies
	BodyAfter int
	// Message, if set, changes the script before the n-th MAIL of a connection, from 1.
	Message func(n int, s *Script)
	// Recipient, if set, changes the script before RCPT for an address is answered.
	Recipient func(to string, s *Script)
	TLS       *tls.Config // for STARTTLS
}

// Healthy is the reply to EHLO of a Scripted server whose script gives none.
const Healthy = "250-script.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES"

// Plain is a reply to EHLO that offers nothing.
const Plain = "250 script.test"

// Scripted is an SMTP server on loopback that follows a script for each connection. It is safe for concurrent use.
type Scripted struct {
	Addr string // host:port

	script   func(n int) Script
	listener net.Listener
	ctx      context.Context //nolint:containedctx // the life of the server: Close ends it
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu       sync.Mutex
	conns    []net.Conn
	lines    [][]string // commands of each connection
	messages []string
	changed  chan struct{} // closed and replaced at every command, message and closing
}

// StartScripted serves until Close. script gives the behaviour of the n-th connection, from 1.
func StartScripted(script func(n int) Script) (*Scripted, error) {
	ctx, cancel := context.WithCancel(context.Background())
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		cancel()
		return nil, fmt.Errorf("listen for the scripted server: %w", err)
	}
	s := &Scripted{
		Addr: listener.Addr().String(), script: script, listener: listener, ctx: ctx, cancel: cancel,
		changed: make(chan struct{}),
	}
	s.running.Go(s.accept)
	return s, nil
}

func (s *Scripted) accept() {
	for {
		nc, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.ctx.Err() != nil {
			s.mu.Unlock()
			_ = nc.Close()
			return
		}
		s.conns = append(s.conns, nc)
		s.lines = append(s.lines, nil)
		n := len(s.conns)
		s.mu.Unlock()
		s.running.Go(func() {
			d := &dialogue{server: s, n: n, script: s.script(n), nc: nc}
			d.serve()
			_ = d.nc.Close()
		})
	}
}

// Close cuts every connection and waits until all is quiet.
func (s *Scripted) Close() error {
	s.cancel()
	err := s.listener.Close()
	s.mu.Lock()
	for _, nc := range s.conns {
		_ = nc.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Connections is how many there have been.
func (s *Scripted) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Commands returns the lines that the n-th connection sent outside of bodies, from 1.
func (s *Scripted) Commands(n int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > len(s.lines) {
		return nil
	}
	return append([]string(nil), s.lines[n-1]...)
}

// Messages returns every body that came with its final dot, as it was on the wire.
func (s *Scripted) Messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.messages...)
}

// WaitUntil returns when done says so; it is asked again whenever something has happened.
func (s *Scripted) WaitUntil(ctx context.Context, done func() bool) error {
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

func (s *Scripted) record(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

// dialogue is one connection of a Scripted server.
type dialogue struct {
	server  *Scripted
	n       int
	script  Script
	nc      net.Conn
	br      *bufio.Reader
	mails   int
	rcptOK  bool
	authing bool
}

func (d *dialogue) serve() {
	d.br = bufio.NewReader(d.nc)
	if !d.do(d.script.Banner, "220 script.test ESMTP") {
		return
	}
	for {
		line, err := d.br.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		d.server.record(func() { d.server.lines[d.n-1] = append(d.server.lines[d.n-1], line) })
		if !d.command(line) {
			return
		}
	}
}

func (d *dialogue) command(line string) bool {
	if d.authing {
		d.authing = false
		return d.auth(d.script.AuthNext)
	}
	verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
	switch verb {
	case "EHLO":
		return d.do(d.script.Ehlo, Healthy)
	case "HELO":
		return d.do(d.script.Helo, "250 script.test")
	case "STARTTLS":
		return d.do(d.script.StartTLS, "220 2.0.0 Go ahead") && d.startTLS()
	case "AUTH":
		return d.auth(d.script.Auth)
	case "MAIL":
		d.mails++
		d.rcptOK = false
		if d.script.Message != nil {
			d.script.Message(d.mails, &d.script)
		}
		return d.do(d.script.Mail, "250 2.1.0 Ok")
	case "RCPT":
		if d.script.Recipient != nil {
			_, to, _ := strings.Cut(line, "<")
			to, _, _ = strings.Cut(to, ">")
			d.script.Recipient(to, &d.script)
		}
		d.rcptOK = d.script.Rcpt.Reply == "" || d.script.Rcpt.Reply[0] == '2'
		return d.do(d.script.Rcpt, "250 2.1.5 Ok")
	case "DATA":
		return d.data()
	case "RSET":
		return d.do(d.script.Rset, "250 2.0.0 Ok")
	case "QUIT":
		_ = d.do(d.script.Quit, "221 2.0.0 Bye")
		return false
	default:
		return d.do(Step{}, "500 5.5.2 What")
	}
}

func (d *dialogue) auth(s Step) bool {
	d.authing = strings.HasPrefix(s.Reply, "334")
	return d.do(s, "235 2.7.0 Welcome")
}

func (d *dialogue) startTLS() bool {
	if d.script.TLS == nil {
		return d.script.StartTLS.Reply != ""
	}
	secure := tls.Server(d.nc, d.script.TLS)
	if secure.HandshakeContext(d.server.ctx) != nil {
		return false
	}
	d.nc = secure
	d.br = bufio.NewReader(secure)
	return true
}

func (d *dialogue) data() bool {
	usual := "354 Go on"
	if !d.rcptOK {
		usual = "503 5.5.1 No recipient"
	}
	if !d.do(d.script.Data, usual) {
		return false
	}
	if given := d.script.Data.Reply; !strings.HasPrefix(given, "354") && (given != "" || !d.rcptOK) {
		return true
	}
	body, ok := d.body()
	if !ok {
		return false
	}
	d.server.record(func() { d.server.messages = append(d.server.messages, body) })
	return d.do(d.script.Dot, "250 2.0.0 Ok: queued")
}

// body reads up to the final dot; it returns false when the script broke it off.
func (d *dialogue) body() (string, bool) {
	var b strings.Builder
	if s := d.script.Body; s.Hang || s.Close || s.Reply != "" {
		if _, err := io.CopyN(&b, d.br, int64(d.script.BodyAfter)); err != nil || !d.do(s, "") {
			return "", false
		}
	}
	for {
		line, err := d.br.ReadString('\n')
		if err != nil {
			return "", false
		}
		if line == ".\r\n" {
			return b.String(), true
		}
		b.WriteString(line)
	}
}

// do carries out a step; it returns false when the connection is over.
func (d *dialogue) do(s Step, usual string) bool {
	if !d.wait(s.Delay) {
		return false
	}
	if s.Hang {
		d.hang()
		return false
	}
	reply := s.Reply
	if reply == "" && !s.Close {
		reply = usual
	}
	if reply != "" && !s.Raw && !strings.HasSuffix(reply, "\r\n") {
		reply += "\r\n"
	}
	if !d.write(reply, s.Slow) {
		return false
	}
	if s.Close && s.Reset {
		if tcp, ok := d.nc.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	}
	return !s.Close
}

func (d *dialogue) write(reply string, slow time.Duration) bool {
	if slow == 0 {
		_, err := io.WriteString(d.nc, reply)
		return err == nil
	}
	for i := range len(reply) {
		if _, err := io.WriteString(d.nc, reply[i:i+1]); err != nil || !d.wait(slow) {
			return false
		}
	}
	return true
}

// hang keeps reading, so that the client's writes never block, and never answers.
func (d *dialogue) hang() {
	_, _ = io.Copy(io.Discard, d.br)
}

func (d *dialogue) wait(delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.server.ctx.Done():
		return false
	}
}
