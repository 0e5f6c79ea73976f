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

const (
	// challengeTries is how many codes may be tried with one challenge.
	challengeTries = 5
	// factorTriesHere and factorTries are how many may be tried in an hour with one account: from one address, and from
	// all. A guess fits with a chance of three in a million. Whoever has the password and spends the tries of all
	// addresses slows the owner down, who still gets in with a recovery code.
	//
	// They are counted here and not with the gateway's other limits, which Redis keeps: that may be lost, and each process
	// counts for itself then. Six digits do not bear that.
	factorTriesHere = 10
	factorTries     = 40
	factorPeriod    = time.Hour
)

// Factor returns the state of the user's second factor, and the hash of the password.
func (s *Store) Factor(ctx context.Context, user domain.ID) (domain.Factor, error) {
	f, err := s.q.FactorOf(ctx, user)
	if err != nil {
		return domain.Factor{}, fmt.Errorf("look up second factor: %w", orNotFound(err, "user"))
	}
	return domain.Factor{PasswordHash: f.PasswordHash, On: f.TotpOn, Sealed: f.TotpSecret}, nil
}

// CountFactorTry counts one try at the user's password or second factor, from the address of the context's actor, and
// returns how long to wait when there were too many; what was tried must not be looked at then. A try counts before it is
// checked, so that many at once are not more than many in turn.
func (s *Store) CountFactorTry(ctx context.Context, user domain.ID) (wait time.Duration, err error) {
	ctx = asAuth(ctx)
	now := s.stamp()
	err = s.inTx(ctx, func(q *sqlc.Queries) error {
		for _, limit := range []struct {
			address string
			most    int32
		}{{tryAddress(ctx), factorTriesHere}, {"", factorTries}} {
			row, err := q.FactorTry(ctx, sqlc.FactorTryParams{UserID: user, Address: limit.address, Now: now, HourAgo: now.Add(-factorPeriod)})
			if err != nil {
				return fmt.Errorf("count a try at the second factor: %w", err)
			}
			if row.Tries > limit.most { // one address alone does not use up the tries of all
				wait = max(row.Since.Add(factorPeriod).Sub(now), time.Second)
				return nil
			}
		}
		return nil
	})
	return wait, err
}

// tryAddress is never empty: the row without an address is that of all together.
func tryAddress(ctx context.Context) string {
	if actor, _ := domain.ActorOf(ctx); actor.Address != "" {
		return actor.Address
	}
	return "-"
}

// ForgetFactorTries is to be called after a try that was right: it was the owner.
func (s *Store) ForgetFactorTries(ctx context.Context, user domain.ID) error {
	ctx = asAuth(ctx)
	return s.inTx(ctx, func(q *sqlc.Queries) error { return s.forgetTries(ctx, q, user) })
}

func (s *Store) forgetTries(ctx context.Context, q *sqlc.Queries, user domain.ID) error {
	err := q.FactorTriesForget(ctx, sqlc.FactorTriesForgetParams{UserID: user, Address: tryAddress(ctx), HourAgo: s.stamp().Add(-factorPeriod)})
	if err == nil {
		err = q.FactorTryForgive(ctx, user)
	}
	if err != nil {
		return fmt.Errorf("forget tries at the second factor: %w", err)
	}
	return nil
}

// BeginFactor keeps a sealed secret that is still to be confirmed, in the place of an earlier one; a Conflict while the
// second factor is on.
func (s *Store) BeginFactor(ctx context.Context, user domain.ID, sealed []byte) error {
	n, err := s.q.FactorBegin(ctx, sqlc.FactorBeginParams{ID: user, Secret: sealed})
	if err != nil {
		return fmt.Errorf("begin second factor: %w", err)
	}
	if n == 0 {
		return errFactorOn()
	}
	return nil
}

// TurnFactorOn turns the second factor on with the code that proves it was set up, keeps the hashes of the recovery codes,
// and ends the user's other sessions. A Conflict says that it is on already, or was begun anew meanwhile.
func (s *Store) TurnFactorOn(ctx context.Context, user domain.User, session domain.ID, proof domain.FactorProof, recovery [][]byte) error {
	return s.inTx(ctx, func(q *sqlc.Queries) error {
		n, err := q.FactorOn(ctx, sqlc.FactorOnParams{ID: user.ID, Step: proof.Step, Secret: proof.Sealed})
		if err != nil {
			return fmt.Errorf("turn second factor on: %w", err)
		}
		if n == 0 {
			return errFactorOn()
		}
		if err := s.replaceCodes(ctx, q, user.ID, recovery); err != nil {
			return err
		}
		if err := s.endSessions(ctx, q, user.ID, session); err != nil {
			return err
		}
		if err := s.forgetTries(ctx, q, user.ID); err != nil {
			return err
		}
		if err := s.tell(ctx, q, user.Confirmed, noticeTo(user, domain.NoticeFactorOn, nil)); err != nil {
			return err
		}
		return s.audit(ctx, q, onAccount(user.ID, domain.AuditFactorOn))
	})
}

// TurnFactorOff turns the second factor off with a code of it, which is used up; domain.ErrFactorRefused when it cannot be.
func (s *Store) TurnFactorOff(ctx context.Context, user domain.User, proof domain.FactorProof) error {
	return s.inTx(ctx, func(q *sqlc.Queries) error {
		if err := s.useProof(ctx, q, user.ID, proof); err != nil {
			return err
		}
		if _, err := q.FactorOff(ctx, user.ID); err != nil {
			return fmt.Errorf("turn second factor off: %w", err)
		}
		if err := s.replaceCodes(ctx, q, user.ID, nil); err != nil {
			return err
		}
		if err := s.forgetTries(ctx, q, user.ID); err != nil {
			return err
		}
		if err := s.tell(ctx, q, user.Confirmed, noticeTo(user, domain.NoticeFactorOff, nil)); err != nil {
			return err
		}
		return s.audit(ctx, q, onAccount(user.ID, domain.AuditFactorOff))
	})
}

