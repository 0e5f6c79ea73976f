package provider_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

func phases() []domain.Phase {
	return []domain.Phase{
		domain.PhaseDial, domain.PhaseBanner, domain.PhaseHello, domain.PhaseTLS, domain.PhaseAuth,
		domain.PhaseMail, domain.PhaseRcpt, domain.PhaseData, domain.PhaseBody, domain.PhaseDot,
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	const (
		mail, rcpt, data, body, dot = domain.PhaseMail, domain.PhaseRcpt, domain.PhaseData, domain.PhaseBody, domain.PhaseDot

		none, recipient, full  = domain.ClassNone, domain.ClassRecipient, domain.ClassMailboxFull
		content, policy, rate  = domain.ClassContent, domain.ClassPolicy, domain.ClassRate
		trouble, credentials   = domain.ClassProvider, domain.ClassCredentials
		sent, deferred, failed = domain.Sent, domain.Deferred, domain.Failed
		unknown, untouched     = domain.Unknown, domain.Untouched
	)
	for _, tt := range []struct {
		phase    domain.Phase
		code     int
		enhanced string
		outcome  domain.Outcome
		class    domain.Class
	}{
		// In their place.
		{domain.PhaseBanner, 220, "", untouched, none},
		{domain.PhaseHello, 250, "", untouched, none},
		{domain.PhaseTLS, 220, "2.0.0", untouched, none},
		{domain.PhaseAuth, 334, "", untouched, none},
		{domain.PhaseAuth, 235, "2.7.0", untouched, none},
		{mail, 250, "2.1.0", untouched, none},
		{rcpt, 250, "2.1.5", untouched, none},
		{rcpt, 251, "", untouched, none},
		{rcpt, 252, "", untouched, none},
		{data, 354, "", untouched, none},
		{dot, 250, "2.0.0", sent, none},
		{dot, 250, "", sent, none},
		{dot, 250, "5.1.1", sent, none}, // the reply code decides
		{dot, 251, "", sent, none},

		// Positive out of place is rubbish.
		{mail, 354, "", deferred, trouble},
		{rcpt, 354, "", deferred, trouble},
		{data, 250, "", deferred, trouble},
		{data, 355, "", deferred, trouble},
		{body, 250, "", deferred, trouble},
		{dot, 354, "", unknown, trouble},
		{dot, 220, "", unknown, trouble},
		{dot, 221, "2.0.0", unknown, trouble},

		// The session's phases.
		{domain.PhaseBanner, 451, "", deferred, trouble},
		{domain.PhaseBanner, 554, "5.7.1", deferred, trouble},
		{domain.PhaseBanner, 521, "", deferred, trouble},
		{domain.PhaseHello, 550, "", deferred, trouble},
		{domain.PhaseTLS, 454, "", deferred, trouble},
		{domain.PhaseTLS, 501, "", deferred, trouble},
		{domain.PhaseAuth, 454, "4.7.0", deferred, trouble},
		{domain.PhaseAuth, 535, "5.7.8", untouched, credentials},
		{domain.PhaseAuth, 534, "5.7.9", untouched, credentials},
		{domain.PhaseAuth, 504, "", untouched, credentials},
		{mail, 530, "5.7.0", untouched, credentials},
		{rcpt, 530, "", untouched, credentials},
		{dot, 535, "", untouched, credentials},

		// 4yz is deferred.
		{mail, 450, "", deferred, none},
		{mail, 451, "4.3.0", deferred, none},
		{mail, 451, "4.7.1", deferred, rate},
		{mail, 452, "4.5.3", deferred, rate},
		{rcpt, 450, "", deferred, recipient},
		{rcpt, 450, "4.2.1", deferred, recipient},
		{rcpt, 450, "4.1.1", deferred, recipient},
		{rcpt, 450, "4.7.1", deferred, rate},
		{rcpt, 451, "", deferred, none},
		{rcpt, 451, "4.3.0", deferred, none},
		{rcpt, 451, "4.7.500", deferred, rate},
		{rcpt, 452, "", deferred, none},
		{rcpt, 452, "4.5.3", deferred, rate},
		{rcpt, 452, "4.2.2", deferred, full},
		{rcpt, 452, "5.2.2", deferred, none}, // contradicts itself
		{rcpt, 455, "4.9.9", deferred, none},
		{data, 451, "4.3.4", deferred, content},
		{dot, 451, "", deferred, none},
		{dot, 452, "4.3.1", deferred, none},
		{dot, 451, "4.6.0", deferred, content},
		{dot, 450, "4.7.1", deferred, rate},

		// This address.
		{rcpt, 550, "5.1.1", failed, recipient},
		{rcpt, 551, "5.1.6", failed, recipient},
		{rcpt, 553, "5.1.3", failed, recipient},
		{rcpt, 501, "5.1.3", failed, recipient},
		{rcpt, 550, "5.1.10", failed, recipient},
		{rcpt, 550, "5.1.2", failed, recipient},
		// A bare 550 is said of relaying denied and of blocked clients as well: it must suppress nobody.
		{rcpt, 550, "5.2.1", failed, none},
		{rcpt, 550, "", failed, none},
		{rcpt, 550, "5.0.0", failed, none},
		{rcpt, 550, "5.9.9", failed, none}, // no such subject: as if there were no enhanced code
		{rcpt, 550, "4.1.1", failed, none},
		{rcpt, 550, "2.7.1", failed, none},
		{rcpt, 551, "", failed, none},
		{rcpt, 553, "", failed, none},
		{rcpt, 556, "", failed, recipient},
		{dot, 550, "5.1.1", failed, recipient},
		{rcpt, 552, "", failed, full},
		{rcpt, 552, "5.2.2", failed, full},
		{rcpt, 550, "5.2.2", failed, full},
		{dot, 552, "5.2.2", failed, full},

		// This message.
		{dot, 552, "", failed, content},
		{dot, 552, "5.3.4", failed, content},
		{mail, 552, "", failed, content},
		{mail, 552, "5.3.4", failed, content},
		{rcpt, 552, "5.3.4", failed, content},
		{rcpt, 552, "5.2.3", failed, content},
		{body, 552, "5.3.4", failed, content},
		{dot, 554, "5.6.0", failed, content},
		{dot, 550, "5.6.1", failed, content},
		{dot, 500, "", failed, content},

		// The sender is the same for everyone: no recipient is suppressed for it.
		{mail, 550, "5.1.1", failed, content},
		{mail, 553, "5.1.8", failed, content},
		{mail, 501, "5.1.7", failed, content},
		{mail, 553, "", failed, content},
		{mail, 555, "", failed, content},
		{rcpt, 550, "5.1.8", failed, content},
		{rcpt, 550, "5.1.7", failed, content},

		// The provider does not want this.
		{mail, 550, "5.7.1", failed, policy},
		{mail, 550, "", failed, policy},
		{mail, 554, "", failed, policy},
		{rcpt, 550, "5.7.1", failed, policy},
		{rcpt, 554, "5.7.1", failed, policy},
		{rcpt, 554, "", failed, policy},
		{data, 554, "5.7.1", failed, policy},
		{dot, 550, "5.7.26", failed, policy},
		{dot, 554, "5.7.1", failed, policy},
		{dot, 554, "", failed, policy},
		{dot, 550, "", failed, policy},

		// Failed for reasons that call for nothing else.
		{rcpt, 550, "5.4.4", failed, none},
		{rcpt, 550, "5.3.0", failed, none},
		{rcpt, 501, "", failed, none},
		{dot, 554, "5.3.0", failed, none},
		{dot, 554, "5.4.6", failed, none},

		// The dialogue went wrong, or the host takes no mail.
		{mail, 503, "5.5.1", deferred, trouble},
		{rcpt, 503, "", deferred, trouble},
		{rcpt, 500, "5.5.2", deferred, trouble},
		{data, 502, "", deferred, trouble},
		{mail, 521, "", deferred, trouble},
		{rcpt, 521, "", deferred, trouble},
	} {
		outcome, class := provider.Classify(domain.Reply{Phase: tt.phase, Code: tt.code, Enhanced: tt.enhanced, Text: "550 5.1.1 no meaning"})
		assert.Equal(t, tt.outcome, outcome, "%s %d %s", tt.phase, tt.code, tt.enhanced)
		assert.Equal(t, tt.class, class, "%s %d %s", tt.phase, tt.code, tt.enhanced)
	}
}

// TestClassifyEverything goes through every phase and code and holds the rules that have no exception.
func TestClassifyEverything(t *testing.T) {
	t.Parallel()
	enhanced := []string{"", "2.0.0", "4.7.1", "5.1.1", "5.7.1", "5.2.2", "5.0.0", "5.999.999", "9.9.9", "rubbish", "5.", "5.1", ".."}
	for _, phase := range phases() {
		for code := -1; code <= 1000; code++ {
			for _, e := range enhanced {
				outcome, class := provider.Classify(domain.Reply{Phase: phase, Code: code, Enhanced: e})
				at := func() []any { return []any{"%s %d %s", phase, code, e} }
				noReply := code < 200 || code > 599
				switch {
				case code == 421:
					assert.Equal(t, domain.Deferred, outcome, at()...)
					assert.Equal(t, domain.ClassProvider, class, at()...)
				case noReply && phase == domain.PhaseDot:
					assert.Equal(t, domain.Unknown, outcome, at()...)
				case noReply:
					assert.Equal(t, domain.Deferred, outcome, at()...)
				case code >= 400 && code < 500:
					assert.Equal(t, domain.Deferred, outcome, at()...)
				}
				if outcome == domain.Sent {
					assert.True(t, phase == domain.PhaseDot && code/100 == 2, at()...)
				}
				if outcome == domain.Unknown {
					assert.True(t, phase == domain.PhaseDot && (noReply || code < 400), at()...)
				}
				if class == domain.ClassRecipient && outcome == domain.Failed {
					assert.NotEqual(t, domain.PhaseMail, phase, at()...)
				}
			}
		}
	}
}
