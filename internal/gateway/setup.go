package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// setupStore makes the first account.
type setupStore interface {
	// Unused reports whether nobody has an account.
	Unused(ctx context.Context) (bool, error)
	// SetUp returns a Conflict error when somebody has one, and a Forbidden error when proof is worth nothing.
	SetUp(ctx context.Context, n domain.NewAccount, proof string) (domain.User, error)
}

// setupAPI: The first run. Whether people may open accounts has no part in it. It takes a token wherever the request comes
// from: one from this machine cannot be told from one that something here passes on.
type setupAPI struct {
	store  setupStore
	signIn signInAPI
}

// GetSetup implements openapi.StrictServerInterface.
func (a setupAPI) GetSetup(ctx context.Context, _ openapi.GetSetupRequestObject) (openapi.GetSetupResponseObject, error) {
	unused, err := a.store.Unused(ctx)
	if err != nil {
		return nil, err
	}
	return openapi.GetSetup200JSONResponse{Needed: unused, TokenNeeded: unused}, nil
}

// SetUp implements openapi.StrictServerInterface.
func (a setupAPI) SetUp(ctx context.Context, r openapi.SetUpRequestObject) (openapi.SetUpResponseObject, error) {
	if err := mayHoldSession(ctx); err != nil {
		return nil, err
	}
	email, bad := parseAddress(r.Body.Email)
	bad = append(bad, weak("password", r.Body.Password, email.Key)...)
	if err := invalid(ctx, bad...); err != nil {
		return nil, err
	}
	if err := a.signIn.limits.within(ctx, secrets("setup", originOf(ctx).address)); err != nil {
		return nil, err
	}
	if unused, err := a.store.Unused(ctx); err != nil {
		return nil, err
	} else if !unused { // once and for all: that should cost nobody the time of a hash
		return nil, domain.ErrSetUp()
	}
	hash, err := a.signIn.passwords.hash(ctx, r.Body.Password)
	if err != nil {
		return nil, err
	}
	u, err := a.store.SetUp(ctx, domain.NewAccount{Email: email, PasswordHash: hash, Language: domain.Language(r.Body.Language)}, orEmpty(r.Body.Token))
	if err != nil {
		return nil, err
	}
	result, cookie, err := a.signIn.welcome(ctx, u, hash)
	if err != nil {
		return nil, err
	}
	return openapi.SetUp200JSONResponse{Body: result, Headers: openapi.SetUp200ResponseHeaders{SetCookie: cookie}}, nil
}
