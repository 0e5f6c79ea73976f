package provider

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Classify says what an SMTP reply means for the one recipient of its message, from the phase, the reply code (RFC 5321
// §4.2) and the enhanced code (RFC 3463) alone: texts are for people and differ from server to server.
//
// Code 0 stands for no usable reply at all: a lost connection, a deadline that passed, or rubbish. A positive reply in
// its right place ends nothing and gives (Untouched, ClassNone), as refused credentials give (Untouched,
// ClassCredentials). An enhanced code whose class contradicts the reply code is passed over.
func Classify(r domain.Reply) (domain.Outcome, domain.Class) {
	switch {
	case r.Code == 421: // RFC 5321 §3.8: the service is going away, in whatever phase
		return domain.Deferred, domain.ClassProvider
	case r.Code == 530 || r.Code == 535: // RFC 4954 §6
		return domain.Untouched, domain.ClassCredentials
	case r.Code >= 200 && r.Code < 400:
		return positive(r)
	case r.Code < 200 || r.Code > 599:
		return lost(r.Phase)
	}
	switch r.Phase {
	case domain.PhaseDial, domain.PhaseBanner, domain.PhaseHello, domain.PhaseTLS:
		return domain.Deferred, domain.ClassProvider
	case domain.PhaseAuth:
		if r.Code >= 500 {
			return domain.Untouched, domain.ClassCredentials
		}
		return domain.Deferred, domain.ClassProvider
	case domain.PhaseMail, domain.PhaseRcpt, domain.PhaseData, domain.PhaseBody, domain.PhaseDot:
	case domain.PhaseRequest, domain.PhaseResponse: // not of SMTP
	}
	if r.Code < 500 {
		return domain.Deferred, transientClass(r)
	}
	return permanent(r)
}

// lost is the meaning of silence and of rubbish. After any byte of the final dot nobody can know.
func lost(phase domain.Phase) (domain.Outcome, domain.Class) {
	if phase == domain.PhaseDot {
		return domain.Unknown, domain.ClassProvider
	}
	return domain.Deferred, domain.ClassProvider
}

// positive tells a 2yz or 3yz reply in its place from one out of place, which is as good as rubbish: the dialogue is
// out of step.
func positive(r domain.Reply) (domain.Outcome, domain.Class) {
	completed := r.Code < 300
	inPlace := false
	switch r.Phase {
	case domain.PhaseDot:
		// 220 and 221 open and close a session, they answer no message.
		if completed && r.Code != 220 && r.Code != 221 {
			return domain.Sent, domain.ClassNone
		}
	case domain.PhaseData:
		inPlace = r.Code == 354
	case domain.PhaseAuth:
		inPlace = completed || r.Code == 334
	case domain.PhaseBanner, domain.PhaseHello, domain.PhaseTLS, domain.PhaseMail, domain.PhaseRcpt:
		inPlace = completed
	case domain.PhaseDial, domain.PhaseBody: // nothing is to be said there
	case domain.PhaseRequest, domain.PhaseResponse: // not of SMTP
	}
	if inPlace {
		return domain.Untouched, domain.ClassNone
	}
	return lost(r.Phase)
}

// transientClass is the class of a 4yz reply to a transaction's command.
func transientClass(r domain.Reply) domain.Class {
	subject, detail := status(r)
	switch {
	case subject == 7, subject == 5 && detail == 3:
		return domain.ClassRate
	case subject == 2 && detail == 2:
		return domain.ClassMailboxFull
	case subject == 6, subject == 3 && detail == 4:
		return domain.ClassContent
	case r.Phase != domain.PhaseRcpt:
		return domain.ClassNone
	case subject == 1, subject == 2, subject == 0 && r.Code == 450:
		return domain.ClassRecipient
	}
	return domain.ClassNone
}

// permanent reads a 5yz reply to a transaction's command: by its enhanced code first, else by its code and phase.
func permanent(r domain.Reply) (domain.Outcome, domain.Class) {
	subject, detail := status(r)
	early := r.Phase != domain.PhaseBody && r.Phase != domain.PhaseDot
	switch {
	case subject == 7:
		return domain.Failed, domain.ClassPolicy
	case subject == 6, subject == 3 && detail == 4, subject == 2 && detail == 3:
		return domain.Failed, domain.ClassContent
	case r.Code == 521: // RFC 7504: the host takes no mail at all, which is not this recipient's fault
		return domain.Deferred, domain.ClassProvider
	case early && (subject == 0 || subject == 5) && (r.Code == 500 || r.Code == 502 || r.Code == 503):
		// The server lost the thread of the dialogue; it said nothing about the recipient or the message.
		return domain.Deferred, domain.ClassProvider
	case r.Phase == domain.PhaseMail, subject == 1 && (detail == 7 || detail == 8):
		// The sender is refused. That is the same for every recipient, and none of them must be suppressed for it.
		return domain.Failed, refusedSender(r, subject)
	case subject == 1 && slices.Contains(deadAddress(), detail):
		return domain.Failed, domain.ClassRecipient
	case subject == 2 && detail == 2:
		return domain.Failed, domain.ClassMailboxFull
	case subject == 0:
		return domain.Failed, bareClass(r)
	}
	return domain.Failed, domain.ClassNone
}

// refusedSender keeps a bare 550 or 554 to MAIL, by which servers refuse a client they do not like, apart from
// complaints about the sender's address or the message's parameters.
func refusedSender(r domain.Reply, subject int) domain.Class {
	if subject == 0 && (r.Code == 550 || r.Code == 554) {
		return domain.ClassPolicy
	}
	return domain.ClassContent
}

// deadAddress lists the details of RFC 3463 §3.2 that say the address itself is no good: no such mailbox, no such system,
// bad syntax, moved without a forwarding address, and a domain with a null MX (RFC 7505). Only these suppress it; 5.1.0 and
// the like can mean anything.
func deadAddress() []int { return []int{1, 2, 3, 6, 10} }

// bareClass is the class of a 5yz reply that carries no enhanced code. A bare 550 to RCPT is said of unknown mailboxes,
// but as often of relaying denied and of blocked clients, so it fails this recipient and suppresses nobody.
func bareClass(r domain.Reply) domain.Class {
	if r.Phase == domain.PhaseRcpt {
		switch r.Code {
		case 556: // RFC 7504: the domain takes no mail
			return domain.ClassRecipient
		case 552:
			return domain.ClassMailboxFull
		case 554:
			return domain.ClassPolicy
		}
		return domain.ClassNone
	}
	switch r.Code {
	case 550, 554:
		return domain.ClassPolicy
	case 500, 552: // a line too long, a message too large
		return domain.ClassContent
	}
	return domain.ClassNone
}

// status returns the subject and detail of the enhanced code; 0, 0 when there is none, it is "x.0.0" or of an unknown
// subject, or its class is not the reply code's.
func status(r domain.Reply) (subject, detail int) {
	class, rest, _ := strings.Cut(r.Enhanced, ".")
	first, second, _ := strings.Cut(rest, ".")
	if class != strconv.Itoa(r.Code/100) {
		return 0, 0
	}
	subject, err := strconv.Atoi(first)
	if err != nil || subject < 1 || subject > 7 {
		return 0, 0
	}
	detail, err = strconv.Atoi(second)
	if err != nil || detail < 0 {
		return 0, 0
	}
	return subject, detail
}
