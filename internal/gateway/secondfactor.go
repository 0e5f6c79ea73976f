package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
	"github.com/vestnik-mail/vestnik/internal/totp"
)

// secondFactorStore keeps second factors, uses their codes up and counts tries.
type secondFactorStore interface {
	Factor(ctx context.Context, user domain.ID) (domain.Factor, error)
	// CountFactorTry counts a try before it is checked, and returns how long to wait when there were too many.
	CountFactorTry(ctx context.Context, user domain.ID) (wait time.Duration, err error)
	// ForgetFactorTries is for after a try that was right; the methods below do it themselves.
	ForgetFactorTries(ctx context.Context, user domain.ID) error
	// BeginFactor keeps a sealed secret; a Conflict while the second factor is on.
	BeginFactor(ctx context.Context, user domain.ID, sealed []byte) error
	// TurnFactorOn also ends the user's other sessions; a Conflict when it is on, or was begun anew.
	TurnFactorOn(ctx context.Context, user domain.User, session domain.ID, proof domain.FactorProof, recovery [][]byte) error
	// TurnFactorOff uses the proof up; domain.ErrFactorRefused when that cannot be done.
	TurnFactorOff(ctx context.Context, user domain.User, proof domain.FactorProof) error
	// RenewRecoveryCodes uses the proof up and replaces them; domain.ErrFactorRefused when that cannot be done.
	RenewRecoveryCodes(ctx context.Context, user domain.ID, proof domain.FactorProof, hashes [][]byte) error
	// TryChallenge counts a try and returns whose challenge it is and the sealed secret; an Unauthorized error when it has
	// ended.
	TryChallenge(ctx context.Context, challenge string) (domain.User, []byte, error)
	// FinishChallenge uses challenge and proof up, both or neither; domain.ErrFactorRefused when the proof cannot be.
	FinishChallenge(ctx context.Context, user domain.User, challenge string, proof domain.FactorProof, userAgent string) (domain.SignedIn, error)
}

// secondFactorAPI: The second factor.
type secondFactorAPI struct {
	store     secondFactorStore
	account   accountAPI
	passwords hasher
	factor    *totp.Factor // nil: see Deps
	clock     domain.Clock
}

// LogInSecondFactor implements openapi.StrictServerInterface.
func (a secondFactorAPI) LogInSecondFactor(ctx context.Context, r openapi.LogInSecondFactorRequestObject) (openapi.LogInSecondFactorResponseObject, error) {
	if err := invalid(ctx); err != nil {
		return nil, err
	}
	if err := mayHoldSession(ctx); err != nil {
		return nil, err
	}
	user, sealed, err := a.store.TryChallenge(ctx, r.Body.Challenge)
	if err != nil {
		return nil, err
	}
	if user.Blocked {
		return nil, &domain.Error{Kind: domain.Forbidden, Code: "user_blocked", Message: "this account is blocked"}
	}
	proof := domain.FactorProof{}
	if hash, ok := totp.Recovery(r.Body.Code); ok {
		proof.Recovery = hash // nobody guesses these, so the owner gets in with one however many tries others spend
	} else if proof, err = a.check(ctx, user.ID, sealed, r.Body.Code); err != nil {
		return nil, orUnauthorized(err)
	}
	in, err := a.store.FinishChallenge(ctx, user, r.Body.Challenge, proof, originOf(ctx).userAgent)
	if err != nil {
		return nil, orUnauthorized(err)
	}
	me, err := a.account.show(actingAs(ctx, in.User), caller{user: in.User, session: in.Session, scopes: domain.Scopes()})
	if err != nil {
		return nil, err
	}
	cookie, err := signInCookie(ctx, in.Secret)
	if err != nil {
		return nil, err
	}
	return openapi.LogInSecondFactor200JSONResponse{
		Body: openapi.LogInResult{Me: &me}, Headers: openapi.LogInSecondFactor200ResponseHeaders{SetCookie: &cookie},
	}, nil
}

// BeginSecondFactor implements openapi.StrictServerInterface.
func (a secondFactorAPI) BeginSecondFactor(ctx context.Context, r openapi.BeginSecondFactorRequestObject) (openapi.BeginSecondFactorResponseObject, error) {
	if err := invalid(ctx); err != nil {
		return nil, err
	}
	user := userOf(ctx)
	state, err := a.store.Factor(ctx, user.ID)
	switch {
	case err != nil:
		return nil, err
	case a.factor == nil:
		return nil, errNoSecretKey()
	case state.On:
		return nil, domain.NewConflict("second_factor_on", "the second factor is on; turn it off first")
	}
	if err := a.prove(ctx, user.ID, state, r.Body.Password); err != nil {
		return nil, err
	}
	if err := a.store.ForgetFactorTries(ctx, user.ID); err != nil {
		return nil, err
	}
	setup, sealed := a.factor.Begin(user.ID, user.Email)
	if err := a.store.BeginFactor(ctx, user.ID, sealed); err != nil {
		return nil, err
	}
	return openapi.BeginSecondFactor200JSONResponse{Secret: setup.Secret, URI: setup.URI}, nil
}

