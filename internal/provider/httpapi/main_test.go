package httpapi_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/httpmailtest"
	"github.com/vestnik-mail/vestnik/internal/provider/httpapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// token is what the servers of these tests want.
const token = "s3cret-t0ken"

// config points at a server on loopback.
func config(s *httpmailtest.Server) httpapi.Config {
	return httpapi.Config{Name: "test", URL: s.URL, Token: token}
}

// newProvider closes the provider at the end of the test; repeats do not wait.
func newProvider(tb testing.TB, cfg httpapi.Config, opts ...httpapi.Option) *httpapi.Provider {
	tb.Helper()
	opts = append([]httpapi.Option{httpapi.WithRetry(func(r *httpapi.Retry) {
		r.Backoff, r.BackoffTo = time.Millisecond, 2*time.Millisecond
	})}, opts...)
	p, err := httpapi.New(cfg, opts...)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = p.Close(context.Background()) })
	return p
}

func envelope(i int) domain.Envelope {
	n := strconv.Itoa(i)
	return domain.Envelope{
		Key: "key-" + n, From: "bounces@example.com", To: "c" + n + "@example.org",
		Parts: domain.Parts{
			MessageID: "<" + n + "@example.com>", From: "Вестник <news@example.com>", Subject: "Привет & <пока>",
			HTML: "<p>Привет</p>\n", Text: "Привет\n", Headers: map[string]string{"List-Id": "<l.example.com>"},
		},
	}
}

func envelopes(n int) []domain.Envelope {
	batch := make([]domain.Envelope, n)
	for i := range batch {
		batch[i] = envelope(i)
	}
	return batch
}

// always gives the same fault to every request.
func always(f httpmailtest.Fault) func(httpmailtest.Request) httpmailtest.Fault {
	return func(httpmailtest.Request) httpmailtest.Fault { return f }
}

func outcomes(receipts []domain.Receipt) []domain.Outcome {
	got := make([]domain.Outcome, len(receipts))
	for i, r := range receipts {
		got[i] = r.Outcome
	}
	return got
}
