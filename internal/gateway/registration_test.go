package gateway_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
)

func TestAnAccountFromItsOpeningToItsFirstSession(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	nobody := a.nobody()
	methods := nobody.do("GET", base+"/auth/methods", nil).want(http.StatusOK)
	assert.Equal(t, object{"password": true, "registration": true, "mailbox": false, "oidc": object{"name": "Elsewhere", "url": base + "/auth/oidc/start"}}, methods.body)
	nobody.do("POST", base+"/auth/register", object{"email": "Анна@Пример.рф", "password": goodPassword, "name": " Анна "},
		"Accept-Language", "ru-RU,ru;q=0.9,en;q=0.8", "Host", "evil.example", "X-Forwarded-Host", "evil.example").want(http.StatusAccepted)
	mail := a.latest(domain.NoticeVerify)
	assert.Equal(t, "Анна@Пример.рф", mail.email)
	assert.Equal(t, "ru", mail.language)
	assert.Regexp(t, `^[\w-]{43}$`, mail.data["token"])
	assert.Regexp(t, `^\d{6}$`, mail.data["code"])
	assert.Len(t, mail.data, 2, "where the link leads is not up to the request")
	assert.Zero(t, a.count("SELECT count(*) FROM notices n WHERE n::text LIKE '%evil%'"))

	anna := a.logIn("анна@xn--e1afmkfd.xn--p1ai", goodPassword)
	me := anna.do("GET", base+"/me", nil).want(http.StatusOK)
	assert.Equal(t, []any{"Анна", "ru", false, true}, []any{me.body["name"], me.body["language"], me.body["confirmed"], me.body["has_password"]})
	anna.do("POST", base+"/messages", object{"subject": "x", "text": "x"}).want(http.StatusCreated)
	mailing := anna.mailingOf()
	anna.do("POST", base+"/mailings/"+mailing+"/start", nil).problem(http.StatusForbidden, "email_unconfirmed")

	nobody.do("GET", base+"/auth/verify?token="+mail.data["token"], nil).want(http.StatusMethodNotAllowed) // a scanner
	nobody.do("POST", base+"/auth/verify", object{"token": mail.data["token"]}).want(http.StatusNoContent)
	nobody.do("POST", base+"/auth/verify", object{"token": mail.data["token"]}).problem(http.StatusUnprocessableEntity, "token_unknown")
	assert.Equal(t, true, anna.do("GET", base+"/me", nil).body["confirmed"])
	assert.Equal(t, []string{"user.register", "session.begin", "user.confirm"}, a.actions())

	nobody.do("POST", base+"/auth/logout", nil, "Cookie", anna.cookie).want(http.StatusNoContent)
	anna.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "session_ended")
	out := anna.do("POST", base+"/auth/logout", nil).want(http.StatusNoContent)
	assert.Contains(t, out.header.Get("Set-Cookie"), "Max-Age=0")
}

// mailingOf is a draft of a mailing.
func (c *caller) mailingOf() string {
	c.t.Helper()
	return c.do("POST", base+"/mailings", object{
		"name": "x", "message_id": c.message(), "client_ids": []string{c.client("one@example.org")}, "draft": true,
		"start_at": time.Now().Add(time.Hour).Format(time.RFC3339),
	}).want(http.StatusCreated).id()
}

func TestWhatARegistrationMustBe(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	for field, body := range map[string]object{
		"email":    {"email": "anna@@example.org", "password": goodPassword},
		"password": {"email": "anna@example.org", "password": "password123"},
		"name":     {"email": "anna@example.org", "password": goodPassword, "name": "a\u2028b"},
		"language": {"email": "anna@example.org", "password": goodPassword, "language": "xx"},
		"role":     {"email": "anna@example.org", "password": goodPassword, "role": "admin"},
	} {
		refused := a.nobody().do("POST", base+"/auth/register", body).problem(http.StatusUnprocessableEntity, "validation_failed")
		assert.Equal(t, []string{field}, refused.fields())
	}
	assert.Zero(t, a.count("SELECT count(*) FROM users"))

	closed := newAPI(t, cheap, func(d *gateway.Deps) { d.RegistrationClosed = true })
	closed.nobody().do("POST", base+"/auth/register", object{"email": "anna@example.org", "password": goodPassword}).problem(http.StatusForbidden, "registration_closed")
	assert.Equal(t, false, closed.nobody().do("GET", base+"/auth/methods", nil).body["registration"])
}

