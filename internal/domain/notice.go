package domain

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
	NoticeDeleting       NoticeKind = "account_deleting" // delete_at (RFC 3339)
	NoticeBlocked        NoticeKind = "account_blocked"  // reason
	NoticeUnblocked      NoticeKind = "account_unblocked"
	NoticeMailingStopped NoticeKind = "mailing_disabled" // mailing, reason
)

// Notice is a message of the service itself to one person. It goes out ahead of mailings.
type Notice struct {
	UserID   ID // the zero ID: to somebody without an account
	Email    string
	Kind     NoticeKind
	Language Language
	Data     map[string]string
}
