package gateway_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
)

// table reads a CSV file.
func (a answer) table() [][]string {
	a.t.Helper()
	a.want(http.StatusOK)
	require.Equal(a.t, "text/csv; charset=utf-8", a.header.Get("Content-Type"))
	require.Contains(a.t, a.header.Get("Content-Disposition"), "attachment")
	require.Equal(a.t, bytes.Count(a.raw, []byte("\n")), bytes.Count(a.raw, []byte("\r\n")), "lines end as in RFC 4180")
	rows, err := csv.NewReader(bytes.NewReader(a.raw)).ReadAll()
	require.NoError(a.t, err)
	return rows
}

// recorded gives an attempt n rows in its ledger, sent but for each tenth, which failed.
func (c *caller) recorded(attempt string, n int) {
	c.t.Helper()
	c.exec(`INSERT INTO deliveries SELECT $1, n, 'c' || n || '@example.org', CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'sent' END, '', 'dot',
		CASE WHEN n % 10 = 0 THEN 550 ELSE 250 END, '2.0.0', 'Ok: queued as ' || n, 'smtp', 1, now() FROM generate_series(1, $2::integer) n`, attempt, n)
	c.exec(`UPDATE attempts SET status = 'finished', result = 'partial', started_at = due_at, finished_at = due_at + interval '1500 ms', audience = $2,
		sent = $2 - $2 / 10, failed = $2 / 10 WHERE id = $1`, attempt, n)
}

func TestStatistics(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	attempt := c.everything().attempt
	path := base + "/attempts/" + attempt + "/statistics"
	planned := c.do("GET", path, nil).want(http.StatusOK).body
	for _, field := range []string{"audience", "not_recorded", "first_message_at", "bucket_seconds", "average_rate", "peak_rate"} {
		assert.Nil(t, planned[field], "%s is not known yet", field)
	}
	assert.Equal(t, []any{}, planned["responses"])

	c.recorded(attempt, 2500)
	s := c.do("GET", path, nil).want(http.StatusOK).body
	counts := object{"sent": 2250.0, "failed": 250.0, "deferred": 0.0, "unknown": 0.0, "skipped": 0.0, "expired": 0.0}
	assert.Equal(t, counts, s["totals"])
	assert.EqualValues(t, 2500, s["audience"])
	assert.EqualValues(t, 0, s["not_recorded"])
	responses, _ := s["responses"].([]any)
	require.Len(t, responses, 2)
	first, _ := responses[0].(object)
	assert.Equal(t, object{
		"outcome": "sent", "code": 250.0, "enhanced": "2.0.0", "pattern": "Ok: queued as #", "reason_code": nil, "count": 2250.0,
		"example": "250 2.0.0 Ok: queued as 1", "example_email": "c1@example.org",
	}, first)
	assert.Equal(t, []any{object{"domain": "example.org", "totals": counts}}, s["domains"])
	timeline, _ := s["timeline"].([]any)
	require.Len(t, timeline, 1)
	assert.EqualValues(t, 1, s["bucket_seconds"])
	assert.EqualValues(t, 2500, s["peak_rate"])

	c.exec(`DELETE FROM deliveries`)
	s = c.do("GET", path, nil).want(http.StatusOK).body
	assert.Equal(t, counts, s["totals"])
	for _, field := range []string{"responses", "other_responses", "domains", "other_domains", "timeline", "average_rate", "peak_rate"} {
		assert.Nil(t, s[field], "%s is not known any more", field)
	}
}

func TestDeliveriesAsAFile(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	m := c.everything()
	path := base + "/attempts/" + m.attempt + "/deliveries.csv"
	assert.Len(t, c.do("GET", path, nil).table(), 1, "the first line is always there")
	c.recorded(m.attempt, 2500)
	c.exec(`UPDATE deliveries SET response = '=HYPERLINK("http://x.example","ok")', email = '+1@example.org', code = 0 WHERE client_id = 1`)
	c.exec(`UPDATE deliveries SET response = E'＝1+1' WHERE client_id = 2`)
	c.exec(`UPDATE deliveries SET client_id = (SELECT id FROM clients WHERE uid = $1) + 1000000 WHERE client_id = 2500`, m.client)
	rows := c.do("GET", path, nil).table()
	require.Len(t, rows, 2501)
	assert.Equal(t, []string{"client_id", "email", "outcome", "code", "enhanced", "response", "provider", "tries", "at"}, rows[0])
	assert.Equal(t, m.client, rows[1][0])
	assert.Equal(t, []string{"'+1@example.org", "sent", "", "2.0.0", `'=HYPERLINK("http://x.example","ok")`, "smtp", "1"}, rows[1][1:8],
		"no spreadsheet takes it for a formula, and no code is no code")
	assert.Equal(t, "'＝1+1", rows[2][5])
	assert.Empty(t, rows[2500][0], "the client is not there any more")
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		seen[row[1]] = true
		_, err := time.Parse(time.RFC3339, row[8])
		require.NoError(t, err)
	}
	assert.Len(t, seen, 2500, "everyone once")
	assert.Len(t, c.do("GET", path+"?outcome=failed", nil).table(), 251)
	assert.Equal(t, []string{"outcome"}, c.do("GET", path+"?outcome=lost", nil).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
}

