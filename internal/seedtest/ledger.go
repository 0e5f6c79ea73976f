package seedtest

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// RequireLedger checks that an attempt's report, its ledger and its chunks agree and account for everyone, and that every
// other report says the same: its statistics, the pages that files are made of, its mailing's history and the owner's
// summary. The attempt must stand still meanwhile.
func (w *World) RequireLedger(a domain.Attempt) {
	w.t.Helper()
	t := a.Totals
	if a.Status == domain.AttemptRunning {
		require.LessOrEqual(w.t, t.Ended()+t.Deferred, a.Audience, "nobody counts twice: %+v", t)
	} else {
		require.Equal(w.t, a.Audience, t.Ended(), "everyone is accounted for: %+v", t)
	}
	for outcome, n := range byOutcome(t) {
		got := w.Int(`SELECT count(*) FROM deliveries WHERE attempt_id = $1 AND outcome = $2`, a.ID, string(outcome))
		require.Equal(w.t, n, got, "ledger rows with outcome %s", outcome)
	}
	w.requireStatistics(a)
	w.requirePages(a)
	w.requireSummary(a)
}

func byOutcome(t domain.Totals) map[domain.Outcome]int {
	return map[domain.Outcome]int{
		domain.Sent: t.Sent, domain.Failed: t.Failed, domain.Deferred: t.Deferred,
		domain.Unknown: t.Unknown, domain.Skipped: t.Skipped, domain.Expired: t.Expired,
	}
}

// requireStatistics checks that each part of an attempt's statistics accounts for everyone who is recorded.
func (w *World) requireStatistics(a domain.Attempt) {
	w.t.Helper()
	owner := w.OwnerOf(a.ID)
	s, err := w.Store.Statistics(context.Background(), owner, a.ID)
	require.NoError(w.t, err)
	require.True(w.t, s.Kept)
	require.Equal(w.t, a.Totals, s.Totals, "totals of the statistics")
	require.Equal(w.t, a.Totals, s.Attempt.Totals, "totals of the statistics' report")
	require.Equal(w.t, a.Audience, s.Attempt.Audience)

	replies := map[domain.Outcome]int{}
	counted := s.OtherReplies.Count
	for _, g := range s.Replies {
		replies[g.Outcome] += g.Count
		counted += g.Count
	}
	require.Equal(w.t, s.Totals.Recorded(), counted, "everyone has a response")
	if s.OtherReplies.Groups == 0 {
		require.Zero(w.t, s.OtherReplies.Count)
		for outcome, n := range byOutcome(s.Totals) {
			require.Equal(w.t, n, replies[outcome], "responses of outcome %s", outcome)
		}
	}
	domains := s.OtherDomains.Totals
	for _, d := range s.Domains {
		domains = domains.Plus(d.Totals)
	}
	require.Equal(w.t, s.Totals, domains, "everyone is in a domain")
	timeline := domain.Totals{}
	for _, b := range s.Timeline {
		timeline = timeline.Plus(b.Totals)
	}
	require.Equal(w.t, s.Totals, timeline, "everyone has a time")
}

// requirePages checks what CSV files are made of.
func (w *World) requirePages(a domain.Attempt) {
	w.t.Helper()
	owner := w.OwnerOf(a.ID)
	for outcome, n := range byOutcome(a.Totals) {
		require.Equal(w.t, n, w.pages(owner, a.ID, outcome), "rows of a file with outcome %s", outcome)
	}
	require.Equal(w.t, a.Totals.Recorded(), w.pages(owner, a.ID, ""), "rows of a file")
	history, err := w.Store.AttemptHistory(context.Background(), owner, a.MailingID, domain.AllTime(), domain.Attempt{}, domain.MaxPage)
	require.NoError(w.t, err)
	for _, old := range history {
		if old.ID == a.ID {
			require.Equal(w.t, a.Totals, old.Totals, "totals in the history")
			return
		}
	}
	require.Fail(w.t, "the attempt is not in its mailing's history")
}

func (w *World) pages(owner, attempt domain.ID, outcome domain.Outcome) (rows int) {
	w.t.Helper()
	const limit = 250
	for after := int64(0); ; {
		page, err := w.Store.Deliveries(context.Background(), owner, attempt, outcome, after, limit)
		require.NoError(w.t, err)
		rows += len(page)
		if len(page) < limit {
			return rows
		}
		after = page[limit-1].ClientKey
	}
}

// requireSummary checks the owner's summary over the instant at which the attempt was due.
func (w *World) requireSummary(a domain.Attempt) {
	w.t.Helper()
	in := domain.Period{From: a.DueAt, To: a.DueAt.Add(time.Microsecond)}
	s, err := w.Store.Summary(context.Background(), w.OwnerOf(a.ID), in, time.UTC)
	require.NoError(w.t, err)
	if s.Attempts.All() != 1 {
		return // another was due at the same microsecond
	}
	require.Equal(w.t, a.Totals, s.Totals, "totals of the summary")
	require.Len(w.t, s.Days, 1)
	require.Equal(w.t, a.Totals, s.Days[0].Totals, "totals of the day")
	require.True(w.t, s.Known)
	require.Equal(w.t, a.Totals.Sent, s.Reached, "everyone who was sent to was reached")
}

// OwnerOf returns whose attempt it is.
func (w *World) OwnerOf(attempt domain.ID) domain.ID {
	w.t.Helper()
	var owner domain.ID
	require.NoError(w.t, w.Pool.QueryRow(context.Background(), `SELECT owner_id FROM attempts WHERE id = $1`, attempt).Scan(&owner))
	return owner
}
