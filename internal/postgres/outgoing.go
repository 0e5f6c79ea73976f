package postgres

import (
	"context"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// A program whose key may not send must not have other mail go out either, or to others, than was planned. These refuse that
// with a Forbidden error, which names the mailing; q is that of the transaction of the change.

func spareOutgoingMessage(ctx context.Context, q *sqlc.Queries, id domain.ID) error {
	return spareOutgoing(ctx, "it sends this message", func() ([]outgoing, error) {
		rows, err := q.OutgoingMessage(ctx, id)
		return mapped(rows, func(r sqlc.OutgoingMessageRow) outgoing { return outgoing(r) }), err
	})
}

func spareOutgoingList(ctx context.Context, q *sqlc.Queries, id domain.ID) error {
	return spareOutgoing(ctx, "it goes to this list", func() ([]outgoing, error) {
		rows, err := q.OutgoingList(ctx, id)
		return mapped(rows, func(r sqlc.OutgoingListRow) outgoing { return outgoing(r) }), err
	})
}

func spareOutgoingClient(ctx context.Context, q *sqlc.Queries, key int64) error {
	return spareOutgoing(ctx, "it goes to this client", func() ([]outgoing, error) {
		rows, err := q.OutgoingClient(ctx, key)
		return mapped(rows, func(r sqlc.OutgoingClientRow) outgoing { return outgoing(r) }), err
	})
}

// outgoing is a mailing that is scheduled or running.
type outgoing struct {
	ID   domain.ID
	Name string
}

func spareOutgoing(ctx context.Context, why string, find func() ([]outgoing, error)) error {
	if actor, _ := domain.ActorOf(ctx); !actor.NoSend {
		return nil
	}
	found, err := find()
	if err != nil {
		return fmt.Errorf("look for mailings that go out: %w", err)
	}
	if len(found) == 0 {
		return nil
	}
	return &domain.Error{Kind: domain.Forbidden, Code: "mailing_goes_out", Message: fmt.Sprintf(
		"the mailing %q (%s) is scheduled or running and %s: this takes an API key with the scope send, or pause the mailing first",
		found[0].Name, found[0].ID, why)}
}

func mapped[From, To any](rows []From, convert func(From) To) []To {
	out := make([]To, len(rows))
	for i, row := range rows {
		out[i] = convert(row)
	}
	return out
}
