package smtp

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // CRAM-MD5 (RFC 2195) is made of it
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// authenticate logs in (RFC 4954) with the best mechanism that the server offers. Any refusal for good stops the
// provider: asking again and again with the wrong password locks accounts.
func (c *conn) authenticate(user, password string) error {
	err := c.exchange(c.mechanism(user, password))
	if fault, ok := errors.AsType[*provider.ConnectError](err); ok {
		fault.Reply.Text = redact(fault.Reply.Text, user, password)
	}
	return err
}

// mechanism is the name of a SASL mechanism and its answers: the initial response, if it has one, and what it says to
// each challenge.
type mechanism struct {
	name    string
	initial *string
	answer  func(step int, challenge string) string
}

// mechanism chooses: on a secret connection the simplest, else the one that does not show the password.
func (c *conn) mechanism(user, password string) mechanism {
	plain := "\x00" + user + "\x00" + password
	all := []mechanism{
		{name: "PLAIN", initial: &plain, answer: func(int, string) string { return plain }}, // RFC 4616
		{name: "LOGIN", answer: func(step int, _ string) string {
			if step == 0 {
				return user
			}
			return password
		}},
		{name: "CRAM-MD5", answer: func(_ int, challenge string) string { // RFC 2195
			mac := hmac.New(md5.New, []byte(password))
			_, _ = mac.Write([]byte(challenge))
			return user + " " + hex.EncodeToString(mac.Sum(nil))
		}},
	}
	if _, secret := c.nc.(*tls.Conn); !secret {
		all[0], all[1], all[2] = all[2], all[0], all[1]
	}
	for _, m := range all {
		if strings.Contains(c.ext.auth, " "+m.name+" ") {
			return m
		}
	}
	return mechanism{}
}

func (c *conn) exchange(m mechanism) error {
	t := c.timeouts.Auth
	if m.name == "" {
		return &provider.ConnectError{
			Reply: domain.Reply{
				Phase: domain.PhaseAuth,
				Text:  "the server offers none of AUTH PLAIN, LOGIN and CRAM-MD5; it offers:" + provider.OneLine([]byte(c.ext.auth)),
			},
			Class: domain.ClassCredentials, Permanent: true,
		}
	}
	line := []string{"AUTH ", m.name}
	// RFC 4954 §4: a line that would be too long leaves the initial response to the server's first challenge.
	if m.initial != nil && len(*m.initial) < 300 {
		line = append(line, " ", base64.StdEncoding.EncodeToString([]byte(*m.initial)))
	}
	err := c.command(t, line...)
	for step := 0; err == nil && c.reply.code == 334; step++ {
		challenge, bad := base64.StdEncoding.DecodeString(strings.TrimSpace(string(c.reply.text)))
		if bad != nil || step > 2 {
			err = &rubbish{"an unusable challenge"}
			break
		}
		err = c.command(t, base64.StdEncoding.EncodeToString([]byte(m.answer(step, string(challenge)))))
	}
	switch {
	case err != nil:
		return c.fault(domain.PhaseAuth, err, t)
	case c.reply.code/100 != 2:
		return c.refused(domain.PhaseAuth)
	}
	return nil
}

// redact keeps the secret out of what the server may have said back.
func redact(text, user, password string) string {
	b64 := base64.StdEncoding.EncodeToString
	for _, secret := range []string{b64([]byte("\x00" + user + "\x00" + password)), b64([]byte(password)), password} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}
