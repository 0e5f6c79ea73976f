package domain

import (
	"errors"
	"strings"
	"time"
)

// Kind says what sort of failure an error is; adapters translate it (the gateway into an HTTP status, in one switch).
type Kind int

// The kinds of failure. The zero value is Internal, so that an error nobody classified is never shown to a client.
const (
	Internal     Kind = iota // a fault of ours or of a part we use; details stay in the log
	Invalid                  // the input breaks a rule; Error.Fields says which
	NotFound                 // there is no such thing, or it is not the caller's
	Conflict                 // the thing's state forbids this now
	Stale                    // the caller's revision is not the current one
	Unauthorized             // nobody is signed in
	Forbidden                // signed in, but the role does not allow it
	Unavailable              // a part we need is away; trying later helps
	Limited                  // asked too often; Error.RetryAfter says when to come back
)

// Error is the error type of the whole program: a kind, a stable code for programs and a message for people.
type Error struct {
	Kind    Kind
	Code    string // stable, snake_case: "mailing_end_past"
	Message string
	Fields  []FieldError
	Err     error // the cause, for the log; never shown to clients
	// RetryAfter is when trying again may help, from now on; 0: not known.
	RetryAfter time.Duration
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	for i, f := range e.Fields {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(f.Error())
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first *Error in err's chain, and Internal when there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Errorf-like constructors, one per kind that code outside the domain raises.

// NewInvalid returns an error of kind Invalid that lists every field at fault.
func NewInvalid(fields ...FieldError) *Error {
	return &Error{Kind: Invalid, Code: "validation_failed", Message: "the request breaks a rule", Fields: fields}
}

// NewNotFound returns an error of kind NotFound; what names the thing: "mailing".
func NewNotFound(what string) *Error {
	return &Error{Kind: NotFound, Code: what + "_not_found", Message: "there is no such " + what}
}

// NewConflict returns an error of kind Conflict.
func NewConflict(code, message string) *Error {
	return &Error{Kind: Conflict, Code: code, Message: message}
}
