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

// How long what goes out by mail can be used.
const (
	verifyLife = 24 * time.Hour
	resetLife  = time.Hour
)

// toldEvery is how often the owner of an address is told that somebody tried to register it again.
const toldEvery = time.Hour

// codeTries is how often a code may be entered; then a new one must be asked for.
const codeTries = 5

// errShadow ends a savepoint whose work must leave nothing.
var errShadow = errors.New("of a shadow nothing is kept")

// account is a row of users as accounts' own calls change it, in a transaction.
type account struct {
	tx pgx.Tx
	q  *sqlc.Queries
}

// inAccounts runs fn in one transaction. Accounts are looked for by address or token before anybody has signed in, so
// this is done by the service in its own right: see asAuth.
func (s *Store) inAccounts(ctx context.Context, fn func(a account) error) error {
	ctx = asAuth(ctx)
	return pgx.BeginTxFunc(ctx, s.pool, s.txOptions(ctx, pgx.TxOptions{}), func(tx pgx.Tx) error { return fn(account{tx, s.q.WithTx(tx)}) })
}

// shadow does fn for a user who does not exist and takes it back. Where an answer must not tell whether an address is
// known, the work for those that are not is done so, and for those that are a shadow does nothing besides: then both send
// the same statements and end with a write to disk.
func (s *Store) shadow(ctx context.Context, a account, fn func(q *sqlc.Queries, u *sqlc.User) error) error {
	err := pgx.BeginFunc(ctx, a.tx, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		id := domain.NewID(s.stamp())
		u := sqlc.User{ID: id, EmailKey: "shadow " + id.String(), Role: string(domain.RoleUser), Language: string(domain.English)}
		if _, err := q.AccountInsert(ctx, sqlc.AccountInsertParams{ID: id, EmailKey: u.EmailKey, Language: u.Language, CreatedAt: s.stamp()}); err != nil {
			return fmt.Errorf("insert user: %w", err)
		}
		if err := fn(q, &u); err != nil {
			return err
		}
		return errShadow
	})
	if errors.Is(err, errShadow) {
		return nil
	}
	return err
}

// nothing is what a shadow does for an address that is known.
func nothing(*sqlc.Queries, *sqlc.User) error { return nil }

// Register opens an account and mails the link and the code that confirm its address. When the address has an account
// already its owner is told instead, once an hour, and nobody else: neither the result nor the time differs.
func (s *Store) Register(ctx context.Context, n domain.NewAccount) error {
	now := s.stamp()
	u := sqlc.User{
		ID: domain.NewID(now), Email: n.Email.Display, EmailKey: n.Email.Key, PasswordHash: n.PasswordHash,
		Role: string(domain.RoleUser), Name: n.Name, Language: string(n.Language), CreatedAt: now,
	}
	greet := func(q *sqlc.Queries, u *sqlc.User) error {
		if err := s.sendVerification(ctx, q, u, n.Code); err != nil {
			return err
		}
		return s.auditAccount(ctx, q, u, domain.AuditUserRegister)
	}
	err := s.inAccounts(ctx, func(a account) error {
		inserted, err := a.q.AccountInsert(ctx, sqlc.AccountInsertParams{
			ID: u.ID, Email: u.Email, EmailKey: u.EmailKey, PasswordHash: u.PasswordHash, Name: u.Name, Language: u.Language, CreatedAt: now,
		})
		if err != nil {
			return fmt.Errorf("insert user: %w", err)
		}
		known := n.Email
		if inserted > 0 {
			known = domain.Address{} // nobody's
		}
		if err := s.tellOwner(ctx, a.q, known, now); err != nil {
			return err
		}
		if inserted == 0 {
			return s.shadow(ctx, a, greet)
		}
		if err := greet(a.q, &u); err != nil {
			return err
		}
		return s.shadow(ctx, a, nothing)
	})
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}

// tellOwner says that somebody tried to register the address again.
func (s *Store) tellOwner(ctx context.Context, q *sqlc.Queries, email domain.Address, now time.Time) error {
	row, err := q.AccountTold(ctx, sqlc.AccountToldParams{EmailKey: email.Key, Now: now, Before: now.Add(-toldEvery)})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // nobody has it, or no longer
	}
	if err != nil {
		return fmt.Errorf("mark that the owner is told: %w", err)
	}
	if !row.Due || row.User.BlockedAt != nil {
		return nil
	}
	return s.notify(ctx, q, noticeTo(toUser(row.User), domain.NoticeExists, nil))
}

// noticeTo is a notice to the user's own address.
func noticeTo(u domain.User, kind domain.NoticeKind, data map[string]string) domain.Notice {
	return domain.Notice{UserID: u.ID, Email: u.Email, Kind: kind, Language: u.Language, Data: data}
}

