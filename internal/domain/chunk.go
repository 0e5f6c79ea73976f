package domain

import "time"

// ChunkSize is how many recipients a chunk holds at most.
const ChunkSize = 500

// OutstandingChunks is how many chunks of one attempt wait for senders at a time. The rest are released one by one
// as chunks finish, so a mailing to ten people never waits behind one to a million.
const OutstandingChunks = 32

// Chunk is the unit of work of senders.
//
//	waiting ──another chunk is done──▶ pending ──leased, window by window──▶ done
//	                                     ▲  └─lease expires or is released─┐
//	                                     └─────────────────────────────────┘
//
// Of its recipients, in order: those before Window.From are recorded, those in the window may have been sent to,
// those from Window.To on have not been contacted by anyone.
type Chunk struct {
	ID        int64
	AttemptID ID
	MailingID ID
	Try       int // 1 at first; a chunk of deferred recipients counts on
	Clients   []int64
	Window    Window
}

// Window is the half-open range [From, To) of a chunk's recipients that may be in flight.
type Window struct{ From, To int }

// Len is how many recipients are in the window.
func (w Window) Len() int { return w.To - w.From }

// MaxTries is how many times a recipient is tried: with the delays between the tries that is about 72 hours. It is
// counted in tries, not from the attempt's start, so that a mailing held for a week does not give up on anybody. A
// resend by hand begins the count anew.
const MaxTries = 22

// RetryDelay is how long to wait before the given try (2 for the first repeat): 5, 15, 30 min, 1 h, 2 h, then every
// 4 h, spread by ±20 % so that deferred recipients do not come back all at once. random is in [0, 1).
func RetryDelay(try int, random float64) time.Duration {
	steps := [...]time.Duration{5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour}
	i := min(max(try-2, 0), len(steps)-1)
	return time.Duration(float64(steps[i]) * (0.8 + 0.4*random))
}