// failing is a store whose second page of deliveries cannot be read.
type failing struct{ gateway.Store }

func (f failing) Deliveries(ctx context.Context, owner, attempt domain.ID, outcome domain.Outcome, after int64, limit int) ([]domain.Delivery, error) {
	if after > 0 {
		return nil, errors.New("the disk is broken")
	}
	return f.Store.Deliveries(ctx, owner, attempt, outcome, after, limit)
}

func TestAFileThatBreaksOffIsNotTakenForWhole(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(d *gateway.Deps) { d.Store = failing{d.Store} })
	c := a.caller("o@example.org", domain.RoleUser)
	attempt := c.everything().attempt
	c.recorded(attempt, 1500)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url+base+"/attempts/"+attempt+"/deliveries.csv", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+c.key)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	got, err := io.ReadAll(response.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NoError(t, response.Body.Close())
	assert.NotEmpty(t, got)
	a.stop()
	assert.Contains(t, a.log.String(), "the disk is broken")
}

func TestHistory(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	m := c.everything()
	path := base + "/mailings/" + m.mailing + "/history"
	assert.Empty(t, c.do("GET", path, nil).want(http.StatusOK).items(), "what has not begun is no history")
	c.recorded(m.attempt, 10)
	c.exec(`UPDATE mailings SET name = '@SUM(A1)' WHERE id = $1`, m.mailing)
	c.exec(`INSERT INTO attempts (id, mailing_id, owner_id, kind, occurrence_at, due_at, status, finished_at, created_at, reason)
		SELECT gen_random_uuid(), $1, owner_id, 'scheduled', d, d, 'missed', now(), now(), 'nothing could start it'
		FROM mailings, generate_series('2026-01-01'::timestamptz, '2026-01-05', '1 day') d WHERE mailings.id = $1`, m.mailing)

	items := c.do("GET", path, nil).want(http.StatusOK).items()
	require.Len(t, items, 6)
	ran, missed := items[0], items[1]
	if ran["status"] == "missed" { // the clock of the machine may show an earlier year
		ran, missed = items[5], items[0]
	}
	assert.Equal(t, m.attempt, ran["attempt_id"])
	assert.EqualValues(t, 1500, ran["duration_ms"])
	assert.EqualValues(t, 0, ran["late_ms"])
	assert.EqualValues(t, 10, ran["audience"])
	assert.Equal(t, "missed", missed["status"])
	for _, field := range []string{"late_ms", "duration_ms", "audience", "started_at", "result"} {
		assert.Nil(t, missed[field], "%s of what never ran is not known", field)
	}
	var paged []object
	for cursor := ""; ; {
		page := c.do("GET", path+"?limit=4&cursor="+url.QueryEscape(cursor), nil).want(http.StatusOK)
		paged = append(paged, page.items()...)
		next, more := page.body["next_cursor"].(string)
		if !more {
			break
		}
		cursor = next
	}
	assert.Equal(t, items, paged)
	some := "?from=" + url.QueryEscape("2026-01-02T03:00:00+03:00") + "&to=2026-01-04T00:00:00Z"
	assert.Len(t, c.do("GET", path+some, nil).want(http.StatusOK).items(), 2)
	assert.Equal(t, []string{"to"}, c.do("GET", path+"?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z", nil).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	assert.Equal(t, []string{"cursor"}, c.do("GET", path+"?cursor=x", nil).problem(http.StatusUnprocessableEntity, "validation_failed").fields())

	file := c.do("GET", path+".csv"+some, nil).table()
	require.Len(t, file, 3)
	assert.Equal(t, "attempt_id,mailing_id,mailing_name,kind,due_at,started_at,finished_at,status,result,late_ms,duration_ms,audience,sent,failed,deferred,unknown,skipped,expired,reason", strings.Join(file[0], ","))
	assert.Equal(t, []string{"'@SUM(A1)", "scheduled", "2026-01-03T00:00:00Z", ""}, file[1][2:6])
	assert.Equal(t, []string{"missed", "", "", "", "", "0"}, file[1][7:13])
	assert.Len(t, c.do("GET", base+"/reports/mailings.csv", nil).table(), 7)
	assert.Len(t, c.do("GET", base+"/reports/mailings.csv"+some, nil).table(), 3)
	c.do("DELETE", base+"/mailings/"+m.mailing, nil).want(http.StatusNoContent)
	assert.Len(t, c.do("GET", path, nil).want(http.StatusOK).items(), 6, "a deleted mailing keeps its history")
	stranger, manager := c.caller("s@example.org", domain.RoleUser), c.caller("m@example.org", domain.RoleManager)
	assert.Len(t, stranger.do("GET", base+"/reports/mailings.csv", nil).table(), 1)
	assert.Len(t, manager.do("GET", base+"/reports/mailings.csv", nil).table(), 7)
}

func TestSummary(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	path := base + "/reports/summary"
	empty := c.do("GET", path, nil).want(http.StatusOK).body
	assert.Equal(t, []any{}, empty["problems"])
	assert.EqualValues(t, 0, empty["clients_reached"])
	assert.Equal(t, []any{}, empty["attention"])
	m := c.everything()
	c.recorded(m.attempt, 100)
	c.exec(`UPDATE deliveries SET outcome = 'unknown', response = 'lost' WHERE client_id = 1`)
	c.exec(`UPDATE attempts SET sent = sent - 1, unknown = 1 WHERE id = $1`, m.attempt)
	c.exec(`UPDATE mailings SET status = 'disabled', reason = 'complaints' WHERE id = $1`, m.mailing)
	s := c.do("GET", path+"?time_zone=Asia/Tokyo", nil).want(http.StatusOK).body
	assert.Equal(t, "Asia/Tokyo", s["time_zone"])
	assert.Equal(t, object{"sent": 89.0, "failed": 10.0, "deferred": 0.0, "unknown": 1.0, "skipped": 0.0, "expired": 0.0}, s["totals"])
	assert.EqualValues(t, 89, s["clients_reached"])
	assert.EqualValues(t, 1, s["clients"])
	attempts, _ := s["attempts"].(object)
	assert.EqualValues(t, 1, attempts["partial"])
	assert.EqualValues(t, 1, attempts["all"])
	mailings, _ := s["mailings"].(object)
	assert.EqualValues(t, 1, mailings["disabled"])
	problems, _ := s["problems"].([]any)
	require.Len(t, problems, 2)
	worst, _ := problems[0].(object)
	assert.Equal(t, "Ok: queued as #", worst["pattern"])
	assert.EqualValues(t, 10, worst["count"])
	assert.Nil(t, worst["example_email"])
	days, _ := s["days"].([]any)
	require.Len(t, days, 30)
	sent := 0.0
	for _, d := range days {
		day, _ := d.(object)
		totals, _ := day["totals"].(object)
		n, _ := totals["sent"].(float64)
		sent += n
	}
	assert.InDelta(t, 89, sent, 0)
	tokyo, err := domain.LoadZone("Asia/Tokyo")
	require.NoError(t, err)
	last, _ := days[29].(object)
	assert.Contains(t, []string{time.Now().In(tokyo).Format(time.DateOnly), time.Now().Add(-time.Minute).In(tokyo).Format(time.DateOnly)}, last["date"])
	attention, _ := s["attention"].([]any)
	assert.Equal(t, []any{
		object{"kind": "mailing_disabled", "mailing_id": m.mailing, "mailing_name": "Рассылка", "attempt_id": nil, "reason": "complaints", "reason_code": "manager", "unknown": nil},
		object{"kind": "unknown_outcomes", "mailing_id": m.mailing, "mailing_name": "Рассылка", "attempt_id": m.attempt, "reason": nil, "reason_code": nil, "unknown": 1.0},
	}, attention)

	other := c.caller("other@example.org", domain.RoleUser)
	for _, email := range []string{"C@Example.org", "d@example.org"} {
		other.do("POST", base+"/clients", object{"email": email}).want(http.StatusCreated)
	}
	manager := c.caller("manager@example.org", domain.RoleManager)
	assert.EqualValues(t, 2, other.do("GET", path, nil).want(http.StatusOK).body["clients"])
	assert.EqualValues(t, 3, manager.do("GET", path, nil).want(http.StatusOK).body["clients"], "of everybody")
	past := c.do("GET", path+"?to=2020-03-01T00:00:00Z", nil).want(http.StatusOK).body
	assert.Equal(t, "2020-01-31T00:00:00Z", past["from"], "30 days of which the last is 29 February")
	past = c.do("GET", path+"?from=2020-02-28T12:00:00Z&to=2020-03-01T12:00:00Z", nil).want(http.StatusOK).body
	assert.Len(t, past["days"], 3)
	for query, field := range map[string]string{
		"?time_zone=Mars": "time_zone", "?from=2020-01-01T00:00:00Z&to=2022-01-01T00:00:00Z": "from", "?from=9000-01-01T00:00:00Z": "to",
		"?from=yesterday": "from",
	} {
		assert.Equal(t, []string{field}, c.do("GET", path+query, nil).problem(http.StatusUnprocessableEntity, "validation_failed").fields(), query)
	}
}
