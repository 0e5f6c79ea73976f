package mailbox

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/rs/zerolog"
)

func newServer(cfg Config, store *store) *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{store: store, now: cfg.Now}, nil
	}))
	server.Domain = "mailbox.vestnik.localhost" // RFC 6761 §6.3: never a name of somebody's
	server.MaxMessageBytes = cfg.MaxMessageBytes
	server.MaxLineLength = maxLine
	server.ReadTimeout = idleTimeout
	server.WriteTimeout = idleTimeout
	server.EnableSMTPUTF8 = true
	server.ErrorLog = smtpLog{cfg.Log}
	return server
}

// session is one connection of a sender.
type session struct {
	store *store
	now   func() time.Time
	from  string
	to    []string
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from, s.to = from, nil
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	const usual = 4 << 10
	buf := bytes.NewBuffer(make([]byte, 0, usual))
	if _, err := buf.ReadFrom(r); err != nil {
		return err
	}
	// A copy of the exact size: what is kept must be what is counted.
	s.store.add(&message{from: s.from, to: s.to, at: s.now(), raw: bytes.Clone(buf.Bytes())})
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// smtpLog takes what go-smtp tells of connections that broke off: news to nobody but who looks for it.
type smtpLog struct{ log zerolog.Logger }

// Printf implements smtp.Logger.
func (l smtpLog) Printf(format string, v ...any) {
	l.log.Debug().Str("part", "mailbox").Msgf(format, v...)
}

// Println implements smtp.Logger.
func (l smtpLog) Println(v ...any) {
	l.log.Debug().Str("part", "mailbox").Msg(fmt.Sprint(v...))
}
