package domain

// Resend asks for recipients of an attempt to be sent to again, within the same attempt.
type Resend struct {
	Outcomes  []Outcome // those with one of these, Unknown or Failed; none: with either
	ClientIDs []ID      // of these clients alone; none: of all
}

// Resent is what came of it.
type Resent struct {
	Attempt Attempt // as it is now: running
	Resent  int     // recipients who are sent to again
	LeftOut int     // recipients who would have been, but are suppressed or deleted
}
