package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// CreateClient saves c for its OwnerID and sets its id, key, revision and times. It returns a Conflict error when the
// owner has a client with that address.
func (s *Store) CreateClient(ctx context.Context, c *domain.Client) error {
	attributes, err := encodeAttributes(c.Attributes)
	if err != nil {
		return err
	}
	now := s.stamp()
	id := domain.NewID(now)
	key, err := s.q.ClientInsert(ctx, sqlc.ClientInsertParams{
		Uid: id, OwnerID: c.OwnerID, Email: c.Email.Display, EmailKey: c.Email.Key,
		FullName: c.FullName, Comment: c.Comment, Attributes: attributes, Now: now,
	})
	if err != nil {
		return orAddressTaken(err)
	}
	stored, err := s.Client(ctx, c.OwnerID, id) // with its suppression: the address may have been refused before
	if err != nil {
		return fmt.Errorf("read client %d: %w", key, err)
	}
	*c = stored
	return nil
}

func orAddressTaken(err error) error {
	if isUnique(err, "clients_owner_id_email_key_key") {
		return domain.NewConflict("client_exists", "there is a client with this address already")
	}
	return fmt.Errorf("save client: %w", err)
}

// Client returns one of owner's clients (anyone's when owner is zero), or a NotFound error.
func (s *Store) Client(ctx context.Context, owner, id domain.ID) (domain.Client, error) {
	row, err := s.q.ClientGet(ctx, sqlc.ClientGetParams{Uid: id, OwnerID: owner})
	if err != nil {
		return domain.Client{}, orNotFound(err, "client")
	}
	return toClient(row.Client, row.OwnerEmail, row.Reason, row.SuppressedAt)
}

// Clients returns up to limit of owner's clients (everybody's when owner is zero), newest first, from below the given key on (0: from the newest): those
// whose address or name begins with prefix, in any case, and who are in the list, when these are given. It returns a
// NotFound error when the list is not the owner's.
func (s *Store) Clients(ctx context.Context, owner domain.ID, prefix string, list domain.ID, before int64, limit int) ([]domain.Client, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	size := int32(limit) //nolint:gosec // at most a page
	pattern := likePrefix(prefix)
	switch {
	case !list.IsZero():
		if err := ownList(ctx, s.q, owner, list); err != nil {
			return nil, err
		}
		rows, err := s.q.ClientPageOfList(ctx, sqlc.ClientPageOfListParams{ListID: list, Before: before, Pattern: pattern, PageSize: size})
		return toClients(rows, err, func(r sqlc.ClientPageOfListRow) (domain.Client, error) {
			return toClient(r.Client, r.OwnerEmail, r.Reason, r.SuppressedAt)
		})
	case prefix != "":
		rows, err := s.q.ClientSearch(ctx, sqlc.ClientSearchParams{OwnerID: owner, Before: before, Pattern: pattern, PageSize: size})
		return toClients(rows, err, func(r sqlc.ClientSearchRow) (domain.Client, error) {
			return toClient(r.Client, r.OwnerEmail, r.Reason, r.SuppressedAt)
		})
	default:
		rows, err := s.q.ClientPage(ctx, sqlc.ClientPageParams{OwnerID: owner, Before: before, PageSize: size})
		return toClients(rows, err, func(r sqlc.ClientPageRow) (domain.Client, error) {
			return toClient(r.Client, r.OwnerEmail, r.Reason, r.SuppressedAt)
		})
	}
}

// likePrefix is the LIKE pattern of what begins with prefix; keys of addresses are in lower case.
func likePrefix(prefix string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(prefix)) + "%"
}

