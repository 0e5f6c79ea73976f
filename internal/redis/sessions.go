package redis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// SessionAge is how old what is known of a session may be: a request that comes later than that after a session's end is
// refused everywhere, even if nobody tells the cache. Long-lived answers ask three times a second, so that what ends a
// session holds for them within a second, too.
const SessionAge = 250 * time.Millisecond

// sessionReader is where sessions come from.
type sessionReader interface {
	UserBySession(ctx context.Context, secret string) (domain.User, domain.ID, error)
}

// Sessions keeps who is signed in for SessionAge, because a page asks for many things at once. Redis sees SHA-256 sums of
// the cookies' secrets, never those. Without Redis every request asks the database. Safe for concurrent use.
type Sessions struct {
	client *Client
	from   sessionReader
}

// NewSessions returns a cache over from.
func NewSessions(c *Client, from sessionReader) *Sessions { return &Sessions{client: c, from: from} }

// signedIn is what is kept of a session.
type signedIn struct {
	At      time.Time // by Redis's clock, before the database was asked
	User    domain.User
	Session domain.ID
}

// UserBySession returns who is signed in with this secret, and the session's id; its errors are those of where sessions come
// from, and are not kept.
func (s *Sessions) UserBySession(ctx context.Context, secret string) (domain.User, domain.ID, error) {
	sum := sha256.Sum256([]byte(secret))
	key := sessionKey(sum[:])
	now, kept, err := s.find(ctx, key)
	if err != nil {
		return s.from.UserBySession(ctx, secret)
	}
	// Its age is told by one clock, Redis's, and counted from before the database was asked: neither an answer that was long
	// on its way nor a key that expires late makes an old one pass.
	if age := now.Sub(kept.At); age >= 0 && age < SessionAge {
		return kept.User, kept.Session, nil
	}
	kept.At = now
	if kept.User, kept.Session, err = s.from.UserBySession(ctx, secret); err != nil {
		return domain.User{}, domain.ID{}, err
	}
	if raw, err := json.Marshal(kept); err == nil {
		_ = s.client.store(ctx, key, raw, SessionAge) // what is not kept is asked for again
	}
	return kept.User, kept.Session, nil
}

// find returns what is kept under key, if anything, and what time Redis has.
func (s *Sessions) find(ctx context.Context, key string) (now time.Time, kept signedIn, err error) {
	err = s.client.ask(ctx, func(ctx context.Context) error {
		both := s.client.rdb.Pipeline()
		clock, value := both.Time(ctx), both.Get(ctx, key)
		if _, err := both.Exec(ctx); err != nil && !errors.Is(err, goredis.Nil) {
			return err
		}
		now = clock.Val()
		if raw, err := value.Bytes(); err == nil && json.Unmarshal(raw, &kept) != nil {
			kept = signedIn{} // of another version
		}
		return nil
	})
	return now, kept, err
}

// Forget drops sessions by the SHA-256 of their secrets.
func (s *Sessions) Forget(ctx context.Context, hashes [][]byte) {
	keys := make([]string, len(hashes))
	for i, hash := range hashes {
		keys[i] = sessionKey(hash)
	}
	_ = s.client.ask(ctx, func(ctx context.Context) error { return s.client.rdb.Del(ctx, keys...).Err() }) // they end by themselves soon
}

func sessionKey(hash []byte) string { return "vestnik:session:" + hex.EncodeToString(hash) }
