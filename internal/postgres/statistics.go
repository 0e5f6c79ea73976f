package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// maxKinds is how many kinds of replies are looked at one by one; there are a few tens unless a server answers in riddles.
const maxKinds = 10_000

// snapshot runs fn on the database as it is at one instant, so that sums taken one after the other agree.
func (s *Store) snapshot(ctx context.Context, fn func(q *sqlc.Queries) error) error {
	return s.transact(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly},
		func(tx pgx.Tx) error { return fn(s.q.WithTx(tx)) })
}

// Statistics returns the statistics of one of owner's attempts, or a NotFound error. It reads the attempt's ledger four
// times, at one instant: about four seconds of two cores for a million recipients.
func (s *Store) Statistics(ctx context.Context, owner, attempt domain.ID) (domain.Statistics, error) {
	var out domain.Statistics
	err := s.snapshot(ctx, func(q *sqlc.Queries) error {
		row, err := q.AttemptGet(ctx, sqlc.AttemptGetParams{ID: attempt, OwnerID: owner})
		if err != nil {
			return orNotFound(err, "attempt")
		}
		out.Attempt, out.At = toAttempt(row), s.clock.Now()
		if err := q.AboutAttempt(ctx, attempt.String()); err != nil {
			return fmt.Errorf("say which attempt it is: %w", err)
		}
		if err := ledgerTotals(ctx, q, &out); err != nil {
			return err
		}
		if out.Totals.Recorded() == 0 {
			out.Kept, out.Totals = out.Attempt.Totals.Recorded() == 0, out.Attempt.Totals
			return nil
		}
		out.Kept = true // a ledger is dropped as a whole: an attempt lies in one partition
		if err := ledgerReplies(ctx, q, &out); err != nil {
			return err
		}
		if err := ledgerDomains(ctx, q, &out); err != nil {
			return err
		}
		return ledgerTimeline(ctx, q, &out)
	})
	if err != nil {
		return domain.Statistics{}, fmt.Errorf("make statistics of attempt %s: %w", attempt, err)
	}
	return out, nil
}

// ledgerTotals also sets the times of the first and the last answer, and the width of the timeline.
func ledgerTotals(ctx context.Context, q *sqlc.Queries, out *domain.Statistics) error {
	rows, err := q.LedgerTotals(ctx, out.Attempt.ID)
	if err != nil {
		return fmt.Errorf("count outcomes: %w", err)
	}
	var from, to time.Time
	for _, r := range rows {
		out.Totals.Set(domain.Outcome(r.Outcome), int(r.N))
		widen(&from, &to, r)
		switch domain.Outcome(r.Outcome) { //nolint:exhaustive // the others are no answers
		case domain.Sent, domain.Failed, domain.Deferred:
			widen(&out.FirstAt, &out.LastAt, r)
		}
	}
	out.Width = domain.BucketWidth(to.Sub(from))
	return nil
}

func widen(from, to *time.Time, r sqlc.LedgerTotalsRow) {
	if from.IsZero() || r.FirstAt.Before(*from) {
		*from = r.FirstAt
	}
	if r.LastAt.After(*to) {
		*to = r.LastAt
	}
}

func ledgerReplies(ctx context.Context, q *sqlc.Queries, out *domain.Statistics) error {
	rows, err := q.LedgerReplies(ctx, sqlc.LedgerRepliesParams{AttemptID: out.Attempt.ID, Most: maxKinds})
	if err != nil {
		return fmt.Errorf("group replies: %w", err)
	}
	groups := foldReplies(rows, func(r sqlc.LedgerRepliesRow) (domain.ReplyGroup, int64) {
		return domain.ReplyGroup{
			Outcome: domain.Outcome(r.Outcome), Code: int(r.Code), Enhanced: r.Enhanced, Folded: r.Folded, Count: int(r.N),
		}, r.Example
	})
	out.OtherReplies.Groups = len(groups) + int(rows[0].Kinds) - len(rows) // those past maxKinds are not folded any more
	out.OtherReplies.Count = out.Totals.Recorded()
	groups = groups[:min(len(groups), domain.TopReplies)]
	keys := make([]int64, len(groups))
	for i, g := range groups {
		keys[i] = g.example
	}
	said, err := q.LedgerExamples(ctx, sqlc.LedgerExamplesParams{AttemptID: out.Attempt.ID, ClientIds: keys})
	if err != nil {
		return fmt.Errorf("read examples of replies: %w", err)
	}
	for _, g := range groups {
		at := slices.IndexFunc(said, func(r sqlc.LedgerExamplesRow) bool { return r.ClientID == g.example })
		if at < 0 {
			return fmt.Errorf("the example of a reply, client %d, is not in the ledger", g.example)
		}
		g.Example, g.ExampleEmail = asSaid(said[at].Code, said[at].Enhanced, said[at].Response), said[at].Email
		out.Replies = append(out.Replies, g.ReplyGroup)
		out.OtherReplies.Groups--
		out.OtherReplies.Count -= g.Count
	}
	return nil
}

