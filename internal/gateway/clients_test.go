package gateway_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// pages goes through all pages of a list, size items at a time, and returns one field of each item.
func (c *caller) pages(path string, size int, field string) []any {
	c.t.Helper()
	var out []any
	for cursor := ""; ; {
		got := c.do("GET", fmt.Sprintf("%s%s?limit=%d%s", base, path, size, cursor), nil).want(http.StatusOK)
		require.LessOrEqual(c.t, len(got.items()), size)
		for _, item := range got.items() {
			out = append(out, item[field])
		}
		if got.body["next_cursor"] == nil {
			return out
		}
		cursor = fmt.Sprintf("&cursor=%v", got.body["next_cursor"])
	}
}

func TestAClientsHistoryNamesWhatItWasSent(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.caller("o@example.org", domain.RoleUser)
	m := c.everything()
	other := c.client("two@example.org")
	history := "/clients/" + m.client + "/deliveries"
	assert.Empty(t, c.do("GET", base+history, nil).want(http.StatusOK).items())

	// Six attempts of the owner: the client was a recipient of every other one. One is planned only.
	began := time.Now().Add(-time.Hour)
	var sent []any
	for i := range 6 {
		attempt := domain.NewID(began.Add(time.Duration(i) * time.Minute)).String()
		a.exec(`INSERT INTO attempts (id, mailing_id, owner_id, kind, due_at, status, result, started_at, created_at)
			VALUES ($1, $2, $3, 'manual', $4, 'finished', 'partial', $4, $4)`, attempt, m.mailing, c.user.ID, began)
		client, outcome := other, "sent"
		if i%2 == 0 {
			client, outcome = m.client, "failed"
			sent = append([]any{attempt}, sent...)
		}
		a.exec(`INSERT INTO deliveries SELECT $1, id, email, $2, '', 'rcpt', 550, '5.1.1', 'no such user', 'smtp', 2, $3 FROM clients WHERE uid = $4`, attempt, outcome, began, client)
	}
	for size := 1; size <= 4; size++ {
		assert.Equal(t, sent, c.pages(history, size, "attempt_id"), "newest first, none twice and none left out")
	}
	newest := c.do("GET", base+history, nil).items()[0]
	assert.Equal(t, object{"id": m.mailing, "name": c.do("GET", base+"/mailings/"+m.mailing, nil).body["name"], "deleted": false}, newest["mailing"])
	for field, want := range map[string]any{"email": "one@example.org", "outcome": "failed", "phase": "rcpt", "code": 550.0, "enhanced": "5.1.1", "response": "no such user", "provider": "smtp", "tries": 2.0} {
		assert.Equal(t, want, newest[field], field)
	}

	// It is known by its key, not by its address, and a mailing that is gone is still named.
	c.do("PATCH", base+"/clients/"+m.client, object{"email": "renamed@example.org"}).want(http.StatusOK)
	a.exec("UPDATE mailings SET deleted_at = now()")
	newest = c.do("GET", base+history, nil).items()[0]
	assert.Equal(t, "one@example.org", newest["email"], "as it was then")
	assert.Equal(t, true, newest["mailing"].(object)["deleted"])

	stranger, manager := a.caller("s@example.org", domain.RoleUser), a.caller("m@example.org", domain.RoleManager)
	stranger.do("GET", base+history, nil).problem(http.StatusNotFound, "client_not_found")
	assert.Equal(t, sent, manager.pages(history, 2, "attempt_id"))
	c.do("GET", base+history+"?cursor=x", nil).problem(http.StatusUnprocessableEntity, "validation_failed")
	c.do("DELETE", base+"/clients/"+m.client, nil).want(http.StatusNoContent)
	c.do("GET", base+history, nil).problem(http.StatusNotFound, "client_not_found")
}

func TestClientsAreFilteredByWhetherTheyAreSuppressed(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	for i := range 4 {
		c.client(fmt.Sprintf("c%d@example.org", i))
	}
	for _, gone := range []string{"C1@example.org", "c3@example.org", "nobody@example.org"} {
		c.do("POST", base+"/suppressions", object{"email": gone, "reason": "asked for it"}).want(http.StatusCreated)
	}
	for query, want := range map[string][]any{
		"":                           {"c3@example.org", "c2@example.org", "c1@example.org", "c0@example.org"},
		"?suppressed=true":           {"c3@example.org", "c1@example.org"},
		"?suppressed=false":          {"c2@example.org", "c0@example.org"},
		"?suppressed=true&q=c1":      {"c1@example.org"},
		"?suppressed=false&q=c1":     nil,
		"?suppressed=true&q=nobody@": nil,
	} {
		var got []any
		for _, item := range c.do("GET", base+"/clients"+query, nil).want(http.StatusOK).items() {
			got = append(got, item["email"])
		}
		assert.Equal(t, want, got, query)
	}
	c.do("GET", base+"/clients?suppressed=perhaps", nil).problem(http.StatusUnprocessableEntity, "validation_failed")
}

func TestImportsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c, stranger := a.caller("o@example.org", domain.RoleUser), a.caller("s@example.org", domain.RoleUser)
	assert.Empty(t, c.do("GET", base+"/imports", nil).want(http.StatusOK).items())
	stranger.upload("", "email\ntheirs@example.org\n")
	var want []any
	for i := range 5 {
		im := c.upload("", fmt.Sprintf("email\nc%d@example.org\nbad\n", i))
		want = append([]any{im["id"]}, want...)
	}
	// One whose caller gave it an id that is not made of the time.
	c.upload("?id=00000000-0000-4000-8000-000000000001", "email\nlast@example.org\n")
	want = append([]any{"00000000-0000-4000-8000-000000000001"}, want...)
	for size := 1; size <= 7; size++ {
		assert.Equal(t, want, c.pages("/imports", size, "id"))
	}
	first := c.do("GET", base+"/imports", nil).items()[1]
	assert.Equal(t, c.do("GET", base+"/imports/"+fmt.Sprint(first["id"]), nil).want(http.StatusOK).body, first)
	assert.EqualValues(t, 1, first["rejected"])
}
