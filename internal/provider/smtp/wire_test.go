package smtp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// TestWire is what goes over the wire, byte for byte.
func TestWire(t *testing.T) {
	t.Parallel()
	ascii := domain.Envelope{From: "news@пример.рф", To: "ann@example.org", Data: []byte("Subject: x\r\n\r\nx\r\n")}
	cyrillic := domain.Envelope{From: "", To: "кто@пример.рф", Data: []byte("Subject: Привет\r\n\r\nx\r\n")}
	for _, tt := range []struct {
		name string
		ehlo string
		e    domain.Envelope
		want []string
	}{
		{"nothing offered", smtptest.Plain, ascii, []string{"MAIL FROM:<news@xn--e1afmkfd.xn--p1ai>", "RCPT TO:<ann@example.org>", "DATA"}},
		{"SIZE", "250-x\r\n250 SIZE 100", ascii, []string{"MAIL FROM:<news@xn--e1afmkfd.xn--p1ai> SIZE=17", "RCPT TO:<ann@example.org>", "DATA"}},
		{"SIZE without a limit", "250-x\r\n250 SIZE", ascii, []string{"MAIL FROM:<news@xn--e1afmkfd.xn--p1ai>", "RCPT TO:<ann@example.org>", "DATA"}},
		{
			"all", "250-x\r\n250-size 100\r\n250-8bitmime\r\n250-smtputf8\r\n250 pipelining", cyrillic,
			[]string{"MAIL FROM:<> SIZE=28 BODY=8BITMIME SMTPUTF8", "RCPT TO:<кто@xn--e1afmkfd.xn--p1ai>", "DATA"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.NewScripted(t, one(smtptest.Script{Ehlo: smtptest.Step{Reply: tt.ehlo}}))
			receipts, err := newProvider(t, config(t, server.Addr)).Deliver(t.Context(), []domain.Envelope{tt.e})
			require.NoError(t, err)
			require.Equal(t, domain.Sent, receipts[0].Outcome, "%+v", receipts[0].Reply)
			assert.Equal(t, append([]string{"EHLO client.test"}, tt.want...), server.Commands(1))
			assert.Equal(t, []string{string(tt.e.Data)}, server.Messages())
		})
	}
}

// TestUnsendable: what the server cannot take is refused without asking it, and the connection stays.
func TestUnsendable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		ehlo  string
		e     domain.Envelope
		class domain.Class
		says  string
	}{
		{
			"too large", "250-x\r\n250 SIZE 10",
			domain.Envelope{From: "a@x.io", To: "b@x.io", Data: []byte(strings.Repeat("x", 11))},
			domain.ClassContent, "11 bytes",
		},
		{"recipient not ASCII", smtptest.Plain, domain.Envelope{From: "a@x.io", To: "кто@x.io"}, domain.ClassNone, "SMTPUTF8"},
		{"sender not ASCII", smtptest.Plain, domain.Envelope{From: "мы@x.io", To: "b@x.io"}, domain.ClassContent, "SMTPUTF8"},
		{"8-bit", smtptest.Plain, domain.Envelope{From: "a@x.io", To: "b@x.io", Data: []byte("\r\nпривет")}, domain.ClassContent, "8BITMIME"},
		{"injection", smtptest.Plain, domain.Envelope{From: "a@x.io", To: "b@x.io>\r\nDATA\r\n"}, domain.ClassNone, "<"},
		{"injecting sender", smtptest.Plain, domain.Envelope{From: "a@x.io\r\nRSET", To: "b@x.io"}, domain.ClassContent, "U+000D"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.NewScripted(t, one(smtptest.Script{Ehlo: smtptest.Step{Reply: tt.ehlo}}))
			cfg := config(t, server.Addr)
			cfg.Connections = 1
			batch := []domain.Envelope{tt.e, {From: "a@x.io", To: "b@x.io", Data: []byte("x")}}
			receipts, err := newProvider(t, cfg).Deliver(t.Context(), batch)
			require.NoError(t, err)
			assert.Equal(t, []domain.Outcome{domain.Failed, domain.Sent}, outcomes(receipts))
			assert.Equal(t, tt.class, receipts[0].Class)
			assert.Contains(t, receipts[0].Reply.Text, tt.says)
			assert.Len(t, server.Commands(1), 4, "EHLO and one transaction")
		})
	}
}

func TestReplyTextIsSafe(t *testing.T) {
	t.Parallel()
	server := smtptest.NewScripted(t, one(smtptest.Script{Rcpt: smtptest.Step{
		Reply: "550-5.1.1 no\x1b[31m such\tuser\x00\r\n550-5.1.1 нет такого\u202e\xff\r\n550 5.1.1 " + strings.Repeat("я", 400),
	}}))
	receipts, err := newProvider(t, config(t, server.Addr)).Deliver(t.Context(), envelopes(1))
	require.NoError(t, err)
	r := receipts[0].Reply
	assert.Equal(t, 550, r.Code)
	assert.Equal(t, "5.1.1", r.Enhanced)
	assert.True(t, strings.HasPrefix(r.Text, "no [31m such user  нет такого ? яяя"), r.Text)
	assert.LessOrEqual(t, len(r.Text), 500)
	assert.Greater(t, len(r.Text), 495)
}
