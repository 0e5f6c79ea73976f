package domain

import "time"

// MaxSummaryDays is how long a period of a summary may be: a year with its leap day.
const MaxSummaryDays = 366

// Period is the half-open time [From, To).
type Period struct{ From, To time.Time }

// AllTime is every time that an attempt can be due at.
func AllTime() Period {
	return Period{
		From: time.Date(firstYear-1, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(lastYear+1, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// LoadZone returns the IANA time zone of that name; it takes no others.
func LoadZone(name string) (*time.Location, error) { return loadZone(name) }

// Validate returns every field at fault, by the names of the parameters from and to.
func (p Period) Validate() []FieldError {
	all := AllTime()
	if p.From.Before(all.From) || p.From.After(all.To) {
		return []FieldError{yearsBetween(lastYear, "must be between the years %d and %d").At("from")}
	}
	if p.To.Before(all.From) || p.To.After(all.To) {
		return []FieldError{yearsBetween(lastYear, "must be between the years %d and %d").At("to")}
	}
	if !p.To.After(p.From) {
		return []FieldError{NewFault(FaultNotAfterStart, nil, "must be after from").At("to")}
	}
	return nil
}

// LastDays is the period of so many calendar days in zone that ends with the day of now.
func LastDays(n int, now time.Time, zone *time.Location) Period {
	y, m, d := now.In(zone).Date()
	return Period{From: startOfDay(y, m, d-n+1, zone), To: startOfDay(y, m, d+1, zone)}
}

// Days returns the first instants of the calendar days in zone that the period touches; the first may lie before it. More
// than MaxSummaryDays are an Invalid error.
func (p Period) Days(zone *time.Location) ([]time.Time, error) {
	if p.To.Sub(p.From) > MaxSummaryDays*day+2*time.Hour { // a change of the clocks within it
		return nil, NewInvalid(NewFault(FaultPeriodTooLong, Params{"max": MaxSummaryDays},
			"is more than %d days before the end of the period", MaxSummaryDays).At("from"))
	}
	y, m, d := p.From.In(zone).Date()
	var days []time.Time
	for i := 0; ; i++ {
		at := startOfDay(y, m, d+i, zone)
		if !at.Before(p.To) {
			return days, nil
		}
		if n := len(days); n == 0 || at.After(days[n-1]) { // a day that the zone left out begins with the next one
			days = append(days, at)
		}
	}
}

// startOfDay is the first instant of a day: in zones whose clocks go forward at midnight it is not midnight.
func startOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	at := time.Date(y, m, d, 0, 0, 0, 0, zone)
	noon := time.Date(y, m, d, 12, 0, 0, 0, zone)
	if at.In(zone).Day() != noon.Day() { // time.Date went back over the gap, into the day before
		_, end := at.ZoneBounds()
		return end
	}
	return at
}

// Summary is an owner's whole mailing over the attempts that were due in a period.
type Summary struct {
	Period   Period
	At       time.Time
	Mailings map[MailingStatus]int // as they are now, whatever the period
	Clients  int                   // likewise: different addresses
	Attempts AttemptCounts
	Totals   Totals
	// Reached is how many different clients got something, Problems the most frequent replies to those who did not. Known
	// tells whether they could be counted: not when the period is too large for that, or part of its ledger is dropped.
	Reached  int
	Problems []ReplyGroup
	Known    bool
	Days     []Day
	Held     []Held
	Unknown  []UnknownAttempt
}

// AttemptCounts counts attempts by how they ended.
type AttemptCounts struct {
	Running, Succeeded, Partial, Failed, Cancelled, Expired, Missed int
}

// Add counts n attempts with that status and result.
func (c *AttemptCounts) Add(status AttemptStatus, result AttemptResult, n int) {
	switch status {
	case AttemptPlanned:
	case AttemptRunning:
		c.Running += n
	case AttemptFinished:
		switch result {
		case ResultSucceeded:
			c.Succeeded += n
		case ResultPartial:
			c.Partial += n
		case ResultFailed:
			c.Failed += n
		}
	case AttemptCancelled:
		c.Cancelled += n
	case AttemptExpired:
		c.Expired += n
	case AttemptMissed:
		c.Missed += n
	}
}

// All is how many attempts there are.
func (c AttemptCounts) All() int {
	return c.Running + c.Succeeded + c.Partial + c.Failed + c.Cancelled + c.Expired + c.Missed
}

// Day has the totals of the attempts that were due on a calendar day.
type Day struct {
	Begins   time.Time
	Attempts int
	Totals   Totals
}

// Held is a mailing that was stopped for a reason which somebody should see to.
type Held struct {
	MailingID ID
	Name      string
	Status    MailingStatus
	Reason    string
}

// UnknownAttempt is an attempt with recipients of whom nobody can know whether they got the message.
type UnknownAttempt struct {
	AttemptID, MailingID ID
	MailingName          string
	Unknown              int
}