func asSaid(code int32, enhanced, text string) string {
	return lastResponse(domain.Reply{Code: int(code), Enhanced: enhanced, Text: text})
}

// kind is a group of replies with what its example is found by: the smallest is kept.
type kind[E cmp.Ordered] struct {
	domain.ReplyGroup

	example E
}

// foldReplies puts those together whose texts SQL could not fold all the way; the most frequent come first.
func foldReplies[R any, E cmp.Ordered](rows []R, read func(R) (domain.ReplyGroup, E)) []kind[E] {
	type key struct {
		outcome        domain.Outcome
		code           int
		enhanced, text string
	}
	places := map[key]int{}
	var out []kind[E]
	for _, row := range rows {
		g, example := read(row)
		g.Folded = domain.FoldReply(g.Folded)
		k := key{g.Outcome, g.Code, g.Enhanced, g.Folded}
		at, known := places[k]
		if !known {
			places[k] = len(out)
			out = append(out, kind[E]{g, example})
			continue
		}
		same := &out[at]
		same.Count += g.Count
		same.example = min(same.example, example)
		if g.LastAt.After(same.LastAt) {
			same.LastAt = g.LastAt
		}
	}
	slices.SortStableFunc(out, func(a, b kind[E]) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.example, b.example))
	})
	return out
}

func ledgerDomains(ctx context.Context, q *sqlc.Queries, out *domain.Statistics) error {
	rows, err := q.LedgerDomains(ctx, sqlc.LedgerDomainsParams{AttemptID: out.Attempt.ID, Most: domain.TopDomains})
	if err != nil {
		return fmt.Errorf("group domains: %w", err)
	}
	listed := domain.Totals{}
	for _, r := range rows {
		d := domain.RecipientDomain{Domain: r.Domain, Totals: domain.Totals{
			Sent: int(r.Sent), Failed: int(r.Failed), Deferred: int(r.Deferred),
			Unknown: int(r.Unknown), Skipped: int(r.Skipped), Expired: int(r.Expired),
		}}
		listed = listed.Plus(d.Totals)
		out.Domains = append(out.Domains, d)
	}
	out.OtherDomains = domain.OtherDomains{Domains: int(rows[0].Domains) - len(rows), Totals: out.Totals.Minus(listed)}
	return nil
}

// ledgerTimeline fills the buckets in which nothing was recorded, too. A day that the clocks change on makes no
// difference: buckets are stretches of time, aligned in UTC.
func ledgerTimeline(ctx context.Context, q *sqlc.Queries, out *domain.Statistics) error {
	rows, err := q.LedgerTimeline(ctx, sqlc.LedgerTimelineParams{AttemptID: out.Attempt.ID, Width: out.Width})
	if err != nil {
		return fmt.Errorf("count by time: %w", err)
	}
	for _, r := range rows {
		for n := len(out.Timeline); n > 0 && out.Timeline[n-1].At.Add(out.Width).Before(r.Bucket); n = len(out.Timeline) {
			out.Timeline = append(out.Timeline, domain.Bucket{At: out.Timeline[n-1].At.Add(out.Width)})
		}
		out.Timeline = append(out.Timeline, domain.Bucket{At: r.Bucket, Totals: domain.Totals{
			Sent: int(r.Sent), Failed: int(r.Failed), Deferred: int(r.Deferred),
			Unknown: int(r.Unknown), Skipped: int(r.Skipped), Expired: int(r.Expired),
		}})
		out.Peak = max(out.Peak, int(r.Peak))
	}
	return nil
}
