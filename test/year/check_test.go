package year_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// record is an attempt as the database has it.
type record struct {
	domain.Attempt

	occurrence time.Time // zero: by hand
}

func (w *world) records(m *mailing) []record {
	w.t.Helper()
	rows, err := w.owners[0].Pool.Query(w.t.Context(), `SELECT id, coalesce(occurrence_at, '0001-01-01 00:00:00+00') FROM attempts WHERE mailing_id = $1 ORDER BY id`, m.id)
	require.NoError(w.t, err)
	var out []record
	for rows.Next() {
		var r record
		require.NoError(w.t, rows.Scan(&r.ID, &r.occurrence))
		out = append(out, r)
	}
	require.NoError(w.t, rows.Err())
	for i := range out {
		if out[i].Attempt, err = w.owners[0].Store.AnyAttempt(w.t.Context(), out[i].ID); err != nil {
			require.NoError(w.t, err)
		}
	}
	return out
}

// check holds what became of the year against the rules.
func (w *world) check(horizon time.Time) {
	w.t.Helper()
	for _, m := range w.mailings {
		records := w.records(m)
		w.checkOccurrences(m, records, horizon)
		w.checkManual(m, records)
		w.checkNoOverlap(m, records)
		for _, r := range records {
			w.checkDelivered(m, r, horizon)
		}
	}
}

// checkOccurrences: each occurrence promised has one record and no other, and it ran if it could.
func (w *world) checkOccurrences(m *mailing, records []record, horizon time.Time) {
	w.t.Helper()
	found := map[time.Time][]record{}
	for _, r := range records {
		if r.Kind == domain.KindScheduled {
			found[r.occurrence.UTC()] = append(found[r.occurrence.UTC()], r)
		}
	}
	for _, p := range m.promises(horizon) {
		got := found[p.at.UTC()]
		delete(found, p.at.UTC())
		if !assert.LessOrEqual(w.t, len(got), 1, "mailing %s has more than one record of %s", m.id, p.at) {
			continue
		}
		c := w.chanceOf(m, p)
		if c.first.IsZero() && p.optional && len(got) == 0 {
			continue
		}
		if !assert.Len(w.t, got, 1, "mailing %s has no record of %s (could run at %s, until %s)\n%s", m.id, p.at, c.first, p.until, m.story(records, p.at)) {
			continue
		}
		r := got[0]
		w.counts[string(r.Status)]++
		ran := !r.StartedAt.IsZero()
		switch {
		case ran && (r.StartedAt.Before(p.at) || !r.StartedAt.Before(p.until)):
			assert.Fail(w.t, "a start out of its time", "mailing %s, of %s until %s, started %s\n%s", m.id, p.at, p.until, r.StartedAt, m.story(records, p.at))
		case ran && !c.partial:
			assert.Fail(w.t, "a start in spite of a hold or an outage", "mailing %s, of %s, started %s", m.id, p.at, r.StartedAt)
		case !c.first.IsZero() && (!ran || r.StartedAt.After(c.first.Add(soon))) && !handIn(records, p.at, c.first):
			assert.Fail(w.t, "no start, or a late one, though nothing kept it", "mailing %s, of %s until %s, possible from %s: %s, started %s, %s\n%s", m.id, p.at, p.until, c.first, r.Status, r.StartedAt, r.Reason, m.story(records, p.at))
		case !ran:
			assert.Equal(w.t, domain.AttemptMissed, r.Status, "mailing %s, of %s", m.id, p.at)
			assert.NotEmpty(w.t, r.Reason)
		}
		if ran {
			w.counts["ran"]++
		}
	}
	for at, more := range found {
		assert.True(w.t, at.After(horizon), "mailing %s has a record of %s, which nothing promised: %s, started %s\n%s", m.id, at, more[0].Status, more[0].StartedAt, m.story(records, at))
	}
}

// handIn reports whether an attempt by hand was in the way: one at a time is sent.
func handIn(records []record, at, first time.Time) bool {
	return slices.ContainsFunc(records, func(r record) bool {
		if r.Kind != domain.KindManual || r.StartedAt.IsZero() || r.StartedAt.After(first.Add(soon)) {
			return false
		}
		return !r.StartedAt.Before(at) || first.After(at) && r.FinishedAt.After(first)
	})
}

// checkManual: each start by hand is one attempt of its own.
func (w *world) checkManual(m *mailing, records []record) {
	w.t.Helper()
	var byHand []domain.ID
	for _, r := range records {
		if r.Kind == domain.KindManual {
			byHand = append(byHand, r.ID)
			assert.True(w.t, r.occurrence.IsZero())
		}
	}
	if m.deleted.IsZero() {
		assert.ElementsMatch(w.t, m.manual, byHand)
	} else {
		assert.Subset(w.t, m.manual, byHand, "what waited was deleted with its mailing")
	}
}

// checkNoOverlap: one attempt of a mailing at a time.
func (w *world) checkNoOverlap(m *mailing, records []record) {
	w.t.Helper()
	ran := slices.DeleteFunc(slices.Clone(records), func(r record) bool { return r.StartedAt.IsZero() })
	slices.SortFunc(ran, func(a, b record) int { // under this clock an attempt may end in the instant it began
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), a.FinishedAt.Compare(b.FinishedAt))
	})
	for i := 1; i < len(ran); i++ {
		before, after := ran[i-1], ran[i]
		assert.False(w.t, before.FinishedAt.IsZero() || before.FinishedAt.After(after.StartedAt),
			"mailing %s: the attempt of %s ended at %s, the one after began at %s", m.id, before.StartedAt, before.FinishedAt, after.StartedAt)
	}
}

// checkDelivered: everyone is accounted for, and nobody was mailed twice.
func (w *world) checkDelivered(m *mailing, r record, horizon time.Time) {
	w.t.Helper()
	taken := w.mailbox.taken[r.ID.String()]
	if r.StartedAt.IsZero() {
		assert.Empty(w.t, taken)
		if r.DueAt.Before(horizon) {
			assert.Equal(w.t, domain.AttemptMissed, r.Status, "mailing %s: an attempt due %s", m.id, r.DueAt)
		}
		return
	}
	if r.StartedAt.Before(horizon) {
		assert.NotEqual(w.t, domain.AttemptRunning, r.Status, "mailing %s: the attempt of %s has not ended", m.id, r.StartedAt)
	}
	if r.Status == domain.AttemptRunning {
		return
	}
	assert.Equal(w.t, clients, r.Audience)
	o := w.owners[m.owner]
	o.RequireLedger(r.Attempt)
	for to, n := range taken {
		assert.Equal(w.t, 1, n, "mailing %s: %s in the attempt of %s", m.id, to, r.StartedAt)
	}
	assert.GreaterOrEqual(w.t, len(taken), r.Totals.Sent)
	assert.LessOrEqual(w.t, len(taken), r.Totals.Sent+r.Totals.Unknown)
	sent := o.Int(`SELECT count(*) FROM deliveries WHERE attempt_id = $1 AND outcome = 'sent' AND email = ANY($2)`, r.ID, keys(taken))
	assert.Equal(w.t, r.Totals.Sent, sent, "who is said to have been sent to was")
}

func keys(m map[string]int) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}
