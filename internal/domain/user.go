package domain

import (
	"context"
	"slices"
	"time"
)

// Role is what a user may do: see the table of roles in docs/glossary.md.
type Role string

// The roles.
const (
	RoleUser    Role = "user"
	RoleManager Role = "manager"
	RoleAdmin   Role = "admin"
)

// Roles lists every role.
func Roles() []Role { return []Role{RoleUser, RoleManager, RoleAdmin} }

// SeesAll reports whether the role may look at what belongs to others.
func (r Role) SeesAll() bool { return r == RoleManager || r == RoleAdmin }

// Language is one that Vestnik speaks to people.
type Language string

// The languages.
const (
	English Language = "en"
	Russian Language = "ru"
)

// User is a person with an account. Everything else in Vestnik belongs to one.
type User struct {
	ID       ID
	Email    string
	Role     Role
	Name     string
	Language Language
	TimeZone string // IANA name
	// Confirmed says that the address is known to be the user's. Without that nothing can be sent.
	Confirmed     bool
	Blocked       bool
	BlockedReason string
	HasPassword   bool
	SecondFactor  bool
	DeleteAt      *time.Time // when everything is removed; nil unless the user asked for it
	CreatedAt     time.Time
}

// Validate returns every field at fault of those that users set themselves; the address has been parsed before.
func (u *User) Validate() []FieldError {
	bad := checkText("name", u.Name, MaxName)
	if u.Language != English && u.Language != Russian {
		bad = append(bad, NotAChoice([]string{string(English), string(Russian)}, `must be "en" or "ru"`).At("language"))
	}
	if _, err := loadZone(u.TimeZone); err != nil {
		bad = append(bad, badZone(u.TimeZone))
	}
	return bad
}

// MaySend reports whether mail may go out in the user's name, and if not why.
func (u *User) MaySend() error {
	switch {
	case u.Blocked:
		return &Error{Kind: Forbidden, Code: "user_blocked", Message: "this account is blocked"}
	case !u.Confirmed:
		return &Error{Kind: Forbidden, Code: "email_unconfirmed", Message: "confirm your e-mail address first: a message with a link and a code was sent to it"}
	case u.DeleteAt != nil:
		return &Error{Kind: Forbidden, Code: "account_deleting", Message: "this account is to be deleted; take that back first"}
	}
	return nil
}

// Scope is what an API key may do. Each includes those before it.
type Scope string

// The scopes.
const (
	ScopeRead  Scope = "read"
	ScopeWrite Scope = "write"
	ScopeSend  Scope = "send"
)

// Scopes lists every scope, the least first.
func Scopes() []Scope { return []Scope{ScopeRead, ScopeWrite, ScopeSend} }

// Allows reports whether one of the scopes is want, or includes it.
func Allows(scopes []Scope, want Scope) bool {
	all := Scopes()
	return slices.ContainsFunc(scopes, func(has Scope) bool {
		return slices.Index(all, has) >= slices.Index(all, want)
	})
}

// Account is what only its owner is told of an account.
type Account struct {
	User          User
	PendingEmail  string // a new address that is still to be confirmed; empty: none
	RecoveryCodes int    // of the second factor, not used yet
}

// NewAccount is what an account is opened with.
type NewAccount struct {
	Email        Address
	PasswordHash string
	Name         string
	Language     Language
	Code         Code // to be mailed, to confirm the address with
}

// ErrSetUp says that there is an account already, so that nobody makes the first one any more.
func ErrSetUp() error {
	return NewConflict("already_set_up", "there is an account already: sign in, or have `vestnik user` make an administrator")
}

// Code is six digits that go out by mail, and the hash to keep of them.
type Code struct{ Digits, Hash string }

// Rate is how often something may be done: Burst times at once, and as often again in each Period.
type Rate struct {
	Burst  int
	Period time.Duration
}

// Actor is on whose behalf something is done, and from where: for row level security and for the audit log. The zero
// value is Vestnik itself.
type Actor struct {
	ID      ID // of the user
	Email   string
	Role    Role
	Address string // IP address; empty on the machine itself
	NoSend  bool   // a program whose key lacks the scope send
}

// MayBlock reports whether the actor may block u, and if not why: a Forbidden error. Vestnik itself and its operator may.
func (a Actor) MayBlock(u *User) error {
	if a.ID == u.ID && !a.ID.IsZero() {
		return &Error{Kind: Forbidden, Code: "user_is_self", Message: "you cannot block yourself; another administrator can"}
	}
	return a.MayUnblock(u)
}

// MayUnblock is MayBlock for unblocking.
func (a Actor) MayUnblock(u *User) error {
	if !a.ID.IsZero() && a.Role != RoleAdmin && u.Role == RoleAdmin {
		return &Error{Kind: Forbidden, Code: "user_is_admin", Message: "only an administrator may block or unblock administrators"}
	}
	return nil
}

type actorKey struct{}

// WithActor says on whose behalf things are done under the context.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf returns on whose behalf things are done under ctx, and whether anybody said so.
func ActorOf(ctx context.Context) (Actor, bool) {
	a, ok := ctx.Value(actorKey{}).(Actor)
	return a, ok
}
