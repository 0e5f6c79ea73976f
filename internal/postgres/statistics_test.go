package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
)

// said is a ledger row of a client.
func said(key int64, email string, outcome domain.Outcome, code int, enhanced, text string, at time.Time) domain.Delivery {
	return domain.Delivery{ClientKey: key, Email: email, Receipt: domain.Receipt{
		Outcome: outcome, Reply: domain.Reply{Code: code, Enhanced: enhanced, Text: text}, At: at,
	}}
}

func TestStatisticsTellWhatTheServersSaid(t *testing.T) {
	t.Parallel()
	began := at(1, 9)
	clock := &handClock{now: began}
	w := seedtest.New(t, pgtest.URL(t), 200, clock)
	attempt, chunk := begun(t, w)
	w.RequireLedger(mustAttempt(t, w, attempt))
	empty, err := w.Store.Statistics(t.Context(), w.Owner, attempt)
	require.NoError(t, err)
	assert.True(t, empty.Kept)
	assert.Empty(t, empty.Timeline)
	assert.True(t, empty.FirstAt.IsZero())

	l, token := lease(t, w, chunk)
	advance(t, w, chunk, token, nil, 0, 200)
	var rows []domain.Delivery
	for i, key := range l.Chunk.Clients {
		when := began.Add(time.Duration(i) * 100 * time.Millisecond)
		switch {
		case i < 100:
			rows = append(rows, said(key, fmt.Sprintf("c%d@Big.example", i), domain.Sent, 250, "2.0.0", fmt.Sprintf("Ok: queued as %X", 0xABCDEF00+i), when))
		case i < 103: // ids that have no digit, which SQL does not fold
			rows = append(rows, said(key, "c@big.example", domain.Sent, 250, "2.0.0", "Ok: queued as "+strings.Repeat("FACADE", i-99), when))
		case i < 140:
			rows = append(rows, said(key, fmt.Sprintf("c%d@d%d.example", i, i-103), domain.Failed, 550, "5.1.1", fmt.Sprintf("<c%d@x.example>: User unknown", i), when))
		case i < 160:
			rows = append(rows, said(key, "c@second.example", domain.Deferred, 451, "4.7.1", fmt.Sprintf("come back in %d seconds", i), when))
		case i < 180: // more kinds than are listed
			rows = append(rows, said(key, "c@second.example", domain.Failed, 554, "", "reason "+string(rune('a'+i-160)), when))
		case i < 190:
			rows = append(rows, said(key, "c@third.example", domain.Unknown, 0, "", "the connection was lost after the final dot", when.Add(time.Hour)))
		default:
			rows = append(rows, said(key, "", domain.Skipped, 0, "", "the client was deleted", when))
		}
	}
	advance(t, w, chunk, token, rows, 200, 200)
	clock.set(began.Add(time.Hour))
	w.RequireLedger(mustAttempt(t, w, attempt))

	s, err := w.Store.Statistics(t.Context(), w.Owner, attempt)
	require.NoError(t, err)
	assert.Equal(t, domain.Totals{Sent: 103, Failed: 57, Deferred: 20, Unknown: 10, Skipped: 10}, s.Totals)
	assert.True(t, s.At.Equal(clock.Now()))
	require.Len(t, s.Replies, domain.TopReplies)
	assert.Equal(t, domain.ReplyGroup{
		Outcome: domain.Sent, Code: 250, Enhanced: "2.0.0", Folded: "Ok: queued as #", Count: 103,
		Example: "250 2.0.0 Ok: queued as ABCDEF00", ExampleEmail: "c0@Big.example",
	}, s.Replies[0])
	assert.Equal(t, "# User unknown", s.Replies[1].Folded)
	assert.Equal(t, 37, s.Replies[1].Count)
	assert.Equal(t, "come back in # seconds", s.Replies[2].Folded)
	assert.Equal(t, "the connection was lost after the final dot", s.Replies[3].Example, "what no server said has no code")
	assert.Equal(t, domain.Rest{Groups: 15, Count: 15}, s.OtherReplies, "5 of the 20 reasons are listed")
	assert.Equal(t, domain.RecipientDomain{Domain: "big.example", Totals: domain.Totals{Sent: 103}}, s.Domains[0], "case is no matter")
	assert.Equal(t, "second.example", s.Domains[1].Domain)
	assert.Len(t, s.Domains, domain.TopDomains)
	assert.Equal(t, domain.OtherDomains{Domains: 41 - domain.TopDomains, Totals: domain.Totals{Failed: 21}}, s.OtherDomains)
	assert.True(t, s.FirstAt.Equal(began))
	assert.True(t, s.LastAt.Equal(began.Add(17900*time.Millisecond)), "an unknown outcome is no answer: %s", s.LastAt)
	assert.Equal(t, time.Minute, s.Width)
	assert.Len(t, s.Timeline, 61, "the hour without anything is there")
	assert.Equal(t, 10, s.Peak)
	rate, known := s.Rate()
	assert.True(t, known)
	assert.InDelta(t, 180/17.9, rate, 0.001)

	_, err = w.Store.Statistics(t.Context(), domain.NewID(began), attempt)
	assert.Equal(t, domain.NotFound, domain.KindOf(err))

	// Its partition is dropped in the end.
	w.Exec(`DELETE FROM deliveries`)
	s, err = w.Store.Statistics(t.Context(), w.Owner, attempt)
	require.NoError(t, err)
	assert.False(t, s.Kept, "nobody may take what is not known for nought")
	assert.Equal(t, 103, s.Totals.Sent)
}

