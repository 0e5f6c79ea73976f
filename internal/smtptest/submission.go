package smtptest

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // CRAM-MD5 (RFC 2195) is made of it
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"sync"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
)

// SubmissionOptions say how a Submission server behaves.
type SubmissionOptions struct {
	Username, Password string   // required of clients when set
	Mechanisms         []string // of AUTH: PLAIN, LOGIN, CRAM-MD5; empty: PLAIN
	Implicit           bool     // TLS from the first byte instead of STARTTLS
	Names              []string // of the certificate; empty: localhost and 127.0.0.1
	MaxSize            int64    // bytes; 0: no limit
}

// Submitted is one message taken by a Submission server.
type Submitted struct {
	From, To string
	Username string
	TLS      bool
	Data     []byte
}

// Submission is a complete server, built on go-smtp, with a certificate of its own authority.
type Submission struct {
	Addr  string         // host:port
	Roots *x509.CertPool // trusts its certificate

	options SubmissionOptions
	server  *gosmtp.Server
	running sync.WaitGroup

	mu       sync.Mutex
	messages []Submitted
}

// StartSubmission serves until Close.
func StartSubmission(options SubmissionOptions) (*Submission, error) {
	certificate, roots, err := Certificate(options.Names...)
	if err != nil {
		return nil, err
	}
	if len(options.Mechanisms) == 0 {
		options.Mechanisms = []string{sasl.Plain}
	}
	s := &Submission{Roots: roots, options: options}
	s.server = gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) {
		return &submissionSession{server: s, conn: c}, nil
	}))
	s.server.Domain = "submission.test"
	s.server.EnableSMTPUTF8 = true
	s.server.MaxMessageBytes = options.MaxSize
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // binding to loopback does not wait
	if err != nil {
		return nil, fmt.Errorf("listen for the submission server: %w", err)
	}
	s.Addr = listener.Addr().String()
	if options.Implicit {
		listener = tls.NewListener(listener, s.server.TLSConfig)
	}
	s.running.Go(func() { _ = s.server.Serve(listener) })
	return s, nil
}

// Close cuts every connection.
func (s *Submission) Close() error {
	err := s.server.Close()
	s.running.Wait()
	return err
}

// Messages returns what was taken.
func (s *Submission) Messages() []Submitted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Submitted(nil), s.messages...)
}

type submissionSession struct {
	server  *Submission
	conn    *gosmtp.Conn
	user    string
	current Submitted
}

func (s *submissionSession) AuthMechanisms() []string {
	if s.server.options.Username == "" {
		return nil
	}
	return s.server.options.Mechanisms
}

func (s *submissionSession) Auth(mechanism string) (sasl.Server, error) {
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return s.login(user, password) }), nil
	case sasl.Login:
		return &loginServer{session: s}, nil
	case "CRAM-MD5":
		return &cramServer{session: s, challenge: "<1896.697170952@submission.test>"}, nil
	}
	return nil, gosmtp.ErrAuthUnknownMechanism
}

func (s *submissionSession) login(user, password string) error {
	if user != s.server.options.Username || password != s.server.options.Password {
		return gosmtp.ErrAuthFailed
	}
	s.user = user
	return nil
}

func (s *submissionSession) Mail(from string, _ *gosmtp.MailOptions) error {
	if s.user != s.server.options.Username {
		return &gosmtp.SMTPError{Code: 530, EnhancedCode: gosmtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	_, secure := s.conn.TLSConnectionState()
	s.current = Submitted{From: from, Username: s.user, TLS: secure}
	return nil
}

func (s *submissionSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.current.To = to
	return nil
}

func (s *submissionSession) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.current.Data = data
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.messages = append(s.server.messages, s.current)
	return nil
}

func (s *submissionSession) Reset() {}

func (s *submissionSession) Logout() error { return nil }

var errSASL = errors.New("unexpected step of AUTH")

// loginServer is AUTH LOGIN: two prompts.
type loginServer struct {
	session *submissionSession
	step    int
	user    string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch {
	case l.step == 1 && response == nil:
		return []byte("Username:"), false, nil
	case l.step <= 2 && l.user == "":
		l.user = string(response)
		return []byte("Password:"), false, nil
	case l.user != "":
		return nil, true, l.session.login(l.user, string(response))
	}
	return nil, true, errSASL
}

// cramServer is CRAM-MD5 (RFC 2195).
type cramServer struct {
	session   *submissionSession
	challenge string
	asked     bool
}

func (c *cramServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if !c.asked {
		c.asked = true
		return []byte(c.challenge), false, nil
	}
	options := c.session.server.options
	mac := hmac.New(md5.New, []byte(options.Password))
	_, _ = mac.Write([]byte(c.challenge))
	if string(response) != options.Username+" "+hex.EncodeToString(mac.Sum(nil)) {
		return nil, true, gosmtp.ErrAuthFailed
	}
	return nil, true, c.session.login(options.Username, options.Password)
}