func toClients[Row any](rows []Row, err error, convert func(Row) (domain.Client, error)) ([]domain.Client, error) {
	if err != nil {
		return nil, fmt.Errorf("list clients: %w", err)
	}
	out := make([]domain.Client, 0, len(rows))
	for _, row := range rows {
		c, err := convert(row)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// UpdateClient lets change alter one of owner's clients and saves it; a change that leaves it as it is keeps its revision.
// revision, when not 0, must be the current one (Stale otherwise). Another client's address is a Conflict.
func (s *Store) UpdateClient(ctx context.Context, owner, id domain.ID, revision int, change func(*domain.Client) error) (domain.Client, error) {
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		row, err := q.ClientLock(ctx, sqlc.ClientLockParams{Uid: id, OwnerID: owner})
		if err != nil {
			return orNotFound(err, "client")
		}
		if err := checkRevision("client", revision, row.Revision); err != nil {
			return err
		}
		c, err := toClient(row, "", nil, nil)
		if err != nil {
			return err
		}
		before := c
		before.Attributes = maps.Clone(c.Attributes)
		if err := change(&c); err != nil {
			return err
		}
		if sameClient(before, c) {
			return nil
		}
		if c.Email.Key != row.EmailKey {
			if err := spareOutgoingClient(ctx, q, row.ID); err != nil {
				return err
			}
		}
		attributes, err := encodeAttributes(c.Attributes)
		if err != nil {
			return err
		}
		err = q.ClientUpdate(ctx, sqlc.ClientUpdateParams{
			ID: row.ID, Email: c.Email.Display, EmailKey: c.Email.Key, FullName: c.FullName, Comment: c.Comment,
			Attributes: attributes, Now: s.stamp(),
		})
		if err != nil {
			return orAddressTaken(err)
		}
		return nil
	})
	if err != nil {
		return domain.Client{}, err
	}
	return s.Client(ctx, owner, id)
}

// sameClient reports whether two clients agree in all that can be edited.
func sameClient(a, b domain.Client) bool {
	return a.Email == b.Email && a.FullName == b.FullName && a.Comment == b.Comment && maps.Equal(a.Attributes, b.Attributes)
}

// DeleteClient deletes one of owner's clients for good. The ledger keeps the address, and so does its suppression.
func (s *Store) DeleteClient(ctx context.Context, owner, id domain.ID, revision int) error {
	return s.inTx(ctx, func(q *sqlc.Queries) error {
		row, err := q.ClientLock(ctx, sqlc.ClientLockParams{Uid: id, OwnerID: owner})
		if err != nil {
			return orNotFound(err, "client")
		}
		if err := checkRevision("client", revision, row.Revision); err != nil {
			return err
		}
		if err := q.ClientDelete(ctx, row.ID); err != nil {
			return fmt.Errorf("delete client %s: %w", id, err)
		}
		return nil
	})
}

// LiftSuppression lets mail be sent to one of owner's clients again. Lifting what is not there is no error.
func (s *Store) LiftSuppression(ctx context.Context, owner, id domain.ID) error {
	key, err := s.q.ClientKey(ctx, sqlc.ClientKeyParams{Uid: id, OwnerID: owner})
	if err != nil {
		return orNotFound(err, "client")
	}
	if err := spareOutgoingClient(ctx, s.q, key); err != nil {
		return err
	}
	if err := s.q.SuppressionLift(ctx, key); err != nil {
		return fmt.Errorf("lift suppression of client %s: %w", id, err)
	}
	return nil
}

func toClient(c sqlc.Client, owner string, reason *string, suppressed *time.Time) (domain.Client, error) {
	out := domain.Client{
		ID: c.Uid, Key: c.ID, OwnerID: c.OwnerID, OwnerEmail: owner, Email: domain.Address{Display: c.Email, Key: c.EmailKey},
		FullName: c.FullName, Comment: c.Comment, Revision: int(c.Revision), CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
	if err := json.Unmarshal(c.Attributes, &out.Attributes); err != nil {
		return domain.Client{}, fmt.Errorf("read attributes of client %s: %w", c.Uid, err)
	}
	if suppressed != nil {
		out.Suppressed = &domain.Suppression{At: *suppressed}
		if reason != nil {
			out.Suppressed.Reason = *reason
		}
	}
	return out, nil
}

func encodeAttributes(attributes map[string]string) ([]byte, error) {
	if len(attributes) == 0 {
		return []byte("{}"), nil
	}
	b, err := json.Marshal(attributes)
	if err != nil {
		return nil, fmt.Errorf("encode attributes: %w", err)
	}
	return b, nil
}

// checkRevision compares the revision a caller has seen with the current one; 0 is any.
func checkRevision(what string, seen int, current int32) error {
	if seen == 0 || seen == int(current) {
		return nil
	}
	return &domain.Error{Kind: domain.Stale, Code: "stale_revision", Message: fmt.Sprintf(
		"the %s has been changed meanwhile: it is at revision %d, not %d", what, current, seen)}
}

// isForeignKey reports whether err says that a row is referred to, or refers to none.
func isForeignKey(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "23503"
}

// stamp is the time as the database keeps it: to the microsecond.
func (s *Store) stamp() time.Time { return s.clock.Now().Truncate(time.Microsecond) }
