package gateway_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// send gives everyone in the attempt's open chunks what a mail server answers.
func (a *api) send(attempt string, outcome domain.Outcome, reply domain.Reply) {
	a.t.Helper()
	id, err := domain.ParseID(attempt)
	require.NoError(a.t, err)
	_, err = a.store.StartAttempt(a.t.Context(), id) // one that has begun stays as it is
	require.NoError(a.t, err)
	var chunk int64
	require.NoError(a.t, a.connect().QueryRow(a.t.Context(), "SELECT id FROM chunks WHERE attempt_id = $1 AND status = 'pending'", id).Scan(&chunk))
	token := domain.NewID(time.Now())
	l, err := a.store.LeaseChunk(a.t.Context(), chunk, token, time.Minute)
	require.NoError(a.t, err)
	require.Equal(a.t, domain.Leased, l.State)
	found, err := a.store.Recipients(a.t.Context(), l.Chunk.Clients)
	require.NoError(a.t, err)
	var rows []domain.Delivery
	for _, key := range l.Chunk.Clients {
		rows = append(rows, domain.Delivery{ClientKey: key, Email: found[key].Email, Receipt: domain.Receipt{
			Outcome: outcome, Class: domain.ClassRecipient, Reply: reply, Provider: "smtp", At: time.Now(),
		}})
	}
	n := len(rows)
	_, err = a.store.AdvanceWindow(a.t.Context(), chunk, token, time.Minute, nil, domain.Window{From: 0, To: n})
	require.NoError(a.t, err)
	_, err = a.store.AdvanceWindow(a.t.Context(), chunk, token, time.Minute, rows, domain.Window{From: n, To: n})
	require.NoError(a.t, err)
	for _, row := range rows {
		if outcome == domain.Failed {
			require.NoError(a.t, a.store.Suppress(a.t.Context(), row.ClientKey, row.Email, reply.Text))
		}
	}
	require.NoError(a.t, a.store.FinishChunk(a.t.Context(), chunk, token))
}

func TestResendAndHistory(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.caller("o@example.org", domain.RoleUser)
	m := c.everything()
	path := base + "/attempts/" + m.attempt
	c.do("GET", path+"/deliveries/"+m.client, nil).problem(http.StatusNotFound, "delivery_not_found")
	c.do("POST", path+"/resend", nil).problem(http.StatusConflict, "nothing_to_resend")
	a.send(m.attempt, domain.Failed, domain.Reply{Phase: domain.PhaseRcpt, Code: 550, Enhanced: "5.1.1", Text: "no such user"})

	refused := c.do("POST", path+"/resend", object{"outcomes": []string{"failed"}}).problem(http.StatusConflict, "nothing_to_resend")
	assert.Contains(t, refused.body["detail"], "lift the suppression")
	suppressions := c.do("GET", base+"/suppressions?q=ONE", nil).want(http.StatusOK).items()
	require.Len(t, suppressions, 1)
	assert.Equal(t, "one@example.org", suppressions[0]["email"])
	assert.Equal(t, "no such user", suppressions[0]["reason"])
	assert.Equal(t, m.attempt, suppressions[0]["attempt_id"])
	assert.Equal(t, m.mailing, suppressions[0]["mailing_id"])
	assert.Equal(t, "Рассылка", suppressions[0]["mailing_name"])
	c.do("DELETE", base+"/suppressions/one%40example.org", nil).want(http.StatusNoContent)
	assert.Nil(t, c.do("GET", base+"/clients/"+m.client, nil).body["suppressed"])

	assert.Equal(t, []string{"outcomes.0"}, c.do("POST", path+"/resend", object{"outcomes": []string{"sent"}}).want(http.StatusUnprocessableEntity).fields())
	other := c.client("other@example.org")
	assert.Equal(t, []string{"client_ids.1"}, c.do("POST", path+"/resend", object{"client_ids": []string{m.client, other}}).want(http.StatusUnprocessableEntity).fields())
	ask := func() answer {
		return c.do("POST", path+"/resend", object{"outcomes": []string{"failed", "unknown"}, "client_ids": []string{m.client}}, "Idempotency-Key", "again").want(http.StatusAccepted)
	}
	first := ask()
	assert.EqualValues(t, 1, first.body["resent"])
	assert.EqualValues(t, 0, first.body["left_out"])
	attempt, ok := first.body["attempt"].(object)
	require.True(t, ok)
	assert.Equal(t, "running", attempt["status"])
	assert.Nil(t, attempt["finished_at"])
	assert.Nil(t, attempt["result"])
	assert.EqualValues(t, 1, attempt["deferred"])
	assert.Equal(t, string(first.raw), string(ask().raw), "the same request is not carried out twice")
	c.do("POST", path+"/resend", nil).problem(http.StatusConflict, "nothing_to_resend")

	a.send(m.attempt, domain.Sent, domain.Reply{Phase: domain.PhaseDot, Code: 250, Enhanced: "2.0.0", Text: "OK"})
	assert.Equal(t, "succeeded", c.do("GET", path, nil).want(http.StatusOK).body["result"])
	got := c.do("GET", path+"/deliveries/"+m.client, nil).want(http.StatusOK).body
	assert.Equal(t, "sent", got["outcome"])
	assert.EqualValues(t, 2, got["tries"])
	history, ok := got["history"].([]any)
	require.True(t, ok)
	require.Len(t, history, 2)
	for i, want := range []object{
		{"try": 1.0, "outcome": "failed", "phase": "rcpt", "code": 550.0, "enhanced": "5.1.1", "response": "no such user", "reason_code": nil, "provider": "smtp"},
		{"try": 2.0, "outcome": "sent", "phase": "dot", "code": 250.0, "enhanced": "2.0.0", "response": "OK", "reason_code": nil, "provider": "smtp"},
	} {
		entry, ok := history[i].(object)
		require.True(t, ok)
		assert.NotEmpty(t, entry["at"])
		delete(entry, "at")
		assert.Equal(t, want, entry)
	}
}

