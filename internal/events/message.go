package events

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Message is an event as it goes over the wire.
type Message struct {
	Subject string
	Header  map[string]string
	Payload []byte
}

// Names of headers. Those of CloudEvents follow its NATS binding 1.0.2 §3.1.3 (binary mode). NATS compares its own
// with regard to case: "nats-schedule" would be stored as a plain message.
const (
	HeaderID             = "ce-id"
	HeaderType           = "ce-type"
	HeaderSource         = "ce-source"
	HeaderTime           = "ce-time"
	HeaderSpecVersion    = "ce-specversion"
	HeaderDedupe         = "Nats-Msg-Id"
	HeaderSchedule       = "Nats-Schedule"
	HeaderScheduleTarget = "Nats-Schedule-Target"
)

// Delayed is an event that JetStream can hold back until it is due.
type Delayed interface {
	Event
	// ScheduleSubject is where it waits; one message waits per subject.
	ScheduleSubject() string
}

// Encode makes the message of e, to be published at once. now stamps it.
func Encode(e Event, now time.Time) (Message, error) {
	var payload []byte
	if recorded, ok := e.(DeliveriesRecorded); ok {
		payload = recorded.appendJSON(make([]byte, 0, 256*(len(recorded.Deliveries)+1)))
	} else {
		var err error
		if payload, err = json.Marshal(e); err != nil {
			return Message{}, fmt.Errorf("encode %s: %w", e.Name(), err)
		}
	}
	id := domain.NewID(now).String()
	return Message{
		Subject: e.Subject(),
		Header: map[string]string{
			HeaderID:          id,
			HeaderType:        e.Name(),
			HeaderSource:      "/vestnik",
			HeaderTime:        now.UTC().Format(time.RFC3339Nano),
			HeaderSpecVersion: "1.0",
			HeaderDedupe:      id,
		},
		Payload: payload,
	}, nil
}

// EncodeAt makes the message that lets JetStream publish e when at has come. The header keeps the nanoseconds: whole
// seconds, as the client library writes them, would fire up to a second early. What is due already goes at once.
func EncodeAt(e Delayed, at, now time.Time) (Message, error) {
	m, err := Encode(e, now)
	if err != nil || !at.After(now) {
		return m, err
	}
	// NATS counts nanoseconds in 64 bits and fires what lies beyond the year 2262 at once. Whoever is woken early asks
	// the row, and waits on.
	if limit := now.AddDate(1, 0, 0); at.After(limit) {
		at = limit
	}
	m.Header[HeaderScheduleTarget] = m.Subject
	m.Header[HeaderSchedule] = "@at " + at.UTC().Format(time.RFC3339Nano)
	m.Subject = e.ScheduleSubject()
	return m, nil
}

// Stored is a message that waits in the outbox.
type Stored struct {
	ID int64 // its place in the outbox
	Message
}
