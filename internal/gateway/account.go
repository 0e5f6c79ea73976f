package gateway

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// accountStore keeps accounts as their owners see them.
type accountStore interface {
	Account(ctx context.Context, user domain.ID) (domain.Account, error)
	// UpdateAccount returns change's error as it is.
	UpdateAccount(ctx context.Context, user domain.ID, change func(*domain.User) error) (domain.User, error)
	// PasswordHash is empty when the account has no password.
	PasswordHash(ctx context.Context, user domain.ID) (string, error)
	// ChangePassword ends every session but the one named.
	ChangePassword(ctx context.Context, user, but domain.ID, hash string) error
	// ChangeEmail does not tell, by its result or its time, whether another account has the address.
	ChangeEmail(ctx context.Context, user domain.ID, email domain.Address, code domain.Code) error
	// DeleteAccount ends every session but the one named; the last administrator is a Conflict.
	DeleteAccount(ctx context.Context, user, but domain.ID) (domain.User, error)
	RestoreAccount(ctx context.Context, user domain.ID) (domain.User, error)
}

// accountAPI: What one does with one's own account.
type accountAPI struct {
	store     accountStore
	passwords hasher
	limits    limits
	streams   streams
}

// meEvery is how often a stream of somebody's own account looks whether it has changed. That the session goes on is asked
// more often, by watch.
const meEvery = 10 * time.Second

// GetMe implements openapi.StrictServerInterface.
func (a accountAPI) GetMe(ctx context.Context, _ openapi.GetMeRequestObject) (openapi.GetMeResponseObject, error) {
	me, err := a.show(ctx, callerOf(ctx))
	return openapi.GetMe200JSONResponse(me), err
}

// WatchMe implements openapi.StrictServerInterface.
func (a accountAPI) WatchMe(ctx context.Context, r openapi.WatchMeRequestObject) (openapi.WatchMeResponseObject, error) {
	return watchedMe{ctx: ctx, api: a, lastID: orEmpty(r.Params.LastEventID)}, nil
}

// watchedMe is the caller's account as it changes.
type watchedMe struct {
	ctx    context.Context //nolint:containedctx // the generated Visit method has no place for it
	api    accountAPI
	lastID string
}

// VisitWatchMeResponse implements openapi.WatchMeResponseObject.
func (m watchedMe) VisitWatchMeResponse(w http.ResponseWriter) error {
	streams := m.api.streams
	streams.every = meEvery
	return streams.send(m.ctx, w, m.lastID, func(ctx context.Context) (any, bool, error) {
		me, err := m.api.show(ctx, callerOf(ctx))
		return me, false, err
	})
}

// show is what the caller is told of himself. It is read anew: who was found at the door may be remembered from before a
// change that the caller has just made.
func (a accountAPI) show(ctx context.Context, who caller) (openapi.Me, error) {
	account, err := a.store.Account(ctx, who.user.ID)
	if err != nil {
		return openapi.Me{}, err
	}
	u := account.User
	me := openapi.Me{
		ID: u.ID, Email: u.Email, Role: openapi.Role(u.Role), Name: u.Name, Language: openapi.Language(u.Language), TimeZone: u.TimeZone,
		Confirmed: u.Confirmed, SecondFactor: u.SecondFactor, HasPassword: u.HasPassword, DeletionAt: u.DeleteAt, CreatedAt: u.CreatedAt,
		RecoveryCodesLeft: account.RecoveryCodes, Scopes: []openapi.Scope{},
	}
	if account.PendingEmail != "" {
		me.PendingEmail = &account.PendingEmail
	}
	for _, scope := range domain.Scopes() {
		if domain.Allows(who.scopes, scope) {
			me.Scopes = append(me.Scopes, openapi.Scope(scope))
		}
	}
	return me, nil
}

// UpdateMe implements openapi.StrictServerInterface.
func (a accountAPI) UpdateMe(ctx context.Context, r openapi.UpdateMeRequestObject) (openapi.UpdateMeResponseObject, error) {
	_, err := a.store.UpdateAccount(ctx, ownerOf(ctx), func(u *domain.User) error {
		if r.Body.Name != nil {
			u.Name = strings.TrimSpace(*r.Body.Name)
		}
		set(&u.Language, (*domain.Language)(r.Body.Language))
		set(&u.TimeZone, r.Body.TimeZone)
		return invalid(ctx, u.Validate()...)
	})
	if err != nil {
		return nil, err
	}
	me, err := a.show(ctx, callerOf(ctx))
	return openapi.UpdateMe200JSONResponse(me), err
}

