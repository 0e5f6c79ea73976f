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

// Audit returns up to limit entries of the audit log that the filter chooses, newest first, from the first older than
// before (0: from the newest).
func (s *Store) Audit(ctx context.Context, f domain.AuditFilter, before int64, limit int) ([]domain.AuditEntry, error) {
	rows, err := s.q.AuditList(ctx, sqlc.AuditListParams{
		BeforeID: before, ActorID: f.ActorID, OwnerID: f.OwnerID, Action: string(f.Action), TargetID: f.TargetID,
		Since: orNull(f.Since), Until: orNull(f.Until), PageSize: int32(limit), //nolint:gosec // at most MaxPage
	})
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	out := make([]domain.AuditEntry, 0, len(rows))
	for _, row := range rows {
		e := domain.AuditEntry{
			ID: row.ID, At: row.At, Actor: domain.Actor{ID: row.ActorID, Email: row.ActorEmail, Address: row.Address},
			Action: domain.AuditAction(row.Action), TargetType: row.TargetType, TargetID: row.TargetID, OwnerID: row.OwnerID, Reason: row.Reason,
		}
		if err := json.Unmarshal(row.Before, &e.Before); err != nil {
			return nil, fmt.Errorf("read entry %d of the audit log: %w", row.ID, err)
		}
		if err := json.Unmarshal(row.After, &e.After); err != nil {
			return nil, fmt.Errorf("read entry %d of the audit log: %w", row.ID, err)
		}
		out = append(out, e)
	}
	return out, nil
}
