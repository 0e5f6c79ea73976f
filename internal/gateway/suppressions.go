package gateway

import (
	"context"
	"net/url"
	"strings"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// suppressionStore keeps the addresses to which nothing is sent.
type suppressionStore interface {
	// Suppressions pages downwards from the suppression with the key before (0: from the newest).
	Suppressions(ctx context.Context, owner domain.ID, prefix string, before int64, limit int) ([]domain.Suppressed, error)
	// SuppressAddress returns a Conflict error when the address is suppressed already.
	SuppressAddress(ctx context.Context, owner domain.ID, email domain.Address, reason string) (domain.Suppressed, error)
	// UnsuppressAddress takes an address's key, and returns a NotFound error when it is not suppressed.
	UnsuppressAddress(ctx context.Context, owner domain.ID, key string) error
}

type suppressionAPI struct{ store suppressionStore }

// ListSuppressions implements openapi.StrictServerInterface.
func (a suppressionAPI) ListSuppressions(ctx context.Context, r openapi.ListSuppressionsRequestObject) (openapi.ListSuppressionsResponseObject, error) {
	before, err := keyCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	owner, err := askedOwner(ctx, r.Params.Owner)
	if err != nil {
		return nil, err
	}
	found, err := a.store.Suppressions(ctx, owner, orEmpty(r.Params.Q), before, limitOf(r.Params.Limit)+1)
	if err != nil {
		return nil, err
	}
	found, next := cut(found, r.Params.Limit, func(s domain.Suppressed) string { return cursorOfKey(s.Key) })
	return openapi.ListSuppressions200JSONResponse{Items: convert(found, showSuppressed), NextCursor: next}, nil
}

// SuppressAddress implements openapi.StrictServerInterface.
func (a suppressionAPI) SuppressAddress(ctx context.Context, r openapi.SuppressAddressRequestObject) (openapi.SuppressAddressResponseObject, error) {
	email, bad := parseAddress(r.Body.Email)
	if r.Body.Reason != "" && strings.TrimSpace(r.Body.Reason) == "" {
		bad = append(bad, domain.Required("must not be blank").At("reason"))
	} else {
		bad = append(bad, domain.CheckLine("reason", r.Body.Reason)...)
	}
	if err := invalid(ctx, bad...); err != nil {
		return nil, err
	}
	s, err := a.store.SuppressAddress(ctx, ownerOf(ctx), email, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	at := basePath + "/suppressions/" + url.PathEscape(s.Email.Key)
	return openapi.SuppressAddress201JSONResponse{Body: showSuppressed(s), Headers: openapi.SuppressAddress201ResponseHeaders{Location: &at}}, nil
}

// UnsuppressAddress implements openapi.StrictServerInterface.
func (a suppressionAPI) UnsuppressAddress(ctx context.Context, r openapi.UnsuppressAddressRequestObject) (openapi.UnsuppressAddressResponseObject, error) {
	email, err := address.Parse(r.Email)
	if err != nil {
		return nil, domain.NewNotFound("suppression") // what is no address is never suppressed
	}
	return openapi.UnsuppressAddress204Response{}, a.store.UnsuppressAddress(ctx, ownerOf(ctx), email.Key)
}

func showSuppressed(s domain.Suppressed) openapi.Suppressed {
	out := openapi.Suppressed{Email: s.Email.Display, Reason: s.Reason, CreatedAt: s.At.UTC(), MailingName: s.MailingName}
	if !s.AttemptID.IsZero() {
		out.AttemptID = &s.AttemptID
	}
	if !s.MailingID.IsZero() {
		out.MailingID = &s.MailingID
	}
	return out
}