func mustAttempt(t *testing.T, w *seedtest.World, id domain.ID) domain.Attempt {
	t.Helper()
	a, err := w.Store.AnyAttempt(t.Context(), id)
	require.NoError(t, err)
	return a
}

func TestWhatSQLFoldsGoFoldsAlike(t *testing.T) {
	t.Parallel()
	w := seedtest.New(t, pgtest.URL(t), 0, domain.SystemClock{})
	for _, text := range []string{
		"", "Ok: queued as 3F2A", "OK  1699999999 a1-2si3.45 - gsmtp", "<a@b.example>: no, 1 2 3 (x)", "ящик на 95% полон", "a@b", "a\u2003b1 c",
	} {
		folded := w.Text(`SELECT regexp_replace($1, '\S*[0-9@]\S*', '#', 'g')`, text)
		assert.Equal(t, domain.FoldReply(text), domain.FoldReply(folded), text)
	}
}

func TestTheLateTruthChangesStatisticsOfAnEndedAttempt(t *testing.T) {
	t.Parallel()
	clock := &handClock{now: time.Now()}
	w := seedtest.New(t, pgtest.URL(t), 20, clock)
	attempt, chunk := begun(t, w)
	first, firstToken := lease(t, w, chunk)
	advance(t, w, chunk, firstToken, nil, 0, 20)
	w.Exec("UPDATE chunks SET leased_until = now() - interval '1 second'")
	_, token := lease(t, w, chunk)
	require.NoError(t, w.Store.FinishChunk(t.Context(), chunk, token))
	ended := mustAttempt(t, w, attempt)
	require.Equal(t, domain.Totals{Unknown: 20}, ended.Totals)
	w.RequireLedger(ended)
	_, err := w.Store.RecordLate(t.Context(), first.Chunk, rows(first.Chunk.Clients[:15], domain.Sent))
	require.NoError(t, err)
	corrected := mustAttempt(t, w, attempt)
	require.Equal(t, domain.Totals{Sent: 15, Unknown: 5}, corrected.Totals)
	w.RequireLedger(corrected)
}

