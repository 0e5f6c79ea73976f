package smtp_test

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// short is a deadline that a hanging server is to meet; quick ones answer far sooner.
const short = 250 * time.Millisecond

// config points at a server on loopback, without TLS.
func config(tb testing.TB, addr string) smtp.Config {
	tb.Helper()
	host, port, err := net.SplitHostPort(addr)
	require.NoError(tb, err)
	n, err := strconv.Atoi(port)
	require.NoError(tb, err)
	return smtp.Config{Name: "test", Host: host, Port: n, TLS: smtp.TLSNone, Helo: "client.test"}
}

// newProvider closes the provider at the end of the test; repeated dials do not wait.
func newProvider(tb testing.TB, cfg smtp.Config, opts ...smtp.Option) *smtp.Provider {
	tb.Helper()
	opts = append([]smtp.Option{smtp.WithGuard(func(s *provider.Settings) {
		s.DialBackoff, s.DialBackoffTo = time.Millisecond, 2*time.Millisecond
	})}, opts...)
	p, err := smtp.New(cfg, opts...)
	require.NoError(tb, err)
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = p.Close(ctx)
	})
	return p
}

func envelope(to string) domain.Envelope {
	return domain.Envelope{
		From: "news@example.com", To: to,
		Data: []byte("Message-ID: <" + to + ">\r\nSubject: test\r\n\r\nHello\r\n"),
	}
}

func envelopes(n int) []domain.Envelope {
	batch := make([]domain.Envelope, n)
	for i := range batch {
		batch[i] = envelope("c" + strconv.Itoa(i) + "@example.org")
	}
	return batch
}

// one gives the same script to every connection.
func one(s smtptest.Script) func(int) smtptest.Script {
	return func(int) smtptest.Script { return s }
}

func outcomes(receipts []domain.Receipt) []domain.Outcome {
	got := make([]domain.Outcome, len(receipts))
	for i, r := range receipts {
		got[i] = r.Outcome
	}
	return got
}
