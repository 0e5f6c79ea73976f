package provider

import (
	"context"
	"time"
)

// SharedRate is where the senders of one provider agree on their turns. It is safe for concurrent use.
type SharedRate interface {
	// Reserve sets aside n turns in a row of the provider, perSecond of them in a second, and returns when the first is:
	// from now on, or a little before now when the turns of the last moments are still free. It heeds ctx's deadline.
	// An error means that nothing can be agreed on now.
	Reserve(ctx context.Context, provider string, perSecond float64, n int) (begin time.Duration, err error)
}

// Settings of a Guard. DefaultSettings gives the values for production.
type Settings struct {
	Name    string     // the provider's name
	Rate    float64    // messages per second, of all senders together; 0 for no limit
	Shared  SharedRate // where they agree on it; nil: each takes its share of Rate
	Senders func() int // how many there are now, this one included; it is asked often. nil: 1

	FailureRate   float64       // the breaker opens at this share of provider-level failures, 0 to 1,
	MinExecutions uint          // of at least so many executions
	Window        time.Duration // within this time
	OpenFor       time.Duration // how long it stays open, ±OpenJitter
	OpenJitter    float64       // share of OpenFor, 0 to 1
	Probes        uint          // how many successes in a row close it again

	DialRetries   int           // how often connecting is repeated at once
	DialBackoff   time.Duration // before the first repeat; doubled for each further one
	DialBackoffTo time.Duration // its upper bound
	DialTimeout   time.Duration // deadline of one attempt to connect, TLS and AUTH included

	StopFor time.Duration // after refused credentials: the time between two probes

	PolicyRate       float64       // the provider is paused at this share of refusals by its policy, 0 to 1,
	PolicyExecutions uint          // of at least so many messages within Window
	PolicyPause      time.Duration // how long, before one message probes whether it is better

	Slow SlowSettings
}

// SlowSettings say how the domain of a recipient is spared that asks for fewer messages (domain.ClassRate).
type SlowSettings struct {
	Every time.Duration // a domain's rate is halved at most so often; further replies within it are of the same moment
	Count time.Duration // and when its messages have been counted for so long; that begins with the first reply
	Floor float64       // messages per second that are left to it at least
	Step  time.Duration // without such a reply for so long, its rate is doubled
	For   time.Duration // without such a reply for so long, all is forgotten
	Wait  time.Duration // a message waits for its domain's turn if that is no longer away, else it goes back
	Most  int           // domains that are remembered, the latest to have complained
}

// DefaultSettings returns the settings for production, without a rate limit.
//
// They promise that a mailing goes on within 30 s of the provider's return: a connection that the dead server has left
// hanging is given up after DialTimeout (15 s), the breaker is open for OpenFor and its jitter after that (12 s), and no
// caller is told to stay away for longer. Stops and pauses, which are for people, take longer.
//
// A domain is slowed as TCP would be: halved at once, restored by trial. 3 s are longer than the messages on their way take to
// be answered, so that their replies do not halve it again. 10 minutes are what receivers that count (by the hour, mostly)
// need to see a difference, and let five doublings, a factor of 32, restore the rate. Less than a message a second would
// hold up the chunk's other recipients, and helps nobody: the message deferred by such a reply comes back in 5 minutes.
func DefaultSettings(name string) Settings {
	return Settings{
		Name:        name,
		FailureRate: 0.5, MinExecutions: 20, Window: 30 * time.Second,
		OpenFor: 10 * time.Second, OpenJitter: 0.2, Probes: 3,
		DialRetries: 2, DialBackoff: 250 * time.Millisecond, DialBackoffTo: 2 * time.Second, DialTimeout: 15 * time.Second,
		StopFor:    time.Minute,
		PolicyRate: 0.5, PolicyExecutions: 20, PolicyPause: 5 * time.Minute,
		Slow: SlowSettings{
			Every: 3 * time.Second, Count: time.Second, Floor: 1, Step: 2 * time.Minute, For: 10 * time.Minute, Wait: 2 * time.Second, Most: 1000,
		},
	}
}
