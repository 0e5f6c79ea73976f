package postgres_test

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// resend asks for some to be sent to again, and notes who may get a second message because of it.
func (m *model) resend(t *rapid.T) {
	ask := domain.Resend{Outcomes: rapid.SliceOfNDistinct(rapid.SampledFrom([]domain.Outcome{domain.Unknown, domain.Failed}), 0, 2,
		func(o domain.Outcome) domain.Outcome { return o }).Draw(t, "outcomes")}
	outcomes := ask.Outcomes
	if len(outcomes) == 0 {
		outcomes = []domain.Outcome{domain.Unknown, domain.Failed}
	}
	rows, err := m.w.Pool.Query(t.Context(), `SELECT d.client_id, c.uid, EXISTS (SELECT 1 FROM suppressions s WHERE s.email_key = c.email_key)
		FROM deliveries d JOIN clients c ON c.id = d.client_id WHERE d.attempt_id = $1 AND d.outcome = ANY($2) ORDER BY d.client_id`, m.attempt, outcomes)
	require.NoError(t, err)
	some, leftOut := rapid.Bool().Draw(t, "some alone"), 0
	var fit []int64
	for rows.Next() {
		var key int64
		var uid domain.ID
		var suppressed bool
		require.NoError(t, rows.Scan(&key, &uid, &suppressed))
		if some {
			if rapid.Bool().Draw(t, "not this one") {
				continue
			}
			ask.ClientIDs = append(ask.ClientIDs, uid)
		}
		if suppressed {
			leftOut++
		} else {
			fit = append(fit, key)
		}
	}
	require.NoError(t, rows.Err())
	if some && len(ask.ClientIDs) == 0 {
		t.Skip("nobody to send to")
	}
	got, err := m.w.Store.ResendAttempt(t.Context(), m.w.Owner, m.attempt, ask)
	if err != nil {
		require.Equal(t, domain.Conflict, domain.KindOf(err), "%v", err)
		return
	}
	require.Equal(t, len(fit), got.Resent)
	require.Equal(t, leftOut, got.LeftOut)
	require.Equal(t, domain.AttemptRunning, got.Attempt.Status)
	for _, client := range fit {
		m.allowed[client]++
	}
}

// check holds ledger, chunks and report against each other.
func (m *model) check(t *rapid.T) {
	a, err := m.w.Store.AnyAttempt(t.Context(), m.attempt)
	require.NoError(t, err)
	var ledger, chunks domain.Totals
	var rows, late int
	require.NoError(t, m.w.Pool.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE outcome = 'sent'), count(*) FILTER (WHERE outcome = 'failed'),
		count(*) FILTER (WHERE outcome = 'deferred'), count(*) FILTER (WHERE outcome = 'unknown'),
		count(*) FILTER (WHERE outcome = 'skipped'), count(*) FILTER (WHERE outcome = 'expired') FROM deliveries WHERE attempt_id = $1`, m.attempt).
		Scan(&rows, &ledger.Sent, &ledger.Failed, &ledger.Deferred, &ledger.Unknown, &ledger.Skipped, &ledger.Expired))
	require.NoError(t, m.w.Pool.QueryRow(t.Context(), `SELECT sum(sent), sum(failed), sum(deferred) - coalesce(sum(window_from) FILTER (WHERE try > 1), 0),
		sum(unknown), sum(skipped), sum(expired), count(*) FILTER (WHERE status <> 'done') FROM chunks WHERE attempt_id = $1`, m.attempt).
		Scan(&chunks.Sent, &chunks.Failed, &chunks.Deferred, &chunks.Unknown, &chunks.Skipped, &chunks.Expired, &late))
	require.Equal(t, ledger, chunks, "the chunks add up to the ledger")
	require.Equal(t, ledger, a.Totals, "and so does the report")
	require.Equal(t, modelClients, a.Audience)
	if a.Status != domain.AttemptRunning {
		require.Zero(t, late, "an attempt that is %s has no open chunk", a.Status)
		require.Zero(t, ledger.Deferred, "and nobody who waits")
		require.Equal(t, modelClients, rows)
		require.NotZero(t, a.FinishedAt)
	} else {
		require.Zero(t, a.FinishedAt)
		require.Empty(t, a.Result)
	}
}

// settle lets everything come to its end, everyone who is left being sent to.
func (m *model) settle(t *rapid.T) {
	m.expire(t)
	for range 40 {
		_, _ = m.w.Store.ResumeMailing(t.Context(), m.w.Owner, m.mailing.ID)
		for len(m.senders) > 0 {
			m.advance(t, m.senders[0], modelClients, func() domain.Outcome { return domain.Sent })
		}
		m.sweep(t)
		m.check(t)
		a, err := m.w.Store.AnyAttempt(t.Context(), m.attempt)
		require.NoError(t, err)
		if a.Status != domain.AttemptRunning {
			m.history(t)
			return
		}
		m.clock.set(m.clock.Now().Add(time.Hour))
		rows, err := m.w.Pool.Query(t.Context(), `SELECT id, client_ids[window_from + 1 : window_to] FROM chunks WHERE attempt_id = $1 AND status = 'pending'`, m.attempt)
		require.NoError(t, err)
		var all []openChunk
		for rows.Next() {
			var o openChunk
			require.NoError(t, rows.Scan(&o.id, &o.window))
			all = append(all, o)
		}
		require.NoError(t, rows.Err())
		for _, o := range all {
			m.take(t, o)
		}
	}
	t.Fatal("the attempt does not end")
}

// history checks that every try of everyone is there, in its order, with the outcome it had.
func (m *model) history(t *rapid.T) {
	for _, client := range m.clients {
		var uid domain.ID
		require.NoError(t, m.w.Pool.QueryRow(t.Context(), "SELECT uid FROM clients WHERE id = $1", client).Scan(&uid))
		d, tries, err := m.w.Store.Delivery(t.Context(), m.w.Owner, m.attempt, uid)
		require.NoError(t, err)
		seen := 0
		for i, entry := range tries {
			what := fmt.Sprintf("try %d of client %d: %+v", entry.Try, client, tries)
			require.Contains(t, []int{seen, seen + 1}, entry.Try, "none is missing and they are in order: %s", what)
			seen = entry.Try
			recorded, known := m.recorded[try{client, entry.Try}]
			if stands := i == len(tries)-1; stands || !known {
				continue
			}
			if recorded == domain.Deferred && entry.Outcome == domain.Failed {
				continue // given up, and sent again
			}
			require.Equal(t, recorded, entry.Outcome, what)
		}
		require.Equal(t, d.Tries, seen)
	}
}
