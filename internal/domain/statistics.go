package domain

import "time"

// Limits of what statistics list by name; the rest is counted together.
const (
	TopReplies = 10
	TopDomains = 20
)

// Statistics tell how an attempt went, from its ledger. The sum of Replies and OtherReplies, of Domains and OtherDomains
// and of Timeline is that of Totals each: everybody who is recorded stands in each of them once.
type Statistics struct {
	Attempt Attempt   // the report of the same instant
	At      time.Time // the instant
	// Kept is false when the ledger of an old attempt has been dropped: the totals are the attempt's own then, and all that
	// is left; everything below them is empty.
	Kept         bool
	Totals       Totals
	FirstAt      time.Time // of the first recipient about whom the mail service answered; zero: none yet
	LastAt       time.Time // of the last one
	Replies      []ReplyGroup
	OtherReplies Rest
	Domains      []RecipientDomain
	OtherDomains OtherDomains
	Width        time.Duration // of the timeline's buckets
	Timeline     []Bucket      // in their order, without gaps; empty while nobody is recorded
	Peak         int           // most answers in one second
}

// ReplyGroup is what the mail service said alike to many: the same but for queue ids, numbers and addresses.
type ReplyGroup struct {
	Outcome      Outcome
	Code         int // 0: no reply, the text is ours
	Enhanced     string
	Folded       string // see FoldReply
	Count        int
	Example      string // one of them as it was said
	ExampleEmail string // to whom; empty in reports over several attempts
	LastAt       time.Time
}

// Rest counts what is not listed: how many groups, and how many recipients in them.
type Rest struct{ Groups, Count int }

// RecipientDomain counts the recipients of one domain by outcome. It is in lower case; empty for clients that were deleted
// before anyone knew their address.
type RecipientDomain struct {
	Domain string
	Totals Totals
}

// OtherDomains counts the recipients of the domains that are not listed.
type OtherDomains struct {
	Domains int
	Totals  Totals
}

// Bucket counts what was recorded in one stretch of time.
type Bucket struct {
	At     time.Time // its beginning
	Totals Totals
}

// Answered is how many recipients the mail service has given its word about.
func (t Totals) Answered() int { return t.Sent + t.Failed + t.Deferred }

// Recorded is how many recipients have a row in the ledger.
func (t Totals) Recorded() int { return t.Ended() + t.Deferred }

// Plus adds up two totals.
func (t Totals) Plus(o Totals) Totals {
	return Totals{
		Sent: t.Sent + o.Sent, Failed: t.Failed + o.Failed, Deferred: t.Deferred + o.Deferred,
		Unknown: t.Unknown + o.Unknown, Skipped: t.Skipped + o.Skipped, Expired: t.Expired + o.Expired,
	}
}

// Minus is the difference of two totals.
func (t Totals) Minus(o Totals) Totals {
	return t.Plus(Totals{
		Sent: -o.Sent, Failed: -o.Failed, Deferred: -o.Deferred, Unknown: -o.Unknown, Skipped: -o.Skipped, Expired: -o.Expired,
	})
}

// Set counts one outcome.
func (t *Totals) Set(o Outcome, n int) {
	switch o {
	case Untouched:
	case Sent:
		t.Sent = n
	case Deferred:
		t.Deferred = n
	case Failed:
		t.Failed = n
	case Unknown:
		t.Unknown = n
	case Skipped:
		t.Skipped = n
	case Expired:
		t.Expired = n
	}
}

// Rate is the average number of answers a second between the first and the last, of which there must be two. A shorter
// time counts as a second, so that the average does not exceed what was ever done in one.
func (s *Statistics) Rate() (perSecond float64, known bool) {
	n := s.Totals.Answered()
	if !s.Kept || n < 2 {
		return 0, false
	}
	return float64(n) / max(s.LastAt.Sub(s.FirstAt).Seconds(), 1), true
}

// maxBuckets is how many buckets a timeline has at most, but for one at its end.
const maxBuckets = 120

// BucketWidth is how wide the buckets of a timeline over span are: the narrowest round width that fits.
func BucketWidth(span time.Duration) time.Duration {
	for _, width := range [...]time.Duration{
		time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute,
		30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	} {
		if span <= maxBuckets*width {
			return width
		}
	}
	days := (span + maxBuckets*day - 1) / (maxBuckets * day)
	return time.Duration(int64(days) * int64(day))
}
