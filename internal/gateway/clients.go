package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// clientStore keeps clients. What is not the owner's is NotFound, and a zero owner is everybody where something is only
// read, as in the other stores; a revision other than 0 must be the current one (Stale otherwise).
type clientStore interface {
	clientReader
	// CreateClient sets the id, revision and times. It returns a Conflict error when the owner has that address.
	CreateClient(ctx context.Context, c *domain.Client) error
	// Clients pages downwards from the client with the key before (0: from the newest).
	Clients(ctx context.Context, f domain.ClientFilter, before int64, limit int) ([]domain.Client, error)
	// ClientDeliveries returns a page of what a client was sent, newest first; page.After is an attempt.
	ClientDeliveries(ctx context.Context, owner, id domain.ID, page domain.Page) ([]domain.ClientDelivery, error)
	// UpdateClient returns change's error as it is, and a Conflict when another client has the address.
	UpdateClient(ctx context.Context, owner, id domain.ID, revision int, change func(*domain.Client) error) (domain.Client, error)
	DeleteClient(ctx context.Context, owner, id domain.ID, revision int) error
	LiftSuppression(ctx context.Context, owner, id domain.ID) error
}

// clientReader is the part of it that previews need.
type clientReader interface {
	Client(ctx context.Context, owner, id domain.ID) (domain.Client, error)
}

type clientAPI struct{ store clientStore }

// ListClients implements openapi.StrictServerInterface.
func (a clientAPI) ListClients(ctx context.Context, r openapi.ListClientsRequestObject) (openapi.ListClientsResponseObject, error) {
	before, err := keyCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	f := domain.ClientFilter{Prefix: orEmpty(r.Params.Q), Suppressed: r.Params.Suppressed}
	set(&f.List, r.Params.ListID)
	if f.Owner, err = askedOwner(ctx, r.Params.Owner); err != nil {
		return nil, err
	}
	found, err := a.store.Clients(ctx, f, before, limitOf(r.Params.Limit)+1)
	if err != nil {
		return nil, err
	}
	found, next := cut(found, r.Params.Limit, func(c domain.Client) string { return cursorOfKey(c.Key) })
	return openapi.ListClients200JSONResponse{Items: convert(found, showClient), NextCursor: next}, nil
}

// CreateClient implements openapi.StrictServerInterface.
func (a clientAPI) CreateClient(ctx context.Context, r openapi.CreateClientRequestObject) (openapi.CreateClientResponseObject, error) {
	c := domain.Client{OwnerID: ownerOf(ctx), FullName: orEmpty(r.Body.FullName), Comment: orEmpty(r.Body.Comment)}
	set((*openapi.Attributes)(&c.Attributes), r.Body.Attributes)
	bad := readAddress(&c, r.Body.Email)
	if err := invalid(ctx, append(bad, c.Validate()...)...); err != nil {
		return nil, err
	}
	if err := a.store.CreateClient(ctx, &c); err != nil {
		return nil, err
	}
	return openapi.CreateClient201JSONResponse{
		Body:    showClient(c),
		Headers: openapi.CreateClient201ResponseHeaders{ETag: etag(c.Revision), Location: location("/clients/", c.ID)},
	}, nil
}

func readAddress(c *domain.Client, email string) []domain.FieldError {
	parsed, bad := parseAddress(email)
	if len(bad) == 0 {
		c.Email = parsed
	}
	return bad
}

func parseAddress(email string) (domain.Address, []domain.FieldError) {
	parsed, err := address.Parse(email)
	if err != nil {
		return domain.Address{}, []domain.FieldError{domain.FieldFault("email", err)}
	}
	return parsed, nil
}

