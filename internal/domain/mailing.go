package domain

import (
	"time"
)

// MailingStatus is where a mailing stands.
//
//	        save as draft            start_at, or "start" by hand
//	draft ───────────────▶ scheduled ───────────────────────────▶ running
//	                         │ ▲  ▲                                │  │
//	                   pause │ │  └── attempt ends, more to come ──┘  │ attempt ends, nothing to come
//	                         ▼ │ resume                               ▼
//	     running ─pause─▶ paused                                  finished ──edit to a later start──▶ scheduled
//
//	disable (by a manager, from any of draft, scheduled, running, paused) ─▶ disabled ─enable─▶ what it was
//
// Resuming or enabling returns to running when an attempt is unfinished, to scheduled otherwise.
type MailingStatus string

// The statuses of a mailing.
const (
	MailingDraft     MailingStatus = "draft"
	MailingScheduled MailingStatus = "scheduled"
	MailingRunning   MailingStatus = "running"
	MailingPaused    MailingStatus = "paused"
	MailingDisabled  MailingStatus = "disabled"
	MailingFinished  MailingStatus = "finished"
)

// OnUnknown is what a mailing does with a recipient who may or may not have been sent to.
type OnUnknown string

// The policies for unknown outcomes.
const (
	HoldUnknown   OnUnknown = "hold"   // keep it as unknown, for a person to decide; nobody gets two
	ResendUnknown OnUnknown = "resend" // send again; someone may get two
)

// Mailing is a message, an audience and a schedule.
type Mailing struct {
	ID         ID
	OwnerID    ID
	OwnerEmail string // as it is now; read only
	Name       string
	MessageID  ID
	ClientIDs  []ID
	ListIDs    []ID
	Schedule   Schedule
	OnUnknown  OnUnknown
	// ProviderID names the mail service that takes the messages; empty: the default one.
	ProviderID string
	Status     MailingStatus
	Reason     string    // why it is paused or disabled; empty otherwise
	NextAt     time.Time // the planned start; zero when there is none
	Revision   int
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Validate returns every field at fault. now is the moment of saving: a schedule that is over is refused.
func (m *Mailing) Validate(now time.Time) []FieldError {
	bad := checkName("name", m.Name)
	if m.MessageID.IsZero() {
		bad = append(bad, Required("name the message to send").At("message_id"))
	}
	if len(m.ClientIDs) == 0 && len(m.ListIDs) == 0 && m.Status != MailingDraft {
		bad = append(bad, NewFault(FaultNoRecipients, nil, "name at least one client or list to send to").At("list_ids"))
	}
	switch m.OnUnknown {
	case HoldUnknown, ResendUnknown:
	default:
		bad = append(bad, NotAChoice([]string{string(HoldUnknown), string(ResendUnknown)}, `must be "hold" or "resend"`).At("on_unknown"))
	}
	bad = append(bad, m.Schedule.Validate()...)
	if end := m.Schedule.End; !end.IsZero() && !end.After(now) && m.Status != MailingDraft {
		bad = append(bad, NewFault(FaultInThePast, nil, "is in the past; set an end ahead, or none").At("end_at"))
	}
	return bad
}
