package gateway_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestChangingWhatOneIsCalled(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	anna := a.person("anna@example.org", domain.RoleUser)
	me := anna.do("PATCH", base+"/me", object{"name": "Анна", "language": "ru", "time_zone": "Europe/Moscow"}).want(http.StatusOK)
	assert.Equal(t, []any{"Анна", "ru", "Europe/Moscow"}, []any{me.body["name"], me.body["language"], me.body["time_zone"]})
	assert.Equal(t, me.body, anna.do("GET", base+"/me", nil).want(http.StatusOK).body)
	for field, value := range map[string]any{
		"name": "a\nb", "language": "de", "time_zone": "Local", "role": "admin", "email": "x@example.org", "confirmed": true,
	} {
		assert.Equal(t, []string{field}, anna.do("PATCH", base+"/me", object{field: value}).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	}
	assert.Equal(t, me.body, anna.do("GET", base+"/me", nil).body)
}

func TestANewPasswordEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	a.exec("UPDATE users SET verified_at = now()") // who has not confirmed an address is told nothing there
	here, there := a.logIn("anna@example.org", goodPassword), a.logIn("anna@example.org", goodPassword)
	change := func(old, pw string) answer {
		return here.do("POST", base+"/me/password", object{"password": old, "new_password": pw}, "Idempotency-Key", "one")
	}
	assert.Equal(t, []string{"password"}, change("wrong", otherPassword).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	assert.Equal(t, []string{"new_password"}, change(goodPassword, "password123").problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	assert.Equal(t, []string{"password"}, here.do("POST", base+"/me/password", object{"new_password": otherPassword}).want(http.StatusUnprocessableEntity).fields())
	there.do("GET", base+"/me", nil).want(http.StatusOK)
	change(goodPassword, otherPassword).want(http.StatusNoContent)
	here.do("GET", base+"/me", nil).want(http.StatusOK)
	there.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "session_ended")
	assert.Len(t, a.notices(domain.NoticePasswordSet), 1)
	assert.Contains(t, a.actions(), "password.change")
	assert.Zero(t, a.count("SELECT count(*) FROM idempotency_keys"), "not even a hash of a request with a password is kept")
	a.logIn("anna@example.org", otherPassword)
}

func TestANewAddress(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	a.register("boris@example.org")
	a.exec("UPDATE users SET verified_at = now()")
	anna := a.logIn("anna@example.org", goodPassword)
	change := func(email, pw string) answer {
		return anna.do("POST", base+"/me/email", object{"email": email, "password": pw})
	}
	pending := func() any { return anna.do("GET", base+"/me", nil).want(http.StatusOK).body["pending_email"] }
	assert.Equal(t, []string{"password"}, change("new@example.org", "wrong").problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	assert.Equal(t, []string{"email"}, change("ANNA@example.org", goodPassword).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	assert.Nil(t, pending())

	taken := change("Boris@example.org", goodPassword).want(http.StatusAccepted)
	assert.Equal(t, "Boris@example.org", pending(), "as if nobody had it")
	assert.Equal(t, "boris@example.org", a.latest(domain.NoticeEmailTaken).email)
	assert.Equal(t, "anna@example.org", a.latest(domain.NoticeEmailChanging).email)
	assert.Empty(t, a.notices(domain.NoticeChangeEmail))

	free := change("New@example.org", goodPassword).want(http.StatusAccepted)
	assert.Equal(t, taken.raw, free.raw)
	mail := a.latest(domain.NoticeChangeEmail)
	assert.Equal(t, "New@example.org", mail.email)
	assert.Equal(t, "New@example.org", a.latest(domain.NoticeEmailChanging).data["new_email"])
	assert.Equal(t, "anna@example.org", anna.do("GET", base+"/me", nil).body["email"], "not before it is confirmed")

	a.nobody().do("POST", base+"/auth/password/forgot", object{"email": "anna@example.org"}).want(http.StatusAccepted)
	a.nobody().do("POST", base+"/auth/verify", object{"email": "new@example.org", "code": mail.data["code"]}).want(http.StatusNoContent)
	me := anna.do("GET", base+"/me", nil).want(http.StatusOK)
	assert.Equal(t, []any{"New@example.org", nil, true}, []any{me.body["email"], me.body["pending_email"], me.body["confirmed"]})
	assert.Equal(t, "anna@example.org", a.latest(domain.NoticeEmailChanged).email)
	for _, used := range []string{mail.data["token"], a.notices(domain.NoticeVerify)[0].data["token"]} {
		a.nobody().do("POST", base+"/auth/verify", object{"token": used}).problem(http.StatusUnprocessableEntity, "token_unknown")
	}
	a.nobody().do("POST", base+"/auth/password/reset", object{"token": a.latest(domain.NoticeReset).data["token"], "password": otherPassword}).
		problem(http.StatusUnprocessableEntity, "token_unknown")
	a.logIn("new@example.org", goodPassword)

	change("soon@example.org", goodPassword).want(http.StatusAccepted)
	a.register("soon@example.org")
	a.nobody().do("POST", base+"/auth/verify", object{"token": a.latest(domain.NoticeChangeEmail).data["token"]}).problem(http.StatusUnprocessableEntity, "token_unknown")
	change("thief@example.org", goodPassword).want(http.StatusAccepted)
	anna.do("POST", base+"/me/password", object{"password": goodPassword, "new_password": otherPassword}).want(http.StatusNoContent)
	a.nobody().do("POST", base+"/auth/verify", object{"token": a.latest(domain.NoticeChangeEmail).data["token"]}).problem(http.StatusUnprocessableEntity, "token_unknown")
}

func TestDeletingAnAccountAndTakingThatBack(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	a.register("anna@example.org")
	a.exec("UPDATE users SET verified_at = now()")
	here, there := a.logIn("anna@example.org", goodPassword), a.logIn("anna@example.org", goodPassword)
	mailing := here.mailing(here.message(), here.client("one@example.org"))
	key, err := a.store.CreateAPIKey(t.Context(), a.userID("anna@example.org"), "x")
	require.NoError(t, err)

	assert.Equal(t, []string{"password"}, here.do("POST", base+"/me/deletion", object{"password": "wrong"}).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	me := here.do("POST", base+"/me/deletion", object{"password": goodPassword}).want(http.StatusOK)
	text, _ := me.body["deletion_at"].(string)
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(30*24*time.Hour), at, time.Hour)
	again := here.do("POST", base+"/me/deletion", object{"password": goodPassword}).want(http.StatusOK)
	assert.Equal(t, me.body["deletion_at"], again.body["deletion_at"], "asking twice changes nothing")
	assert.Len(t, a.notices(domain.NoticeDeleting), 1)
	there.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "session_ended")
	(&caller{api: a, key: key}).do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "unknown_api_key")
	held := here.do("GET", base+"/mailings/"+mailing, nil).want(http.StatusOK)
	assert.Equal(t, "paused", held.body["status"])
	assert.Contains(t, held.body["reason"], "the account is to be deleted")
	here.do("POST", base+"/mailings/"+mailing+"/resume", nil).problem(http.StatusForbidden, "account_deleting")
	here.do("GET", base+"/clients/export", nil).want(http.StatusOK)

	here = a.logIn("anna@example.org", goodPassword)
	me = here.do("DELETE", base+"/me/deletion", nil).want(http.StatusOK)
	assert.Nil(t, me.body["deletion_at"])
	here.do("DELETE", base+"/me/deletion", nil).want(http.StatusOK)
	assert.Equal(t, "paused", here.do("GET", base+"/mailings/"+mailing, nil).body["status"])
	here.do("POST", base+"/mailings/"+mailing+"/resume", nil).want(http.StatusOK)
	assert.Subset(t, a.actions(), []string{"user.delete", "user.restore"})

	a.exec("UPDATE users SET delete_at = now() - interval '1 second'")
	here.do("DELETE", base+"/me/deletion", nil).problem(http.StatusConflict, "account_removing")
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	a := newAPI(t, cheap)
	admins := []*caller{a.person("one@example.org", domain.RoleAdmin), a.person("two@example.org", domain.RoleAdmin)}
	a.exec("UPDATE users SET password_hash = ''") // nothing to prove
	next := make(chan *caller, 2)
	for _, admin := range admins {
		next <- admin
	}
	statuses := together(2, func() int { return (<-next).do("POST", base+"/me/deletion", object{}).status })
	assert.Equal(t, map[int]int{http.StatusOK: 1, http.StatusConflict: 1}, statuses)
	assert.Equal(t, 1, a.count("SELECT count(*) FROM users WHERE delete_at IS NULL"))
}
