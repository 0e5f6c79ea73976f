package domain

import "time"

// AttemptStatus is where one run of a mailing stands.
//
//	planned ──due──▶ running ──every chunk done──────────▶ finished (succeeded | partial | failed)
//	   │                │ ├────the end came first────────▶ expired
//	   │                │ └────its mailing was deleted───▶ cancelled
//	   │                ▲
//	   │                └──── recipients of a finished or expired one are sent to again by hand
//	   └──edited, paused or deleted: the row moves or goes
//	missed: an occurrence that passed while nothing could start it; it is born and stays so
type AttemptStatus string

// The statuses of an attempt.
const (
	AttemptPlanned   AttemptStatus = "planned"
	AttemptRunning   AttemptStatus = "running"
	AttemptFinished  AttemptStatus = "finished"
	AttemptCancelled AttemptStatus = "cancelled"
	AttemptExpired   AttemptStatus = "expired"
	AttemptMissed    AttemptStatus = "missed"
)

// AttemptResult is how a finished attempt went.
type AttemptResult string

// The results of an attempt.
const (
	ResultSucceeded AttemptResult = "succeeded" // everyone it should reach was sent to
	ResultPartial   AttemptResult = "partial"   // some were sent to
	ResultFailed    AttemptResult = "failed"    // none were
)

// AttemptKind tells an occurrence of the schedule from a start by hand.
type AttemptKind string

// The kinds of attempt.
const (
	KindScheduled AttemptKind = "scheduled"
	KindManual    AttemptKind = "manual"
)

// Attempt is one run of a mailing: one per occurrence, never one per client.
type Attempt struct {
	ID             ID
	MailingID      ID
	MailingName    string
	OwnerID        ID     // of the mailing
	OwnerEmail     string // as it is now; read only
	Kind           AttemptKind
	DueAt          time.Time
	StartedAt      time.Time // zero: not yet
	FinishedAt     time.Time // zero: not yet
	LastActivityAt time.Time
	Deadline       time.Time // zero: none
	Status         AttemptStatus
	Result         AttemptResult
	Audience       int
	Totals         Totals
	NextTryAt      time.Time // of the first of the deferred; zero: nobody waits
	LastResponse   string    // the mail server's last answer
	Reason         string    // why nothing moves, or why it ended early
}

// Late is how long after its due time the attempt started; zero while it has not.
func (a *Attempt) Late() time.Duration {
	if a.StartedAt.IsZero() || a.StartedAt.Before(a.DueAt) {
		return 0
	}
	return a.StartedAt.Sub(a.DueAt)
}

// Totals counts an attempt's recipients by outcome. Deferred is how many wait for another try now.
type Totals struct {
	Sent, Failed, Deferred, Unknown, Skipped, Expired int
}

// Ended is how many recipients have their final outcome.
func (t Totals) Ended() int { return t.Sent + t.Failed + t.Unknown + t.Skipped + t.Expired }

// Result judges a finished attempt: skipped recipients were not to be reached, so they neither help nor harm.
func (t Totals) Result() AttemptResult {
	switch {
	case t.Failed+t.Deferred+t.Unknown+t.Expired == 0:
		return ResultSucceeded
	case t.Sent > 0:
		return ResultPartial
	default:
		return ResultFailed
	}
}