func TestHistoryAndSummary(t *testing.T) {
	t.Parallel()
	w, clock, m := newDaily(t)
	plan(t, w, m.ID)
	clock.set(at(2, 9))
	runs(t, w, m.ID)
	plan(t, w, m.ID)
	clock.set(at(6, 10)) // four occurrences have passed; the latest is run late
	plan(t, w, m.ID)
	runs(t, w, m.ID)
	plan(t, w, m.ID)

	all := domain.AllTime()
	history, err := w.Store.AttemptHistory(t.Context(), w.Owner, m.ID, all, domain.Attempt{}, 100)
	require.NoError(t, err)
	var shown []string
	for _, a := range history {
		shown = append(shown, fmt.Sprintf("%s %s", a.DueAt.UTC().Format("02"), a.Status))
	}
	require.Equal(t, []string{"06 finished", "05 missed", "04 missed", "03 missed", "02 finished"}, shown, "what has not begun is left out")
	assert.Equal(t, time.Hour, history[0].Late())

	var paged []domain.Attempt
	for after := (domain.Attempt{}); ; {
		page, err := w.Store.AttemptHistory(t.Context(), w.Owner, domain.ID{}, all, after, 2)
		require.NoError(t, err)
		paged = append(paged, page...)
		if len(page) < 2 {
			break
		}
		after = page[1]
	}
	assert.Equal(t, history, paged)
	some, err := w.Store.AttemptHistory(t.Context(), w.Owner, m.ID, domain.Period{From: at(3, 9), To: at(5, 9)}, domain.Attempt{}, 100)
	require.NoError(t, err)
	assert.Len(t, some, 2, "a period is half-open")
	_, err = w.Store.AttemptHistory(t.Context(), domain.NewID(at(1, 1)), m.ID, all, domain.Attempt{}, 1)
	assert.Equal(t, domain.NotFound, domain.KindOf(err))

	for i, a := range []domain.Attempt{history[4], history[0]} { // runs closed them without a ledger
		w.Exec(`INSERT INTO deliveries SELECT $1, id, email, 'sent', '', 'dot', 250, '', 'OK', 'smtp', 1, now() FROM clients ORDER BY id LIMIT 3`, a.ID)
		if i == 1 {
			w.Exec(`UPDATE deliveries SET outcome = 'unknown', response = 'lost at 7' WHERE attempt_id = $1 AND client_id = (SELECT max(client_id) FROM deliveries)`, a.ID)
			w.Exec(`UPDATE attempts SET sent = 2, unknown = 1, result = 'partial' WHERE id = $1`, a.ID)
		}
	}
	zone, err := domain.LoadZone("Asia/Vladivostok") // ten hours ahead: 09:00 UTC is 19:00
	require.NoError(t, err)
	w.Exec(`UPDATE mailings SET status = 'paused', reason = 'the server refuses the content' WHERE id = $1`, m.ID)
	s, err := w.Store.Summary(t.Context(), w.Owner, domain.LastDays(7, at(6, 20), zone), zone)
	require.NoError(t, err)
	assert.Equal(t, domain.AttemptCounts{Succeeded: 1, Partial: 1, Missed: 3}, s.Attempts)
	assert.Equal(t, domain.Totals{Sent: 5, Unknown: 1}, s.Totals)
	assert.Equal(t, map[domain.MailingStatus]int{domain.MailingPaused: 1}, s.Mailings)
	require.True(t, s.Known)
	assert.Equal(t, 3, s.Reached, "whoever got two counts once")
	require.Len(t, s.Problems, 1)
	assert.Equal(t, "lost at #", s.Problems[0].Folded)
	assert.Equal(t, 1, s.Problems[0].Count)
	require.Len(t, s.Days, 7)
	var days []int
	for _, d := range s.Days {
		days = append(days, d.Attempts)
	}
	assert.Equal(t, []int{0, 1, 1, 1, 1, 1, 0}, days, "1 to 7 May in Vladivostok")
	assert.Equal(t, domain.Totals{Sent: 3}, s.Days[1].Totals)
	assert.Equal(t, []domain.Held{{MailingID: m.ID, Name: m.Name, Status: domain.MailingPaused, Reason: "the server refuses the content"}}, s.Held)
	assert.Equal(t, []domain.UnknownAttempt{{AttemptID: history[0].ID, MailingID: m.ID, MailingName: m.Name, Unknown: 1}}, s.Unknown)

	w.Exec(`DELETE FROM deliveries WHERE attempt_id = $1`, history[4].ID)
	s, err = w.Store.Summary(t.Context(), w.Owner, domain.LastDays(7, at(6, 20), zone), zone)
	require.NoError(t, err)
	assert.False(t, s.Known, "with part of the ledger gone nobody can tell whom the mailings reached")
	assert.Equal(t, 5, s.Totals.Sent)
	_, err = w.Store.Summary(t.Context(), w.Owner, domain.AllTime(), zone)
	assert.Equal(t, domain.Invalid, domain.KindOf(err))
}

// BenchmarkStatisticsOfAMillion tells how long the statistics of a million recipients take.
func BenchmarkStatisticsOfAMillion(b *testing.B) {
	clock := domain.SystemClock{}
	w := seedtest.New(b, pgtest.URL(b, pgtest.Durable()), 1, clock)
	m := w.Mailing(nil)
	_, err := w.Store.PlanNext(b.Context(), m.ID)
	require.NoError(b, err)
	a, _ := w.Attempt(m.ID)
	w.Exec(`UPDATE attempts SET status = 'finished', audience = 1000000, sent = 965715, failed = 34285 WHERE id = $1`, a.ID)
	w.Exec(`INSERT INTO deliveries
		SELECT $1, n, 'client-' || n || '@' || CASE WHEN n % 2 = 0 THEN 'big.example' ELSE 'd' || n % 50000 || '.example' END,
			CASE WHEN f THEN 'failed' ELSE 'sent' END, '', '', CASE WHEN f THEN 550 ELSE 250 END, '2.0.0',
			CASE WHEN f THEN '<client-' || n || '@example.com>: Recipient address rejected: User unknown' ELSE 'Ok: queued as ' || upper(left(md5(n::text), 11)) END,
			'smtp', 1, now() + n * interval '50 microseconds'
		FROM (SELECT n, n % 30 = 0 OR n % 1050 = 1 AS f FROM generate_series(1, 1000000) n) x`, a.ID)
	w.Exec(`VACUUM ANALYZE deliveries`)
	for b.Loop() {
		s, err := w.Store.Statistics(b.Context(), w.Owner, a.ID)
		require.NoError(b, err)
		require.Equal(b, 1_000_000, s.Totals.Recorded())
		require.Len(b, s.Replies, 2)
	}
}