// prove holds the caller to the password of the account, where it has one: a session alone may be somebody else's who
// found the browser open.
func (a accountAPI) prove(ctx context.Context, pw *string) error {
	user := ownerOf(ctx)
	hash, err := a.store.PasswordHash(ctx, user)
	if err != nil || hash == "" {
		return err
	}
	if pw == nil {
		return invalid(ctx, domain.Required("enter your password").At("password"))
	}
	if err := a.limits.within(ctx, proofs(user)); err != nil {
		return err
	}
	ok, _, err := a.passwords.verify(ctx, *pw, hash)
	if err != nil {
		return err
	}
	if !ok {
		return invalid(ctx, domain.NewFault(domain.FaultWrongPassword, nil, "is not your password").At("password"))
	}
	return nil
}

// ChangePassword implements openapi.StrictServerInterface.
func (a accountAPI) ChangePassword(ctx context.Context, r openapi.ChangePasswordRequestObject) (openapi.ChangePasswordResponseObject, error) {
	who := callerOf(ctx)
	if err := invalid(ctx, weak("new_password", r.Body.NewPassword, who.user.Email, who.user.Name)...); err != nil {
		return nil, err
	}
	if err := a.prove(ctx, r.Body.Password); err != nil {
		return nil, err
	}
	hash, err := a.passwords.hash(ctx, r.Body.NewPassword)
	if err != nil {
		return nil, err
	}
	if err := a.store.ChangePassword(ctx, who.user.ID, who.session, hash); err != nil {
		return nil, err
	}
	return openapi.ChangePassword204Response{}, nil
}

// ChangeEmail implements openapi.StrictServerInterface.
func (a accountAPI) ChangeEmail(ctx context.Context, r openapi.ChangeEmailRequestObject) (openapi.ChangeEmailResponseObject, error) {
	email, bad := parseAddress(r.Body.Email)
	if own, wrong := parseAddress(userOf(ctx).Email); len(wrong) == 0 && own.Key == email.Key {
		bad = append(bad, domain.NewFault(domain.FaultUnchanged, nil, "is your address already").At("email"))
	}
	if err := invalid(ctx, bad...); err != nil {
		return nil, err
	}
	if err := a.prove(ctx, r.Body.Password); err != nil {
		return nil, err
	}
	// By where it comes from, not by the account: those cost nothing, and each would have a limit of its own.
	if err := a.limits.within(ctx, mails("change-email", email, originOf(ctx).address)...); err != nil {
		return nil, err
	}
	code, err := a.passwords.newCode(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.store.ChangeEmail(ctx, ownerOf(ctx), email, code); err != nil {
		return nil, err
	}
	return openapi.ChangeEmail202Response{}, nil
}

// DeleteAccount implements openapi.StrictServerInterface.
func (a accountAPI) DeleteAccount(ctx context.Context, r openapi.DeleteAccountRequestObject) (openapi.DeleteAccountResponseObject, error) {
	if err := invalid(ctx); err != nil {
		return nil, err
	}
	if err := a.prove(ctx, r.Body.Password); err != nil {
		return nil, err
	}
	who := callerOf(ctx)
	_, err := a.store.DeleteAccount(ctx, who.user.ID, who.session)
	if err != nil {
		return nil, err
	}
	me, err := a.show(ctx, callerOf(ctx))
	return openapi.DeleteAccount200JSONResponse(me), err
}

// RestoreAccount implements openapi.StrictServerInterface.
func (a accountAPI) RestoreAccount(ctx context.Context, _ openapi.RestoreAccountRequestObject) (openapi.RestoreAccountResponseObject, error) {
	_, err := a.store.RestoreAccount(ctx, ownerOf(ctx))
	if err != nil {
		return nil, err
	}
	me, err := a.show(ctx, callerOf(ctx))
	return openapi.RestoreAccount200JSONResponse(me), err
}
