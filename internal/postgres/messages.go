package postgres

import (
	"context"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// CreateMessage saves m for its OwnerID and sets its id, revision and times.
func (s *Store) CreateMessage(ctx context.Context, m *domain.Message) error {
	now := s.stamp()
	m.ID = domain.NewID(now)
	err := s.q.MessageInsert(ctx, sqlc.MessageInsertParams{
		ID: m.ID, OwnerID: m.OwnerID, Subject: m.Subject, Html: m.HTML, Text: m.Text, Now: now,
	})
	if err != nil {
		return fmt.Errorf("insert message: %w", err)
	}
	stored, err := s.Message(ctx, m.OwnerID, m.ID)
	if err != nil {
		return fmt.Errorf("read message %s: %w", m.ID, err)
	}
	*m = stored
	return nil
}

// Message returns one of owner's messages (anyone's when owner is zero), or a NotFound error.
func (s *Store) Message(ctx context.Context, owner, id domain.ID) (domain.Message, error) {
	row, err := s.q.MessageGet(ctx, sqlc.MessageGetParams{ID: id, OwnerID: owner})
	if err != nil {
		return domain.Message{}, orNotFound(err, "message")
	}
	m := toMessage(row.Message)
	m.OwnerEmail = row.OwnerEmail
	return m, nil
}

// Messages returns a page of owner's messages (everybody's when owner is zero) without their bodies, newest first.
func (s *Store) Messages(ctx context.Context, owner domain.ID, page domain.Page) ([]domain.Message, error) {
	rows, err := s.q.MessagePage(ctx, sqlc.MessagePageParams{
		OwnerID: owner, After: page.After, PageSize: int32(page.Limit), //nolint:gosec // at most MaxPage
	})
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	out := make([]domain.Message, 0, len(rows))
	for _, r := range rows {
		out = append(out, domain.Message{
			ID: r.ID, OwnerID: r.OwnerID, OwnerEmail: r.OwnerEmail, Subject: r.Subject, Revision: int(r.Revision), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		})
	}
	return out, nil
}

// UpdateMessage lets change alter one of owner's messages and saves it; a change that leaves it as it is keeps its
// revision. revision, when not 0, must be the current one (Stale otherwise).
func (s *Store) UpdateMessage(ctx context.Context, owner, id domain.ID, revision int, change func(*domain.Message) error) (domain.Message, error) {
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		row, err := lockMessage(ctx, q, owner, id, revision)
		if err != nil {
			return err
		}
		m := toMessage(row)
		if err := change(&m); err != nil {
			return err
		}
		if m.Subject == row.Subject && m.HTML == row.Html && m.Text == row.Text {
			return nil
		}
		if err := spareOutgoingMessage(ctx, q, id); err != nil {
			return err
		}
		err = q.MessageUpdate(ctx, sqlc.MessageUpdateParams{ID: id, Subject: m.Subject, Html: m.HTML, Text: m.Text, Now: s.stamp()})
		if err != nil {
			return fmt.Errorf("update message %s: %w", id, err)
		}
		return nil
	})
	if err != nil {
		return domain.Message{}, err
	}
	return s.Message(ctx, owner, id)
}

// DeleteMessage deletes one of owner's messages. It returns a Conflict error when a mailing uses it.
func (s *Store) DeleteMessage(ctx context.Context, owner, id domain.ID, revision int) error {
	return s.inTx(ctx, func(q *sqlc.Queries) error {
		if _, err := lockMessage(ctx, q, owner, id, revision); err != nil {
			return err
		}
		users, err := q.MessageUsedBy(ctx, id)
		if err != nil {
			return fmt.Errorf("look for mailings of message %s: %w", id, err)
		}
		if len(users) > 0 {
			return domain.NewConflict("message_in_use", fmt.Sprintf("the mailing %q sends this message", users[0]))
		}
		if err := q.MessageDelete(ctx, id); err != nil { // deleted mailings, kept for their reports, forget it
			return fmt.Errorf("delete message %s: %w", id, err)
		}
		return nil
	})
}

func lockMessage(ctx context.Context, q *sqlc.Queries, owner, id domain.ID, revision int) (sqlc.Message, error) {
	row, err := q.MessageLock(ctx, sqlc.MessageLockParams{ID: id, OwnerID: owner})
	if err != nil {
		return sqlc.Message{}, orNotFound(err, "message")
	}
	return row, checkRevision("message", revision, row.Revision)
}

func toMessage(m sqlc.Message) domain.Message {
	return domain.Message{
		ID: m.ID, OwnerID: m.OwnerID, Subject: m.Subject, HTML: m.Html, Text: m.Text, Revision: int(m.Revision),
		CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt,
	}
}
