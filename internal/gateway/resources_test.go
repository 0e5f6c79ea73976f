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

func TestClients(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.caller("o@example.org", domain.RoleUser)
	created := c.do("POST", base+"/clients", object{
		"email": " Анна@Пример.рф ", "full_name": "Анна Смирнова", "comment": "строка\nи ещё", "attributes": object{"город": "Казань", "vip": "да"},
	}).want(http.StatusCreated)
	path := base + "/clients/" + created.id()
	assert.Equal(t, path, created.header.Get("Location"))
	assert.Equal(t, `"1"`, created.header.Get("ETag"))
	assert.Equal(t, "Анна@Пример.рф", created.body["email"])
	assert.Nil(t, created.body["suppressed"])
	assert.Equal(t, created.body, c.do("GET", path, nil).want(http.StatusOK).body)
	c.do("POST", base+"/clients", object{"email": "АННА@xn--e1afmkfd.xn--p1ai"}).problem(http.StatusConflict, "client_exists")

	changed := c.do("PATCH", path, object{"attributes": object{"город": "Самара", "vip": nil, "new": "1"}}).want(http.StatusOK)
	assert.Equal(t, object{"город": "Самара", "new": "1"}, changed.body["attributes"])
	assert.Equal(t, "строка\nи ещё", changed.body["comment"])
	other := c.client("other@example.org")
	c.do("PATCH", base+"/clients/"+other, object{"email": "анна@пример.рф"}).problem(http.StatusConflict, "client_exists")

	a.exec("INSERT INTO suppressions SELECT owner_id, email_key, '550 5.1.1 no such user', now() FROM clients WHERE uid = $1", other)
	suppressed, ok := c.do("GET", base+"/clients/"+other, nil).want(http.StatusOK).body["suppressed"].(object)
	require.True(t, ok)
	assert.Equal(t, "550 5.1.1 no such user", suppressed["reason"])
	c.do("DELETE", base+"/clients/"+other, nil).want(http.StatusNoContent)
	again := c.do("POST", base+"/clients", object{"email": "OTHER@example.org"}).want(http.StatusCreated)
	assert.NotNil(t, again.body["suppressed"], "deleting a client does not forget what the mail server said")
	for range 2 {
		c.do("DELETE", base+"/clients/"+again.id()+"/suppression", nil).want(http.StatusNoContent)
	}
	assert.Nil(t, c.do("GET", base+"/clients/"+again.id(), nil).body["suppressed"])

	c.do("DELETE", path, nil).want(http.StatusNoContent)
	c.do("GET", path, nil).problem(http.StatusNotFound, "client_not_found")
}

