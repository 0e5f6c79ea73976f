package gateway

import (
	"context"
	"slices"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// apiKeyStore keeps keys for programs.
type apiKeyStore interface {
	APIKeys(ctx context.Context, user domain.ID) ([]domain.APIKey, error)
	// AddAPIKey returns the key and its secret; a Conflict for a name that is taken, and for one key too many.
	AddAPIKey(ctx context.Context, user domain.ID, name string, scopes []domain.Scope) (domain.APIKey, string, error)
	// RevokeAPIKey returns a NotFound error for a key that is not the user's.
	RevokeAPIKey(ctx context.Context, user, id domain.ID) error
}

type apiKeyAPI struct {
	store  apiKeyStore
	limits limits
}

// ListAPIKeys implements openapi.StrictServerInterface.
func (a apiKeyAPI) ListAPIKeys(ctx context.Context, _ openapi.ListAPIKeysRequestObject) (openapi.ListAPIKeysResponseObject, error) {
	found, err := a.store.APIKeys(ctx, ownerOf(ctx))
	if err != nil {
		return nil, err
	}
	return openapi.ListAPIKeys200JSONResponse{Items: convert(found, showAPIKey)}, nil
}

// CreateAPIKey implements openapi.StrictServerInterface.
func (a apiKeyAPI) CreateAPIKey(ctx context.Context, r openapi.CreateAPIKeyRequestObject) (openapi.CreateAPIKeyResponseObject, error) {
	wanted := domain.APIKey{
		Name: r.Body.Name, Scopes: convert(r.Body.Scopes, func(s openapi.Scope) domain.Scope { return domain.Scope(s) }),
	}
	bad := wanted.Validate()
	if inputOf(ctx).faulty("scopes") { // what is left of them is none of the caller's doing
		bad = slices.DeleteFunc(bad, func(f domain.FieldError) bool { return f.Field() == "scopes" })
	}
	if err := invalid(ctx, bad...); err != nil {
		return nil, err
	}
	if err := a.limits.within(ctx, newKeys(ownerOf(ctx))); err != nil {
		return nil, err
	}
	key, secret, err := a.store.AddAPIKey(ctx, ownerOf(ctx), wanted.Name, wanted.Scopes)
	if err != nil {
		return nil, err
	}
	return openapi.CreateAPIKey201JSONResponse{Key: secret, APIKey: showAPIKey(key)}, nil
}

// RevokeAPIKey implements openapi.StrictServerInterface.
func (a apiKeyAPI) RevokeAPIKey(ctx context.Context, r openapi.RevokeAPIKeyRequestObject) (openapi.RevokeAPIKeyResponseObject, error) {
	return openapi.RevokeAPIKey204Response{}, a.store.RevokeAPIKey(ctx, ownerOf(ctx), r.ID)
}

func showAPIKey(k domain.APIKey) openapi.APIKey {
	out := openapi.APIKey{
		ID: k.ID, Name: k.Name, Prefix: k.Prefix, CreatedAt: k.CreatedAt.UTC(),
		Scopes: convert(k.Scopes, func(s domain.Scope) openapi.Scope { return openapi.Scope(s) }),
	}
	if k.LastUsedAt != nil {
		out.LastUsedAt = timeOrNull(*k.LastUsedAt)
	}
	return out
}
