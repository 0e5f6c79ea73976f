package smtp_test

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

const (
	user   = "news@example.com"
	secret = "s3cret пароль" //nolint:gosec // of a server in this process
)

func TestSubmission(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		implicit   bool
		mode       smtp.TLSMode
		mechanisms []string
	}{
		{"STARTTLS and PLAIN", false, smtp.TLSStart, []string{"PLAIN", "LOGIN"}},
		{"STARTTLS and LOGIN", false, smtp.TLSStart, []string{"LOGIN"}},
		{"STARTTLS and CRAM-MD5", false, smtp.TLSStart, []string{"CRAM-MD5"}},
		{"implicit TLS and PLAIN", true, smtp.TLSImplicit, []string{"PLAIN"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.NewSubmission(t, smtptest.SubmissionOptions{
				Username: user, Password: secret, Implicit: tt.implicit, Mechanisms: tt.mechanisms,
			})
			cfg := config(t, server.Addr)
			cfg.TLS, cfg.Username, cfg.Password = tt.mode, user, secret
			p := newProvider(t, cfg, smtp.WithRootCAs(server.Roots))
			batch := []domain.Envelope{envelope("ann@example.org"), envelope("кто@пример.рф")}
			batch[1].Data = []byte("Subject: Привет\r\n\r\n.точка\nстрока\rещё\r\n..\r\n.\r\nконец")
			receipts, err := p.Deliver(t.Context(), batch)
			require.NoError(t, err)
			require.Equal(t, []domain.Outcome{domain.Sent, domain.Sent}, outcomes(receipts), "%+v", receipts)
			got := server.Messages()
			require.Len(t, got, 2)
			assert.True(t, got[0].TLS)
			assert.Equal(t, user, got[0].Username)
			assert.Equal(t, "news@example.com", got[0].From)
			assert.Equal(t, "ann@example.org", got[0].To)
			assert.Equal(t, string(batch[0].Data), string(got[0].Data))
			assert.Equal(t, "кто@xn--e1afmkfd.xn--p1ai", got[1].To)
			assert.Equal(t, "Subject: Привет\r\n\r\n.точка\r\nстрока\r\nещё\r\n..\r\n.\r\nконец\r\n", string(got[1].Data))
		})
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	server := smtptest.NewSubmission(t, smtptest.SubmissionOptions{Names: []string{"mail.example.com"}})
	own := smtptest.NewSubmission(t, smtptest.SubmissionOptions{})
	for _, tt := range []struct {
		name string
		addr string
		opt  smtp.Option
		skip bool
		ok   bool
	}{
		{"another name", server.Addr, smtp.WithRootCAs(server.Roots), false, false},
		{"another authority", own.Addr, smtp.WithRootCAs(server.Roots), false, false},
		{"the system's authorities", own.Addr, smtp.WithRootCAs(nil), false, false},
		{"verification off", server.Addr, smtp.WithRootCAs(nil), true, true},
		{"the right one", own.Addr, smtp.WithRootCAs(own.Roots), false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t, tt.addr)
			cfg.TLS, cfg.InsecureSkipVerify = smtp.TLSStart, tt.skip
			receipts, err := newProvider(t, cfg, tt.opt).Deliver(t.Context(), envelopes(1))
			if tt.ok {
				require.NoError(t, err)
				assert.Equal(t, domain.Sent, receipts[0].Outcome)
				return
			}
			allUntouched(t, receipts, 1)
			assert.Contains(t, requireUnreachable(t, err).Reason, "tls: tls: failed to verify certificate")
		})
	}
}

func TestWrongPasswordStopsTheProvider(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"PLAIN", "LOGIN", "CRAM-MD5"} {
		server := smtptest.NewSubmission(t, smtptest.SubmissionOptions{
			Username: user, Password: secret, Mechanisms: []string{mechanism},
		})
		cfg := config(t, server.Addr)
		cfg.TLS, cfg.Username, cfg.Password = smtp.TLSStart, user, "wrong-secret"
		p := newProvider(t, cfg, smtp.WithRootCAs(server.Roots))
		for range 2 {
			receipts, err := p.Deliver(t.Context(), envelopes(3))
			allUntouched(t, receipts, 3)
			u := requireUnreachable(t, err)
			assert.True(t, u.Stopped)
			assert.Contains(t, u.Reason, "auth: 535 5.7.8")
			assert.NotContains(t, u.Reason, "wrong-secret")
			assert.Greater(t, u.RetryAfter, 50*time.Second)
		}
		assert.Equal(t, "stopped", p.State().Breaker)
	}
}

// TestStopIsProbed: when the time comes, one message tries whether the server knows us again.
func TestStopIsProbed(t *testing.T) {
	t.Parallel()
	server := smtptest.NewScripted(t, func(n int) smtptest.Script {
		if n == 1 {
			return smtptest.Script{Message: func(n int, s *smtptest.Script) {
				if n == 2 {
					s.Mail.Reply = "530 5.7.0 authentication required"
				}
			}}
		}
		return smtptest.Script{}
	})
	cfg := config(t, server.Addr)
	cfg.Connections = 1
	p := newProvider(t, cfg, smtp.WithGuard(func(s *provider.Settings) { s.StopFor = 100 * time.Millisecond }))
	receipts, err := p.Deliver(t.Context(), envelopes(4))
	u := requireUnreachable(t, err)
	assert.True(t, u.Stopped)
	assert.Contains(t, u.Reason, "530 5.7.0 authentication required")
	assert.Equal(t, []domain.Outcome{domain.Sent, domain.Untouched, domain.Untouched, domain.Untouched}, outcomes(receipts))
	require.Eventually(t, func() bool {
		receipts, err = p.Deliver(t.Context(), envelopes(4))
		return err == nil
	}, 5*time.Second, 20*time.Millisecond)
	assert.Equal(t, "closed", p.State().Breaker)
	assert.Equal(t, domain.Sent, receipts[3].Outcome)
}

