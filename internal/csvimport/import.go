package csvimport

import (
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// MaxRejects is how many rejected rows of one import are kept; the rest are only counted.
const MaxRejects = 100_000

// Order says what to import, and where to.
type Order struct {
	ID      domain.ID // of the import; zero: a new one
	Owner   domain.ID // who gets the clients
	List    domain.ID // a list that gets them as well; zero: none
	Charset string    // of the file, one of Charsets; empty: told from its first 64 KiB
	Size    int64     // of the file in bytes; 0: not known
}

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
	Unchanged  int64 // of Updated: those that were so already
	Rejected   int64
	Bytes      int64 // of the file, read so far
	Size       int64 // of the file; 0: not known
	StartedAt  time.Time
	FinishedAt time.Time // zero: not yet
}

// Reject is a row that was left out.
type Reject struct {
	Line    int64  // where it begins in the file, 1 being the first line
	Reason  string // for a person
	Email   string // what stood in the e-mail column, made harmless and cut to 254 characters
	Content string // the row as it stood, made harmless and cut to 1000 characters
}

// RejectError is what Reader.Next returns for such a row.
type RejectError struct{ Reject }

// Error implements error.
func (e *RejectError) Error() string { return e.Reason }
