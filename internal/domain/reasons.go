package domain

import (
	"fmt"
	"strconv"
	"strings"
)

// ReasonCode says for programs which of Vestnik's own reasons a text is: why a mailing is held, an attempt does not move or
// ended early, or somebody was not sent to. Its text is stable.
type ReasonCode string

// The reasons. A text without one is a person's, or a mail service's.
const (
	ReasonOwnerBlocked    ReasonCode = "owner_blocked"
	ReasonAccountDeleting ReasonCode = "account_deleting"
	ReasonTakenOver       ReasonCode = "taken_over"
	ReasonOwnerManager    ReasonCode = "owner_manager"
	ReasonUnrenderable    ReasonCode = "unrenderable"
	ReasonContentRefused  ReasonCode = "content_refused"
	ReasonManager         ReasonCode = "manager" // disabled by a manager, whose words the text is

	ReasonNoSender        ReasonCode = "no_sender"
	ReasonBreakerOpen     ReasonCode = "breaker_open"
	ReasonDomainSlowed    ReasonCode = "domain_slowed"
	ReasonEndFirst        ReasonCode = "end_first"
	ReasonCutOff          ReasonCode = "cut_off"
	ReasonHeldWhenDue     ReasonCode = "held_when_due"
	ReasonTooLate         ReasonCode = "too_late"
	ReasonScheduleChanged ReasonCode = "schedule_changed"
	ReasonMailingDeleted  ReasonCode = "mailing_deleted"
	ReasonCountedAnew     ReasonCode = "counted_anew"

	ReasonSenderLost    ReasonCode = "sender_lost"
	ReasonNotRecorded   ReasonCode = "not_recorded"
	ReasonClientDeleted ReasonCode = "client_deleted"
	ReasonSuppressed    ReasonCode = "suppressed"
)

// The reasons as they are stored. Rows keep them for years, and ReasonOf knows them by these words: a text that is changed
// stays in reasonTexts as it was.
const (
	TextAccountDeleting = "the account is to be deleted; take that back, then resume the mailing"
	TextTakenOver       = "whoever planned this had not shown that the account's address is theirs; resume it if that was you"
	TextOwnerManager    = "its owner is a manager now"
	TextMailingEndFirst = "the mailing's end came first"
	TextEndFirst        = "the end came first" // of one recipient
	TextCutOff          = "the end came before everyone was served"
	TextHeldWhenDue     = "the mailing was held when it was due"
	TextTooLate         = "nothing could start it in time"
	TextScheduleChanged = "the schedule was changed before it could start"
	TextMailingDeleted  = "the mailing was deleted"
	TextCountedAnew     = "the counters did not account for everyone, so the report was counted anew from the ledger"
	TextSenderLost      = "the sender was lost while it may have been sending"
	TextNotRecorded     = "the records do not tell whether this recipient was sent to"
	TextClientDeleted   = "the client was deleted"
)

// How the reasons begin that go on with something else.
const (
	TextNoSender       = "no sender has the mail service " // in quotes: its name
	textOwnerBlocked   = "its owner is blocked"
	textUnrenderable   = "the message cannot be rendered: "
	textNotRendered    = "cannot be rendered: " // for one recipient
	textContentRefused = "the mail service refused the message's content "
	textNotHere        = "this sender has no mail service "
	textBreakerOpen    = "the circuit breaker is open: "
	textSlowed         = "the domain "
	textSuppressed     = "the address is suppressed: "
)

// TextOwnerBlocked is what a mailing shows while its owner is blocked, for a reason that may be empty.
func TextOwnerBlocked(reason string) string {
	if reason == "" {
		return textOwnerBlocked
	}
	return textOwnerBlocked + ": " + reason
}

// TextUnrenderable is why a mailing was paused whose message cannot be rendered for anybody.
func TextUnrenderable(err error) string { return textUnrenderable + err.Error() }

// TextNotRendered is why one recipient was not sent to.
func TextNotRendered(err error) string { return textNotRendered + err.Error() }

// TextContentRefused is why a mailing was paused whose message was refused so many times in a row.
func TextContentRefused(times int, last Reply) string {
	return fmt.Sprintf("%s%d times in a row: %d %s %s", textContentRefused, times, last.Code, last.Enhanced, last.Text)
}

