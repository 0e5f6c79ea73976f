package app_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// counts are an attempt's totals as every report shows them.
type counts struct {
	Sent     int `json:"sent"`
	Failed   int `json:"failed"`
	Deferred int `json:"deferred"`
	Unknown  int `json:"unknown"`
	Skipped  int `json:"skipped"`
	Expired  int `json:"expired"`
}

func (c counts) all() int { return c.Sent + c.Failed + c.Deferred + c.Unknown + c.Skipped + c.Expired }

// asker calls the API of one process with a key of the rig's owner.
type asker struct {
	t    *testing.T
	base string
	key  string
}

func (r *rig) asker(t *testing.T, addr string) asker {
	t.Helper()
	key, err := r.Store.CreateAPIKey(t.Context(), r.Owner, "test")
	require.NoError(t, err)
	return asker{t, "http://" + addr + "/api/v1", key}
}

// open returns the body of an answer; the test's end closes it.
func (a asker) open(path string) io.Reader {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.base+path, nil)
	require.NoError(a.t, err)
	request.Header.Set("Authorization", "Bearer "+a.key)
	response, err := http.DefaultClient.Do(request)
	require.NoError(a.t, err)
	a.t.Cleanup(func() { _ = response.Body.Close() })
	require.Equal(a.t, http.StatusOK, response.StatusCode, path)
	return response.Body
}

func (a asker) json(path string, into any) {
	a.t.Helper()
	require.NoError(a.t, json.NewDecoder(a.open(path)).Decode(into))
}

// rows counts the lines of a CSV file but the first.
func (a asker) rows(path string) int {
	a.t.Helper()
	raw, err := io.ReadAll(a.open(path))
	require.NoError(a.t, err)
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	require.NoError(a.t, err)
	return len(rows) - 1
}

// follow reads an attempt's progress to its end: how many events came, and the last one.
func (a asker) follow(attempt domain.ID) (events int, name string, last counts) {
	a.t.Helper()
	for lines := bufio.NewScanner(a.open("/attempts/" + attempt.String() + "/progress")); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			events, name = events+1, value
		}
		if value, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			require.NoError(a.t, json.Unmarshal([]byte(value), &last))
		}
	}
	return events, name, last
}

// requireReports checks that everything the API says of an attempt is what the ledger and the mail server say.
func (r *rig) requireReports(t *testing.T, api asker, a domain.Attempt) {
	t.Helper()
	r.RequireLedger(a)
	want := counts{a.Totals.Sent, a.Totals.Failed, a.Totals.Deferred, a.Totals.Unknown, a.Totals.Skipped, a.Totals.Expired}
	path := "/attempts/" + a.ID.String()
	var report counts
	api.json(path, &report)
	require.Equal(t, want, report)
	var statistics struct {
		Totals    counts `json:"totals"`
		Responses []struct {
			Pattern string `json:"pattern"`
			Count   int    `json:"count"`
		} `json:"responses"`
		Timeline []struct {
			Totals counts `json:"totals"`
		} `json:"timeline"`
	}
	api.json(path+"/statistics", &statistics)
	require.Equal(t, want, statistics.Totals)
	said, timed := 0, 0
	for _, g := range statistics.Responses {
		said += g.Count
	}
	for _, b := range statistics.Timeline {
		timed += b.Totals.all()
	}
	require.Equal(t, want.all(), said)
	require.Equal(t, want.all(), timed)
	require.Equal(t, want.all(), api.rows(path+"/deliveries.csv"))
	require.Equal(t, want.Failed, api.rows(path+"/deliveries.csv?outcome=failed"))
	var history struct {
		Items []struct {
			Totals counts `json:"totals"`
		} `json:"items"`
	}
	api.json("/mailings/"+a.MailingID.String()+"/history", &history)
	require.Len(t, history.Items, 1)
	require.Equal(t, want, history.Items[0].Totals)
	require.Equal(t, 1, api.rows("/mailings/"+a.MailingID.String()+"/history.csv"))
	var summary struct {
		Totals  counts `json:"totals"`
		Reached int    `json:"clients_reached"`
	}
	require.Eventually(t, func() bool { // it is kept for a second
		api.json("/reports/summary", &summary)
		return summary.Totals.Sent == r.sink.Count()
	}, 10*time.Second, 100*time.Millisecond, "the summary and the mail server")
	require.Equal(t, r.Int(`SELECT count(DISTINCT client_id) FROM deliveries WHERE outcome = 'sent'`), summary.Reached)
	require.Equal(t, r.Int(`SELECT count(*) FROM attempts WHERE status <> 'planned'`), api.rows("/reports/mailings.csv"))
}

func TestEveryReportIsTheLedgerIsTheMailServer(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3000, smtptest.SinkOptions{Latency: slow, Refuse: func(recipient string, _ int) string {
		if strings.HasPrefix(recipient, "client-7") {
			return "550 5.1.1 <" + recipient + ">: no such user"
		}
		return ""
	}})
	addr, stop := r.serve(t, app.Jobs{Gateway: true, Planner: true, Sender: true})
	t.Cleanup(stop)
	api := r.asker(t, addr)
	for _, redis := range []string{"there", "away"} {
		if redis == "away" {
			r.redis.Stop()
		}
		m := r.Mailing(nil)
		started := r.WaitFor(m.ID, 30*time.Second, "its start", startedSending)
		began := time.Now()
		events, name, last := api.follow(started.ID)
		took := time.Since(began)
		t.Logf("Redis is %s: %d events in %s", redis, events, took)
		require.Equal(t, "done", name)
		require.GreaterOrEqual(t, events, int(took.Seconds()*2)-1, "at least twice a second")
		a := r.WaitEnd(m.ID, time.Minute)
		require.Equal(t, a.Totals.Sent, last.Sent)
		if redis == "there" {
			require.Equal(t, 111, a.Totals.Failed, "client-7, -70 to -79, -700 to -799")
			require.Equal(t, r.sink.Count(), a.Totals.Sent)
		} else {
			require.Equal(t, 111, a.Totals.Skipped, "they are suppressed by now")
			require.Equal(t, r.sink.Count(), 2*a.Totals.Sent)
		}
		r.requireReports(t, api, a)
		r.requireSink(t, r.sink)
	}
}

func TestAProcessThatStopsEndsItsStreams(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, smtptest.SinkOptions{})
	addr, stop := r.serve(t, app.Jobs{Gateway: true, Planner: true})
	api := r.asker(t, addr)
	m := r.Mailing(func(m *domain.Mailing) { m.Schedule.Start = time.Now().Add(time.Hour) })
	a := r.WaitFor(m.ID, 20*time.Second, "its plan", func(domain.Attempt) bool { return true })
	stream := api.open("/attempts/" + a.ID.String() + "/progress")
	began := time.Now()
	stop()
	require.Less(t, time.Since(began), 10*time.Second, "nobody waits for those who watch")
	_, err := io.ReadAll(stream)
	require.NoError(t, err, "the stream was ended, not cut")
}
