package redis

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"
)

const (
	// askTimeout bounds one question to Redis: what takes longer is added up faster anew.
	askTimeout = 300 * time.Millisecond
	// rest is for how long Redis is left alone after it failed, so that those who wait for a report do not wait for it, too.
	rest = 2 * time.Second
	// loadTimeout bounds the making of a report. It goes on when the one who asked has gone, for the others who wait.
	loadTimeout = 50 * time.Second
)

// memo makes things that cost something once for everybody who asks meanwhile, and keeps them in Redis for a while for
// those who ask later, in any process. While Redis is away this process remembers them itself, for no longer. Safe for
// concurrent use.
type memo[T any] struct {
	client *Client
	flight singleflight.Group

	mu   sync.Mutex
	here map[string]remembered[T]
}

type remembered[T any] struct {
	value T
	until time.Time
}

func newMemo[T any](c *Client) *memo[T] { return &memo[T]{client: c, here: map[string]remembered[T]{}} }

// get returns what is kept under key, or loads it. age is told how long that took and says for how long to keep it; 0 is
// not at all. Errors are not kept, but shared by those who wait.
func (m *memo[T]) get(ctx context.Context, key string, load func(context.Context) (T, error), age func(T, time.Duration) time.Duration) (T, error) {
	shared, err, _ := m.flight.Do(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		if value, ok := m.find(ctx, key); ok {
			return value, nil
		}
		began := time.Now()
		value, err := load(ctx)
		if err != nil {
			return value, err
		}
		if d := age(value, time.Since(began)); d > 0 {
			m.keep(ctx, key, value, d)
		}
		return value, nil
	})
	value, _ := shared.(T)
	return value, err
}

func (m *memo[T]) find(ctx context.Context, key string) (value T, ok bool) {
	raw, err := m.client.fetch(ctx, key)
	switch {
	case err == nil:
		return value, json.Unmarshal(raw, &value) == nil
	case errors.Is(err, goredis.Nil):
		return value, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	kept, there := m.here[key]
	return kept.value, there && time.Now().Before(kept.until)
}

func (m *memo[T]) keep(ctx context.Context, key string, value T, age time.Duration) {
	raw, err := json.Marshal(value)
	if err == nil && m.client.store(ctx, key, raw, age) == nil {
		return
	}
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, old := range m.here {
		if now.After(old.until) {
			delete(m.here, k)
		}
	}
	m.here[key] = remembered[T]{value, now.Add(min(age, rest))}
}

// errResting says that Redis failed a moment ago.
var errResting = errors.New("redis is left alone after a failure")

// fetch returns goredis.Nil when nothing is kept under key.
func (c *Client) fetch(ctx context.Context, key string) (raw []byte, err error) {
	err = c.ask(ctx, func(ctx context.Context) (err error) {
		raw, err = c.rdb.Get(ctx, key).Bytes()
		return err
	})
	return raw, err
}

func (c *Client) store(ctx context.Context, key string, raw []byte, age time.Duration) error {
	return c.ask(ctx, func(ctx context.Context) error { return c.rdb.Set(ctx, key, raw, age).Err() })
}

// ask does one thing with Redis unless it failed a moment ago.
func (c *Client) ask(ctx context.Context, do func(context.Context) error) error {
	if time.Now().UnixNano() < c.restsUntil.Load() {
		return errResting
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	err := do(ctx)
	if err != nil && !errors.Is(err, goredis.Nil) {
		c.restsUntil.Store(time.Now().Add(rest).UnixNano())
	}
	return err
}
