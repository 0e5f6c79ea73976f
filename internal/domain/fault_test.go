package domain_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestEveryFaultHasACodeOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, code := range domain.FaultCodes() {
		assert.Regexp(t, `^[a-z][a-z0-9]*(_[a-z0-9]+)*$`, code.String(), "code %d", code)
		assert.False(t, seen[code.String()], code.String())
		seen[code.String()] = true
	}
	assert.Equal(t, "invalid", domain.FieldError{}.Code().String(), "there is no error without a code")
	assert.Equal(t, "invalid", domain.FaultCode(255).String())
}

func TestAFieldErrorIsMadeOfAFault(t *testing.T) {
	t.Parallel()
	fault := domain.NewFault(domain.FaultTooLong, domain.Params{"max": 3}, "at most %d", 3)
	bad := domain.FieldFault("name", fmt.Errorf("look at it: %w", fault))
	assert.Equal(t, "name", bad.Field())
	assert.Equal(t, domain.FaultTooLong, bad.Code())
	assert.Equal(t, domain.Params{"max": 3}, bad.Params())
	assert.Equal(t, "name: at most 3", bad.Error())

	other := domain.FieldFault("name", errors.New("is odd"))
	assert.Equal(t, domain.FaultInvalid, other.Code())
	assert.Equal(t, "is odd", other.Message())
}

func TestReasonsAreKnownByTheWordsThatAreStored(t *testing.T) {
	t.Parallel()
	bad := errors.New(`html: line 3: unknown variable "citty"`)
	for text, want := range map[string]domain.ReasonCode{
		domain.TextOwnerBlocked(""):            domain.ReasonOwnerBlocked,
		domain.TextOwnerBlocked("spam"):        domain.ReasonOwnerBlocked,
		domain.TextAccountDeleting:             domain.ReasonAccountDeleting,
		domain.TextTakenOver:                   domain.ReasonTakenOver,
		domain.TextUnrenderable(bad):           domain.ReasonUnrenderable,
		domain.TextNotRendered(bad):            domain.ReasonUnrenderable,
		domain.TextNoSender + `"backup"`:       domain.ReasonNoSender,
		domain.TextNotHere("backup"):           domain.ReasonNoSender,
		domain.TextBreakerOpen("421 busy"):     domain.ReasonBreakerOpen,
		domain.TextMailingEndFirst:             domain.ReasonEndFirst,
		domain.TextEndFirst:                    domain.ReasonEndFirst,
		domain.TextCutOff:                      domain.ReasonCutOff,
		domain.TextHeldWhenDue:                 domain.ReasonHeldWhenDue,
		domain.TextTooLate:                     domain.ReasonTooLate,
		domain.TextScheduleChanged:             domain.ReasonScheduleChanged,
		domain.TextMailingDeleted:              domain.ReasonMailingDeleted,
		domain.TextCountedAnew:                 domain.ReasonCountedAnew,
		domain.TextSenderLost:                  domain.ReasonSenderLost,
		domain.TextNotRecorded:                 domain.ReasonNotRecorded,
		domain.TextClientDeleted:               domain.ReasonClientDeleted,
		domain.TextSuppressed("550 5.1.1 who"): domain.ReasonSuppressed,
		domain.TextContentRefused(10, domain.Reply{Code: 554, Enhanced: "5.6.0", Text: "no"}): domain.ReasonContentRefused,

		(&domain.Unreachable{Provider: "mail.example.com", Reason: domain.TextBreakerOpen("421 busy")}).Error():          domain.ReasonBreakerOpen,
		(&domain.Unreachable{Provider: "mail.example.com", Reason: domain.TextDomainSlowed("example.org", 2.5)}).Error(): domain.ReasonDomainSlowed,

		// as rows of the first release have it
		"its owner is blocked: complaints": domain.ReasonOwnerBlocked,
		"the mail service refused the message's content 10 times in a row: 554 5.6.0 not like this": domain.ReasonContentRefused,

		"":                                 "",
		"complaints about the subject":     "",
		"550 5.1.1 no such user":           "",
		"dial tcp: connection refused":     "",
		"the domain of this is not theirs": "",
	} {
		assert.Equal(t, want, domain.ReasonOf(text), text)
		if want != "" {
			assert.Contains(t, domain.ReasonCodes(), want)
		}
	}
	assert.Equal(t, domain.ReasonManager, domain.ReasonOfMailing(domain.MailingDisabled, domain.TextTooLate), "a manager's words are theirs")
	assert.Empty(t, domain.ReasonOfMailing(domain.MailingDisabled, ""))
	assert.Equal(t, domain.ReasonUnrenderable, domain.ReasonOfMailing(domain.MailingPaused, domain.TextUnrenderable(bad)))
}
