package gateway_test

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
)

func TestARepeatWithTheSameKeyGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c, other := a.caller("o@example.org", domain.RoleUser), a.caller("p@example.org", domain.RoleUser)
	body := object{"email": "анна@пример.рф"}
	first := c.do("POST", base+"/clients", body, "Idempotency-Key", "k1").want(http.StatusCreated)
	assert.Empty(t, first.header.Get("Idempotency-Replayed"))
	again := c.do("POST", base+"/clients", body, "Idempotency-Key", "k1").want(http.StatusCreated)
	assert.Equal(t, string(first.raw), string(again.raw))
	assert.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
	for _, name := range []string{"ETag", "Location", "Content-Type"} {
		assert.Equal(t, first.header.Get(name), again.header.Get(name))
	}
	c.do("POST", base+"/clients", object{"email": "b@example.org"}, "Idempotency-Key", "k1").problem(http.StatusUnprocessableEntity, "idempotency_key_reused")
	c.do("POST", base+"/lists", body, "Idempotency-Key", "k1").problem(http.StatusUnprocessableEntity, "idempotency_key_reused")
	c.do("POST", base+"/clients", body, "Idempotency-Key", "k2").problem(http.StatusConflict, "client_exists")
	c.do("POST", base+"/clients", body).problem(http.StatusConflict, "client_exists")
	other.do("POST", base+"/clients", body, "Idempotency-Key", "k1").want(http.StatusCreated)

	// Refusals are answers too, and an answer without a body is one.
	refused := c.do("POST", base+"/lists", object{"name": ""}, "Idempotency-Key", "k3").problem(http.StatusUnprocessableEntity, "validation_failed")
	assert.Equal(t, string(refused.raw), string(c.do("POST", base+"/lists", object{"name": ""}, "Idempotency-Key", "k3").want(http.StatusUnprocessableEntity).raw))
	path := base + "/clients/" + first.id()
	c.do("DELETE", path, nil, "Idempotency-Key", "k4").want(http.StatusNoContent)
	c.do("DELETE", path, nil, "Idempotency-Key", "k4").want(http.StatusNoContent)
	c.do("DELETE", path, nil).want(http.StatusNotFound)
	for _, bad := range []string{"with space", "кириллица", string(make([]byte, 256))} {
		if bad[0] == 0 {
			bad = fmt.Sprintf("%0256d", 1)
		}
		assert.Equal(t, []string{"Idempotency-Key"}, c.do("POST", base+"/lists", object{"name": "x"}, "Idempotency-Key", bad).want(http.StatusUnprocessableEntity).fields())
	}

	a.exec("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
	c.do("POST", base+"/lists", object{"name": "after a day"}, "Idempotency-Key", "k1").want(http.StatusCreated)
	purged, err := a.store.PurgeIdempotency(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 4, purged)
}

func TestARepeatDuringTheFirstIsToldToWait(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	a := newAPI(t, func(d *gateway.Deps) {
		d.CheckMessage = func(domain.Message) []domain.FieldError {
			entered <- struct{}{}
			<-leave
			return nil
		}
	})
	c := a.caller("o@example.org", domain.RoleUser)
	body := object{"subject": "s", "html": "h"}
	var first answer
	var wg sync.WaitGroup
	wg.Go(func() { first = c.do("POST", base+"/messages", body, "Idempotency-Key", "k") })
	<-entered
	wait := c.do("POST", base+"/messages", body, "Idempotency-Key", "k").problem(http.StatusConflict, "request_in_progress")
	assert.Equal(t, "1", wait.header.Get("Retry-After"))
	// One that was left behind by a process that died is taken over in the end.
	close(leave)
	wg.Wait()
	first.want(http.StatusCreated)
	c.do("POST", base+"/messages", body, "Idempotency-Key", "k").want(http.StatusCreated)
	assert.Len(t, c.do("GET", base+"/messages", nil).items(), 1)
	a.exec("UPDATE idempotency_keys SET status = NULL, created_at = now() - interval '6 minutes'")
	go func() { <-entered }()
	c.do("POST", base+"/messages", body, "Idempotency-Key", "k").want(http.StatusCreated)
	assert.Len(t, c.do("GET", base+"/messages", nil).items(), 2)
}

func TestAStaleEditIsRefused(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	m := c.everything()
	for path, change := range map[string]object{
		"/clients/" + m.client: {"comment": "new"}, "/lists/" + m.list: {"name": "new"},
		"/messages/" + m.message: {"subject": "new"}, "/mailings/" + m.mailing: {"name": "new"},
	} {
		seen := c.do("GET", base+path, nil).want(http.StatusOK).header.Get("ETag")
		after := c.do("PATCH", base+path, change, "If-Match", seen).want(http.StatusOK)
		assert.NotEqual(t, seen, after.header.Get("ETag"))
		assert.Equal(t, fmt.Sprintf("%q", fmt.Sprint(after.body["revision"])), after.header.Get("ETag"))
		for _, stale := range []string{seen, `"999"`, "W/" + after.header.Get("ETag"), "3", `"x"`, `""`} {
			c.do("PATCH", base+path, change, "If-Match", stale).problem(http.StatusPreconditionFailed, "stale_revision")
			c.do("DELETE", base+path, nil, "If-Match", stale).problem(http.StatusPreconditionFailed, "stale_revision")
		}
		c.do("PATCH", base+path, change, "If-Match", "*").want(http.StatusOK)
		c.do("PATCH", base+path, object{}).want(http.StatusOK)
	}
}

func TestWhatIsInUseIsNotDeleted(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	message, list := c.message(), c.list("Казань")
	mailing := c.do("POST", base+"/mailings", object{"name": "Открытие", "message_id": message, "list_ids": []string{list}, "start_at": "2040-01-01T00:00:00Z"}).want(http.StatusCreated).id()
	refused := c.do("DELETE", base+"/messages/"+message, nil).problem(http.StatusConflict, "message_in_use")
	assert.Contains(t, refused.body["detail"], "Открытие")
	refused = c.do("DELETE", base+"/lists/"+list, nil).problem(http.StatusConflict, "list_in_use")
	assert.Contains(t, refused.body["detail"], "Открытие")
	c.do("DELETE", base+"/mailings/"+mailing, nil).want(http.StatusNoContent)
	c.do("GET", base+"/mailings/"+mailing, nil).want(http.StatusNotFound)
	c.do("DELETE", base+"/lists/"+list, nil).want(http.StatusNoContent)
	c.do("DELETE", base+"/messages/"+message, nil).want(http.StatusNoContent)
}

func TestConcurrentEditsOfOneRevisionLetOneThrough(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	id := c.client("a@example.org")
	statuses := make([]int, 8)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() {
			statuses[i] = c.do("PATCH", base+"/clients/"+id, object{"comment": strconv.Itoa(i)}, "If-Match", `"1"`).status
		})
	}
	wg.Wait()
	won := 0
	for _, status := range statuses {
		if status == http.StatusOK {
			won++
			continue
		}
		assert.Equal(t, http.StatusPreconditionFailed, status)
	}
	assert.Equal(t, 1, won)
}