// auditAccount records what was done to an account by its owner, who may not be signed in yet.
func (s *Store) auditAccount(ctx context.Context, q *sqlc.Queries, u *sqlc.User, action domain.AuditAction, change ...map[string]any) error {
	actor, _ := domain.ActorOf(ctx)
	actor.ID, actor.Email, actor.Role = u.ID, u.Email, domain.Role(u.Role)
	e := domain.AuditEntry{Action: action, TargetType: "user", TargetID: u.ID.String(), OwnerID: u.ID}
	if len(change) == 2 {
		e.Before, e.After = change[0], change[1]
	}
	return s.audit(domain.WithActor(ctx, actor), q, e)
}

func (s *Store) sendVerification(ctx context.Context, q *sqlc.Queries, u *sqlc.User, code domain.Code) error {
	token, err := s.issueToken(ctx, q, newToken{
		user: u.ID, purpose: tokenVerify, email: domain.Address{Display: u.Email, Key: u.EmailKey}, codeHash: code.Hash, life: verifyLife,
	})
	if err != nil {
		return err
	}
	return s.notify(ctx, q, noticeTo(toUser(*u), domain.NoticeVerify, map[string]string{"token": token, "code": code.Digits}))
}

// ResendVerification mails a new link and code to an address that has an account to confirm; the ones before stop working.
// For any other address it does nothing, in the same time.
func (s *Store) ResendVerification(ctx context.Context, email domain.Address, code domain.Code) error {
	return s.toOwner(ctx, email, func(u *sqlc.User) bool { return u.VerifiedAt == nil }, func(q *sqlc.Queries, u *sqlc.User) error {
		return s.sendVerification(ctx, q, u, code)
	})
}

// ForgotPassword mails a link that sets a new password. For an address without an account, or with a blocked one, it does
// nothing, in the same time.
func (s *Store) ForgotPassword(ctx context.Context, email domain.Address) error {
	return s.toOwner(ctx, email, func(*sqlc.User) bool { return true }, func(q *sqlc.Queries, u *sqlc.User) error {
		token, err := s.issueToken(ctx, q, newToken{
			user: u.ID, purpose: tokenReset, email: domain.Address{Display: u.Email, Key: u.EmailKey}, life: resetLife,
		})
		if err != nil {
			return err
		}
		return s.notify(ctx, q, noticeTo(toUser(*u), domain.NoticeReset, map[string]string{"token": token}))
	})
}

// toOwner does fn for the account with the address if it is one that fits, and for a shadow otherwise.
func (s *Store) toOwner(ctx context.Context, email domain.Address, fits func(*sqlc.User) bool, fn func(*sqlc.Queries, *sqlc.User) error) error {
	err := s.inAccounts(ctx, func(a account) error {
		u, err := a.q.UserByEmail(ctx, email.Key)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("look for the account: %w", err)
		}
		if err != nil || u.BlockedAt != nil || !fits(&u) {
			return s.shadow(ctx, a, fn)
		}
		if err := fn(a.q, &u); err != nil {
			return err
		}
		return s.shadow(ctx, a, nothing)
	})
	if err != nil {
		return fmt.Errorf("mail the owner of an address: %w", err)
	}
	return nil
}

// ConfirmByToken confirms the address that the token was mailed to: the account's own, or the new one it was asked for.
// The error has the code token_unknown when the token does not work, or no longer.
func (s *Store) ConfirmByToken(ctx context.Context, token string) error {
	return s.inAccounts(ctx, func(a account) error {
		t, err := s.useToken(ctx, a.q, token, tokenVerify, tokenChangeEmail)
		if err != nil {
			return err
		}
		return s.confirm(ctx, a, t)
	})
}

// TryCode takes one of the five tries of the code that was mailed to the address, and returns what ConfirmByCode needs
// and the hash to compare with; an empty hash when there is no code to try, or none any more. asks may be the zero ID.
func (s *Store) TryCode(ctx context.Context, email domain.Address, asks domain.ID) (token domain.ID, hash string, err error) {
	err = s.inAccounts(ctx, func(a account) error {
		params := sqlc.TokenTryCodeParams{EmailKey: email.Key, Now: s.stamp(), Asks: asks, Most: codeTries}
		row, err := a.q.TokenTryCode(ctx, params)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		token, hash = row.ID, row.CodeHash // empty without a row
		return s.shadow(ctx, a, nothing)
	})
	if err != nil {
		return domain.ID{}, "", fmt.Errorf("take a try of a code: %w", err)
	}
	return token, hash, nil
}

// ConfirmByCode is ConfirmByToken for a token whose code was right; see TryCode.
func (s *Store) ConfirmByCode(ctx context.Context, token domain.ID) error {
	return s.inAccounts(ctx, func(a account) error {
		t, err := a.q.TokenUseByID(ctx, sqlc.TokenUseByIDParams{ID: token, Now: s.stamp()})
		if errors.Is(err, pgx.ErrNoRows) {
			return errToken()
		}
		if err != nil {
			return fmt.Errorf("use token: %w", err)
		}
		return s.confirm(ctx, a, t)
	})
}

