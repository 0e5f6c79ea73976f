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

// OnSessionsEnd has forget called with the SHA-256 of the secrets of sessions that end, so that a cache can drop them. It is
// to be called before the store is used. Where sessions end together with something else, forget is called before that is
// committed: whoever caches must not keep a session for long in any case.
func (s *Store) OnSessionsEnd(forget func(ctx context.Context, hashes [][]byte)) { s.forget = forget }

// endSessions signs the user out everywhere but in the session but, which may be the zero ID. Keys end with the role by a
// trigger, whoever changes it; no trigger ends sessions, since those who keep them for a while must be told which they were.
func (s *Store) endSessions(ctx context.Context, q *sqlc.Queries, user, but domain.ID) error {
	hashes, err := q.SessionsEnd(ctx, sqlc.SessionsEndParams{UserID: user, But: but})
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	s.forgetSessions(ctx, hashes)
	return nil
}

func (s *Store) forgetSessions(ctx context.Context, hashes [][]byte) {
	if s.forget != nil && len(hashes) > 0 {
		s.forget(ctx, hashes)
	}
}

// Sessions returns where the user is signed in, the latest use first.
func (s *Store) Sessions(ctx context.Context, user domain.ID) ([]domain.Session, error) {
	now := s.stamp()
	rows, err := s.q.SessionsOf(ctx, sqlc.SessionsOfParams{
		UserID: user, IdleSince: now.Add(-sessionIdle), BegunSince: now.Add(-sessionAbsolute),
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	out := make([]domain.Session, len(rows))
	for i, r := range rows {
		out[i] = domain.Session{
			ID: r.ID, Address: r.Address, UserAgent: r.UserAgent, CreatedAt: r.CreatedAt, LastSeenAt: r.LastSeenAt,
			ExpiresAt: r.LastSeenAt.Add(sessionIdle),
		}
		if end := r.CreatedAt.Add(sessionAbsolute); end.Before(out[i].ExpiresAt) {
			out[i].ExpiresAt = end
		}
	}
	return out, nil
}

// EndSession signs the user out in one place; a session that is not the user's, or has ended, is a NotFound error.
func (s *Store) EndSession(ctx context.Context, user, session domain.ID) error {
	var hash []byte
	err := s.inTx(ctx, func(q *sqlc.Queries) (err error) {
		if hash, err = q.SessionEnd(ctx, sqlc.SessionEndParams{ID: session, UserID: user}); err != nil {
			return orNotFound(err, "session")
		}
		return s.audit(ctx, q, domain.AuditEntry{
			Action: domain.AuditSessionEnd, TargetType: "session", TargetID: session.String(), OwnerID: user,
		})
	})
	if err != nil {
		return fmt.Errorf("end session %s: %w", session, err)
	}
	s.forgetSessions(ctx, [][]byte{hash})
	return nil
}

// EndSessions signs the user out everywhere but in the session but. Doing it twice is no error.
func (s *Store) EndSessions(ctx context.Context, user, but domain.ID) error {
	var hashes [][]byte
	err := s.inTx(ctx, func(q *sqlc.Queries) (err error) {
		if hashes, err = q.SessionsEnd(ctx, sqlc.SessionsEndParams{UserID: user, But: but}); err != nil || len(hashes) == 0 {
			return err
		}
		return s.audit(ctx, q, domain.AuditEntry{
			Action: domain.AuditSessionEnd, TargetType: "user", TargetID: user.String(), OwnerID: user,
			After: map[string]any{"ended": len(hashes)},
		})
	})
	if err != nil {
		return fmt.Errorf("end sessions of %s: %w", user, err)
	}
	s.forgetSessions(ctx, hashes)
	return nil
}

const (
	// tokenKept is how long a token outlives its use or its end, to be told from one that never was.
	tokenKept = 24 * time.Hour
	// oidcKept is how long a browser may stay away at the identity provider.
	oidcKept = time.Hour
)

// PurgeEnded removes sessions, tokens and sign-ins elsewhere that are over and can be used no more. Safe to repeat and to
// race.
func (s *Store) PurgeEnded(ctx context.Context) error {
	now := s.stamp()
	_, err := s.q.SessionsPurge(ctx, sqlc.SessionsPurgeParams{IdleSince: now.Add(-sessionIdle), BegunSince: now.Add(-sessionAbsolute)})
	if err != nil {
		return fmt.Errorf("purge sessions: %w", err)
	}
	if _, err := s.q.TokensPurge(ctx, now.Add(-tokenKept)); err != nil {
		return fmt.Errorf("purge tokens: %w", err)
	}
	if _, err := s.q.OIDCLoginsPurge(ctx, now.Add(-oidcKept)); err != nil {
		return fmt.Errorf("purge sign-ins elsewhere: %w", err)
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
