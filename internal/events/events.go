// Package events holds what Vestnik's parts tell each other and the world: one struct per event, its wire name and
// its NATS subject. The names are a contract with subscribers and never change; renaming a Go type must not.
//
// Every event is a hint. Its payload says what to look at; the row in PostgreSQL decides. So handlers are safe to
// run twice, late, or in another order. All types are plain values, safe for concurrent use.
package events

import (
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Event is something that has happened, or has become due.
type Event interface {
	// Name is the wire name with its version: "mailing.created.v1".
	Name() string
	// Subject is the NATS subject it is published to.
	Subject() string
}

// MailingCreated says that a mailing was saved for the first time.
type MailingCreated struct {
	MailingID domain.ID `json:"mailing_id"`
	OwnerID   domain.ID `json:"owner_id"`
	Revision  int       `json:"revision"`
}

// Name implements Event.
func (MailingCreated) Name() string { return "mailing.created.v1" }

// Subject implements Event.
func (e MailingCreated) Subject() string {
	return "vestnik.events.mailing.created." + e.MailingID.String()
}

// MailingChanged says that a mailing was edited, paused, resumed, disabled, enabled, started by hand, deleted, or that
// recipients of one of its attempts are sent to again.
type MailingChanged struct {
	MailingID domain.ID `json:"mailing_id"`
	OwnerID   domain.ID `json:"owner_id"`
	Revision  int       `json:"revision"`
	Change    string    `json:"change"` // edited, paused, resumed, disabled, enabled, started, resent, deleted
}

// Name implements Event.
func (MailingChanged) Name() string { return "mailing.changed.v1" }

// Subject implements Event.
func (e MailingChanged) Subject() string {
	return "vestnik.events.mailing.changed." + e.MailingID.String()
}

// AttemptStarted says that an attempt took its audience and is being sent.
type AttemptStarted struct {
	AttemptID domain.ID `json:"attempt_id"`
	MailingID domain.ID `json:"mailing_id"`
	OwnerID   domain.ID `json:"owner_id"`
	Audience  int       `json:"audience"`
	DueAt     time.Time `json:"due_at"`
	StartedAt time.Time `json:"started_at"`
}

// Name implements Event.
func (AttemptStarted) Name() string { return "attempt.started.v1" }

// Subject implements Event.
func (e AttemptStarted) Subject() string {
	return "vestnik.events.attempt.started." + e.MailingID.String()
}

// AttemptFinished says that an attempt has ended, however it did.
type AttemptFinished struct {
	AttemptID  domain.ID            `json:"attempt_id"`
	MailingID  domain.ID            `json:"mailing_id"`
	OwnerID    domain.ID            `json:"owner_id"`
	Status     domain.AttemptStatus `json:"status"`
	Result     domain.AttemptResult `json:"result,omitempty"`
	Audience   int                  `json:"audience"`
	Sent       int                  `json:"sent"`
	Failed     int                  `json:"failed"`
	Unknown    int                  `json:"unknown"`
	Skipped    int                  `json:"skipped"`
	Expired    int                  `json:"expired"`
	FinishedAt time.Time            `json:"finished_at"`
}

// Name implements Event.
func (AttemptFinished) Name() string { return "attempt.finished.v1" }

// Subject implements Event.
func (e AttemptFinished) Subject() string {
	return "vestnik.events.attempt.finished." + e.MailingID.String()
}

// DeliveriesRecorded carries the outcomes of one finished chunk: one event a chunk, never one a recipient.
type DeliveriesRecorded struct {
	AttemptID  domain.ID  `json:"attempt_id"`
	MailingID  domain.ID  `json:"mailing_id"`
	OwnerID    domain.ID  `json:"owner_id"`
	ChunkID    int64      `json:"chunk_id"`
	Deliveries []Delivery `json:"deliveries"`
}

// Delivery is one recipient's outcome within DeliveriesRecorded.
type Delivery struct {
	ClientID domain.ID      `json:"client_id,omitzero"`
	Email    string         `json:"email"`
	Outcome  domain.Outcome `json:"outcome"`
	Code     int            `json:"code,omitempty"`
	Response string         `json:"response,omitempty"`
	Tries    int            `json:"tries"`
	At       time.Time      `json:"at"`
}

// Name implements Event.
func (DeliveriesRecorded) Name() string { return "deliveries.recorded.v1" }

// Subject implements Event.
func (e DeliveriesRecorded) Subject() string {
	return "vestnik.events.deliveries.recorded." + e.MailingID.String()
}

// SendDue says that a planned attempt is to start.
type SendDue struct {
	MailingID domain.ID `json:"mailing_id"`
	AttemptID domain.ID `json:"attempt_id"`
	DueAt     time.Time `json:"due_at"`
}

// Name implements Event.
func (SendDue) Name() string { return "send.due.v1" }

// Subject implements Event.
func (e SendDue) Subject() string { return "vestnik.due.send." + e.MailingID.String() }

// ScheduleSubject implements Delayed.
func (e SendDue) ScheduleSubject() string { return ScheduleOf(e.MailingID) }

// ChunkDue says that a chunk of an attempt waits for a sender.
type ChunkDue struct {
	AttemptID domain.ID `json:"attempt_id"`
	ChunkID   int64     `json:"chunk_id"`
	Provider  string    `json:"provider,omitempty"` // the mail service that the mailing names; empty: the default one
	Lane      Lane      `json:"lane,omitempty"`     // empty: LaneNext
}

// Lane says how soon a chunk gets a sender. It is a queue of two levels: what has just begun goes first, for a moment; what
// takes longer takes turns with the others (multilevel feedback queue, Corbató et al. 1962).
type Lane string

// The lanes.
const (
	LaneFirst Lane = "first" // the first chunk of an attempt: a small mailing is done with it
	LaneNext  Lane = "next"
)

// Name implements Event.
func (ChunkDue) Name() string { return "chunk.due.v2" }

// NoticeDue says that a message of the service itself is to be sent. It carries the id alone: what such a message says is
// for one person only, and many may read events.
type NoticeDue struct {
	NoticeID domain.ID `json:"notice_id"`
}

// Name implements Event.
func (NoticeDue) Name() string { return "notice.due.v1" }

// Subject implements Event.
func (e NoticeDue) Subject() string { return "vestnik.due.notice." + e.NoticeID.String() }

// ScheduleSubject implements Delayed.
func (e NoticeDue) ScheduleSubject() string { return "vestnik.schedule.notice." + e.NoticeID.String() }
