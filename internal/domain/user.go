package domain

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

// User is a person with an account. Everything else in Vestnik belongs to one.
type User struct {
	ID      ID
	Email   string
	Role    Role
	Blocked bool
}
