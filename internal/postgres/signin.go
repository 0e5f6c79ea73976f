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

// challengeLife is how long one has for the second factor once the password was right.
const challengeLife = 5 * time.Minute

// Credentials returns the user with this address, blocked ones too, and the hash of the password; the zero user and no
// hash when there is none.
func (s *Store) Credentials(ctx context.Context, email domain.Address) (domain.User, string, error) {
	u, hash, err := s.UserByEmail(ctx, email)
	if domain.KindOf(err) == domain.NotFound {
		return domain.User{}, "", nil
	}
	return u, hash, err
}

// PasswordHash returns the hash of a user's password; empty when there is none.
func (s *Store) PasswordHash(ctx context.Context, user domain.ID) (string, error) {
	hash, err := s.q.AccountPasswordHash(ctx, user)
	if err != nil {
		return "", orNotFound(err, "user")
	}
	return hash, nil
}

// Rehash replaces the hash of a password by another of the same, unless the password has been changed meanwhile.
func (s *Store) Rehash(ctx context.Context, user domain.ID, was, hash string) error {
	if err := s.q.AccountRehash(asAuth(ctx), sqlc.AccountRehashParams{ID: user, Was: was, Hash: hash}); err != nil {
		return fmt.Errorf("replace the hash of user %s: %w", user, err)
	}
	return nil
}

// SignIn begins a session and returns its secret for the browser. Whoever calls it has checked the credentials.
func (s *Store) SignIn(ctx context.Context, user domain.ID, userAgent string) (string, error) {
	var secret string
	err := s.inAccounts(ctx, func(a account) error {
		u, err := a.q.AccountLock(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		if secret, _, err = s.beginSession(ctx, a.q, user, userAgent); err != nil {
			return err
		}
		return s.auditAccount(ctx, a.q, &u, domain.AuditSessionBegin)
	})
	return secret, err
}

// Challenge returns the token that stands for a password that was right while the second factor is asked for.
func (s *Store) Challenge(ctx context.Context, user domain.ID) (string, error) {
	var token string
	err := s.inAccounts(ctx, func(a account) (err error) {
		token, err = s.issueToken(ctx, a.q, newToken{user: user, purpose: tokenSecondFactor, life: challengeLife})
		return err
	})
	return token, err
}

// SignOut ends the session with this secret. One that has ended is no error.
func (s *Store) SignOut(ctx context.Context, secret string) error {
	err := s.inAccounts(ctx, func(a account) error {
		ended, err := a.q.SessionEndByHash(ctx, hashSecret(secret))
		if err != nil || len(ended) == 0 {
			return err
		}
		u, err := a.q.AccountLock(ctx, ended[0].UserID)
		if err != nil {
			return err
		}
		return s.auditAccount(ctx, a.q, &u, domain.AuditSessionEnd)
	})
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	s.forgetSessions(ctx, [][]byte{hashSecret(secret)})
	return nil
}

// UserByReset returns whose password the token of a mailed link sets, without using it; an error with the code
// token_unknown when it does not work, or no longer.
func (s *Store) UserByReset(ctx context.Context, token string) (domain.User, error) {
	u, err := s.q.TokenUser(asAuth(ctx), sqlc.TokenUserParams{Hash: hashSecret(token), Purpose: tokenReset, Now: s.stamp()})
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.User{}, errToken()
	}
	if err != nil {
		return domain.User{}, fmt.Errorf("look up token: %w", err)
	}
	return toUser(u.User), nil
}

// ResetPassword uses the token, sets the password and ends every session. The link came by mail, so it confirms the
// address as well; keys that were made before anybody had confirmed it stop working, because whoever made them need not
// be its owner.
func (s *Store) ResetPassword(ctx context.Context, token, hash string) error {
	return s.inAccounts(ctx, func(a account) error {
		t, err := s.useToken(ctx, a.q, token, tokenReset)
		if err != nil {
			return err
		}
		u, err := a.q.AccountLock(ctx, t.UserID)
		if err != nil {
			return fmt.Errorf("lock user %s: %w", t.UserID, err)
		}
		if u.VerifiedAt == nil && u.EmailKey == t.EmailKey {
			if _, err := a.q.AccountConfirm(ctx, sqlc.AccountConfirmParams{ID: u.ID, EmailKey: t.EmailKey, Now: s.stamp()}); err != nil {
				return fmt.Errorf("confirm user %s: %w", u.ID, err)
			}
			if err := a.q.AccountRevokeKeys(ctx, sqlc.AccountRevokeKeysParams{UserID: u.ID, Now: s.stamp()}); err != nil {
				return fmt.Errorf("revoke keys: %w", err)
			}
		}
		return s.setPassword(ctx, a, &u, hash, domain.ID{}, domain.AuditPasswordReset)
	})
}

// ChangePassword sets the user's password and ends every session but the one named.
func (s *Store) ChangePassword(ctx context.Context, user, but domain.ID, hash string) error {
	return s.inAccounts(ctx, func(a account) error {
		u, err := a.q.AccountLock(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		return s.setPassword(ctx, a, &u, hash, but, domain.AuditPasswordChange)
	})
}

// setPassword also voids what was mailed or handed out on the strength of the old password: whoever knew it may have
// asked for a change of address.
func (s *Store) setPassword(ctx context.Context, a account, u *sqlc.User, hash string, but domain.ID, action domain.AuditAction) error {
	if err := a.q.AccountSetPassword(ctx, sqlc.AccountSetPasswordParams{ID: u.ID, PasswordHash: hash}); err != nil {
		return fmt.Errorf("set the password of user %s: %w", u.ID, err)
	}
	if err := s.endSessions(ctx, a.q, u.ID, but); err != nil {
		return err
	}
	err := a.q.TokensVoidAll(ctx, sqlc.TokensVoidAllParams{
		UserID: u.ID, Purposes: []string{tokenReset, tokenChangeEmail, tokenSecondFactor}, Now: s.stamp(),
	})
	if err != nil {
		return fmt.Errorf("void tokens: %w", err)
	}
	if err := s.notify(ctx, a.q, noticeTo(u, domain.NoticePasswordSet, nil)); err != nil {
		return err
	}
	return s.auditAccount(ctx, a.q, u, action)
}
