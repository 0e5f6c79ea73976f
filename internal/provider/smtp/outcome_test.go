package smtp_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// TestOutcomes goes through what a server can do in each phase of a transaction, with and without PIPELINING. After
// each, the next message must find its way whatever was left of the connection.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	type step = smtptest.Step
	rubbish := step{Reply: "hello, world"}
	for _, tt := range []struct {
		name    string
		script  smtptest.Script
		outcome domain.Outcome
		class   domain.Class
		phase   domain.Phase
		code    int
	}{
		{"accepted", smtptest.Script{}, domain.Sent, domain.ClassNone, domain.PhaseDot, 250},
		{"rcpt 251", smtptest.Script{Rcpt: step{Reply: "251 2.1.5 will forward"}}, domain.Sent, domain.ClassNone, domain.PhaseDot, 250},
		{"multi-line and slow", smtptest.Script{
			Mail: step{Reply: "250-2.1.0 one\r\n250 2.1.0 two"}, Dot: step{Reply: "250-a\r\n250-b\r\n250 c", Slow: time.Millisecond},
		}, domain.Sent, domain.ClassNone, domain.PhaseDot, 250},

		{"mail hangs", smtptest.Script{Mail: step{Hang: true}}, domain.Deferred, domain.ClassProvider, domain.PhaseMail, 0},
		{"mail closes", smtptest.Script{Mail: step{Close: true}}, domain.Deferred, domain.ClassProvider, domain.PhaseMail, 0},
		{"mail resets", smtptest.Script{Mail: step{Close: true, Reset: true}}, domain.Deferred, domain.ClassProvider, domain.PhaseMail, 0},
		{"mail rubbish", smtptest.Script{Mail: rubbish}, domain.Deferred, domain.ClassProvider, domain.PhaseMail, 0},
		{"mail 421", smtptest.Script{Mail: step{Reply: "421 4.3.2 bye", Close: true}}, domain.Deferred, domain.ClassProvider, domain.PhaseMail, 421},
		{"mail 451", smtptest.Script{Mail: step{Reply: "451 4.3.0 later"}}, domain.Deferred, domain.ClassNone, domain.PhaseMail, 451},
		{"mail 550 5.7.1", smtptest.Script{Mail: step{Reply: "550 5.7.1 no"}}, domain.Failed, domain.ClassPolicy, domain.PhaseMail, 550},
		{"mail 553 5.1.8", smtptest.Script{Mail: step{Reply: "553 5.1.8 bad sender"}}, domain.Failed, domain.ClassContent, domain.PhaseMail, 553},

		{"rcpt hangs", smtptest.Script{Rcpt: step{Hang: true}}, domain.Deferred, domain.ClassProvider, domain.PhaseRcpt, 0},
		{"rcpt closes", smtptest.Script{Rcpt: step{Close: true}}, domain.Deferred, domain.ClassProvider, domain.PhaseRcpt, 0},
		{"rcpt rubbish", smtptest.Script{Rcpt: rubbish}, domain.Deferred, domain.ClassProvider, domain.PhaseRcpt, 0},
		{"rcpt 354", smtptest.Script{Rcpt: step{Reply: "354 what"}}, domain.Deferred, domain.ClassProvider, domain.PhaseRcpt, 354},
		{"rcpt 421", smtptest.Script{Rcpt: step{Reply: "421 bye", Close: true}}, domain.Deferred, domain.ClassProvider, domain.PhaseRcpt, 421},
		{"rcpt 450", smtptest.Script{Rcpt: step{Reply: "450 4.2.1 later"}}, domain.Deferred, domain.ClassRecipient, domain.PhaseRcpt, 450},
		{"rcpt 452 4.5.3", smtptest.Script{Rcpt: step{Reply: "452 4.5.3 too many"}}, domain.Deferred, domain.ClassRate, domain.PhaseRcpt, 452},
		{"rcpt 450 4.7.1", smtptest.Script{Rcpt: step{Reply: "450 4.7.1 slow down"}}, domain.Deferred, domain.ClassRate, domain.PhaseRcpt, 450},
		{"rcpt 550 5.1.1", smtptest.Script{Rcpt: step{Reply: "550 5.1.1 unknown"}}, domain.Failed, domain.ClassRecipient, domain.PhaseRcpt, 550},
		{"rcpt 550, then DATA is taken", smtptest.Script{
			Rcpt: step{Reply: "550 5.1.1 unknown"}, Data: step{Reply: "354 go on all the same"}, Dot: step{Reply: "554 no recipients"},
		}, domain.Failed, domain.ClassRecipient, domain.PhaseRcpt, 550},
		{"rcpt 550, then all is taken", smtptest.Script{
			Rcpt: step{Reply: "550 5.1.1 unknown"}, Data: step{Reply: "354 go on all the same"},
		}, domain.Failed, domain.ClassRecipient, domain.PhaseRcpt, 550},
		{"rcpt 550, then DATA closes", smtptest.Script{
			Rcpt: step{Reply: "550 5.1.1 unknown"}, Data: step{Close: true},
		}, domain.Failed, domain.ClassRecipient, domain.PhaseRcpt, 550},
		{"mail 550, then DATA is taken", smtptest.Script{
			Mail: step{Reply: "550 5.7.1 no"}, Rcpt: step{Reply: "503 5.5.1 mail first"}, Data: step{Reply: "354 go on"},
		}, domain.Failed, domain.ClassPolicy, domain.PhaseMail, 550},
		{"rcpt 552 5.2.2", smtptest.Script{Rcpt: step{Reply: "552 5.2.2 full"}}, domain.Failed, domain.ClassMailboxFull, domain.PhaseRcpt, 552},

		{"data hangs", smtptest.Script{Data: step{Hang: true}}, domain.Deferred, domain.ClassProvider, domain.PhaseData, 0},
		{"data closes", smtptest.Script{Data: step{Close: true}}, domain.Deferred, domain.ClassProvider, domain.PhaseData, 0},
		{"data rubbish", smtptest.Script{Data: rubbish}, domain.Deferred, domain.ClassProvider, domain.PhaseData, 0},
		{"data 250", smtptest.Script{Data: step{Reply: "250 sure"}}, domain.Deferred, domain.ClassProvider, domain.PhaseData, 250},
		{"data 451", smtptest.Script{Data: step{Reply: "451 4.3.0 later"}}, domain.Deferred, domain.ClassNone, domain.PhaseData, 451},
		{"data 554 5.7.1", smtptest.Script{Data: step{Reply: "554 5.7.1 no"}}, domain.Failed, domain.ClassPolicy, domain.PhaseData, 554},

		{"dot hangs", smtptest.Script{Dot: step{Hang: true}}, domain.Unknown, domain.ClassProvider, domain.PhaseDot, 0},
		{"dot closes", smtptest.Script{Dot: step{Close: true}}, domain.Unknown, domain.ClassProvider, domain.PhaseDot, 0},
		{"dot resets", smtptest.Script{Dot: step{Close: true, Reset: true}}, domain.Unknown, domain.ClassProvider, domain.PhaseDot, 0},
		{"dot half a reply", smtptest.Script{Dot: step{Reply: "250-queu", Raw: true, Close: true}}, domain.Unknown, domain.ClassProvider, domain.PhaseDot, 0},
		{"dot rubbish", smtptest.Script{Dot: rubbish}, domain.Unknown, domain.ClassProvider, domain.PhaseDot, 0},
		{"dot 354", smtptest.Script{Dot: step{Reply: "354 again?"}}, domain.Unknown, domain.ClassProvider, domain.PhaseDot, 354},
		{"dot two codes", smtptest.Script{Dot: step{Reply: "250-yes\r\n550 no"}}, domain.Unknown, domain.ClassProvider, domain.PhaseDot, 0},
		{"dot endless line", smtptest.Script{Dot: step{Reply: "250 " + strings.Repeat("x", 1<<16)}}, domain.Unknown, domain.ClassProvider, domain.PhaseDot, 0},
		{"dot endless lines", smtptest.Script{Dot: step{Reply: strings.Repeat("250-x\r\n", 1000)}}, domain.Unknown, domain.ClassProvider, domain.PhaseDot, 0},
		{"dot 421", smtptest.Script{Dot: step{Reply: "421 bye", Close: true}}, domain.Deferred, domain.ClassProvider, domain.PhaseDot, 421},
		{"dot 451", smtptest.Script{Dot: step{Reply: "451 4.3.0 later"}}, domain.Deferred, domain.ClassNone, domain.PhaseDot, 451},
		{"dot 552", smtptest.Script{Dot: step{Reply: "552 too large"}}, domain.Failed, domain.ClassContent, domain.PhaseDot, 552},
		{"dot 554 5.6.0", smtptest.Script{Dot: step{Reply: "554 5.6.0 spam"}}, domain.Failed, domain.ClassContent, domain.PhaseDot, 554},
		{"dot 554 5.7.1", smtptest.Script{Dot: step{Reply: "554 5.7.1 spam"}}, domain.Failed, domain.ClassPolicy, domain.PhaseDot, 554},
	} {
		for _, pipelining := range []bool{true, false} {
			t.Run(tt.name+"/pipelining="+strconv.FormatBool(pipelining), func(t *testing.T) {
				t.Parallel()
				faulty := tt.script
				if !pipelining {
					faulty.Ehlo = smtptest.Step{Reply: smtptest.Plain}
				}
				healthy := smtptest.Script{Ehlo: faulty.Ehlo}
				faulty.Message = func(n int, s *smtptest.Script) {
					if n > 1 {
						*s = smtptest.Script{}
					}
				}
				server := smtptest.NewScripted(t, func(n int) smtptest.Script {
					if n == 1 {
						return faulty
					}
					return healthy
				})
				cfg := config(t, server.Addr)
				if strings.Contains(tt.name, "hangs") {
					cfg.Timeouts = smtp.Timeouts{Mail: short, Rcpt: short, Data: short, Body: short, Dot: short}
				}
				p := newProvider(t, cfg)
				batch := []domain.Envelope{envelope("ann@example.org"), envelope("bob@example.org")}
				receipts, err := p.Deliver(t.Context(), batch)
				require.NoError(t, err)
				require.Len(t, receipts, 2)
				got := receipts[0]
				assert.Equal(t, tt.outcome, got.Outcome)
				assert.Equal(t, tt.class, got.Class)
				assert.Equal(t, tt.phase, got.Reply.Phase)
				assert.Equal(t, tt.code, got.Reply.Code)
				assert.NotEmpty(t, got.Reply.Text)
				assert.LessOrEqual(t, len(got.Reply.Text), 500)
				assert.Equal(t, "test", got.Provider)
				assert.False(t, got.At.IsZero())
				assert.Equal(t, domain.Sent, receipts[1].Outcome, "the next message: %+v", receipts[1].Reply)
			})
		}
	}
}

