package domain

import "time"

// NoticeKind is what a message of the service itself is about.
type NoticeKind string

// The kinds of notices, and what their data holds.
const (
	NoticeVerify         NoticeKind = "verify"           // token, code
	NoticeExists         NoticeKind = "account_exists"   // nothing: somebody tried to register this address again
	NoticeReset          NoticeKind = "password_reset"   // token
	NoticePasswordSet    NoticeKind = "password_changed" // nothing
	NoticeChangeEmail    NoticeKind = "change_email"     // token, code: to the new address
	NoticeEmailTaken     NoticeKind = "email_taken"      // nothing: to a new address that has an account already
	NoticeEmailChanging  NoticeKind = "email_changing"   // new_email: to the old address
	NoticeEmailChanged   NoticeKind = "email_changed"    // new_email: to the old address
	NoticeFactorOn       NoticeKind = "second_factor_on"
	NoticeFactorOff      NoticeKind = "second_factor_off"
	NoticeIdentityLinked NoticeKind = "identity_linked"
	NoticeDeleting       NoticeKind = "account_deleting" // delete_at (RFC 3339)
	NoticeBlocked        NoticeKind = "account_blocked"  // reason
	NoticeUnblocked      NoticeKind = "account_unblocked"
	NoticeMailingStopped NoticeKind = "mailing_disabled" // mailing, reason
	NoticeTestMail       NoticeKind = "test_mail"        // nothing: somebody tries whether mail goes out
	NoticeTestMessage    NoticeKind = "test_message"     // subject, text, html (may be empty): what somebody has written, to himself
)

// Notice is a message of the service itself to one person. It goes out ahead of mailings.
type Notice struct {
	UserID   ID // the zero ID: to somebody without an account
	Email    string
	Kind     NoticeKind
	Language Language
	Data     map[string]string
}

// Life is how long a message of this kind is worth sending, from when it was asked for. What it carries to be used once
// works for as long.
func (k NoticeKind) Life() time.Duration {
	switch k { //nolint:exhaustive // the others are alike
	case NoticeReset:
		return time.Hour
	case NoticeTestMail, NoticeTestMessage: // somebody is waiting for it
		return 10 * time.Minute
	default:
		return 24 * time.Hour
	}
}

// NoticeRetry is how long to wait before a notice is tried again that has been tried so many times: 5 and 30 s, 2 and
// 10 min, then every hour, spread by ±20 %. random is in [0, 1).
func NoticeRetry(tries int, random float64) time.Duration {
	steps := [...]time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour}
	i := min(max(tries-1, 0), len(steps)-1)
	return time.Duration(float64(steps[i]) * (0.8 + 0.4*random))
}

// NoticeStatus is where a notice stands.
//
//	waiting ──▶ sent | failed      final
//	   ▲  └─not now─┐
//	   └────────────┘
type NoticeStatus string

// The states of a notice.
const (
	NoticeWaiting NoticeStatus = "waiting"
	NoticeSent    NoticeStatus = "sent"
	NoticeFailed  NoticeStatus = "failed"
)

// QueuedNotice is a notice as a sender takes it from the queue.
type QueuedNotice struct {
	Notice

	ID       ID
	Tries    int // so far
	QueuedAt time.Time
}

// Expires is when the notice is not worth sending any more.
func (n *QueuedNotice) Expires() time.Time { return n.QueuedAt.Add(n.Kind.Life()) }

// NoticeLease is the answer to a sender that asks for a notice.
type NoticeLease struct {
	State  LeaseState
	Wait   time.Duration // Busy: until the other lease would end; NotDue: until the notice is due
	Notice QueuedNotice
}

// NoticeResult is what came of one try to send a notice.
type NoticeResult struct {
	Status   NoticeStatus // NoticeWaiting: it is to be tried again
	DueAt    time.Time    // then: when
	Tried    bool         // the mail service was asked about this message
	Response string       // what it said, without secrets
}

// TestMail is what became of a message that somebody sent to himself.
type TestMail struct {
	ID       ID
	Status   NoticeStatus
	Response string     // what the mail service said last; empty: nothing yet
	EndedAt  *time.Time // nil while it waits
}

// TestMark begins the subject of a message that its writer sends to himself.
func TestMark(language Language) string {
	if language == Russian {
		return "[Проверка] "
	}
	return "[Test] "
}
