// Package redis holds what may be lost: caches, and the rates that senders keep together. Nothing here is ever the
// only place where something is known, and every caller has a way without it.
package redis

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	// callTimeout bounds every call, its repeats included.
	callTimeout = 2 * time.Second
)

// Client is a connection pool to Redis, safe for concurrent use.
type Client struct {
	rdb        *goredis.Client
	restsUntil atomic.Int64 // Unix time in ns; see ask
}

// Open makes a client for the server at url. It does not wait for it: Ping tells whether it is there.
func Open(url string) (*Client, error) {
	o, err := goredis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("read Redis URL: %w", err)
	}
	goredis.SetLogger(silence{})   // what it says comes back as errors, which we log in our own form
	o.ContextTimeoutEnabled = true // else a server that hangs is waited for in spite of the bounds above
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = callTimeout, time.Second, time.Second, callTimeout
	o.MaxRetries, o.MinRetryBackoff, o.MaxRetryBackoff = 3, 20*time.Millisecond, 500*time.Millisecond
	o.DialerRetries = 1 // a call is repeated as a whole
	return &Client{rdb: goredis.NewClient(o)}, nil
}

// silence is a logger of the library that says nothing.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// Ping reports whether the server answers within 2 s.
func (c *Client) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return c.rdb.Ping(ctx).Err()
}

// Close ends all connections.
func (c *Client) Close() error { return c.rdb.Close() }
