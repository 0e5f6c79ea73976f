package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// identityLoginLife is how long one may stay at the identity provider.
const identityLoginLife = 10 * time.Minute

// identityTries is how often a sign-in is begun again because the account has changed meanwhile.
const identityTries = 3

// errConfirmed says that an account was confirmed while it was being taken over.
var errConfirmed = errors.New("the account was confirmed meanwhile")

// BeginIdentityLogin keeps what a browser must come back with.
func (s *Store) BeginIdentityLogin(ctx context.Context, l domain.IdentityLogin) error {
	ctx = asAuth(ctx)
	err := s.q.OIDCLoginInsert(ctx, sqlc.OIDCLoginInsertParams{
		Hash: hashSecret(l.State), Browser: hashSecret(l.Browser), Nonce: l.Nonce, Verifier: l.Verifier, ReturnTo: l.ReturnTo, CreatedAt: s.stamp(),
	})
	if err != nil {
		return fmt.Errorf("insert login at the identity provider: %w", err)
	}
	return nil
}

// TakeIdentityLogin returns what was kept under state for this browser. It does so once, whichever browser asks; an
// Unauthorized error says that there is nothing, or nothing any more.
func (s *Store) TakeIdentityLogin(ctx context.Context, state, browser string) (domain.IdentityLogin, error) {
	ctx = asAuth(ctx)
	l, err := s.q.OIDCLoginTake(ctx, hashSecret(state))
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return domain.IdentityLogin{}, fmt.Errorf("take login at the identity provider: %w", err)
	}
	if err != nil || !l.CreatedAt.After(s.stamp().Add(-identityLoginLife)) || !bytes.Equal(l.Browser, hashSecret(browser)) {
		return domain.IdentityLogin{}, &domain.Error{Kind: domain.Unauthorized, Code: "oidc_state", Message: "this took too long, or was begun in another browser: sign in again"}
	}
	return domain.IdentityLogin{State: state, Browser: browser, Nonce: l.Nonce, Verifier: l.Verifier, ReturnTo: l.ReturnTo, Begun: l.CreatedAt}, nil
}

// SignInByIdentity signs in whoever the identity provider says it is, or answers with a challenge when the account has a
// second factor.
//
// An identity that is not known yet is only worth something with an address that its provider vouches for. It is linked
// to the account with that address. If that account never confirmed it, anybody may have opened it, waiting for the
// owner: then nothing of what could open it remains: password, sessions, keys, links, second factor; and what was planned
// is paused. Without an account one is opened, if registration is open. The errors are Forbidden: oidc_email_unverified, registration_closed,
// user_blocked.
func (s *Store) SignInByIdentity(ctx context.Context, id domain.Identity, registration bool, userAgent string) (domain.SignedIn, error) {
	in, err := s.signInByIdentity(ctx, id, registration, userAgent)
	for range identityTries {
		if !isUnique(err, "identities_pkey") && !isUnique(err, "users_email_key_key") && !errors.Is(err, errConfirmed) {
			break
		}
		in, err = s.signInByIdentity(ctx, id, registration, userAgent) // the same person, at the same moment
	}
	return in, err
}

func (s *Store) signInByIdentity(ctx context.Context, id domain.Identity, registration bool, userAgent string) (domain.SignedIn, error) {
	ctx = asAuth(ctx)
	var in domain.SignedIn
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		row, err := q.IdentityUser(ctx, sqlc.IdentityUserParams{Issuer: id.Issuer, Subject: id.Subject})
		if errors.Is(err, pgx.ErrNoRows) {
			row, err = s.adopt(ctx, q, id, registration)
		}
		if err != nil {
			return fmt.Errorf("find the user of an identity: %w", err)
		}
		in = domain.SignedIn{User: toUser(row)}
		switch {
		case in.User.Blocked:
			return &domain.Error{Kind: domain.Forbidden, Code: "user_blocked", Message: "this account is blocked"}
		case in.User.SecondFactor:
			in.Challenge, err = s.issueToken(ctx, q, newToken{user: in.User.ID, purpose: tokenSecondFactor, life: challengeLife})
		default:
			in.Secret, in.Session, err = s.signIn(ctx, q, in.User, userAgent, id.Issuer)
		}
		return err
	})
	return in, err
}

