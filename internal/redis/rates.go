package redis

import (
	"context"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// rateSlack is how far before now turns begin when those of the last moments are still free: it makes up for what passes
// between two calls.
const rateSlack = 50 * time.Millisecond

// Rates lets all senders keep one rate together. Each rate is a schedule of turns, of which Redis keeps the next free
// one (GCRA) by its own clock, so that the senders' clocks do not matter. It is safe for concurrent use.
//
// A server that comes back empty begins anew: turns given out before, one batch and one turn a waiting message for each
// sender, then meet new ones.
type Rates struct {
	client *Client
	script *goredis.Script
}

// NewRates returns the rates that are kept at c's server.
func NewRates(c *Client) *Rates {
	return &Rates{client: c, script: goredis.NewScript(reserveScript)}
}

// reserveScript moves a schedule on by ARGV[2] turns of ARGV[1] µs each, and returns when the first is, in µs from now.
// ARGV[3] is the slack in µs. A next turn that is further away than waiting callers explain, by ARGV[4] µs, was set
// before the server's clock went back, and is forgotten.
const reserveScript = `
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local begin = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now - tonumber(ARGV[3]))
if begin - now > tonumber(ARGV[4]) then
	begin = now
end
local free = begin + tonumber(ARGV[1]) * tonumber(ARGV[2])
redis.call('SET', KEYS[1], string.format('%.2f', free), 'PX', math.max(0, math.ceil((free - now) / 1000)) + 1000)
return string.format('%.0f', begin - now)
`

// Reserve sets aside n turns in a row of the provider with this name, perSecond of them in a second, and returns when the first
// is: from now on, or up to 50 ms before now. It heeds ctx's deadline.
func (r *Rates) Reserve(ctx context.Context, provider string, perSecond float64, n int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	interval := 1e6 / perSecond
	farthest := max(float64(time.Hour/time.Microsecond), 10_000*interval)
	begin, err := r.script.Run(ctx, r.client.rdb, []string{"vestnik:rate:" + provider},
		interval, n, rateSlack.Microseconds(), farthest).Int64()
	if err != nil {
		return 0, fmt.Errorf("reserve turns of %s: %w", provider, err)
	}
	return time.Duration(begin) * time.Microsecond, nil
}
