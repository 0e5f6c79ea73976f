package gateway_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestRecipientsAreGrouped(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.caller("o@example.org", domain.RoleUser)
	path := base + "/reports/recipients"
	assert.Equal(t, []any{}, c.do("GET", path+"?by=domain", nil).want(http.StatusOK).body["groups"])
	m := c.everything()
	c.recorded(m.attempt, 100)
	c.exec(`UPDATE deliveries SET email = 'c' || client_id || '@shop.example' WHERE client_id <= 5`)
	c.exec(`UPDATE deliveries SET email = '', provider = '' WHERE client_id = 6`)
	c.exec(`UPDATE deliveries SET provider = 'backup' WHERE client_id BETWEEN 7 AND 9`)

	counts := func(sent, failed float64) object {
		return object{"sent": sent, "failed": failed, "deferred": 0.0, "unknown": 0.0, "skipped": 0.0, "expired": 0.0}
	}
	none := object{"groups": 0.0, "totals": counts(0, 0)}
	got := c.do("GET", path, nil).want(http.StatusOK).body
	assert.Equal(t, []any{
		object{"name": "example.org", "totals": counts(84, 10)},
		object{"name": "shop.example", "totals": counts(5, 0)},
		object{"name": nil, "totals": counts(1, 0)},
	}, got["groups"])
	assert.Equal(t, none, got["others"])
	got = c.do("GET", path+"?by=provider&mailing_id="+m.mailing, nil).want(http.StatusOK).body
	assert.Equal(t, []any{
		object{"name": "smtp", "totals": counts(86, 10)},
		object{"name": "backup", "totals": counts(3, 0)},
		object{"name": nil, "totals": counts(1, 0)},
	}, got["groups"])

	manager := a.caller("manager@example.org", domain.RoleManager)
	assert.Len(t, manager.do("GET", path+"?by=provider", nil).want(http.StatusOK).body["groups"], 3)
	assert.Equal(t, []any{}, c.do("GET", path+"?by=provider&to=2020-01-01T00:00:00Z", nil).want(http.StatusOK).body["groups"])
	stranger := a.caller("stranger@example.org", domain.RoleUser)
	assert.Equal(t, []any{}, stranger.do("GET", path+"?by=provider", nil).want(http.StatusOK).body["groups"])
	stranger.do("GET", path+"?by=provider&mailing_id="+m.mailing, nil).problem(http.StatusNotFound, "mailing_not_found")
	c.do("GET", path+"?by=colour", nil).problem(http.StatusUnprocessableEntity, "validation_failed")

	c.exec(`INSERT INTO deliveries SELECT attempt_id, 1000 + n, 'x@d' || n || '.example', 'sent', '', 'dot', 250, '', '', 'smtp', 1, now()
		FROM generate_series(1, 60) n, (SELECT DISTINCT attempt_id FROM deliveries) d`)
	assert.Nil(t, c.do("GET", path+"?by=domain", nil).want(http.StatusOK).body["groups"], "the ledger and the attempts do not agree")
	c.exec(`UPDATE attempts SET sent = sent + 60, audience = audience + 60 WHERE id = $1`, m.attempt)
	got = c.do("GET", path+"?by=domain", nil).want(http.StatusOK).body
	assert.Len(t, got["groups"], domain.TopGroups)
	assert.Equal(t, object{"groups": 13.0, "totals": counts(13, 0)}, got["others"])
}

func TestWhenTheDeferredAreTriedAgain(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	m := c.everything()
	path := base + "/attempts/" + m.attempt
	assert.Nil(t, c.do("GET", path, nil).want(http.StatusOK).body["next_try_at"])
	c.exec(`UPDATE attempts SET status = 'running', started_at = due_at, audience = 3 WHERE id = $1`, m.attempt)
	chunk := `INSERT INTO chunks (attempt_id, try, client_ids, status, due_at) VALUES ($1, $2, '{1}', $3, $4)`
	c.exec(chunk, m.attempt, 1, "pending", "2027-03-01T09:00:00Z")
	assert.Nil(t, c.do("GET", path, nil).want(http.StatusOK).body["next_try_at"], "a first try is none")
	c.exec(chunk, m.attempt, 2, "done", "2027-03-01T09:05:00Z")
	c.exec(chunk, m.attempt, 3, "pending", "2027-03-01T09:20:00Z")
	c.exec(chunk, m.attempt, 2, "pending", "2027-03-01T09:10:00Z")
	assert.Equal(t, "2027-03-01T09:10:00Z", c.do("GET", path, nil).want(http.StatusOK).body["next_try_at"])
}
