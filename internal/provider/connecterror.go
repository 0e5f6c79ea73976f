package provider

import (
	"errors"
	"strconv"
	"strings"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// ConnectError is a failure to connect: the reply, or the error in its place, with its class.
type ConnectError struct {
	Reply     domain.Reply
	Class     domain.Class
	Permanent bool  // trying again at once is of no use
	Err       error // the cause, when it was not a reply
}

// Error implements error. Its text is one line and safe to show: "banner: 554 5.7.1 go away".
func (f *ConnectError) Error() string { return Describe(f.Reply) }

// Unwrap returns the cause.
func (f *ConnectError) Unwrap() error { return f.Err }

// Describe puts a reply into one line for a person: its phase, its codes and its text.
func Describe(r domain.Reply) string {
	var b strings.Builder
	b.WriteString(string(r.Phase))
	b.WriteByte(':')
	if r.Code != 0 {
		b.WriteByte(' ')
		b.WriteString(strconv.Itoa(r.Code))
	}
	for _, s := range [...]string{r.Enhanced, r.Text} {
		if s != "" {
			b.WriteByte(' ')
			b.WriteString(s)
		}
	}
	return b.String()
}

// asFault finds the ConnectError in err's chain, or makes one of the provider's class.
func asFault(err error) *ConnectError {
	if f, ok := errors.AsType[*ConnectError](err); ok {
		return f
	}
	return &ConnectError{Reply: domain.Reply{Phase: domain.PhaseDial, Text: err.Error()}, Class: domain.ClassProvider, Err: err}
}