func TestClientsAreFoundByTheBeginningOfAddressOrName(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	for email, name := range map[string]string{"anna@example.org": "Смирнова Анна", "annex@example.org": "", "ivan_1@example.org": "Анна-Мария", "ivanx1@example.org": "100%"} {
		c.do("POST", base+"/clients", object{"email": email, "full_name": name}).want(http.StatusCreated)
	}
	for q, want := range map[string]int{"ann": 2, "ANN": 2, "Анна": 1, "Смир": 1, "смир": 1, "АННА": 1, "ivan_": 1, "%": 0, `\`: 0, "100%": 1, "nn": 0, "": 4} {
		assert.Len(t, c.do("GET", base+"/clients?q="+url.QueryEscape(q), nil).want(http.StatusOK).items(), want, q)
	}
}

func TestListsAndTheirClients(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	list, one, two := c.list("Казань"), c.client("one@example.org"), c.client("two@example.org")
	path := base + "/lists/" + list
	c.do("POST", base+"/lists", object{"name": "Казань"}).problem(http.StatusConflict, "list_exists")
	second := c.list("Самара")
	c.do("PATCH", base+"/lists/"+second, object{"name": "Казань"}).problem(http.StatusConflict, "list_exists")
	for range 2 {
		c.do("PUT", path+"/clients/"+one, nil).want(http.StatusNoContent)
	}
	c.do("PUT", path+"/clients/"+two, nil).want(http.StatusNoContent)
	assert.EqualValues(t, 2, c.do("GET", path, nil).want(http.StatusOK).body["clients"])
	members := c.do("GET", base+"/clients?list_id="+list, nil).items()
	require.Len(t, members, 2)
	assert.Equal(t, two, members[0]["id"], "newest first")
	assert.Len(t, c.do("GET", base+"/clients?q=one&list_id="+list, nil).items(), 1)
	for range 2 {
		c.do("DELETE", path+"/clients/"+one, nil).want(http.StatusNoContent)
	}
	c.do("DELETE", base+"/clients/"+two, nil).want(http.StatusNoContent)
	assert.EqualValues(t, 0, c.do("GET", path, nil).want(http.StatusOK).body["clients"])
	assert.Equal(t, "Татарстан", c.do("PATCH", path, object{"name": "Татарстан"}).want(http.StatusOK).body["name"])
}

func TestPages(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	message := c.message()
	list := c.list("L0")
	for i := range 5 {
		client := c.client(fmt.Sprintf("c%d@example.org", i))
		c.do("PUT", base+"/lists/"+list+"/clients/"+client, nil).want(http.StatusNoContent)
		if i > 0 {
			c.list(fmt.Sprint("L", i))
			c.message()
		}
		c.mailing(message, client)
	}
	for _, path := range []string{"/clients?", "/clients?q=c&", "/clients?list_id=" + list + "&", "/lists?", "/messages?", "/mailings?", "/mailings?status=scheduled&"} {
		all := c.do("GET", base+path, nil).want(http.StatusOK)
		require.Len(t, all.items(), 5, path)
		assert.Nil(t, all.body["next_cursor"], path)
		var paged []object
		cursor := ""
		for {
			page := c.do("GET", base+path+"limit=2&cursor="+cursor, nil).want(http.StatusOK)
			paged = append(paged, page.items()...)
			next, more := page.body["next_cursor"].(string)
			if !more {
				break
			}
			require.Len(t, page.items(), 2)
			cursor = url.QueryEscape(next)
		}
		assert.Equal(t, all.items(), paged, path)
		assert.Greater(t, all.items()[0]["created_at"], all.items()[4]["created_at"], "newest first: %s", path)
		exact := c.do("GET", base+path+"limit=5", nil).want(http.StatusOK)
		assert.Nil(t, exact.body["next_cursor"], "a full last page is the last one")
	}
	// A page goes on where it was even if its last item has been deleted since.
	page := c.do("GET", base+"/clients?limit=2", nil)
	c.do("DELETE", base+"/clients/"+fmt.Sprint(page.items()[1]["id"]), nil).want(http.StatusNoContent)
	assert.Len(t, c.do("GET", base+"/clients?cursor="+fmt.Sprint(page.body["next_cursor"]), nil).items(), 3)
}

func TestMessagesAndPreview(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	id := c.message()
	path := base + "/messages/" + id
	summary := c.do("GET", base+"/messages", nil).items()[0]
	assert.NotContains(t, summary, "html")
	client := c.do("POST", base+"/clients", object{"email": "a@example.org", "full_name": "Иван"}).want(http.StatusCreated).id()
	preview := c.do("POST", path+"/preview", object{"client_id": client}).want(http.StatusOK)
	assert.Equal(t, "Здравствуйте, Иван!", preview.body["subject"])
	for _, body := range []any{nil, object{}} {
		assert.Equal(t, "Здравствуйте, Анна Смирнова!", c.do("POST", path+"/preview", body).want(http.StatusOK).body["subject"])
	}
	assert.Equal(t, []string{"subject"}, c.do("PATCH", path, object{"subject": "{{ x"}).want(http.StatusUnprocessableEntity).fields())
	assert.Equal(t, []string{"html"}, c.do("PATCH", path, object{"html": ""}).want(http.StatusUnprocessableEntity).fields())
	changed := c.do("PATCH", path, object{"html": "", "text": "Привет"}).want(http.StatusOK)
	assert.Equal(t, changed.body, c.do("GET", path, nil).body)
	c.do("DELETE", path, nil).want(http.StatusNoContent)
}

func TestMailings(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c, manager := a.caller("o@example.org", domain.RoleUser), a.caller("m@example.org", domain.RoleManager)
	message, client, list := c.message(), c.client("a@example.org"), c.list("L")

	plain := c.do("POST", base+"/mailings", object{"name": "Сразу", "message_id": message, "client_ids": []string{client, client}}).want(http.StatusCreated)
	start, err := time.Parse(time.RFC3339, fmt.Sprint(plain.body["start_at"]))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), start, time.Minute)
	assert.Equal(t, []any{client}, plain.body["client_ids"])
	for field, want := range map[string]any{"time_zone": "UTC", "periodicity": "once", "on_unknown": "hold", "draft": false, "status": "scheduled", "reason": "", "end_at": nil} {
		assert.Equal(t, want, plain.body[field], field)
	}

	full := object{
		"name": "Еженедельно", "message_id": message, "client_ids": []string{client}, "list_ids": []string{list}, "start_at": "2040-03-01T09:00:00+03:00",
		"end_at": "2041-01-01T00:00:00Z", "time_zone": "Europe/Moscow", "periodicity": "weekly", "draft": true, "on_unknown": "resend",
	}
	draft := c.do("POST", base+"/mailings", full).want(http.StatusCreated)
	path := base + "/mailings/" + draft.id()
	assert.Equal(t, path, draft.header.Get("Location"))
	assert.Equal(t, "draft", draft.body["status"])
	assert.Equal(t, "2040-03-01T06:00:00Z", draft.body["start_at"])
	scheduled := c.do("PATCH", path, object{"draft": false, "end_at": nil, "list_ids": []string{}}).want(http.StatusOK)
	assert.Equal(t, "scheduled", scheduled.body["status"])
	assert.Nil(t, scheduled.body["end_at"])
	assert.Equal(t, []any{}, scheduled.body["list_ids"])
	assert.Equal(t, "Europe/Moscow", scheduled.body["time_zone"])
	assert.Equal(t, []string{"draft"}, c.do("PATCH", path, object{"draft": true}).want(http.StatusUnprocessableEntity).fields())
	assert.ElementsMatch(t, []string{"time_zone", "end_at", "name"}, c.do("PATCH", path, object{"time_zone": "Mars", "end_at": "2030-01-01T00:00:00Z", "name": 7}).want(http.StatusUnprocessableEntity).fields())
	assert.Empty(t, c.do("GET", base+"/mailings?status=draft", nil).items())

	assert.Equal(t, "paused", c.do("POST", path+"/pause", nil).want(http.StatusOK).body["status"])
	c.do("POST", path+"/start", nil).want(http.StatusConflict)
	assert.Equal(t, "scheduled", c.do("POST", path+"/resume", nil).want(http.StatusOK).body["status"])
	c.do("POST", path+"/disable", object{"reason": "no"}).problem(http.StatusForbidden, "role_required")
	c.do("POST", path+"/enable", nil).problem(http.StatusForbidden, "role_required")
	manager.do("GET", path, nil).want(http.StatusOK)
	for _, reason := range []any{"", nil, 5, "a\nb"} {
		assert.Equal(t, []string{"reason"}, manager.do("POST", path+"/disable", object{"reason": reason}).want(http.StatusUnprocessableEntity).fields())
	}
	disabled := manager.do("POST", path+"/disable", object{"reason": "жалобы на тему"}).want(http.StatusOK)
	assert.Equal(t, "disabled", disabled.body["status"])
	assert.Equal(t, "жалобы на тему", c.do("GET", path, nil).body["reason"])
	c.do("POST", path+"/start", nil).want(http.StatusConflict)
	assert.Equal(t, "scheduled", manager.do("POST", path+"/enable", nil).want(http.StatusOK).body["status"])
}

func TestAttemptsAndDeliveries(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.caller("o@example.org", domain.RoleUser)
	m := c.everything()
	attempts := c.do("GET", base+"/mailings/"+m.mailing+"/attempts", nil).want(http.StatusOK).items()
	require.Len(t, attempts, 1)
	path := base + "/attempts/" + m.attempt
	assert.Equal(t, attempts[0], c.do("GET", path, nil).want(http.StatusOK).body)
	assert.Equal(t, m.mailing, attempts[0]["mailing_id"])
	assert.Nil(t, attempts[0]["result"])
	assert.Empty(t, c.do("GET", path+"/deliveries", nil).want(http.StatusOK).items())
	for i, outcome := range []string{"sent", "failed", "sent"} {
		client := c.client(fmt.Sprintf("r%d@example.org", i))
		a.exec(`INSERT INTO deliveries SELECT $1, id, email, $2, '', 'dot', 250, '2.0.0', 'OK', 'smtp', 1, now() FROM clients WHERE uid = $3`, m.attempt, outcome, client)
	}
	first := c.do("GET", path+"/deliveries?limit=2", nil).want(http.StatusOK)
	require.Len(t, first.items(), 2)
	assert.Equal(t, "r0@example.org", first.items()[0]["email"])
	assert.Equal(t, "dot", first.items()[0]["phase"])
	assert.Equal(t, "2.0.0", first.items()[0]["enhanced"])
	rest := c.do("GET", path+"/deliveries?limit=2&cursor="+fmt.Sprint(first.body["next_cursor"]), nil).want(http.StatusOK)
	require.Len(t, rest.items(), 1)
	assert.Equal(t, "r2@example.org", rest.items()[0]["email"])
	assert.Nil(t, rest.body["next_cursor"])
	gone := c.do("GET", path+"/deliveries?outcome=failed", nil).want(http.StatusOK).items()
	require.Len(t, gone, 1)
	c.do("DELETE", base+"/clients/"+fmt.Sprint(gone[0]["client_id"]), nil).want(http.StatusNoContent)
	kept := c.do("GET", path+"/deliveries?outcome=failed", nil).want(http.StatusOK).items()
	assert.Nil(t, kept[0]["client_id"])
	assert.Equal(t, "r1@example.org", kept[0]["email"], "the ledger keeps the address")
}
