package events

import (
	"strconv"
	"strings"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// Filters of subjects, one per kind of event, as consumers subscribe to them.
const (
	OnMailingCreated     = "vestnik.events.mailing.created.*"
	OnMailingChanged     = "vestnik.events.mailing.changed.*"
	OnAttemptStarted     = "vestnik.events.attempt.started.*"
	OnAttemptFinished    = "vestnik.events.attempt.finished.*"
	OnDeliveriesRecorded = "vestnik.events.deliveries.recorded.*"
	OnSendDue            = "vestnik.due.send.*"
	OnNoticeDue          = "vestnik.due.notice.*"
)

// OnChunkDue is the filter for the chunks of one lane and provider; an empty provider stands for the default one.
func OnChunkDue(lane Lane, provider string) string {
	return "vestnik.due.chunk." + string(lane) + "." + ProviderToken(provider) + ".*.*"
}

// ProviderToken is a provider's name as a token of a subject and of a consumer's name; an empty one gives "_".
func ProviderToken(name string) string {
	if name == "" {
		return "_"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-':
			return r
		default:
			return '-'
		}
	}, name)
}

// AllEvents, AllSchedules and AllDue are what the streams keep.
const (
	AllEvents    = "vestnik.events.>"
	AllSchedules = "vestnik.schedule.>"
	AllDue       = "vestnik.due.>"
	AllDead      = "vestnik.dead.>"
)

// ScheduleOf is the subject on which a mailing's next start waits. There is one a mailing: publishing to it again
// replaces what waits there, purging it takes it back.
func ScheduleOf(mailing domain.ID) string { return "vestnik.schedule." + mailing.String() }

// Subject implements Event. A chunk has a subject of its own, so that asking for it twice leaves one message in the
// stream, which keeps the last message of a subject only.
func (e ChunkDue) Subject() string {
	lane := e.Lane
	if lane == "" {
		lane = LaneNext
	}
	return "vestnik.due.chunk." + string(lane) + "." + ProviderToken(e.Provider) + "." + e.AttemptID.String() + "." + strconv.FormatInt(e.ChunkID, 10)
}

// ScheduleSubject implements Delayed.
func (e ChunkDue) ScheduleSubject() string {
	return "vestnik.schedule.chunk." + strconv.FormatInt(e.ChunkID, 10)
}
