package gateway_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/redistest"
)

func TestATestGoesToOneselfAsAMailingWouldSayIt(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	anna := a.person("anna@example.org", domain.RoleUser)
	message, client := anna.message(), anna.client("boris@example.org")
	path := base + "/messages/" + message + "/test"
	sent := anna.do("POST", path, object{"client_id": client}).want(http.StatusAccepted)
	assert.Equal(t, object{"id": sent.id(), "status": "waiting", "response": "", "at": nil}, sent.body)
	mail := a.latest(domain.NoticeTestMessage)
	assert.Equal(t, "anna@example.org", mail.email)
	assert.Equal(t, map[string]string{"subject": "[Test] Здравствуйте, Имя boris@example.org!", "html": "<p>Привет</p>", "text": ""}, mail.data)
	assert.Equal(t, sent.body, anna.do("GET", sent.header.Get("Location"), nil).want(http.StatusOK).body)

	anna.do("POST", path, nil).want(http.StatusAccepted)
	assert.Equal(t, "[Test] Здравствуйте, Анна Смирнова!", a.latest(domain.NoticeTestMessage).data["subject"])
	a.exec("UPDATE users SET language = 'ru'")
	anna.do("POST", path, object{"subject": "Ещё не {{ client.full_name }}", "text": "Так"}).want(http.StatusAccepted)
	assert.Equal(t, map[string]string{"subject": "[Проверка] Ещё не Анна Смирнова", "html": "<p>Привет</p>", "text": "Так"}, a.latest(domain.NoticeTestMessage).data)
	assert.Equal(t, "Здравствуйте, {{ client.full_name }}!", anna.do("GET", base+"/messages/"+message, nil).body["subject"], "nothing is stored")
	assert.Equal(t, []string{"html"}, anna.do("POST", path, object{"html": "{{ x"}).problem(http.StatusUnprocessableEntity, "validation_failed").fields())

	plain := anna.do("POST", base+"/test-mails", nil).want(http.StatusAccepted)
	assert.Equal(t, "anna@example.org", a.latest(domain.NoticeTestMail).email)
	a.exec("UPDATE notices SET status = 'failed', last_response = '550 no', ended_at = '2026-11-27T10:00:00Z' WHERE id = $1", plain.id())
	assert.Equal(t, object{"id": plain.id(), "status": "failed", "response": "550 no", "at": "2026-11-27T10:00:00Z"},
		anna.do("GET", base+"/test-mails/"+plain.id(), nil).want(http.StatusOK).body)
	assert.Zero(t, a.count("SELECT count(*) FROM notices WHERE email <> 'anna@example.org'"))
}

func TestNobodySendsTestsOfOthersOrWithoutTheRight(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	anna, boris := a.person("anna@example.org", domain.RoleUser), a.person("boris@example.org", domain.RoleUser)
	admin := a.person("admin@example.org", domain.RoleAdmin)
	message, client := anna.message(), anna.client("c@example.org")
	for _, other := range []*caller{boris, admin} {
		other.do("POST", base+"/messages/"+message+"/test", nil).problem(http.StatusNotFound, "message_not_found")
		own := other.message()
		refused := other.do("POST", base+"/messages/"+own+"/test", object{"client_id": client}).problem(http.StatusUnprocessableEntity, "validation_failed")
		assert.Equal(t, []string{"client_id"}, refused.fields())
		id := anna.do("POST", base+"/test-mails", nil).want(http.StatusAccepted).id()
		other.do("GET", base+"/test-mails/"+id, nil).problem(http.StatusNotFound, "test_mail_not_found")
	}
	require.NoError(t, a.store.ForgotPassword(t.Context(), domain.Address{Display: "anna@example.org", Key: "anna@example.org"}))
	var reset string
	require.NoError(t, a.connect().QueryRow(t.Context(), "SELECT id::text FROM notices WHERE kind = 'password_reset'").Scan(&reset))
	anna.do("GET", base+"/test-mails/"+reset, nil).problem(http.StatusNotFound, "test_mail_not_found")

	anna.program(domain.ScopeWrite).do("POST", base+"/test-mails", nil).problem(http.StatusForbidden, "scope_required")
	anna.program(domain.ScopeSend).do("POST", base+"/messages/"+message+"/test", nil).want(http.StatusAccepted)
	a.person("m@example.org", domain.RoleManager).do("POST", base+"/test-mails", nil).problem(http.StatusForbidden, "role_required")
	for code, sql := range map[string]string{
		"email_unconfirmed": "UPDATE users SET verified_at = NULL",
		"user_blocked":      "UPDATE users SET blocked_at = now()",
	} {
		a.exec(sql)
		for _, path := range []string{"/test-mails", "/messages/" + message + "/test"} {
			anna.do("POST", base+path, nil).problem(http.StatusForbidden, code)
		}
		_, err := a.store.SendTest(t.Context(), anna.user.ID, domain.NoticeTestMail, nil)
		require.Equal(t, domain.Forbidden, domain.KindOf(err), "whoever was let through a moment ago: %v", err)
		a.exec("UPDATE users SET verified_at = now(), blocked_at = NULL")
	}
}

func TestTestsAreLimitedForEachAccount(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client, err := redis.Open(server.URL())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	a := newAPI(t, func(d *gateway.Deps) { d.Limiter = redis.NewLimits(client) })
	anna, boris := a.person("anna@example.org", domain.RoleUser), a.person("boris@example.org", domain.RoleUser)
	path := base + "/messages/" + anna.message() + "/test"
	for range 10 {
		anna.do("POST", path, nil).want(http.StatusAccepted)
		anna.do("POST", base+"/test-mails", nil).want(http.StatusAccepted)
	}
	require.NotEmpty(t, anna.do("POST", path, nil).problem(http.StatusTooManyRequests, "too_many_tries").header.Get("Retry-After"))
	anna.program(domain.ScopeSend).do("POST", base+"/test-mails", nil).problem(http.StatusTooManyRequests, "too_many_tries")
	boris.do("POST", base+"/test-mails", nil).want(http.StatusAccepted)
	assert.Equal(t, 21, a.count("SELECT count(*) FROM notices"))
}

func TestAPreviewShowsWhatIsNotSavedYet(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	anna := a.person("anna@example.org", domain.RoleUser)
	message := anna.message()
	path := base + "/messages/" + message + "/preview"
	assert.Equal(t, object{"subject": "Сейчас Анна Смирнова", "html": "<p>Привет</p>", "text": ""},
		anna.do("POST", path, object{"subject": "Сейчас {{ client.full_name }}"}).want(http.StatusOK).body)
	client := anna.client("b@example.org")
	assert.Equal(t, object{"subject": "Здравствуйте, Имя b@example.org!", "html": "", "text": "Имя b@example.org"},
		anna.do("POST", path, object{"client_id": client, "html": "", "text": "{{ client.full_name }}"}).want(http.StatusOK).body)
	for field, body := range map[string]object{
		"subject": {"subject": "{{ x"}, "html": {"html": "", "text": ""}, "text": {"text": "{{ x"},
	} {
		assert.Equal(t, []string{field}, anna.do("POST", path, body).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	}
	assert.Equal(t, "<p>Привет</p>", anna.do("GET", base+"/messages/"+message, nil).body["html"], "nothing is stored")
	assert.EqualValues(t, 1, anna.do("GET", base+"/messages/"+message, nil).body["revision"])
	a.person("m@example.org", domain.RoleManager).do("POST", path, object{"subject": "Глазами менеджера"}).want(http.StatusOK)
	a.person("s@example.org", domain.RoleUser).do("POST", path, object{"subject": "x"}).want(http.StatusNotFound)
}