// TestTheSecretStaysSecret: a server that says it back does not get it into our log.
func TestTheSecretStaysSecret(t *testing.T) {
	t.Parallel()
	server := smtptest.NewScripted(t, one(smtptest.Script{
		Ehlo: smtptest.Step{Reply: "250-x\r\n250 AUTH LOGIN"},
		Auth: smtptest.Step{Reply: "334 VXNlcm5hbWU6"}, AuthNext: smtptest.Step{Reply: "535 5.7.8 hunter22 (aHVudGVyMjI=) is wrong"},
	}))
	cfg := config(t, server.Addr)
	cfg.Username, cfg.Password = "ann", "hunter22"
	p := newProvider(t, cfg)
	_, err := p.Deliver(t.Context(), envelopes(1))
	u := requireUnreachable(t, err)
	assert.Equal(t, "auth: 535 5.7.8 *** (***) is wrong", u.Reason)
	assert.NotContains(t, p.State().LastError, "hunter22")
}

func TestNoKnownMechanism(t *testing.T) {
	t.Parallel()
	server := smtptest.NewScripted(t, one(smtptest.Script{Ehlo: smtptest.Step{Reply: "250-x\r\n250 AUTH GSSAPI"}}))
	cfg := config(t, server.Addr)
	cfg.Username, cfg.Password = "ann", "hunter22"
	_, err := newProvider(t, cfg).Deliver(t.Context(), envelopes(1))
	u := requireUnreachable(t, err)
	assert.True(t, u.Stopped)
	assert.Contains(t, u.Reason, "GSSAPI")
}

func TestTemporaryAuthFailureIsNoStop(t *testing.T) {
	t.Parallel()
	server := smtptest.NewScripted(t, one(smtptest.Script{
		Ehlo: smtptest.Step{Reply: "250-x\r\n250 AUTH PLAIN"}, Auth: smtptest.Step{Reply: "454 4.7.0 later"},
	}))
	cfg := config(t, server.Addr)
	cfg.Username, cfg.Password = "ann", "hunter22"
	_, err := newProvider(t, cfg).Deliver(t.Context(), envelopes(1))
	u := requireUnreachable(t, err)
	assert.False(t, u.Stopped)
	assert.Contains(t, u.Reason, "454")
}

// TestStartTLSIsNotOptional: whoever strips the offer gets nothing.
func TestStartTLSIsNotOptional(t *testing.T) {
	t.Parallel()
	server := smtptest.NewScripted(t, one(smtptest.Script{}))
	cfg := config(t, server.Addr)
	cfg.TLS, cfg.Username, cfg.Password = smtp.TLSStart, user, secret
	_, err := newProvider(t, cfg).Deliver(t.Context(), envelopes(1))
	assert.Contains(t, requireUnreachable(t, err).Reason, "does not offer STARTTLS")
	for _, line := range server.Commands(1) {
		assert.False(t, strings.HasPrefix(line, "AUTH") || strings.HasPrefix(line, "MAIL"), line)
	}
}

// TestInjectionBeforeTLS is CVE-2011-0411: what came with the reply to STARTTLS is not taken for a reply after it.
func TestInjectionBeforeTLS(t *testing.T) {
	t.Parallel()
	certificate, roots, err := smtptest.Certificate()
	require.NoError(t, err)
	server := smtptest.NewScripted(t, one(smtptest.Script{
		Ehlo:     smtptest.Step{Reply: "250-x\r\n250-STARTTLS\r\n250-PIPELINING\r\n250 SIZE 1000"},
		StartTLS: smtptest.Step{Reply: "220 go\r\n250-evil\r\n250 SIZE 1"},
		TLS:      &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}))
	cfg := config(t, server.Addr)
	cfg.TLS = smtp.TLSStart
	receipts, err := newProvider(t, cfg, smtp.WithRootCAs(roots)).Deliver(t.Context(), envelopes(2))
	require.NoError(t, err)
	assert.Equal(t, []domain.Outcome{domain.Sent, domain.Sent}, outcomes(receipts), "%+v", receipts)
}

// TestUnknownOverTLS repeats the row that matters most where records lie between us and the wire.
func TestUnknownOverTLS(t *testing.T) {
	t.Parallel()
	certificate, roots, err := smtptest.Certificate()
	require.NoError(t, err)
	server := smtptest.NewScripted(t, one(smtptest.Script{
		Ehlo: smtptest.Step{Reply: "250-x\r\n250 STARTTLS"},
		Dot:  smtptest.Step{Close: true},
		TLS:  &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}))
	cfg := config(t, server.Addr)
	cfg.TLS = smtp.TLSStart
	receipts, err := newProvider(t, cfg, smtp.WithRootCAs(roots)).Deliver(t.Context(), envelopes(1))
	require.NoError(t, err)
	assert.Equal(t, domain.Unknown, receipts[0].Outcome)
}
