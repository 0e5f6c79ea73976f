package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// audit adds e to the audit log in q's transaction: what is not recorded is not done.
func (s *Store) audit(ctx context.Context, q *sqlc.Queries, e domain.AuditEntry) error {
	actor, _ := domain.ActorOf(ctx)
	before, err := jsonObject(e.Before)
	if err != nil {
		return err
	}
	after, err := jsonObject(e.After)
	if err != nil {
		return err
	}
	err = q.AuditInsert(ctx, sqlc.AuditInsertParams{
		At: s.stamp(), ActorID: actor.ID, ActorEmail: actor.Email, Action: string(e.Action), TargetType: e.TargetType,
		TargetID: e.TargetID, OwnerID: e.OwnerID, Address: actor.Address, Reason: e.Reason, Before: before, After: after,
	})
	if err != nil {
		return fmt.Errorf("add %s to the audit log: %w", e.Action, err)
	}
	return nil
}

// jsonObject encodes fields; none are {}.
func jsonObject[V any](fields map[string]V) ([]byte, error) {
	if len(fields) == 0 {
		return []byte("{}"), nil
	}
	encoded, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("encode fields: %w", err)
	}
	return encoded, nil
}
