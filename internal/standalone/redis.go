package standalone

import (
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// redisTick is how exact the expiry of keys is. miniredis can follow the clock at every command instead, but then each
// command walks all keys.
const redisTick = 50 * time.Millisecond

// Redis is an embedded stand-in for a Redis server. It keeps nothing over a restart, as Vestnik asks nothing of it that
// must be kept.
type Redis struct {
	server   *miniredis.Miniredis
	password string
	addr     string
	once     sync.Once
	stop     chan struct{}
	stopped  chan struct{}
}

// StartRedis starts the server on a free port of 127.0.0.1 with a password made for this run.
func StartRedis() (*Redis, error) {
	return StartRedisAt("127.0.0.1:0", newPassword())
}

// StartRedisAt is StartRedis on a given host:port with a given password: a server of an earlier StartRedis comes back
// empty.
func StartRedisAt(addr, password string) (*Redis, error) {
	server := miniredis.NewMiniRedis()
	server.RequireAuth(password)
	if err := server.StartAddr(addr); err != nil {
		return nil, fmt.Errorf("start the embedded Redis: %w", err)
	}
	r := &Redis{
		server: server, password: password, addr: server.Addr(),
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	go r.runClock()
	return r, nil
}

// runClock lets keys expire: miniredis by itself stands still in time.
func (r *Redis) runClock() {
	defer close(r.stopped)
	ticker := time.NewTicker(redisTick)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-ticker.C:
			now := time.Now()
			r.server.FastForward(now.Sub(last))
			last = now
		case <-r.stop:
			return
		}
	}
}

// URL of the server, with the password.
func (r *Redis) URL() string {
	at := url.URL{Scheme: "redis", User: url.UserPassword("", r.password), Host: r.addr, Path: "/0"}
	return at.String()
}

// Addr is the host:port it listens on.
func (r *Redis) Addr() string { return r.addr }

// Password it asks for.
func (r *Redis) Password() string { return r.password }

// Stop ends the server and its connections and returns when both have ended. Stop may be called again.
func (r *Redis) Stop() {
	r.once.Do(func() {
		close(r.stop)
		<-r.stopped
		r.server.Close()
	})
}
