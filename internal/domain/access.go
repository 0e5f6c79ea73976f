package domain

import (
	"slices"
	"strings"
	"time"
)

// Limits of API keys.
const (
	MaxAPIKeys    = 50 // that work, of one user
	MaxAPIKeyName = 100
)

// Session is one browser that a user is signed in with.
type Session struct {
	ID         ID
	Address    string // IP address of the last use
	UserAgent  string
	CreatedAt  time.Time
	LastSeenAt time.Time // to within a minute
	ExpiresAt  time.Time // when it ends if it is not used
}

// APIKey is what a program shows to act for a user. Its secret is known to the program alone.
type APIKey struct {
	ID         ID
	Name       string
	Prefix     string // how it begins
	Scopes     []Scope
	CreatedAt  time.Time
	LastUsedAt *time.Time // to within a minute; nil: never
}

// Validate returns every field at fault.
func (k *APIKey) Validate() []FieldError {
	var bad []FieldError
	if strings.TrimSpace(k.Name) == "" {
		bad = append(bad, Required("must not be empty").At("name"))
	} else {
		bad = append(bad, checkText("name", k.Name, MaxAPIKeyName)...)
	}
	if len(k.Scopes) == 0 {
		bad = append(bad, Required("must name at least one scope").At("scopes"))
	}
	for _, scope := range k.Scopes {
		if !slices.Contains(Scopes(), scope) {
			bad = append(bad, NewFault(FaultNotAChoice, Params{"choices": Scopes()}, "%q is no scope; there are %v", scope, Scopes()).At("scopes"))
		}
	}
	return bad
}

// UniqueScopes returns the scopes without repeats, the least first.
func UniqueScopes(scopes []Scope) []Scope {
	return slices.DeleteFunc(Scopes(), func(s Scope) bool { return !slices.Contains(scopes, s) })
}

// MaxReason is how long a reason may be that a person gives.
const MaxReason = 500

// CheckLine returns what is wrong with a text of one line that ends up in mail, logs or pages, such as a reason.
func CheckLine(field, s string) []FieldError { return checkText(field, s, MaxReason) }
