package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

const (
	// maxSummaryRows is of how many ledger rows a summary counts different clients and groups replies: some ten seconds'
	// work.
	maxSummaryRows = 5_000_000
	// maxAttention is how many things of a kind a summary lists for attention.
	maxAttention = 20
)

// AttemptHistory returns up to limit of the attempts of one of owner's mailings (anyone's when owner is zero), or of all of them (a zero id), that were
// due in the period: latest first, from behind after on (zero: from the first). Those that have not begun are left out,
// missed ones are not; a deleted mailing keeps its history. A mailing that is not owner's is NotFound.
func (s *Store) AttemptHistory(ctx context.Context, owner, mailing domain.ID, in domain.Period, after domain.Attempt, limit int) ([]domain.Attempt, error) {
	if !mailing.IsZero() {
		owned, err := s.q.MailingOwned(ctx, sqlc.MailingOwnedParams{ID: mailing, OwnerID: owner})
		if err != nil {
			return nil, fmt.Errorf("look for mailing %s: %w", mailing, err)
		}
		if !owned {
			return nil, domain.NewNotFound("mailing")
		}
	}
	rows, err := s.q.AttemptHistory(ctx, sqlc.AttemptHistoryParams{
		OwnerID: owner, MailingID: mailing, FromAt: in.From, ToAt: in.To, AfterID: after.ID, AfterDue: after.DueAt,
		PageSize: int32(limit), //nolint:gosec // at most MaxPage
	})
	if err != nil {
		return nil, fmt.Errorf("list attempts of owner %s: %w", owner, err)
	}
	out := make([]domain.Attempt, 0, len(rows))
	for _, row := range rows {
		out = append(out, toAttempt(row))
	}
	return out, nil
}

// Summary returns what became of owner's attempts (everybody's when owner is zero) that were due in the period, day by day in the zone, at one instant. A
// period that is too long is an Invalid error.
func (s *Store) Summary(ctx context.Context, owner domain.ID, in domain.Period, zone *time.Location) (domain.Summary, error) {
	days, err := in.Days(zone)
	if err != nil {
		return domain.Summary{}, err
	}
	out := domain.Summary{Period: in, At: s.clock.Now(), Mailings: map[domain.MailingStatus]int{}}
	for _, at := range days {
		out.Days = append(out.Days, domain.Day{Begins: at})
	}
	err = s.snapshot(ctx, func(q *sqlc.Queries) error {
		mailings, err := q.SummaryMailings(ctx, owner)
		if err != nil {
			return fmt.Errorf("count mailings: %w", err)
		}
		for _, m := range mailings {
			out.Mailings[domain.MailingStatus(m.Status)] = int(m.N)
		}
		if out.Clients, err = countClients(ctx, q, owner); err != nil {
			return err
		}
		if err := summaryDays(ctx, q, owner, days, &out); err != nil {
			return err
		}
		if err := summaryLedger(ctx, q, owner, &out); err != nil {
			return err
		}
		return summaryAttention(ctx, q, owner, &out)
	})
	if err != nil {
		return domain.Summary{}, fmt.Errorf("sum up for owner %s: %w", owner, err)
	}
	return out, nil
}

func countClients(ctx context.Context, q *sqlc.Queries, owner domain.ID) (int, error) {
	count := func(ctx context.Context) (int64, error) { return q.SummaryClients(ctx, owner) }
	if owner.IsZero() {
		count = q.SummaryClientsOfAll
	}
	n, err := count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count clients: %w", err)
	}
	return int(n), nil
}

func summaryDays(ctx context.Context, q *sqlc.Queries, owner domain.ID, days []time.Time, out *domain.Summary) error {
	rows, err := q.SummaryAttempts(ctx, sqlc.SummaryAttemptsParams{OwnerID: owner, Days: days, FromAt: out.Period.From, ToAt: out.Period.To})
	if err != nil {
		return fmt.Errorf("add up attempts: %w", err)
	}
	for _, r := range rows {
		totals := domain.Totals{
			Sent: int(r.Sent), Failed: int(r.Failed), Deferred: int(r.Deferred),
			Unknown: int(r.Unknown), Skipped: int(r.Skipped), Expired: int(r.Expired),
		}
		out.Attempts.Add(domain.AttemptStatus(r.Status), domain.AttemptResult(r.Result), int(r.N))
		out.Totals = out.Totals.Plus(totals)
		day := &out.Days[r.Day-1]
		day.Attempts += int(r.N)
		day.Totals = day.Totals.Plus(totals)
	}
	return nil
}

// summaryLedger reads what only the ledger knows, and makes sure that all of it is there.
func summaryLedger(ctx context.Context, q *sqlc.Queries, owner domain.ID, out *domain.Summary) error {
	if out.Totals.Recorded() > maxSummaryRows {
		return nil
	}
	reached, err := q.SummaryReached(ctx, sqlc.SummaryReachedParams{OwnerID: owner, FromAt: out.Period.From, ToAt: out.Period.To})
	if err != nil {
		return fmt.Errorf("count clients that were reached: %w", err)
	}
	rows, err := q.SummaryProblems(ctx, sqlc.SummaryProblemsParams{OwnerID: owner, FromAt: out.Period.From, ToAt: out.Period.To, Most: maxKinds})
	if err != nil {
		return fmt.Errorf("group replies: %w", err)
	}
	problems := 0
	if len(rows) > 0 {
		problems = int(rows[0].Total)
	}
	t := out.Totals
	if int(reached.Sent) != t.Sent || problems != t.Failed+t.Deferred+t.Unknown {
		return nil
	}
	out.Known, out.Reached = true, int(reached.Clients)
	groups := foldReplies(rows, func(r sqlc.SummaryProblemsRow) (domain.ReplyGroup, string) {
		return domain.ReplyGroup{
			Outcome: domain.Outcome(r.Outcome), Code: int(r.Code), Enhanced: r.Enhanced, Folded: r.Folded, Count: int(r.N),
			LastAt: r.LastAt,
		}, asSaid(r.Code, r.Enhanced, r.Example)
	})
	for _, g := range groups[:min(len(groups), domain.TopReplies)] {
		g.Example = g.example
		out.Problems = append(out.Problems, g.ReplyGroup)
	}
	return nil
}

func summaryAttention(ctx context.Context, q *sqlc.Queries, owner domain.ID, out *domain.Summary) error {
	held, err := q.SummaryHeld(ctx, sqlc.SummaryHeldParams{OwnerID: owner, Most: maxAttention})
	if err != nil {
		return fmt.Errorf("look for held mailings: %w", err)
	}
	for _, h := range held {
		out.Held = append(out.Held, domain.Held{MailingID: h.ID, Name: h.Name, Status: domain.MailingStatus(h.Status), Reason: h.Reason})
	}
	unknown, err := q.SummaryUnknown(ctx, sqlc.SummaryUnknownParams{
		OwnerID: owner, FromAt: out.Period.From, ToAt: out.Period.To, Most: maxAttention,
	})
	if err != nil {
		return fmt.Errorf("look for unknown outcomes: %w", err)
	}
	for _, u := range unknown {
		out.Unknown = append(out.Unknown, domain.UnknownAttempt{
			AttemptID: u.ID, MailingID: u.MailingID, MailingName: u.MailingName, Unknown: int(u.Unknown),
		})
	}
	return nil
}