// TextNotHere is why a sender gives a chunk back that goes through another mail service.
func TextNotHere(provider string) string { return textNotHere + strconv.Quote(provider) }

// TextBreakerOpen is why a mail service is left alone, with its last error.
func TextBreakerOpen(last string) string { return textBreakerOpen + last }

// TextDomainSlowed is why the messages to a domain wait; rate is in messages a second.
func TextDomainSlowed(name string, rate float64) string {
	return textSlowed + name + " asked for fewer messages and gets " + strconv.FormatFloat(rate, 'g', 3, 64) + " a second for now"
}

// TextSuppressed is why somebody was skipped whose address was suppressed for this reason.
func TextSuppressed(reason string) string { return textSuppressed + reason }

// ReasonOf returns which of Vestnik's own reasons a stored text is; empty for a text of somebody else's.
func ReasonOf(text string) ReasonCode {
	if code, ok := reasonTexts()[text]; ok {
		return code
	}
	for _, r := range []struct {
		start string
		code  ReasonCode
	}{
		{textOwnerBlocked + ": ", ReasonOwnerBlocked},
		{textUnrenderable, ReasonUnrenderable},
		{textNotRendered, ReasonUnrenderable},
		{textContentRefused, ReasonContentRefused},
		{TextNoSender + `"`, ReasonNoSender},
		{textNotHere + `"`, ReasonNoSender},
		{textSuppressed, ReasonSuppressed},
	} {
		if strings.HasPrefix(text, r.start) {
			return r.code
		}
	}
	// What a mail service meets with is told with its name before it: "mail.example.com: the circuit breaker is open".
	if _, said, ok := strings.Cut(text, ": "); ok && !strings.HasPrefix(text, textBreakerOpen) {
		text = said
	}
	switch {
	case strings.HasPrefix(text, textBreakerOpen):
		return ReasonBreakerOpen
	case strings.HasPrefix(text, textSlowed) && strings.HasSuffix(text, " a second for now"):
		return ReasonDomainSlowed
	default:
		return ""
	}
}

// ReasonOfMailing is ReasonOf for a mailing's reason: a disabled one shows the words of the manager who did it.
func ReasonOfMailing(status MailingStatus, text string) ReasonCode {
	if status == MailingDisabled && text != "" {
		return ReasonManager
	}
	return ReasonOf(text)
}

// ReasonCodes returns every code there is.
func ReasonCodes() []ReasonCode {
	return []ReasonCode{
		ReasonOwnerBlocked, ReasonAccountDeleting, ReasonTakenOver, ReasonOwnerManager, ReasonUnrenderable, ReasonContentRefused, ReasonManager,
		ReasonNoSender, ReasonBreakerOpen, ReasonDomainSlowed, ReasonEndFirst, ReasonCutOff, ReasonHeldWhenDue, ReasonTooLate,
		ReasonScheduleChanged, ReasonMailingDeleted, ReasonCountedAnew, ReasonSenderLost, ReasonNotRecorded,
		ReasonClientDeleted, ReasonSuppressed,
	}
}

func reasonTexts() map[string]ReasonCode {
	return map[string]ReasonCode{
		textOwnerBlocked:    ReasonOwnerBlocked,
		TextAccountDeleting: ReasonAccountDeleting,
		TextTakenOver:       ReasonTakenOver,
		TextOwnerManager:    ReasonOwnerManager,
		TextMailingEndFirst: ReasonEndFirst,
		TextEndFirst:        ReasonEndFirst,
		TextCutOff:          ReasonCutOff,
		TextHeldWhenDue:     ReasonHeldWhenDue,
		TextTooLate:         ReasonTooLate,
		TextScheduleChanged: ReasonScheduleChanged,
		TextMailingDeleted:  ReasonMailingDeleted,
		TextCountedAnew:     ReasonCountedAnew,
		TextSenderLost:      ReasonSenderLost,
		TextNotRecorded:     ReasonNotRecorded,
		TextClientDeleted:   ReasonClientDeleted,
	}
}
