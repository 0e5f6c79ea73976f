package provider

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

// slowdowns spare the domains of recipients that ask for fewer messages: their rate falls at once and rises by trial.
//
//	           a first reply                  another, Count later
//	(unknown) ───────────────▶ counted ────────────────────────────▶ slowed: half of what was counted
//	    ▲                       ▲    │                                │  ▲ another: half again, at most each Every
//	    │                       │    │                                │  └─ none for Step: double
//	    └──── none for For ─────┼────┘◀── back where it complained ───┘
//	                            └──────── none for For
//
// Nothing is counted before the first reply, so providers that never say so pay one atomic read a message.
type slowdowns struct {
	settings SlowSettings
	known    atomic.Int64 // len(domains)

	mu      sync.Mutex
	domains map[string]*slowdown // by domain, in lower case, as A-labels
	sweep   time.Time            // when those to be forgotten are looked for
}

// slowdown is what is known of one domain. The mutex of its slowdowns guards it.
type slowdown struct {
	limit   float64   // messages per second; 0: not slowed
	before  float64   // the rate at which it complained, where the slowdown ends
	next    time.Time // its next turn
	replied time.Time // the last reply of this kind
	halved  time.Time // the last time the limit was
	changed time.Time // the last change of the limit, up or down

	since  time.Time // the beginning of what is counted,
	began  time.Time // and of its later part
	early  int       // messages before began,
	recent int       // and from then on
}

// domainOf returns the domain of an address in the form in which domains are compared; empty when it has none.
func domainOf(to string) string {
	_, host, ok := strings.Cut(to, "@")
	if !ok || strings.IndexByte(host, '@') >= 0 || !isASCII(host) {
		ascii, err := address.ToASCII(to)
		if err != nil {
			return ""
		}
		host = ascii[strings.LastIndexByte(ascii, '@')+1:]
	}
	return strings.ToLower(host)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// heard counts a message to an address, and slows its domain when it asked for that.
func (s *slowdowns) heard(to string, class domain.Class) {
	if class != domain.ClassRate && s.known.Load() == 0 {
		return
	}
	name := domainOf(to)
	if name == "" {
		return
	}
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.find(name, now)
	if d == nil && class == domain.ClassRate {
		d = &slowdown{replied: now, since: now, began: now}
		s.add(name, d)
	}
	if d == nil {
		return
	}
	d.count(now, s.settings.Every)
	if class == domain.ClassRate {
		d.halve(now, &s.settings)
	}
}

// slowed returns the domain of an address if it is slowed now, else "".
func (s *slowdowns) slowed(to string) string {
	if s.known.Load() == 0 {
		return ""
	}
	name := domainOf(to)
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.find(name, time.Now()); d != nil && d.limit > 0 {
		return name
	}
	return ""
}

// turn takes the next turn of a domain and returns how long it is away. If that is too long, ok is false and it is not
// taken; limit is then what the domain is held to.
func (s *slowdowns) turn(name string) (wait time.Duration, limit float64, ok bool) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.find(name, now)
	if d == nil || d.limit == 0 {
		return 0, 0, true
	}
	wait = max(0, d.next.Sub(now))
	if wait > s.settings.Wait {
		return wait, d.limit, false
	}
	d.next = now.Add(wait + time.Duration(float64(time.Second)/d.limit))
	return wait, d.limit, true
}

// find returns a domain with its limit as it is now, nil when nothing is known of it. mu is held.
func (s *slowdowns) find(name string, now time.Time) *slowdown {
	s.tidy(now)
	d := s.domains[name]
	if d == nil {
		return nil
	}
	if now.Sub(d.replied) >= s.settings.For {
		s.remove(name)
		return nil
	}
	d.grow(now, s.settings.Step)
	return d
}

// add remembers a domain; when there are too many, the one that has not complained for longest is forgotten. mu is held.
func (s *slowdowns) add(name string, d *slowdown) {
	if len(s.domains) >= s.settings.Most {
		var oldest string
		for n, other := range s.domains {
			if oldest == "" || other.replied.Before(s.domains[oldest].replied) {
				oldest = n
			}
		}
		s.remove(oldest)
	}
	if s.domains == nil {
		s.domains = map[string]*slowdown{}
	}
	s.domains[name] = d
	s.known.Store(int64(len(s.domains)))
}

func (s *slowdowns) remove(name string) {
	delete(s.domains, name)
	s.known.Store(int64(len(s.domains)))
}

// tidy forgets, now and then, the domains that nobody asks for any more. mu is held.
func (s *slowdowns) tidy(now time.Time) {
	if now.Before(s.sweep) {
		return
	}
	s.sweep = now.Add(s.settings.For / 10)
	for name, d := range s.domains {
		if now.Sub(d.replied) >= s.settings.For {
			s.remove(name)
		}
	}
}

// count takes a message into the two parts of what was counted last, each of length part.
func (d *slowdown) count(now time.Time, part time.Duration) {
	switch age := now.Sub(d.began); {
	case age >= 2*part:
		d.since, d.began, d.early, d.recent = now, now, 0, 0
	case age >= part:
		d.since, d.began, d.early, d.recent = d.began, d.began.Add(part), d.recent, 0
	}
	d.recent++
}

// halve answers a reply that asks for fewer messages.
func (d *slowdown) halve(now time.Time, s *SlowSettings) {
	d.replied = now
	age := now.Sub(d.since)
	if now.Sub(d.halved) < s.Every || age < s.Count {
		return
	}
	d.halved, d.changed = now, now
	counted := float64(d.early+d.recent) / age.Seconds()
	if d.limit == 0 {
		d.before, d.next = counted, now
	} else {
		counted = min(counted, d.limit)
	}
	d.limit = max(s.Floor, counted/2)
}

// grow doubles the limit for each step without a complaint, until it is none any more.
func (d *slowdown) grow(now time.Time, step time.Duration) {
	for d.limit > 0 && now.Sub(d.changed) >= step {
		d.changed = d.changed.Add(step)
		d.limit *= 2
		if d.limit >= d.before {
			d.limit = 0
		}
	}
}

// slowest returns up to n slowed domains, those with the lowest limit first.
func (s *slowdowns) slowest(n int) []domain.SlowedDomain {
	if s.known.Load() == 0 {
		return nil
	}
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep = now
	s.tidy(now)
	var list []domain.SlowedDomain
	for name, d := range s.domains {
		if d.grow(now, s.settings.Step); d.limit > 0 {
			list = append(list, domain.SlowedDomain{Domain: name, Rate: d.limit})
		}
	}
	slices.SortFunc(list, func(a, b domain.SlowedDomain) int {
		return cmp.Or(cmp.Compare(a.Rate, b.Rate), cmp.Compare(a.Domain, b.Domain))
	})
	return list[:min(n, len(list))]
}

// slowError says that a domain's turn is too far away.
func (g *Guard) slowError(name string, limit float64, wait time.Duration) error {
	return &domain.Unreachable{
		Provider: g.settings.Name, RetryAfter: wait,
		Reason: domain.TextDomainSlowed(name, limit),
	}
}
