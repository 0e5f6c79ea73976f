package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// exportPage is how many clients ExportClients reads at a time.
const exportPage = 2000

// AttributeNames lists the attributes that owner's clients have, or those of them in a list, if one is given. It returns
// a NotFound error when the list is not the owner's.
func (s *Store) AttributeNames(ctx context.Context, owner, list domain.ID) ([]string, error) {
	var names []string
	var err error
	if list.IsZero() {
		names, err = s.q.ExportAttributes(ctx, owner)
	} else {
		if err := ownList(ctx, s.q, owner, list); err != nil {
			return nil, err
		}
		names, err = s.q.ExportAttributesOfList(ctx, list)
	}
	if err != nil {
		return nil, fmt.Errorf("list attributes: %w", err)
	}
	return names, nil
}

// ExportClients calls fn with each of owner's clients, or with those of a list, if one is given, oldest first, until fn
// fails. Only what a file holds is set. They are read page by page, so memory is constant, fn may take its time, and what
// is changed meanwhile shows or does not. It returns a NotFound error before the first call when the list is not the
// owner's.
func (s *Store) ExportClients(ctx context.Context, owner, list domain.ID, fn func(*domain.Client) error) error {
	if !list.IsZero() {
		if err := ownList(ctx, s.q, owner, list); err != nil {
			return err
		}
	}
	for after := int64(0); ; {
		rows, err := s.exportPage(ctx, owner, list, after)
		if err != nil {
			return fmt.Errorf("read clients: %w", err)
		}
		for _, r := range rows {
			c := domain.Client{Key: r.ID, Email: domain.Address{Display: r.Email}, FullName: r.FullName, Comment: r.Comment}
			if err := json.Unmarshal(r.Attributes, &c.Attributes); err != nil {
				return fmt.Errorf("read attributes of client %d: %w", r.ID, err)
			}
			if err := fn(&c); err != nil {
				return err
			}
		}
		if len(rows) < exportPage {
			return nil
		}
		after = rows[len(rows)-1].ID
	}
}

func (s *Store) exportPage(ctx context.Context, owner, list domain.ID, after int64) ([]sqlc.ExportPageRow, error) {
	if list.IsZero() {
		return s.q.ExportPage(ctx, sqlc.ExportPageParams{OwnerID: owner, After: after, PageSize: exportPage})
	}
	rows, err := s.q.ExportPageOfList(ctx, sqlc.ExportPageOfListParams{ListID: list, After: after, PageSize: exportPage})
	out := make([]sqlc.ExportPageRow, len(rows))
	for i, r := range rows {
		out[i] = sqlc.ExportPageRow(r)
	}
	return out, err
}
