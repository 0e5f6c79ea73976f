package smtp_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// BenchmarkDeliver sends messages of 2 KB in windows of 25 over 20 connections into a sink in the same process.
func BenchmarkDeliver(b *testing.B) {
	const connections, window = 20, 25
	for _, pipelining := range []bool{true, false} {
		b.Run(fmt.Sprintf("pipelining=%t", pipelining), func(b *testing.B) {
			sink := smtptest.NewSink(b, smtptest.SinkOptions{NoPipelining: !pipelining})
			host, port, err := net.SplitHostPort(sink.Addr)
			require.NoError(b, err)
			n, err := strconv.Atoi(port)
			require.NoError(b, err)
			p, err := smtp.New(smtp.Config{Host: host, Port: n, TLS: smtp.TLSNone, Connections: connections})
			require.NoError(b, err)
			defer func() { _ = p.Close(context.Background()) }()
			data := []byte("Message-ID: <1@bench.test>\r\nSubject: bench\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 27))
			var next atomic.Int64
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for range connections {
				wg.Go(func() {
					batch := make([]domain.Envelope, window)
					for {
						last := next.Add(window)
						if last-window >= int64(b.N) {
							return
						}
						batch = batch[:min(window, int64(b.N)-(last-window))]
						for i := range batch {
							batch[i] = domain.Envelope{From: "news@example.com", To: "client@example.org", Data: data}
						}
						if _, err := p.Deliver(b.Context(), batch); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			require.Equal(b, b.N, sink.Count())
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
