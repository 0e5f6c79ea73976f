package domain

import "time"

// UserStatus is what a manager is told of the state of an account.
type UserStatus string

// The statuses; of several that fit, the first.
const (
	UserBlocked     UserStatus = "blocked"
	UserDeleting    UserStatus = "deleting"
	UserUnconfirmed UserStatus = "unconfirmed"
	UserActive      UserStatus = "active"
)

// UserStatuses lists every status.
func UserStatuses() []UserStatus {
	return []UserStatus{UserActive, UserUnconfirmed, UserBlocked, UserDeleting}
}

// Status is the state of the account.
func (u *User) Status() UserStatus {
	switch {
	case u.Blocked:
		return UserBlocked
	case u.DeleteAt != nil:
		return UserDeleting
	case !u.Confirmed:
		return UserUnconfirmed
	}
	return UserActive
}

// MaxCounted is how many clients of each user a list of users counts at most: 50 users may have a million each.
const MaxCounted = 100_000

// UserOverview is a user as managers see one.
type UserOverview struct {
	User

	BlockedAt  time.Time // zero: is not
	LastSeenAt time.Time // to within a minute; zero: never
	Clients    int       // in lists of users at most MaxCounted
	Mailings   int
	// ActiveMailings are those that are scheduled or running.
	ActiveMailings int
}

// UserFilter chooses users; zero fields choose all.
type UserFilter struct {
	Part   string // of the address or the name, in any case
	Role   Role
	Status UserStatus
}
