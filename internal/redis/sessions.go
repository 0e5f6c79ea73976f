package redis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// SessionAge is how long ago it may have been that the database was asked who is signed in. Long-lived answers ask three
// times a second, so what ends a session holds everywhere within a second even if nobody tells the cache.
const SessionAge = 500 * time.Millisecond

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
	User    domain.User
	Session domain.ID
}

// UserBySession returns who is signed in with this secret, and the session's id; its errors are those of where sessions come
// from, and are not kept.
func (s *Sessions) UserBySession(ctx context.Context, secret string) (domain.User, domain.ID, error) {
	sum := sha256.Sum256([]byte(secret))
	key := sessionKey(sum[:])
	if raw, err := s.client.fetch(ctx, key); err == nil {
		var kept signedIn
		if json.Unmarshal(raw, &kept) == nil {
			return kept.User, kept.Session, nil
		}
	}
	asked := time.Now()
	user, session, err := s.from.UserBySession(ctx, secret)
	if err != nil {
		return domain.User{}, domain.ID{}, err
	}
	// Counted from before the database was asked: what it said is as old as that.
	if age := SessionAge - time.Since(asked); age >= time.Millisecond {
		if raw, err := json.Marshal(signedIn{user, session}); err == nil {
			_ = s.client.store(ctx, key, raw, age) // what is not kept is asked for again
		}
	}
	return user, session, nil
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
