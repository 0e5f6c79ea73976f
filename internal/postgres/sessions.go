package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// How long a session lives: since it was last used, and in all.
const (
	sessionIdle     = 14 * 24 * time.Hour
	sessionAbsolute = 60 * 24 * time.Hour
)

// sessionSeen is how exactly the last use of a session is recorded.
const sessionSeen = time.Minute

// beginSession signs the user in, in q's transaction, and returns the secret for the browser and the session's id. Each
// sign-in has a secret of its own, so one that was planted before is worth nothing after it.
func (s *Store) beginSession(ctx context.Context, q *sqlc.Queries, user domain.ID, userAgent string) (string, domain.ID, error) {
	secret, hash := newSecret("")
	now := s.stamp()
	id := domain.NewID(now)
	actor, _ := domain.ActorOf(ctx)
	err := q.SessionInsert(ctx, sqlc.SessionInsertParams{
		ID: id, UserID: user, Hash: hash, Address: actor.Address, UserAgent: userAgent, Now: now,
	})
	if err != nil {
		return "", domain.ID{}, fmt.Errorf("begin a session: %w", err)
	}
	return secret, id, nil
}

// BeginSession signs the user in and returns the secret for the browser. Whoever calls it has checked the credentials.
func (s *Store) BeginSession(ctx context.Context, user domain.ID, userAgent string) (string, error) {
	secret, _, err := s.beginSession(asAuth(ctx), s.q, user, userAgent)
	return secret, err
}

// endSessions signs the user out everywhere but in the session but, which may be the zero ID.
func (s *Store) endSessions(ctx context.Context, q *sqlc.Queries, user, but domain.ID) error {
	if err := q.SessionsEnd(ctx, sqlc.SessionsEndParams{UserID: user, But: but}); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// UserBySession returns who is signed in with this secret, blocked users too, and the session's id; an Unauthorized error
// when nobody is, or no longer. It records the use.
func (s *Store) UserBySession(ctx context.Context, secret string) (domain.User, domain.ID, error) {
	ctx = asAuth(ctx)
	now := s.stamp()
	row, err := s.q.SessionUser(ctx, sqlc.SessionUserParams{
		Hash: hashSecret(secret), IdleSince: now.Add(-sessionIdle), BegunSince: now.Add(-sessionAbsolute),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.User{}, domain.ID{}, &domain.Error{Kind: domain.Unauthorized, Code: "session_ended", Message: "you are not signed in any more: sign in again"}
	}
	if err != nil {
		return domain.User{}, domain.ID{}, fmt.Errorf("look up session: %w", err)
	}
	actor, _ := domain.ActorOf(ctx)
	if row.LastSeenAt.Before(now.Add(-sessionSeen)) || row.Address != actor.Address {
		if err := s.q.SessionSeen(ctx, sqlc.SessionSeenParams{ID: row.SessionID, Address: actor.Address, Now: now}); err != nil {
			return domain.User{}, domain.ID{}, fmt.Errorf("record use of session: %w", err)
		}
	}
	return toUser(row.User), row.SessionID, nil
}
