// Package redis holds what may be lost: caches for now, the shared rates of senders later. Nothing here is ever the
// only place where something is known, and every caller has a way without it.
package redis

import (
	"context"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Client is a connection pool to Redis, safe for concurrent use.
type Client struct {
	rdb *goredis.Client
}

// Open makes a client for the server at url. It does not wait for it: Ping tells whether it is there.
func Open(url string) (*Client, error) {
	o, err := goredis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("read Redis URL: %w", err)
	}
	goredis.SetLogger(silence{}) // what it says comes back as errors, which we log in our own form
	o.DialTimeout = 2 * time.Second
	o.ReadTimeout = time.Second
	o.WriteTimeout = time.Second
	return &Client{rdb: goredis.NewClient(o)}, nil
}

// silence is a logger of the library that says nothing.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// Ping reports whether the server answers.
func (c *Client) Ping(ctx context.Context) error { return c.rdb.Ping(ctx).Err() }

// Close ends all connections.
func (c *Client) Close() error { return c.rdb.Close() }
