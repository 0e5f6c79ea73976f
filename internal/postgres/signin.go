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

// SignIn begins a session and returns its secret for the browser. Whoever calls it has checked the password against hash,
// and found that no second factor is asked for; domain.ErrCredentialsChanged says that this is true no longer.
func (s *Store) SignIn(ctx context.Context, user domain.ID, hash, userAgent string) (string, error) {
	var secret string
	err := s.inAccounts(ctx, func(a account) error {
		u, err := s.lockUnchanged(ctx, a, user, hash)
		if err != nil {
			return err
		}
		if u.TotpOn {
			return domain.ErrCredentialsChanged
		}
		if secret, _, err = s.beginSession(ctx, a.q, user, userAgent); err != nil {
			return err
		}
		return s.auditAccount(ctx, a.q, &u, domain.AuditSessionBegin)
	})
	return secret, err
}

// lockUnchanged locks the account of a user whose password was checked against hash. Checking takes a while, in which a
// new password or a block may have ended every session: none is to begin after that.
func (s *Store) lockUnchanged(ctx context.Context, a account, user domain.ID, hash string) (sqlc.User, error) {
	u, err := a.q.AccountLock(ctx, user)
	if err != nil {
		return sqlc.User{}, orNotFound(err, "user")
	}
	if u.PasswordHash != hash || u.BlockedAt != nil {
		return sqlc.User{}, domain.ErrCredentialsChanged
	}
	return u, nil
}

// Challenge returns the token that stands for a password that was right while the second factor is asked for. hash and
// errors are as in SignIn.
func (s *Store) Challenge(ctx context.Context, user domain.ID, hash string) (string, error) {
	var token string
	err := s.inAccounts(ctx, func(a account) error {
		_, err := s.lockUnchanged(ctx, a, user, hash)
		if err != nil {
			return err
		}
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
// address as well; keys and a second factor from before anybody had confirmed it stop working, because whoever made them
// need not be its owner.
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
		if u.EmailKey != t.EmailKey {
			return errToken() // the address has been changed since, and the link is in the old one's mailbox
		}
		if u.VerifiedAt == nil {
			if err := s.confirmOwner(ctx, a, &u); err != nil {
				return err
			}
		}
		return s.setPassword(ctx, a, &u, hash, domain.ID{}, domain.AuditPasswordReset)
	})
}

// confirmOwner confirms an account whose owner has just shown that its address is theirs, and takes from it what whoever
// opened it could keep the owner out with, or come back by.
func (s *Store) confirmOwner(ctx context.Context, a account, u *sqlc.User) error {
	now := s.stamp()
	if _, err := a.q.AccountConfirm(ctx, sqlc.AccountConfirmParams{ID: u.ID, EmailKey: u.EmailKey, Now: now}); err != nil {
		return fmt.Errorf("confirm user %s: %w", u.ID, err)
	}
	u.VerifiedAt = &now
	if err := a.q.AccountRevokeKeys(ctx, sqlc.AccountRevokeKeysParams{UserID: u.ID, Now: now}); err != nil {
		return fmt.Errorf("revoke keys: %w", err)
	}
	if _, err := a.q.FactorOff(ctx, u.ID); err != nil {
		return fmt.Errorf("turn second factor off: %w", err)
	}
	return s.replaceCodes(ctx, a.q, u.ID, nil)
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
	if err := s.tell(ctx, a.q, u.VerifiedAt != nil, noticeTo(toUser(*u), domain.NoticePasswordSet, nil)); err != nil {
		return err
	}
	return s.auditAccount(ctx, a.q, u, action)
}