// ConfirmSecondFactor implements openapi.StrictServerInterface.
func (a secondFactorAPI) ConfirmSecondFactor(ctx context.Context, r openapi.ConfirmSecondFactorRequestObject) (openapi.ConfirmSecondFactorResponseObject, error) {
	if err := invalid(ctx); err != nil {
		return nil, err
	}
	who := callerOf(ctx)
	state, err := a.store.Factor(ctx, who.user.ID)
	switch {
	case err != nil:
		return nil, err
	case state.On:
		return nil, domain.NewConflict("second_factor_on", "the second factor is on")
	case state.Sealed == nil:
		return nil, domain.NewConflict("second_factor_not_begun", "begin to set the second factor up first")
	}
	proof, err := a.check(ctx, who.user.ID, state.Sealed, r.Body.Code)
	if err != nil {
		return nil, orInvalid(err)
	}
	codes, hashes := totp.NewRecoveryCodes()
	if err := a.store.TurnFactorOn(ctx, who.user, who.session, proof, hashes); err != nil {
		return nil, err
	}
	return openapi.ConfirmSecondFactor200JSONResponse{Codes: codes}, nil
}

// RemoveSecondFactor implements openapi.StrictServerInterface.
func (a secondFactorAPI) RemoveSecondFactor(ctx context.Context, r openapi.RemoveSecondFactorRequestObject) (openapi.RemoveSecondFactorResponseObject, error) {
	user := userOf(ctx)
	proof, err := a.proveBoth(ctx, user.ID, r.Body)
	if err != nil {
		return nil, orInvalid(err)
	}
	if err := a.store.TurnFactorOff(ctx, user, proof); err != nil {
		return nil, orInvalid(err)
	}
	return openapi.RemoveSecondFactor204Response{}, nil
}

// RenewRecoveryCodes implements openapi.StrictServerInterface.
func (a secondFactorAPI) RenewRecoveryCodes(ctx context.Context, r openapi.RenewRecoveryCodesRequestObject) (openapi.RenewRecoveryCodesResponseObject, error) {
	user := ownerOf(ctx)
	proof, err := a.proveBoth(ctx, user, r.Body)
	if err != nil {
		return nil, orInvalid(err)
	}
	codes, hashes := totp.NewRecoveryCodes()
	if err := a.store.RenewRecoveryCodes(ctx, user, proof, hashes); err != nil {
		return nil, orInvalid(err)
	}
	return openapi.RenewRecoveryCodes200JSONResponse{Codes: codes}, nil
}

// proveBoth holds somebody who is signed in to the password and to a code, which is still to be used up.
func (a secondFactorAPI) proveBoth(ctx context.Context, user domain.ID, given *openapi.SecondFactorProof) (domain.FactorProof, error) {
	if err := invalid(ctx); err != nil {
		return domain.FactorProof{}, err
	}
	state, err := a.store.Factor(ctx, user)
	switch {
	case err != nil:
		return domain.FactorProof{}, err
	case !state.On:
		return domain.FactorProof{}, domain.NewConflict("second_factor_off", "there is no second factor")
	}
	if err := a.prove(ctx, user, state, given.Password); err != nil {
		return domain.FactorProof{}, err
	}
	if hash, ok := totp.Recovery(given.Code); ok {
		return domain.FactorProof{Recovery: hash}, nil
	}
	return a.check(ctx, user, state.Sealed, given.Code)
}

// prove checks the password; whoever has none has nothing to prove with but the session. The try stays counted: where a code
// is asked for too, the password being right must not make guesses at that free.
func (a secondFactorAPI) prove(ctx context.Context, user domain.ID, state domain.Factor, given *string) error {
	if state.PasswordHash == "" {
		return nil
	}
	if given == nil || *given == "" {
		return domain.NewInvalid(domain.Required("is required").At("password"))
	}
	if err := a.count(ctx, user); err != nil {
		return err
	}
	ok, _, err := a.passwords.verify(ctx, *given, state.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return domain.NewInvalid(domain.NewFault(domain.FaultWrongPassword, nil, "is wrong").At("password"))
	}
	return nil
}

// check holds what was typed to the sealed secret; domain.ErrFactorRefused when it does not fit.
func (a secondFactorAPI) check(ctx context.Context, user domain.ID, sealed []byte, typed string) (domain.FactorProof, error) {
	if a.factor == nil {
		return domain.FactorProof{}, errNoSecretKey()
	}
	if err := a.count(ctx, user); err != nil {
		return domain.FactorProof{}, err
	}
	code, ok := totp.Code(typed)
	if !ok {
		return domain.FactorProof{}, domain.ErrFactorRefused
	}
	step, ok, err := a.factor.Step(user, sealed, code, a.clock.Now())
	if err != nil {
		return domain.FactorProof{}, fmt.Errorf("check the second factor of %s: %w", user, err)
	}
	if !ok {
		return domain.FactorProof{}, domain.ErrFactorRefused
	}
	return domain.FactorProof{Sealed: sealed, Step: step}, nil
}

func (a secondFactorAPI) count(ctx context.Context, user domain.ID) error {
	wait, err := a.store.CountFactorTry(ctx, user)
	if err != nil {
		return err
	}
	if wait > 0 {
		return &domain.Error{
			Kind: domain.Limited, Code: "too_many_tries", RetryAfter: wait,
			Message: "there were too many tries; come back later. A recovery code still signs you in",
		}
	}
	return nil
}

// orUnauthorized tells somebody who is signing in that the code is refused.
func orUnauthorized(err error) error {
	if errors.Is(err, domain.ErrFactorRefused) {
		return unauthorized("code_refused", domain.ErrFactorRefused.Error())
	}
	return err
}

// orInvalid tells somebody who is signed in that the code is refused.
func orInvalid(err error) error {
	if errors.Is(err, domain.ErrFactorRefused) {
		return domain.NewInvalid(domain.NewFault(domain.FaultWrongCode, nil, "is wrong, or has been used already").At("code"))
	}
	return err
}

func errNoSecretKey() error {
	return domain.NewConflict("second_factor_unavailable", "second factors need a key of the service: its operator has to set VESTNIK_SECRET_KEY")
}