func (s *Store) confirm(ctx context.Context, a account, t sqlc.Token) error {
	u, err := a.q.AccountLock(ctx, t.UserID)
	if err != nil {
		return fmt.Errorf("lock user %s: %w", t.UserID, err)
	}
	if t.Purpose == tokenChangeEmail {
		return s.confirmChange(ctx, a, &u, t)
	}
	confirmed, err := a.q.AccountConfirm(ctx, sqlc.AccountConfirmParams{ID: u.ID, EmailKey: t.EmailKey, Now: s.stamp()})
	if err != nil {
		return fmt.Errorf("confirm user %s: %w", u.ID, err)
	}
	if confirmed == 0 {
		return errToken() // the address has been changed since
	}
	if err := a.q.TokensVoid(ctx, sqlc.TokensVoidParams{UserID: u.ID, Purpose: tokenVerify, Now: s.stamp()}); err != nil {
		return fmt.Errorf("void tokens: %w", err)
	}
	return s.auditAccount(ctx, a.q, &u, domain.AuditUserConfirm)
}

// confirmChange makes the new address the account's. What went out to the old one stops working, and it is told.
func (s *Store) confirmChange(ctx context.Context, a account, u *sqlc.User, t sqlc.Token) error {
	err := a.q.AccountSetEmail(ctx, sqlc.AccountSetEmailParams{ID: u.ID, Email: t.Email, EmailKey: t.EmailKey, Now: s.stamp()})
	if isUnique(err, "users_email_key_key") {
		return errToken() // somebody else has opened an account with it meanwhile
	}
	if err != nil {
		return fmt.Errorf("set the address of user %s: %w", u.ID, err)
	}
	err = a.q.TokensVoidAll(ctx, sqlc.TokensVoidAllParams{
		UserID: u.ID, Purposes: []string{tokenVerify, tokenReset, tokenChangeEmail}, Now: s.stamp(),
	})
	if err != nil {
		return fmt.Errorf("void tokens: %w", err)
	}
	if err := s.tell(ctx, a.q, u.VerifiedAt != nil, noticeTo(toUser(*u), domain.NoticeEmailChanged, map[string]string{"new_email": t.Email})); err != nil {
		return err
	}
	return s.auditAccount(ctx, a.q, u, domain.AuditEmailChange, map[string]any{"email": u.Email}, map[string]any{"email": t.Email})
}

// ChangeEmail mails a link and a code to the new address, and tells the old one. When another account has the new address,
// that one is told instead; nothing that the caller sees differs, and neither does the time.
func (s *Store) ChangeEmail(ctx context.Context, user domain.ID, email domain.Address, code domain.Code) error {
	err := s.inAccounts(ctx, func(a account) error {
		u, err := a.q.AccountLock(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		other, err := a.q.UserByEmail(ctx, email.Key)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("look for the address: %w", err)
		}
		taken := err == nil && other.ID != user
		token, err := s.issueToken(ctx, a.q, newToken{user: user, purpose: tokenChangeEmail, email: email, codeHash: code.Hash, life: verifyLife})
		if err != nil {
			return err
		}
		n := domain.Notice{
			UserID: user, Email: email.Display, Kind: domain.NoticeChangeEmail, Language: domain.Language(u.Language),
			Data: map[string]string{"token": token, "code": code.Digits},
		}
		if taken {
			n = noticeTo(toUser(other), domain.NoticeEmailTaken, nil) // and nobody gets the token
		}
		if err := s.notify(ctx, a.q, n); err != nil {
			return err
		}
		return s.tell(ctx, a.q, u.VerifiedAt != nil, noticeTo(toUser(u), domain.NoticeEmailChanging, map[string]string{"new_email": email.Display}))
	})
	if err != nil {
		return fmt.Errorf("change the address of user %s: %w", user, err)
	}
	return nil
}

// UpdateAccount lets change set name, language and time zone of the user, and returns how he is then.
func (s *Store) UpdateAccount(ctx context.Context, user domain.ID, change func(*domain.User) error) (domain.User, error) {
	var u domain.User
	err := s.inAccounts(ctx, func(a account) error {
		row, err := a.q.AccountLock(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		u = toUser(row)
		if err := change(&u); err != nil {
			return err
		}
		return a.q.AccountSet(ctx, sqlc.AccountSetParams{ID: user, Name: u.Name, Language: string(u.Language), TimeZone: u.TimeZone})
	})
	return u, err
}

// Account returns an account as it is now, with what only its owner is told of it.
func (s *Store) Account(ctx context.Context, user domain.ID) (domain.Account, error) {
	var out domain.Account
	err := s.inAccounts(ctx, func(a account) error {
		u, err := a.q.UserGet(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		out.User = toUser(u)
		codes, err := a.q.AccountCodesLeft(ctx, user)
		if err != nil {
			return err
		}
		pending, err := a.q.TokenPendingEmail(ctx, sqlc.TokenPendingEmailParams{UserID: user, Now: s.stamp()})
		if err != nil {
			return err
		}
		out.RecoveryCodes = int(codes)
		if len(pending) > 0 {
			out.PendingEmail = pending[0]
		}
		return nil
	})
	if err != nil {
		return domain.Account{}, fmt.Errorf("read account %s: %w", user, err)
	}
	return out, nil
}
