package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// Delivery returns one recipient of one of owner's attempts with every try, or a NotFound error.
func (s *Store) Delivery(ctx context.Context, owner, attempt, client domain.ID) (domain.Delivery, []domain.Try, error) {
	owned, err := s.q.AttemptOwned(ctx, sqlc.AttemptOwnedParams{ID: attempt, OwnerID: owner})
	if err != nil {
		return domain.Delivery{}, nil, fmt.Errorf("look for attempt %s: %w", attempt, err)
	}
	if !owned {
		return domain.Delivery{}, nil, domain.NewNotFound("attempt")
	}
	key, err := s.q.ClientKey(ctx, sqlc.ClientKeyParams{Uid: client, OwnerID: owner})
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.Delivery{}, nil, domain.NewNotFound("delivery")
	}
	if err != nil {
		return domain.Delivery{}, nil, fmt.Errorf("look for client %s: %w", client, err)
	}
	rows, err := s.q.DeliveryHistory(ctx, sqlc.DeliveryHistoryParams{AttemptID: attempt, ClientID: key})
	if err != nil {
		return domain.Delivery{}, nil, fmt.Errorf("read the tries of client %s in attempt %s: %w", client, attempt, err)
	}
	if len(rows) == 0 {
		return domain.Delivery{}, nil, domain.NewNotFound("delivery")
	}
	tries := make([]domain.Try, 0, len(rows))
	for _, r := range rows {
		tries = append(tries, domain.Try{Try: int(r.Try), Receipt: domain.Receipt{
			Outcome: domain.Outcome(r.Outcome), Class: domain.Class(r.Class), Provider: r.Provider, At: r.At,
			Reply: domain.Reply{Phase: domain.Phase(r.Phase), Code: int(r.Code), Enhanced: r.Enhanced, Text: r.Response},
		}})
	}
	last := rows[len(rows)-1]
	return domain.Delivery{
		ClientKey: key, ClientID: client, Email: last.Email, Tries: int(last.Try), Receipt: tries[len(tries)-1].Receipt,
	}, tries, nil
}
