package smtp_test

import (
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider/providertest"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, ehlo := range map[string]string{"pipelining": smtptest.Healthy, "plain": smtptest.Plain} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.Run(t, providertest.Harness{
				Form: domain.FormMIME, Unclear: domain.Unknown,
				Start: func(t *testing.T, fault func(string) providertest.Fault) providertest.Server {
					t.Helper()
					return conforming{t, smtptest.NewScripted(t, one(smtptest.Script{
						Ehlo:      smtptest.Step{Reply: ehlo},
						Recipient: func(to string, s *smtptest.Script) { misbehave(s, fault(to)) },
					}))}
				},
				Provide: func(t *testing.T, server providertest.Server, s providertest.Settings) providertest.Provider {
					t.Helper()
					c, ok := server.(conforming)
					require.True(t, ok)
					cfg := config(t, c.Addr)
					cfg.Connections = s.Connections
					cfg.Timeouts.Dot = s.Patience
					var opts []smtp.Option
					if s.Guard != nil {
						opts = append(opts, smtp.WithGuard(s.Guard))
					}
					return newProvider(t, cfg, opts...)
				},
			})
		})
	}
}

// misbehave puts a fault into a script, and takes the last one out.
func misbehave(s *smtptest.Script, fault providertest.Fault) {
	s.Rcpt, s.Body, s.BodyAfter, s.Dot = smtptest.Step{}, smtptest.Step{}, 0, smtptest.Step{}
	switch fault {
	case providertest.None:
	case providertest.Slow:
		s.Dot.Delay = 100 * time.Millisecond
	case providertest.Hang:
		s.Dot.Hang = true
	case providertest.Rubbish:
		s.Dot.Reply = "hello, world"
	case providertest.RefuseRecipient:
		s.Rcpt.Reply = "550 5.1.1 unknown"
	case providertest.RefuseContent:
		s.Rcpt.Reply = "554 5.6.0 bad"
	case providertest.RefuseForNow:
		s.Rcpt.Reply = "450 4.2.1 later"
	case providertest.RefuseRate:
		s.Rcpt.Reply = "450 4.7.1 slow down"
	case providertest.RefuseCredentials:
		s.Rcpt.Reply = "530 5.7.0 authentication required"
	case providertest.CloseBefore:
		s.Body.Close, s.BodyAfter = true, 1<<16
	case providertest.CloseAfter:
		s.Dot.Close = true
	case providertest.Trouble:
		s.Rcpt = smtptest.Step{Reply: "421 4.3.2 shutting down", Close: true}
	}
}

// conforming is a scripted server as the suite wants it.
type conforming struct {
	t *testing.T
	*smtptest.Scripted
}

func (c conforming) Messages() []string {
	var ids []string
	for _, raw := range c.Scripted.Messages() {
		m, err := mail.ReadMessage(strings.NewReader(raw))
		require.NoError(c.t, err)
		ids = append(ids, m.Header.Get("Message-ID"))
	}
	return ids
}

func (c conforming) Touched() int {
	n := c.Connections()
	for i := range c.Connections() {
		n += len(c.Commands(i + 1))
	}
	return n
}

// Peak is an upper bound: a connection carries one message at once, and those of one test stay open.
func (c conforming) Peak() int { return c.Connections() }

func (c conforming) Away() { _ = c.Close() }
