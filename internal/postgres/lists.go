package postgres

import (
	"context"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// CreateList saves l for its OwnerID and sets its id, revision and time. A name that the owner has used already is a
// Conflict.
func (s *Store) CreateList(ctx context.Context, l *domain.List) error {
	now := s.stamp()
	l.ID = domain.NewID(now)
	err := s.q.ListInsert(ctx, sqlc.ListInsertParams{ID: l.ID, OwnerID: l.OwnerID, Name: l.Name, CreatedAt: now})
	if err != nil {
		return orNameTaken(err)
	}
	stored, err := s.List(ctx, l.OwnerID, l.ID)
	if err != nil {
		return fmt.Errorf("read list %s: %w", l.ID, err)
	}
	*l = stored
	return nil
}

func orNameTaken(err error) error {
	switch {
	case err == nil:
		return nil
	case isUnique(err, "lists_owner_id_name_key"):
		return domain.NewConflict("list_exists", "there is a list with this name already")
	default:
		return fmt.Errorf("save list: %w", err)
	}
}

// List returns one of owner's lists (anyone's when owner is zero), or a NotFound error.
func (s *Store) List(ctx context.Context, owner, id domain.ID) (domain.List, error) {
	row, err := s.q.ListGet(ctx, sqlc.ListGetParams{ID: id, OwnerID: owner})
	if err != nil {
		return domain.List{}, orNotFound(err, "list")
	}
	return toList(row.List, row.OwnerEmail, row.Clients), nil
}

// Lists returns a page of owner's lists (everybody's when owner is zero), newest first.
func (s *Store) Lists(ctx context.Context, owner domain.ID, page domain.Page) ([]domain.List, error) {
	rows, err := s.q.ListPage(ctx, sqlc.ListPageParams{
		OwnerID: owner, After: page.After, PageSize: int32(page.Limit), //nolint:gosec // at most MaxPage
	})
	if err != nil {
		return nil, fmt.Errorf("list lists: %w", err)
	}
	out := make([]domain.List, 0, len(rows))
	for _, row := range rows {
		out = append(out, toList(row.List, row.OwnerEmail, row.Clients))
	}
	return out, nil
}

// UpdateList lets change alter one of owner's lists and saves it; a change that leaves it as it is keeps its revision.
// revision, when not 0, must be the current one (Stale otherwise). A name used already is a Conflict.
func (s *Store) UpdateList(ctx context.Context, owner, id domain.ID, revision int, change func(*domain.List) error) (domain.List, error) {
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		row, err := lockList(ctx, q, owner, id, revision)
		if err != nil {
			return err
		}
		l := toList(row, "", 0)
		if err := change(&l); err != nil || l.Name == row.Name {
			return err
		}
		return orNameTaken(q.ListUpdate(ctx, sqlc.ListUpdateParams{ID: id, Name: l.Name}))
	})
	if err != nil {
		return domain.List{}, err
	}
	return s.List(ctx, owner, id)
}

// DeleteList deletes one of owner's lists; its clients stay. It returns a Conflict error when a mailing that has not
// finished goes to it.
func (s *Store) DeleteList(ctx context.Context, owner, id domain.ID, revision int) error {
	return s.inTx(ctx, func(q *sqlc.Queries) error {
		if _, err := lockList(ctx, q, owner, id, revision); err != nil {
			return err
		}
		users, err := q.ListUsedBy(ctx, id)
		if err != nil {
			return fmt.Errorf("look for mailings to list %s: %w", id, err)
		}
		if len(users) > 0 {
			return domain.NewConflict("list_in_use", fmt.Sprintf("the mailing %q goes to this list and has not finished", users[0]))
		}
		if err := q.ListDelete(ctx, id); err != nil {
			return fmt.Errorf("delete list %s: %w", id, err)
		}
		return nil
	})
}

// AddToList puts one of owner's clients into one of owner's lists. Doing so twice is no error.
func (s *Store) AddToList(ctx context.Context, owner, list, client domain.ID) error {
	return s.inTx(ctx, func(q *sqlc.Queries) error {
		key, err := member(ctx, q, owner, list, client)
		if err != nil {
			return err
		}
		if err := spareOutgoingList(ctx, q, list); err != nil {
			return err
		}
		switch err := q.ListAdd(ctx, sqlc.ListAddParams{ListID: list, ClientID: key}); {
		case isForeignKey(err): // one of them was deleted this instant
			return domain.NewNotFound("client")
		case err != nil:
			return fmt.Errorf("add to list %s: %w", list, err)
		}
		return nil
	})
}

// RemoveFromList takes one of owner's clients out of one of owner's lists. Doing so twice is no error.
func (s *Store) RemoveFromList(ctx context.Context, owner, list, client domain.ID) error {
	return s.inTx(ctx, func(q *sqlc.Queries) error {
		key, err := member(ctx, q, owner, list, client)
		if err != nil {
			return err
		}
		if err := q.ListRemove(ctx, sqlc.ListRemoveParams{ListID: list, ClientID: key}); err != nil {
			return fmt.Errorf("remove from list %s: %w", list, err)
		}
		return nil
	})
}

func member(ctx context.Context, q *sqlc.Queries, owner, list, client domain.ID) (int64, error) {
	if err := ownList(ctx, q, owner, list); err != nil {
		return 0, err
	}
	key, err := q.ClientKey(ctx, sqlc.ClientKeyParams{Uid: client, OwnerID: owner})
	return key, orNotFound(err, "client")
}

func ownList(ctx context.Context, q *sqlc.Queries, owner, list domain.ID) error {
	owned, err := q.ListOwned(ctx, sqlc.ListOwnedParams{ID: list, OwnerID: owner})
	switch {
	case err != nil:
		return fmt.Errorf("look for list %s: %w", list, err)
	case !owned:
		return domain.NewNotFound("list")
	default:
		return nil
	}
}

func lockList(ctx context.Context, q *sqlc.Queries, owner, id domain.ID, revision int) (sqlc.List, error) {
	row, err := q.ListLock(ctx, sqlc.ListLockParams{ID: id, OwnerID: owner})
	if err != nil {
		return sqlc.List{}, orNotFound(err, "list")
	}
	return row, checkRevision("list", revision, row.Revision)
}

func toList(l sqlc.List, owner string, clients int64) domain.List {
	return domain.List{
		ID: l.ID, OwnerID: l.OwnerID, OwnerEmail: owner, Name: l.Name, Clients: int(clients), Revision: int(l.Revision), CreatedAt: l.CreatedAt,
	}
}