func TestSuppressions(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c, other := a.caller("o@example.org", domain.RoleUser), a.caller("other@example.org", domain.RoleUser)
	made := c.do("POST", base+"/suppressions", object{"email": " Анна+x@Пример.рф", "reason": "просила"}).want(http.StatusCreated)
	assert.Equal(t, "Анна+x@Пример.рф", made.body["email"])
	assert.Nil(t, made.body["attempt_id"])
	assert.Nil(t, made.body["mailing_id"])
	assert.Empty(t, made.body["mailing_name"])
	c.do("POST", base+"/suppressions", object{"email": "анна+X@xn--e1afmkfd.xn--p1ai", "reason": "again"}).problem(http.StatusConflict, "suppression_exists")
	other.do("POST", base+"/suppressions", object{"email": "анна+x@пример.рф", "reason": "theirs"}).want(http.StatusCreated)
	client := c.do("POST", base+"/clients", object{"email": "АННА+x@пример.рф"}).want(http.StatusCreated)
	suppressed, ok := client.body["suppressed"].(object)
	require.True(t, ok)
	assert.Equal(t, "просила", suppressed["reason"])
	assert.Equal(t, made.body["created_at"], suppressed["at"])

	assert.Equal(t, []string{"email", "reason"}, c.do("POST", base+"/suppressions", object{"email": "anna"}).want(http.StatusUnprocessableEntity).fields())
	for _, reason := range []any{"", "  ", "a\nb", nil, 7} {
		assert.Equal(t, []string{"reason"}, c.do("POST", base+"/suppressions", object{"email": "a@example.org", "reason": reason}).want(http.StatusUnprocessableEntity).fields(), reason)
	}
	for i := range 5 {
		c.do("POST", base+"/suppressions", object{"email": fmt.Sprintf("n%d%%x@example.org", i), "reason": "no"}).want(http.StatusCreated)
	}
	var seen []any
	for cursor, page := "", 0; ; page++ {
		got := c.do("GET", base+"/suppressions?limit=2&q=n&cursor="+cursor, nil).want(http.StatusOK)
		for _, item := range got.items() {
			seen = append(seen, item["email"])
		}
		if page == 0 { // what comes and goes meanwhile moves nothing
			c.do("POST", base+"/suppressions", object{"email": "new@example.org", "reason": "no"}).want(http.StatusCreated)
			c.do("DELETE", base+"/suppressions/"+url.PathEscape("n4%x@example.org"), nil).want(http.StatusNoContent)
		}
		next, more := got.body["next_cursor"].(string)
		if !more {
			break
		}
		cursor = url.QueryEscape(next)
	}
	assert.Equal(t, []any{"n4%x@example.org", "n3%x@example.org", "n2%x@example.org", "n1%x@example.org", "n0%x@example.org"}, seen)
	assert.Len(t, c.do("GET", base+"/suppressions?q="+url.QueryEscape("АНН"), nil).items(), 1)

	c.do("DELETE", base+"/suppressions/n0", nil).problem(http.StatusNotFound, "suppression_not_found")
	at := made.header.Get("Location")
	c.do("DELETE", at, nil).want(http.StatusNoContent)
	c.do("DELETE", at, nil).problem(http.StatusNotFound, "suppression_not_found")
	assert.Nil(t, c.do("GET", base+"/clients/"+client.id(), nil).body["suppressed"])
	assert.Len(t, other.do("GET", base+"/suppressions", nil).want(http.StatusOK).items(), 1, "another's stays")
	for _, spelling := range []string{"анна+x@пример.рф", "%D0%B0%D0%BD%D0%BD%D0%B0%2Bx%40xn--e1afmkfd.xn--p1ai"} {
		other.do("DELETE", base+"/suppressions/"+spelling, nil).want(http.StatusNoContent)
		other.do("POST", base+"/suppressions", object{"email": "анна+x@пример.рф", "reason": "theirs"}).want(http.StatusCreated)
	}
	slashed := other.do("POST", base+"/suppressions", object{"email": "sales/a+b%2Fc@example.org", "reason": "no"}).want(http.StatusCreated)
	assert.Equal(t, base+"/suppressions/sales%2Fa+b%252fc@example.org", slashed.header.Get("Location"))
	other.do("DELETE", base+"/suppressions/sales/a+b%252Fc@example.org", nil).problem(http.StatusNotFound, "not_found")
	other.do("DELETE", slashed.header.Get("Location"), nil).want(http.StatusNoContent)
}