// TestBodyBrokenOff holds the line between deferred and unknown: as long as the dot has not been written, nothing can
// have been accepted.
func TestBodyBrokenOff(t *testing.T) {
	t.Parallel()
	big := envelope("ann@example.org")
	big.Data = []byte(strings.Repeat(strings.Repeat("x", 70)+"\r\n", 1<<18)) // 18 MB, more than the sockets buffer
	for _, tt := range []struct {
		name    string
		step    smtptest.Step
		outcome domain.Outcome
	}{
		{"closes", smtptest.Step{Close: true}, domain.Deferred},
		{"resets", smtptest.Step{Close: true, Reset: true}, domain.Deferred},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.NewScripted(t, one(smtptest.Script{Body: tt.step, BodyAfter: 1 << 16}))
			p := newProvider(t, config(t, server.Addr))
			receipts, err := p.Deliver(t.Context(), []domain.Envelope{big})
			require.NoError(t, err)
			assert.Equal(t, tt.outcome, receipts[0].Outcome)
			assert.Equal(t, domain.PhaseBody, receipts[0].Reply.Phase)
			assert.Equal(t, domain.ClassProvider, receipts[0].Class)
			assert.Empty(t, server.Messages())
		})
	}
}

// TestDialoguesStayInStep sends over one connection whatever refusals came before.
func TestDialoguesStayInStep(t *testing.T) {
	t.Parallel()
	for _, ehlo := range []string{smtptest.Healthy, smtptest.Plain} {
		server := smtptest.NewScripted(t, one(smtptest.Script{
			Ehlo: smtptest.Step{Reply: ehlo},
			Message: func(n int, s *smtptest.Script) {
				s.Rcpt, s.Data, s.Dot = smtptest.Step{}, smtptest.Step{}, smtptest.Step{}
				switch n {
				case 1:
					s.Rcpt.Reply = "550 5.1.1 unknown"
				case 3:
					s.Data.Reply = "451 4.3.0 later"
				case 5:
					s.Rcpt.Reply, s.Data.Reply = "550 5.1.1 unknown", "354 go on"
				case 7:
					s.Dot.Reply = "554 5.6.0 bad"
				}
			},
		}))
		cfg := config(t, server.Addr)
		cfg.Connections = 1
		receipts, err := newProvider(t, cfg).Deliver(t.Context(), envelopes(8))
		require.NoError(t, err)
		assert.Equal(t, []domain.Outcome{
			domain.Failed, domain.Sent, domain.Deferred, domain.Sent, domain.Failed, domain.Sent, domain.Failed, domain.Sent,
		}, outcomes(receipts))
		assert.Equal(t, 1, server.Connections())
	}
}
