package postgres

import (
	"context"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// RecipientGroups adds up recipients by their domains or providers, at one instant. It reads the ledgers once: some
// seconds for a million recipients. A mailing that is not the owner's is NotFound.
func (s *Store) RecipientGroups(ctx context.Context, g domain.Grouping) (domain.Groups, error) {
	out := domain.Groups{By: g.By, At: s.clock.Now()}
	err := s.snapshot(ctx, func(q *sqlc.Queries) error {
		if !g.Mailing.IsZero() {
			owned, err := q.MailingOwned(ctx, sqlc.MailingOwnedParams{ID: g.Mailing, OwnerID: g.Owner})
			if err != nil {
				return fmt.Errorf("look for mailing %s: %w", g.Mailing, err)
			}
			if !owned {
				return domain.NewNotFound("mailing")
			}
		}
		said, err := q.SummaryRecorded(ctx, sqlc.SummaryRecordedParams{
			OwnerID: g.Owner, MailingID: g.Mailing, FromAt: g.Period.From, ToAt: g.Period.To,
		})
		if err != nil {
			return fmt.Errorf("add up attempts: %w", err)
		}
		totals := domain.Totals{
			Sent: int(said.Sent), Failed: int(said.Failed), Deferred: int(said.Deferred),
			Unknown: int(said.Unknown), Skipped: int(said.Skipped), Expired: int(said.Expired),
		}
		if totals.Recorded() > maxSummaryRows {
			return nil
		}
		rows, err := q.SummaryGroups(ctx, sqlc.SummaryGroupsParams{
			ByProvider: g.By == domain.ByProvider, OwnerID: g.Owner, MailingID: g.Mailing, FromAt: g.Period.From, ToAt: g.Period.To,
			Most: domain.TopGroups,
		})
		if err != nil {
			return fmt.Errorf("group by %s: %w", g.By, err)
		}
		setGroups(&out, rows, totals)
		return nil
	})
	if err != nil {
		return domain.Groups{}, fmt.Errorf("group recipients of owner %s: %w", g.Owner, err)
	}
	return out, nil
}

// setGroups leaves the groups unknown when the ledgers do not have everyone whom the attempts counted.
func setGroups(out *domain.Groups, rows []sqlc.SummaryGroupsRow, totals domain.Totals) {
	recorded := 0
	if len(rows) > 0 {
		recorded = int(rows[0].Recorded)
	}
	if recorded != totals.Recorded() {
		return
	}
	out.Known, out.OtherTotals = true, totals
	for _, r := range rows {
		group := domain.RecipientGroup{Name: r.Name, Totals: domain.Totals{
			Sent: int(r.Sent), Failed: int(r.Failed), Deferred: int(r.Deferred),
			Unknown: int(r.Unknown), Skipped: int(r.Skipped), Expired: int(r.Expired),
		}}
		out.Groups = append(out.Groups, group)
		out.OtherTotals = out.OtherTotals.Minus(group.Totals)
		out.Others = int(r.Groups) - len(rows)
	}
}
