package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// limiter counts how often things are done.
type limiter interface {
	// Allow counts one more of key and returns 0, or does not and returns how long to wait.
	Allow(ctx context.Context, key string, r domain.Rate) time.Duration
}

// limits slow whoever tries too often. Nothing they do depends on whether an address is known. nil slows nobody.
type limits struct{ limiter limiter }

// one is what is limited: a name and the values it is counted for.
type one struct {
	name   string
	rate   domain.Rate
	values []string
}

// A try to sign in counts thrice: for the account from one IP address, which is soon enough for who has forgotten a password
// and slow for who guesses; for the IP address, which may be a whole office's; and for the account, where it only delays,
// because its owner must get in while others try.
func signInTries(email domain.Address, address string) []one {
	return []one{
		{"signin-pair", domain.Rate{Burst: 10, Period: 10 * time.Minute}, []string{email.Key, network(address)}},
		{"signin-from", domain.Rate{Burst: 100, Period: 10 * time.Minute}, []string{network(address)}},
	}
}

func signInsTo(email domain.Address) one {
	return one{"signin-to", domain.Rate{Burst: 20, Period: 20 * time.Second}, []string{email.Key}}
}

// longestDelay is how long a try waits at most because others try to sign in to the same account.
const longestDelay = time.Second

// mails limits what makes us send mail to an address that somebody else may have typed in. Who has asked too often is
// refused first, so that he uses up nobody's share of mail besides.
func mails(call string, email domain.Address, address string) []one {
	return []one{
		{call + "-from", domain.Rate{Burst: 30, Period: time.Hour}, []string{network(address)}},
		{call + "-to", domain.Rate{Burst: 5, Period: time.Hour}, []string{email.Key}},
	}
}

// secrets limits the tries of tokens and codes. Those cannot be guessed in so few; this spares the database.
func secrets(call, address string) one {
	return one{call, domain.Rate{Burst: 60, Period: 10 * time.Minute}, []string{network(address)}}
}

// codes limits the tries of the codes of one address from one place, so that nobody uses up another's codes, each of which
// stands five, as fast as new ones are mailed. The link in the message works all the same.
func codes(email domain.Address, address string) one {
	return one{"code-pair", domain.Rate{Burst: 10, Period: time.Hour}, []string{email.Key, network(address)}}
}

// newKeys limits how many API keys an account makes: each is a row that is kept, and an entry of the audit log.
func newKeys(user domain.ID) one {
	return one{"new-key", domain.Rate{Burst: 20, Period: time.Hour}, []string{user.String()}}
}

// outings limits how often somebody sets out for the identity provider: each is a row that is kept for a while.
func outings(address string) one {
	return one{"oidc-from", domain.Rate{Burst: 60, Period: 10 * time.Minute}, []string{network(address)}}
}

// proofs limits the tries of a password by somebody who is signed in.
func proofs(user domain.ID) one {
	return one{"proof", domain.Rate{Burst: 10, Period: 10 * time.Minute}, []string{user.String()}}
}

// testMails limits the messages that somebody sends to himself: they go out ahead of everybody's mailings.
func testMails(user domain.ID) one {
	return one{"test-mail", domain.Rate{Burst: 20, Period: time.Hour}, []string{user.String()}}
}

// within counts one of each, and returns a Limited error for the first that there has been too much of.
func (l limits) within(ctx context.Context, each ...one) error {
	for _, o := range each {
		if wait := l.allow(ctx, o); wait > 0 {
			return &domain.Error{Kind: domain.Limited, Code: "too_many_tries", Message: "too many tries: wait, then try again", RetryAfter: wait}
		}
	}
	return nil
}

// delay counts one, and waits a while if there has been too much of it.
func (l limits) delay(ctx context.Context, o one) error {
	wait := l.allow(ctx, o)
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(min(wait, longestDelay))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l limits) allow(ctx context.Context, o one) time.Duration {
	if l.limiter == nil {
		return 0
	}
	h := sha256.New() // addresses of people do not belong into the names of keys
	for _, value := range o.values {
		h.Write([]byte(value + "\n"))
	}
	return l.limiter.Allow(ctx, o.name+":"+base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16]), o.rate)
}

// network is what one who has an IP address has at least: with IPv6, a /64.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
