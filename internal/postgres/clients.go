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

// fewClients is how many clients a page may begin with at most without their order: finding them by an index and sorting
// them takes about a tenth of a second then. Where more match, a page of them is found soon by going through all in order.
const fewClients = 200_000

// Clients returns up to limit of the clients that f asks for, newest first, from below the given key on (0: from the
// newest). It returns a NotFound error when the list is not the owner's.
func (s *Store) Clients(ctx context.Context, f domain.ClientFilter, before int64, limit int) ([]domain.Client, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	if !f.List.IsZero() {
		if err := ownList(ctx, s.q, f.Owner, f.List); err != nil {
			return nil, err
		}
	}
	size := int32(limit)                //nolint:gosec // at most a page
	prefix := strings.ToLower(f.Prefix) // as keys of addresses are
	best, err := s.narrowest(ctx, f, prefix)
	if err != nil {
		return nil, err
	}
	switch best {
	case byPrefix:
		rows, err := s.q.ClientPageFound(ctx, sqlc.ClientPageFoundParams{
			OwnerID: f.Owner, Prefix: prefix, ListID: f.List, Before: before, Suppressed: f.Suppressed, PageSize: size,
		})
		return toClients(rows, err, func(r sqlc.ClientPageFoundRow) (domain.Client, error) {
			return toClient(r.Client, r.OwnerEmail, r.Reason, r.SuppressedAt)
		})
	case bySuppression:
		rows, err := s.q.ClientPageSuppressed(ctx, sqlc.ClientPageSuppressedParams{
			OwnerID: f.Owner, Before: before, ListID: f.List, Prefix: prefix, PageSize: size,
		})
		return toClients(rows, err, func(r sqlc.ClientPageSuppressedRow) (domain.Client, error) {
			return toClient(r.Client, r.OwnerEmail, &r.Reason, &r.SuppressedAt)
		})
	case byList:
		rows, err := s.q.ClientPageOfList(ctx, sqlc.ClientPageOfListParams{
			ListID: f.List, Before: before, Prefix: prefix, Suppressed: f.Suppressed, PageSize: size,
		})
		return toClients(rows, err, func(r sqlc.ClientPageOfListRow) (domain.Client, error) {
			return toClient(r.Client, r.OwnerEmail, r.Reason, r.SuppressedAt)
		})
	case byOwner:
	}
	rows, err := s.q.ClientPage(ctx, sqlc.ClientPageParams{
		OwnerID: f.Owner, Before: before, Prefix: prefix, Suppressed: f.Suppressed, PageSize: size,
	})
	return toClients(rows, err, func(r sqlc.ClientPageRow) (domain.Client, error) {
		return toClient(r.Client, r.OwnerEmail, r.Reason, r.SuppressedAt)
	})
}

// beginning is the set of clients that a page begins with.
type beginning int

const (
	byOwner beginning = iota
	byList
	byPrefix
	bySuppression
)

// narrowest chooses what a page begins with. The counts that it goes by are of indexes alone, and bounded.
func (s *Store) narrowest(ctx context.Context, f domain.ClientFilter, prefix string) (beginning, error) {
	if prefix != "" && !f.Owner.IsZero() { // the indexes are by owner
		found, err := s.q.ClientsFound(ctx, sqlc.ClientsFoundParams{OwnerID: f.Owner, Prefix: prefix, Most: s.few + 1})
		if err != nil {
			return 0, fmt.Errorf("count clients: %w", err)
		}
		if found <= s.few {
			return byPrefix, nil
		}
	}
	if f.Suppressed != nil && *f.Suppressed {
		suppressed, err := s.q.SuppressionsUpTo(ctx, sqlc.SuppressionsUpToParams{OwnerID: f.Owner, Most: s.few + 1})
		if err != nil {
			return 0, fmt.Errorf("count suppressions: %w", err)
		}
		if suppressed <= int64(s.few) {
			return bySuppression, nil
		}
	}
	if !f.List.IsZero() {
		return byList, nil
	}
	return byOwner, nil
}

// ClientDeliveries returns up to page.Limit of the messages that one of owner's clients (anyone's when owner is zero) was
// sent, newest attempt first, from below the attempt page.After on; or a NotFound error.
func (s *Store) ClientDeliveries(ctx context.Context, owner, id domain.ID, page domain.Page) ([]domain.ClientDelivery, error) {
	client, err := s.Client(ctx, owner, id)
	if err != nil {
		return nil, err
	}
	rows, err := s.q.ClientDeliveries(ctx, sqlc.ClientDeliveriesParams{
		OwnerID: client.OwnerID, ClientID: client.Key, After: page.After, PageSize: int32(page.Limit), //nolint:gosec // at most MaxPage
	})
	if err != nil {
		return nil, fmt.Errorf("list deliveries to client %s: %w", id, err)
	}
	out := make([]domain.ClientDelivery, 0, len(rows))
	for _, r := range rows {
		out = append(out, domain.ClientDelivery{
			AttemptID: r.AttemptID, MailingID: r.MailingID, MailingName: r.MailingName, MailingDeleted: r.MailingDeleted,
			Delivery: domain.Delivery{
				ClientKey: client.Key, ClientID: id, Email: r.Email, Tries: int(r.Tries),
				Receipt: domain.Receipt{
					Outcome: domain.Outcome(r.Outcome), Class: domain.Class(r.Class), Provider: r.Provider, At: r.At,
					Reply: domain.Reply{Phase: domain.Phase(r.Phase), Code: int(r.Code), Enhanced: r.Enhanced, Text: r.Response},
				},
			},
		})
	}
	return out, nil
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
		if c.Email.Display != row.Email {
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
