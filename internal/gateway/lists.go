package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// listStore keeps lists. What is not the owner's is NotFound; a revision other than 0 must be the current one (Stale
// otherwise).
type listStore interface {
	// CreateList sets the id, revision and time. It returns a Conflict error when the owner has a list of that name.
	CreateList(ctx context.Context, l *domain.List) error
	List(ctx context.Context, owner, id domain.ID) (domain.List, error)
	Lists(ctx context.Context, owner domain.ID, page domain.Page) ([]domain.List, error)
	// UpdateList returns change's error as it is, and a Conflict when another list has the name.
	UpdateList(ctx context.Context, owner, id domain.ID, revision int, change func(*domain.List) error) (domain.List, error)
	// DeleteList returns a Conflict error when an unfinished mailing goes to the list.
	DeleteList(ctx context.Context, owner, id domain.ID, revision int) error
	AddToList(ctx context.Context, owner, list, client domain.ID) error
	RemoveFromList(ctx context.Context, owner, list, client domain.ID) error
}

type listAPI struct{ store listStore }

// ListLists implements openapi.StrictServerInterface.
func (a listAPI) ListLists(ctx context.Context, r openapi.ListListsRequestObject) (openapi.ListListsResponseObject, error) {
	page, err := pageOf(r.Params.Limit, r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	owner, err := askedOwner(ctx, r.Params.Owner)
	if err != nil {
		return nil, err
	}
	found, err := a.store.Lists(ctx, owner, page)
	if err != nil {
		return nil, err
	}
	found, next := cut(found, r.Params.Limit, func(l domain.List) string { return cursorOfID(l.ID) })
	return openapi.ListLists200JSONResponse{Items: convert(found, showList), NextCursor: next}, nil
}

// CreateList implements openapi.StrictServerInterface.
func (a listAPI) CreateList(ctx context.Context, r openapi.CreateListRequestObject) (openapi.CreateListResponseObject, error) {
	l := domain.List{OwnerID: ownerOf(ctx), Name: r.Body.Name}
	if err := invalid(ctx, l.Validate()...); err != nil {
		return nil, err
	}
	if err := a.store.CreateList(ctx, &l); err != nil {
		return nil, err
	}
	return openapi.CreateList201JSONResponse{
		Body:    showList(l),
		Headers: openapi.CreateList201ResponseHeaders{ETag: etag(l.Revision), Location: location("/lists/", l.ID)},
	}, nil
}

// GetList implements openapi.StrictServerInterface.
func (a listAPI) GetList(ctx context.Context, r openapi.GetListRequestObject) (openapi.GetListResponseObject, error) {
	l, err := a.store.List(ctx, viewOf(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.GetList200JSONResponse{Body: showList(l), Headers: openapi.GetList200ResponseHeaders{ETag: etag(l.Revision)}}, nil
}

// UpdateList implements openapi.StrictServerInterface.
func (a listAPI) UpdateList(ctx context.Context, r openapi.UpdateListRequestObject) (openapi.UpdateListResponseObject, error) {
	revision, err := revisionOf(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	l, err := a.store.UpdateList(ctx, ownerOf(ctx), r.ID, revision, func(l *domain.List) error {
		set(&l.Name, r.Body.Name)
		return invalid(ctx, l.Validate()...)
	})
	if err != nil {
		return nil, err
	}
	return openapi.UpdateList200JSONResponse{Body: showList(l), Headers: openapi.UpdateList200ResponseHeaders{ETag: etag(l.Revision)}}, nil
}

// DeleteList implements openapi.StrictServerInterface.
func (a listAPI) DeleteList(ctx context.Context, r openapi.DeleteListRequestObject) (openapi.DeleteListResponseObject, error) {
	revision, err := revisionOf(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	return openapi.DeleteList204Response{}, a.store.DeleteList(ctx, ownerOf(ctx), r.ID, revision)
}

// AddToList implements openapi.StrictServerInterface.
func (a listAPI) AddToList(ctx context.Context, r openapi.AddToListRequestObject) (openapi.AddToListResponseObject, error) {
	return openapi.AddToList204Response{}, a.store.AddToList(ctx, ownerOf(ctx), r.ID, r.ClientID)
}

// RemoveFromList implements openapi.StrictServerInterface.
func (a listAPI) RemoveFromList(ctx context.Context, r openapi.RemoveFromListRequestObject) (openapi.RemoveFromListResponseObject, error) {
	return openapi.RemoveFromList204Response{}, a.store.RemoveFromList(ctx, ownerOf(ctx), r.ID, r.ClientID)
}

func showList(l domain.List) openapi.List {
	return openapi.List{
		ID: l.ID, OwnerID: l.OwnerID, OwnerEmail: l.OwnerEmail, Name: l.Name, Clients: l.Clients, Revision: l.Revision,
		CreatedAt: l.CreatedAt.UTC(),
	}
}
