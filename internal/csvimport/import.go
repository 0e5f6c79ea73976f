package csvimport

import (
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// MaxRejects is how many rejected rows of one import are kept; the rest are only counted.
const MaxRejects = 100_000

// Status is where an import stands.
type Status string

// The statuses of an import.
const (
	Running  Status = "running"
	Finished Status = "finished"
	Failed   Status = "failed" // it ended early; what was read before stays
)

// Import is the state of one import of clients.
type Import struct {
	ID         domain.ID
	ListID     domain.ID // zero: none
	Status     Status
	Error      string // why it failed
	Rows       int64  // read so far: Created + Updated + Rejected
	Created    int64
	Updated    int64
	Rejected   int64
	StartedAt  time.Time
	FinishedAt time.Time // zero: not yet
}

// Reject is a row that was left out.
type Reject struct {
	Line   int64  // where it begins in the file, 1 being the first line
	Reason string // for a person
	Email  string // what stood in the e-mail column, made harmless and cut to 254 characters
}

// RejectError is what Reader.Next returns for such a row.
type RejectError struct{ Reject }

// Error implements error.
func (e *RejectError) Error() string { return e.Reason }
