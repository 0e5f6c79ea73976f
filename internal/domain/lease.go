package domain

import (
	"errors"
	"time"
)

// ErrLeaseLost says that another sender has the chunk now. Nothing was written.
var ErrLeaseLost = errors.New("the lease of the chunk is lost")

// Start is the answer to an attempt's call to begin.
type Start struct {
	State   StartState
	Wait    time.Duration // NotYet: until it is due; AnotherRuns: until it is worth asking again
	Running ID            // AnotherRuns: which
}

// StartState says what came of StartAttempt.
type StartState int

// What can come of starting an attempt.
const (
	Began       StartState = iota // its audience is taken and its chunks wait for senders
	NotYet                        // its time has not come
	AnotherRuns                   // the mailing's earlier attempt has not ended
	NotWanted                     // it was moved, held, deleted, or begun before: there is nothing to do
)

// Lease is the answer to a sender that asks for a chunk.
type Lease struct {
	State    LeaseState
	Wait     time.Duration // Busy: until the other lease would end; NotDue: until the chunk is due
	Chunk    Chunk
	Provider string // the mail service it goes through; empty: the default one
	Resend   bool   // the mailing has unknown outcomes tried again
	Found    int    // recipients that the lease before left in an open window, recorded as unknown by this call
}

// LeaseState says what came of asking for a chunk.
type LeaseState int

// What can come of asking for a chunk.
const (
	Leased  LeaseState = iota // the chunk is the caller's
	Busy                      // another sender has it
	NotDue                    // its time has not come
	NoLease                   // it is done, held, or its attempt has ended
)

// Content is what an attempt says to its recipients, as it was when it started.
type Content struct {
	AttemptID   ID
	MailingID   ID
	MailingName string
	Subject     string
	HTML        string
	Text        string
}

// Recipient is a client as a sender needs it.
type Recipient struct {
	Key        int64
	ID         ID
	Email      string
	FullName   string
	Attributes map[string]string
	Suppressed string // why it is mailed no more; empty when it may be
}
