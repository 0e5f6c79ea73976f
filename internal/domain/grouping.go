package domain

import "time"

// TopGroups is how many groups of recipients a report lists.
const TopGroups = 50

// GroupBy is what recipients are grouped by.
type GroupBy string

// The ways to group recipients.
const (
	ByDomain   GroupBy = "domain"   // of the address
	ByProvider GroupBy = "provider" // that was given the message last
)

// Grouping says whose recipients are grouped: of the attempts of an owner (zero: of everybody) and a mailing (zero: of all)
// that were due in the period.
type Grouping struct {
	By      GroupBy
	Owner   ID
	Mailing ID
	Period  Period
}

// Groups are recipients by what they have in common, the largest groups first.
type Groups struct {
	By GroupBy
	At time.Time
	// Known is false when nobody can tell: there are too many, or part of the ledger is dropped. All below is empty then.
	Known       bool
	Groups      []RecipientGroup
	Others      int // groups that are not listed
	OtherTotals Totals
}

// RecipientGroup counts the recipients of one domain or provider; the name is empty where there is none.
type RecipientGroup struct {
	Name   string
	Totals Totals
}
