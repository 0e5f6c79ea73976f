package domain

import "time"

// Clock tells the time; it is injected everywhere so that a year can be simulated in a second.
type Clock interface {
	Now() time.Time
}

// SystemClock is the machine's own clock.
type SystemClock struct{}

// Now implements Clock.
func (SystemClock) Now() time.Time { return time.Now() }