// GetClient implements openapi.StrictServerInterface.
func (a clientAPI) GetClient(ctx context.Context, r openapi.GetClientRequestObject) (openapi.GetClientResponseObject, error) {
	c, err := a.store.Client(ctx, viewOf(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.GetClient200JSONResponse{Body: showClient(c), Headers: openapi.GetClient200ResponseHeaders{ETag: etag(c.Revision)}}, nil
}

// UpdateClient implements openapi.StrictServerInterface.
func (a clientAPI) UpdateClient(ctx context.Context, r openapi.UpdateClientRequestObject) (openapi.UpdateClientResponseObject, error) {
	revision, err := revisionOf(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	c, err := a.store.UpdateClient(ctx, ownerOf(ctx), r.ID, revision, func(c *domain.Client) error {
		var bad []domain.FieldError
		if r.Body.Email != nil {
			bad = readAddress(c, *r.Body.Email)
		}
		set(&c.FullName, r.Body.FullName)
		set(&c.Comment, r.Body.Comment)
		if r.Body.Attributes != nil {
			mergeAttributes(c, *r.Body.Attributes)
		}
		return invalid(ctx, append(bad, c.Validate()...)...)
	})
	if err != nil {
		return nil, err
	}
	return openapi.UpdateClient200JSONResponse{Body: showClient(c), Headers: openapi.UpdateClient200ResponseHeaders{ETag: etag(c.Revision)}}, nil
}

// mergeAttributes sets attributes as a merge patch does (RFC 7396): null removes.
func mergeAttributes(c *domain.Client, patch map[string]*string) {
	if c.Attributes == nil {
		c.Attributes = map[string]string{}
	}
	for name, value := range patch {
		if value == nil {
			delete(c.Attributes, name)
		} else {
			c.Attributes[name] = *value
		}
	}
}

// DeleteClient implements openapi.StrictServerInterface.
func (a clientAPI) DeleteClient(ctx context.Context, r openapi.DeleteClientRequestObject) (openapi.DeleteClientResponseObject, error) {
	revision, err := revisionOf(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	return openapi.DeleteClient204Response{}, a.store.DeleteClient(ctx, ownerOf(ctx), r.ID, revision)
}

// LiftSuppression implements openapi.StrictServerInterface.
func (a clientAPI) LiftSuppression(ctx context.Context, r openapi.LiftSuppressionRequestObject) (openapi.LiftSuppressionResponseObject, error) {
	return openapi.LiftSuppression204Response{}, a.store.LiftSuppression(ctx, ownerOf(ctx), r.ID)
}

// ListClientDeliveries implements openapi.StrictServerInterface.
func (a clientAPI) ListClientDeliveries(ctx context.Context, r openapi.ListClientDeliveriesRequestObject) (openapi.ListClientDeliveriesResponseObject, error) {
	page, err := pageOf(r.Params.Limit, r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	found, err := a.store.ClientDeliveries(ctx, viewOf(ctx), r.ID, page)
	if err != nil {
		return nil, err
	}
	found, next := cut(found, r.Params.Limit, func(d domain.ClientDelivery) string { return cursorOfID(d.AttemptID) })
	return openapi.ListClientDeliveries200JSONResponse{Items: convert(found, showClientDelivery), NextCursor: next}, nil
}

func showClientDelivery(d domain.ClientDelivery) openapi.ClientDelivery {
	out := openapi.ClientDelivery{
		AttemptID: d.AttemptID, Email: d.Email, Outcome: openapi.Outcome(d.Outcome), Phase: string(d.Reply.Phase), Code: d.Reply.Code,
		Enhanced: d.Reply.Enhanced, Response: d.Reply.Text, ReasonCode: replyReason(d.Reply), Provider: d.Provider, Tries: d.Tries, At: d.At.UTC(),
	}
	out.Mailing.ID, out.Mailing.Name, out.Mailing.Deleted = d.MailingID, d.MailingName, d.MailingDeleted
	return out
}

func showClient(c domain.Client) openapi.Client {
	out := openapi.Client{
		ID: c.ID, OwnerID: c.OwnerID, OwnerEmail: c.OwnerEmail, Email: c.Email.Display, FullName: c.FullName, Comment: c.Comment, Attributes: c.Attributes,
		Revision: c.Revision, CreatedAt: c.CreatedAt.UTC(), UpdatedAt: c.UpdatedAt.UTC(),
	}
	if out.Attributes == nil {
		out.Attributes = openapi.Attributes{}
	}
	if c.Suppressed != nil {
		out.Suppressed = &openapi.Suppression{Reason: c.Suppressed.Reason, At: c.Suppressed.At.UTC()}
	}
	return out
}