func TestTheOwnerIsToldOnceAnHourThatSomebodyRegistersHisAddress(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	for range 3 {
		a.nobody().do("POST", base+"/auth/register", object{"email": "ANNA@example.org", "password": otherPassword}).want(http.StatusAccepted)
	}
	assert.Len(t, a.notices(domain.NoticeExists), 1)
	assert.Len(t, a.notices(domain.NoticeVerify), 1)
	a.exec("UPDATE users SET told_at = told_at - interval '61 minutes'")
	a.register("anna@example.org")
	assert.Len(t, a.notices(domain.NoticeExists), 2)
	assert.Equal(t, 1, a.count("SELECT count(*) FROM users"), "of shadows nothing is kept")
	a.logIn("anna@example.org", goodPassword)
}

func TestTokensWorkOnceAndNotForEver(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	first := a.latest(domain.NoticeVerify).data["token"]
	a.nobody().do("POST", base+"/auth/verify/resend", object{"email": "anna@example.org"}).want(http.StatusAccepted)
	second := a.latest(domain.NoticeVerify).data["token"]
	a.nobody().do("POST", base+"/auth/verify", object{"token": first}).problem(http.StatusUnprocessableEntity, "token_unknown")
	assert.Zero(t, a.count("SELECT count(*) FROM tokens WHERE hash = convert_to($1, 'UTF8')", second), "only a hash is kept")

	a.exec("UPDATE tokens SET expires_at = now() - interval '1 second'")
	a.nobody().do("POST", base+"/auth/verify", object{"token": second}).problem(http.StatusUnprocessableEntity, "token_unknown")
	a.nobody().do("POST", base+"/auth/verify/resend", object{"email": "anna@example.org"}).want(http.StatusAccepted)
	third := a.latest(domain.NoticeVerify).data["token"]
	assert.Equal(t, map[int]int{http.StatusNoContent: 1, http.StatusUnprocessableEntity: 7}, together(8, func() int {
		return a.nobody().do("POST", base+"/auth/verify", object{"token": third}).status
	}))
	a.nobody().do("POST", base+"/auth/verify/resend", object{"email": "anna@example.org"}).want(http.StatusAccepted)
	assert.Len(t, a.notices(domain.NoticeVerify), 3, "there is nothing to confirm any more")
}

func TestACodeStandsFiveTries(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	try := func(code string) answer {
		return a.nobody().do("POST", base+"/auth/verify", object{"email": "anna@example.org", "code": code})
	}
	code := a.latest(domain.NoticeVerify).data["code"]
	wrong := fmt.Sprintf("%06d", (int(code[5]-'0')+1)%10)
	if wrong == code {
		wrong = "999999"
	}
	assert.Equal(t, map[int]int{http.StatusUnprocessableEntity: 20}, together(20, func() int { return try(wrong).status }))
	assert.Equal(t, 5, a.count("SELECT code_tries FROM tokens"))
	try(code).problem(http.StatusUnprocessableEntity, "code_wrong")
	unknown := a.nobody().do("POST", base+"/auth/verify", object{"email": "nobody@example.org", "code": code}).problem(http.StatusUnprocessableEntity, "code_wrong")
	assert.Equal(t, try(code).body["errors"], unknown.body["errors"])

	a.nobody().do("POST", base+"/auth/verify/resend", object{"email": "anna@example.org"}).want(http.StatusAccepted)
	code = a.latest(domain.NoticeVerify).data["code"]
	assert.Equal(t, map[int]int{http.StatusNoContent: 1, http.StatusUnprocessableEntity: 3}, together(4, func() int { return try(code[:3] + " " + code[3:]).status }))
	assert.Equal(t, 1, a.count("SELECT count(*) FROM users WHERE verified_at IS NOT NULL"))
	for _, body := range []object{{}, {"email": "anna@example.org"}, {"code": "123456"}, {"token": "x", "code": "1"}} {
		assert.Equal(t, []string{"token"}, a.nobody().do("POST", base+"/auth/verify", body).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	}
}