// RenewRecoveryCodes replaces the user's recovery codes by those with the hashes, and uses the proof up;
// domain.ErrFactorRefused when it cannot be.
func (s *Store) RenewRecoveryCodes(ctx context.Context, user domain.ID, proof domain.FactorProof, hashes [][]byte) error {
	return s.inTx(ctx, func(q *sqlc.Queries) error {
		if err := s.useProof(ctx, q, user, proof); err != nil {
			return err
		}
		if err := s.replaceCodes(ctx, q, user, hashes); err != nil {
			return err
		}
		if err := s.forgetTries(ctx, q, user); err != nil {
			return err
		}
		return s.audit(ctx, q, onAccount(user, domain.AuditFactorCodes))
	})
}

func (s *Store) replaceCodes(ctx context.Context, q *sqlc.Queries, user domain.ID, hashes [][]byte) error {
	if err := q.RecoveryCodesDelete(ctx, user); err != nil {
		return fmt.Errorf("delete recovery codes: %w", err)
	}
	if err := q.RecoveryCodesInsert(ctx, sqlc.RecoveryCodesInsertParams{UserID: user, Hashes: hashes}); err != nil {
		return fmt.Errorf("insert recovery codes: %w", err)
	}
	return nil
}

// useProof uses a code up in q's transaction; domain.ErrFactorRefused when it was used before.
func (s *Store) useProof(ctx context.Context, q *sqlc.Queries, user domain.ID, proof domain.FactorProof) error {
	var n int64
	var err error
	if proof.Recovery != nil {
		n, err = q.RecoveryCodeUse(ctx, sqlc.RecoveryCodeUseParams{UserID: user, Hash: proof.Recovery, Now: s.stamp()})
	} else {
		n, err = q.FactorStepUse(ctx, sqlc.FactorStepUseParams{ID: user, Step: proof.Step, Secret: proof.Sealed})
	}
	if err != nil {
		return fmt.Errorf("use a code of the second factor: %w", err)
	}
	if n == 0 {
		return domain.ErrFactorRefused
	}
	return nil
}

// TryChallenge counts one try at the challenge that signing in answered with, and returns whose it is and the sealed secret;
// an Unauthorized error when it was used, has expired, or has no tries left.
func (s *Store) TryChallenge(ctx context.Context, challenge string) (domain.User, []byte, error) {
	ctx = asAuth(ctx)
	row, err := s.q.ChallengeTry(ctx, sqlc.ChallengeTryParams{Hash: hashSecret(challenge), Now: s.stamp(), Most: challengeTries})
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.User{}, nil, errChallenge()
	}
	if err != nil {
		return domain.User{}, nil, fmt.Errorf("look up challenge: %w", err)
	}
	return toUser(row.User), row.User.TotpSecret, nil
}

// FinishChallenge uses the challenge and the code up, both or neither, and signs the user in. domain.ErrFactorRefused says
// that the code was used before; the challenge goes on then.
func (s *Store) FinishChallenge(ctx context.Context, user domain.User, challenge string, proof domain.FactorProof, userAgent string) (domain.SignedIn, error) {
	ctx = asAuth(ctx)
	in := domain.SignedIn{User: user}
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		// Before the challenge, as whoever sets a password does: no session begins after that ended all of them.
		u, err := q.AccountLock(ctx, user.ID)
		if err != nil {
			return orNotFound(err, "user")
		}
		if u.BlockedAt != nil {
			return errChallenge()
		}
		if _, err := s.useToken(ctx, q, challenge, tokenSecondFactor); err != nil {
			if domain.KindOf(err) == domain.Invalid {
				return errChallenge()
			}
			return err
		}
		if err := s.useProof(ctx, q, user.ID, proof); err != nil {
			return err
		}
		if err := s.forgetTries(ctx, q, user.ID); err != nil {
			return err
		}
		in.Secret, in.Session, err = s.signIn(ctx, q, user, userAgent, "second factor")
		return err
	})
	return in, err
}

// signIn begins a session in q's transaction and records by what.
func (s *Store) signIn(ctx context.Context, q *sqlc.Queries, user domain.User, userAgent, by string) (string, domain.ID, error) {
	actor, _ := domain.ActorOf(ctx)
	ctx = domain.WithActor(ctx, domain.Actor{ID: user.ID, Email: user.Email, Role: user.Role, Address: actor.Address})
	secret, session, err := s.beginSession(ctx, q, user.ID, userAgent)
	if err != nil {
		return "", domain.ID{}, err
	}
	return secret, session, s.audit(ctx, q, domain.AuditEntry{
		Action: domain.AuditSessionBegin, TargetType: "session", TargetID: session.String(), OwnerID: user.ID, After: map[string]any{"by": by},
	})
}

// onAccount is the entry of the audit log for what somebody did to their own account.
func onAccount(user domain.ID, action domain.AuditAction) domain.AuditEntry {
	return domain.AuditEntry{Action: action, TargetType: "user", TargetID: user.String(), OwnerID: user}
}

func errFactorOn() error {
	return domain.NewConflict("second_factor_on", "the second factor is on, or was begun anew meanwhile")
}

func errChallenge() error {
	return &domain.Error{Kind: domain.Unauthorized, Code: "challenge_ended", Message: "this took too long or too many codes were wrong: sign in again"}
}