// lockVouched returns the account with the address, locked. The mailings of one that is about to be taken over are paused
// before that: mailings come first, then the user, as MailingLock does; the other way round they could wait for each
// other.
func (s *Store) lockVouched(ctx context.Context, q *sqlc.Queries, email string) (sqlc.User, error) {
	row, err := q.UserByEmail(ctx, email)
	if err != nil {
		return sqlc.User{}, err
	}
	unconfirmed := row.VerifiedAt == nil
	if unconfirmed {
		if err := q.ActFor(ctx, row.ID.String()); err != nil {
			return sqlc.User{}, err
		}
		if err := q.MailingsOfTakenOver(ctx, sqlc.MailingsOfTakenOverParams{OwnerID: row.ID, Reason: domain.TextTakenOver, Now: s.stamp()}); err != nil {
			return sqlc.User{}, err
		}
	}
	row, err = q.UserByEmailLock(ctx, email)
	if err == nil && unconfirmed != (row.VerifiedAt == nil) {
		return sqlc.User{}, errConfirmed
	}
	return row, err
}

// adopt finds or makes the account for an identity that is not known yet.
func (s *Store) adopt(ctx context.Context, q *sqlc.Queries, id domain.Identity, registration bool) (sqlc.User, error) {
	if !id.EmailVerified || id.Email.Key == "" {
		return sqlc.User{}, &domain.Error{Kind: domain.Forbidden, Code: "oidc_email_unverified", Message: "the identity provider has not verified your address"}
	}
	now, actions := s.stamp(), []domain.AuditAction{domain.AuditIdentityLink}
	row, err := s.lockVouched(ctx, q, id.Email.Key)
	linked := err == nil && row.VerifiedAt != nil // to what somebody has already: he is told
	switch {
	case errors.Is(err, pgx.ErrNoRows) && !registration:
		return sqlc.User{}, &domain.Error{Kind: domain.Forbidden, Code: "registration_closed", Message: "there is no account with this address, and none may be opened"}
	case errors.Is(err, pgx.ErrNoRows):
		actions = []domain.AuditAction{domain.AuditUserRegister, domain.AuditUserConfirm, domain.AuditIdentityLink}
		row, err = q.UserInsertVouched(ctx, sqlc.UserInsertVouchedParams{
			ID: domain.NewID(now), Email: id.Email.Display, EmailKey: id.Email.Key, Name: id.Name, Language: string(id.Language), Now: now,
		})
	case err == nil && row.BlockedAt != nil:
		return row, nil // refused in a moment, and not linked
	case err == nil && row.VerifiedAt == nil:
		actions = []domain.AuditAction{domain.AuditUserConfirm, domain.AuditIdentityLink}
		if row, err = q.UserTakeOver(ctx, sqlc.UserTakeOverParams{ID: row.ID, Name: id.Name, Now: now}); err == nil {
			err = s.endSessions(ctx, q, row.ID, domain.ID{})
		}
	}
	if err != nil {
		return sqlc.User{}, err
	}
	if err := q.IdentityInsert(ctx, sqlc.IdentityInsertParams{Issuer: id.Issuer, Subject: id.Subject, UserID: row.ID, CreatedAt: now}); err != nil {
		return sqlc.User{}, err
	}
	if linked {
		u := toUser(row)
		if err := s.notify(ctx, q, noticeTo(u, domain.NoticeIdentityLinked, nil)); err != nil {
			return sqlc.User{}, err
		}
	}
	actor, _ := domain.ActorOf(ctx)
	ctx = domain.WithActor(ctx, domain.Actor{ID: row.ID, Email: row.Email, Role: domain.Role(row.Role), Address: actor.Address})
	for _, action := range actions {
		entry := onAccount(row.ID, action)
		entry.After = map[string]any{"issuer": id.Issuer}
		if err := s.audit(ctx, q, entry); err != nil {
			return sqlc.User{}, err
		}
	}
	return row, nil
}
