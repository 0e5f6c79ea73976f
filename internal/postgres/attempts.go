package postgres

import (
	"context"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// Attempts returns a page of the attempts of one of owner's mailings (anyone's when owner is zero, as in all
// that is read here), newest first; NotFound when it is not owner's.
func (s *Store) Attempts(ctx context.Context, owner, mailing domain.ID, page domain.Page) ([]domain.Attempt, error) {
	if _, err := s.q.MailingGet(ctx, sqlc.MailingGetParams{ID: mailing, OwnerID: owner}); err != nil {
		return nil, orNotFound(err, "mailing")
	}
	rows, err := s.q.AttemptList(ctx, sqlc.AttemptListParams{
		MailingID: mailing, OwnerID: owner, After: page.After, PageSize: int32(page.Limit), //nolint:gosec // at most MaxPage
	})
	if err != nil {
		return nil, fmt.Errorf("list attempts of mailing %s: %w", mailing, err)
	}
	out := make([]domain.Attempt, 0, len(rows))
	for _, row := range rows {
		out = append(out, toAttempt(row))
	}
	return out, nil
}

// Attempt returns one of owner's attempts with its counters as they stand, or a NotFound error.
func (s *Store) Attempt(ctx context.Context, owner, id domain.ID) (domain.Attempt, error) {
	row, err := s.q.AttemptGet(ctx, sqlc.AttemptGetParams{ID: id, OwnerID: owner})
	if err != nil {
		return domain.Attempt{}, orNotFound(err, "attempt")
	}
	return toAttempt(row), nil
}

// AnyAttempt is Attempt for those who may see everybody's.
func (s *Store) AnyAttempt(ctx context.Context, id domain.ID) (domain.Attempt, error) {
	return s.Attempt(ctx, domain.ID{}, id)
}

// RunningAttempts returns the attempts being sent that have something to do now and no live sender: theirs was killed, or
// none has come. Those of mailings that are held are left out. The longest running come first.
func (s *Store) RunningAttempts(ctx context.Context) ([]domain.ID, error) {
	ids, err := s.q.AttemptsWithoutSender(ctx, s.clock.Now())
	if err != nil {
		return nil, fmt.Errorf("look for attempts without a sender: %w", err)
	}
	return ids, nil
}

// Deliveries returns up to limit rows of the ledger of one of owner's attempts, those with the given outcome (empty:
// any), ordered by client key, from the first after the key given.
func (s *Store) Deliveries(ctx context.Context, owner, attempt domain.ID, outcome domain.Outcome, after int64, limit int) ([]domain.Delivery, error) {
	owned, err := s.q.AttemptOwned(ctx, sqlc.AttemptOwnedParams{ID: attempt, OwnerID: owner})
	if err != nil {
		return nil, fmt.Errorf("look for attempt %s: %w", attempt, err)
	}
	if !owned {
		return nil, domain.NewNotFound("attempt")
	}
	rows, err := s.q.DeliveryList(ctx, sqlc.DeliveryListParams{
		AttemptID: attempt, After: after, Outcome: string(outcome), PageSize: int32(limit), //nolint:gosec // at most MaxPage
	})
	if err != nil {
		return nil, fmt.Errorf("list deliveries of attempt %s: %w", attempt, err)
	}
	out := make([]domain.Delivery, 0, len(rows))
	for _, r := range rows {
		out = append(out, domain.Delivery{
			ClientKey: r.ClientID, ClientID: r.ClientUid, Email: r.Email, Tries: int(r.Tries),
			Receipt: domain.Receipt{
				Outcome: domain.Outcome(r.Outcome), Class: domain.Class(r.Class), Provider: r.Provider, At: r.At,
				Reply: domain.Reply{Phase: domain.Phase(r.Phase), Code: int(r.Code), Enhanced: r.Enhanced, Text: r.Response},
			},
		})
	}
	return out, nil
}
