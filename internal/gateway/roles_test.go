package gateway_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// path is where the API has the user.
func (c *caller) path() string { return base + "/users/" + c.user.ID.String() }

// audit is what an administrator reads of one action, newest first.
func (c *caller) audit(query string) []object {
	c.t.Helper()
	return c.do("GET", base+"/audit?"+query, nil).want(http.StatusOK).items()
}

func (a *api) sql(query string, args ...any) (n int) {
	a.t.Helper()
	conn, err := pgx.Connect(a.t.Context(), a.db)
	require.NoError(a.t, err)
	defer func() { assert.NoError(a.t, conn.Close(a.t.Context())) }()
	require.NoError(a.t, conn.QueryRow(a.t.Context(), query, args...).Scan(&n))
	return n
}

func TestWhoMayDoWhatToUsersAndMailings(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	owner := a.caller("owner@example.org", domain.RoleUser)
	boss := a.caller("boss@example.org", domain.RoleAdmin)
	callers := map[string]*caller{
		"user": a.person("user@example.org", domain.RoleUser), "manager": a.person("manager@example.org", domain.RoleManager),
		"admin": a.person("admin@example.org", domain.RoleAdmin), "other manager": a.caller("second@example.org", domain.RoleManager),
	}
	message, client := owner.message(), owner.client("one@example.org")
	reason := object{"reason": "жалобы"}
	for _, test := range []struct {
		method, path string
		body         any
		want         map[string]string // by role: the status and code
	}{
		{"GET", "/users", nil, map[string]string{"user": "403 role_required", "manager": "200", "admin": "200"}},
		{"GET", "/users/OWNER", nil, map[string]string{"user": "403 role_required", "manager": "200", "admin": "200"}},
		{"POST", "/users/OWNER/block", reason, map[string]string{"user": "403 role_required", "manager": "200", "admin": "200"}},
		{"POST", "/users/OWNER/unblock", nil, map[string]string{"user": "403 role_required", "manager": "200", "admin": "200"}},
		{"POST", "/users/SECOND/block", reason, map[string]string{"user": "403 role_required", "manager": "200", "admin": "200"}},
		{"POST", "/users/SECOND/unblock", nil, map[string]string{"user": "403 role_required", "manager": "200", "admin": "200"}},
		{"POST", "/users/BOSS/block", reason, map[string]string{"user": "403 role_required", "manager": "403 user_is_admin", "admin": "200"}},
		{"POST", "/users/BOSS/unblock", nil, map[string]string{"user": "403 role_required", "manager": "403 user_is_admin", "admin": "200"}},
		{"POST", "/users/SELF/block", reason, map[string]string{"user": "403 role_required", "manager": "403 user_is_self", "admin": "403 user_is_self"}},
		{"POST", "/users/NOBODY/block", reason, map[string]string{"user": "403 role_required", "manager": "404 user_not_found", "admin": "404 user_not_found"}},
		{"POST", "/users/OWNER/role", object{"role": "user"}, map[string]string{"user": "403 role_required", "manager": "403 role_required", "admin": "200"}},
		{"GET", "/audit", nil, map[string]string{"user": "403 role_required", "manager": "403 role_required", "admin": "200"}},
		{"GET", "/me/activity", nil, map[string]string{"user": "200", "manager": "200", "admin": "200"}},
		{"POST", "/mailings/MAILING/disable", reason, map[string]string{"user": "403 role_required", "manager": "200", "admin": "200"}},
		{"POST", "/mailings/MAILING/enable", nil, map[string]string{"user": "403 role_required", "manager": "200", "admin": "200"}},
		{"POST", "/mailings/MAILING/start", nil, map[string]string{"user": "404 mailing_not_found", "manager": "403 role_required", "admin": "200"}},
		{"PATCH", "/mailings/MAILING", object{"name": "x"}, map[string]string{"user": "404 mailing_not_found", "manager": "403 role_required", "admin": "404 mailing_not_found"}},
		{"POST", "/mailings/MAILING/pause", nil, map[string]string{"user": "404 mailing_not_found", "manager": "403 role_required", "admin": "404 mailing_not_found"}},
		{"DELETE", "/mailings/MAILING", nil, map[string]string{"user": "404 mailing_not_found", "manager": "403 role_required", "admin": "404 mailing_not_found"}},
		{"PATCH", "/messages/" + message, object{"subject": "x"}, map[string]string{"user": "404 message_not_found", "manager": "403 role_required", "admin": "404 message_not_found"}},
		{"PATCH", "/clients/" + client, object{"full_name": "x"}, map[string]string{"user": "404 client_not_found", "manager": "403 role_required", "admin": "404 client_not_found"}},
	} {
		for role, want := range test.want {
			who := callers[role]
			path := base + strings.NewReplacer("OWNER", owner.user.ID.String(), "SECOND", callers["other manager"].user.ID.String(), "BOSS", boss.user.ID.String(),
				"SELF", who.user.ID.String(), "NOBODY", domain.NewID(time.Now()).String(), "MAILING", owner.mailing(message, client)).Replace(test.path)
			got := who.do(test.method, path, test.body)
			answer := strconv.Itoa(got.status)
			if got.status >= http.StatusBadRequest {
				answer += fmt.Sprintf(" %v", got.body["code"])
			}
			assert.Equal(t, want, answer, "%s %s as %s", test.method, test.path, role)
			require.NoError(t, a.store.UnblockUser(t.Context(), owner.user.ID))
		}
	}
	nobody := &caller{api: a}
	nobody.do("GET", base+"/users", nil).problem(http.StatusUnauthorized, "api_key_missing")
}

func TestBlockingEndsEverythingAndUnblockingGivesItBack(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	manager, admin := a.person("manager@example.org", domain.RoleManager), a.caller("admin@example.org", domain.RoleAdmin)
	browser := a.person("user@example.org", domain.RoleUser)
	key, err := a.store.CreateAPIKey(t.Context(), browser.user.ID, "program")
	require.NoError(t, err)
	program := &caller{api: a, user: browser.user, key: key}
	mailing := base + "/mailings/" + browser.mailing(browser.message(), browser.client("one@example.org"))

	for range 2 { // the second changes nothing
		shown := manager.do("POST", browser.path()+"/block", object{"reason": "спам"}).want(http.StatusOK).body
		assert.Equal(t, "blocked", shown["status"])
		assert.Equal(t, "спам", shown["blocked_reason"])
		assert.NotNil(t, shown["blocked_at"])
		manager.do("POST", browser.path()+"/block", object{"reason": "иначе"}).want(http.StatusOK)
	}
	browser.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "session_ended")
	program.do("GET", base+"/me", nil).problem(http.StatusForbidden, "user_blocked")
	id, err := domain.ParseID(strings.TrimPrefix(mailing, base+"/mailings/"))
	require.NoError(t, err)
	held, err := a.store.AnyMailing(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, "its owner is blocked: спам", held.Reason)
	admin.do("POST", mailing+"/start", nil).problem(http.StatusConflict, "owner_blocked")

	for range 2 {
		shown := manager.do("POST", browser.path()+"/unblock", nil).want(http.StatusOK).body
		assert.Equal(t, "active", shown["status"])
		assert.Empty(t, shown["blocked_reason"])
		assert.Nil(t, shown["blocked_at"])
	}
	browser.do("GET", base+"/me", nil).problem(http.StatusUnauthorized, "session_ended")
	program.do("GET", base+"/me", nil).want(http.StatusOK)
	assert.Empty(t, program.do("GET", mailing, nil).want(http.StatusOK).body["reason"])

	assert.Equal(t, 1, a.sql(`SELECT count(*) FROM notices WHERE kind = 'account_blocked' AND user_id = $1 AND data->>'reason' = 'спам'`, browser.user.ID))
	assert.Equal(t, 1, a.sql(`SELECT count(*) FROM notices WHERE kind = 'account_unblocked' AND user_id = $1`, browser.user.ID))
	entries := admin.audit("owner_id=" + browser.user.ID.String() + "&actor_id=" + manager.user.ID.String())
	require.Len(t, entries, 2, "once each")
	for i, want := range []object{
		{"action": "user.unblock", "reason": "", "before": object{"blocked": true, "reason": "спам"}, "after": object{"blocked": false}},
		{"action": "user.block", "reason": "спам", "before": object{"blocked": false}, "after": object{"blocked": true}},
	} {
		for field, value := range want {
			assert.Equal(t, value, entries[i][field])
		}
		assert.Equal(t, manager.user.ID.String(), entries[i]["actor_id"])
		assert.Equal(t, "manager@example.org", entries[i]["actor_email"])
		assert.Equal(t, "127.0.0.1", entries[i]["address"])
		assert.Equal(t, "user", entries[i]["target_type"])
		assert.Equal(t, browser.user.ID.String(), entries[i]["target_id"])
	}
}

func TestReasonsAreOneLine(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	manager, user := a.caller("manager@example.org", domain.RoleManager), a.caller("user@example.org", domain.RoleUser)
	mailing := user.mailing(user.message(), user.client("one@example.org"))
	for _, path := range []string{user.path() + "/block", base + "/mailings/" + mailing + "/disable"} {
		for _, reason := range []string{"", "  ", "a\r\nBcc: b", "a\u2028b", "a\x00b"} {
			got := manager.do("POST", path, object{"reason": reason}).problem(http.StatusUnprocessableEntity, "validation_failed")
			assert.Equal(t, []string{"reason"}, got.fields(), "%q", reason)
		}
	}
	assert.Zero(t, a.sql(`SELECT count(*) FROM notices`))
}

func TestDisablingIsRecordedAndTold(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	manager, admin, owner := a.caller("manager@example.org", domain.RoleManager), a.caller("admin@example.org", domain.RoleAdmin), a.person("user@example.org", domain.RoleUser)
	id := owner.mailing(owner.message(), owner.client("one@example.org"))
	path := base + "/mailings/" + id
	for range 2 {
		manager.do("POST", path+"/disable", object{"reason": "жалобы"}).want(http.StatusOK)
		admin.do("POST", path+"/disable", object{"reason": "другая"}).want(http.StatusOK)
	}
	shown := owner.do("GET", path, nil).want(http.StatusOK).body
	assert.Equal(t, []any{"disabled", "жалобы"}, []any{shown["status"], shown["reason"]})
	for _, verb := range []string{"start", "resume", "pause"} {
		owner.do("POST", path+"/"+verb, nil).problem(http.StatusConflict, "mailing_disabled")
	}
	owner.do("POST", path+"/enable", nil).problem(http.StatusForbidden, "role_required")
	admin.do("POST", path+"/start", nil).problem(http.StatusConflict, "mailing_disabled")
	for range 2 {
		shown = admin.do("POST", path+"/enable", nil).want(http.StatusOK).body
		assert.Equal(t, []any{"scheduled", ""}, []any{shown["status"], shown["reason"]})
	}
	assert.Equal(t, 1, a.sql(`SELECT count(*) FROM notices WHERE kind = 'mailing_disabled' AND user_id = $1 AND data = '{"mailing": "Рассылка", "reason": "жалобы"}'`, owner.user.ID))

	entries := admin.audit("target_id=" + id)
	require.Len(t, entries, 2)
	assert.Equal(t, []any{"mailing.enable", "admin@example.org", object{"status": "disabled", "reason": "жалобы"}, object{"status": "scheduled"}},
		[]any{entries[0]["action"], entries[0]["actor_email"], entries[0]["before"], entries[0]["after"]})
	assert.Equal(t, []any{"mailing.disable", "manager@example.org", "жалобы", object{"status": "scheduled"}, object{"status": "disabled"}},
		[]any{entries[1]["action"], entries[1]["actor_email"], entries[1]["reason"], entries[1]["before"], entries[1]["after"]})

	seen := owner.do("GET", base+"/me/activity", nil).want(http.StatusOK).items()
	require.Len(t, seen, 4)
	for i, action := range []string{"mailing.enable", "mailing.disable", "api_key.create", "user.register"} {
		assert.Equal(t, action, seen[i]["action"])
		assert.Nil(t, seen[i]["actor_id"], "who it was is not shown")
		assert.Empty(t, seen[i]["actor_email"])
		assert.Empty(t, seen[i]["address"])
	}
	assert.Equal(t, "жалобы", seen[1]["reason"])
	for _, e := range manager.signedIn().do("GET", base+"/me/activity", nil).want(http.StatusOK).items() {
		assert.NotEqual(t, "mailing.disable", e["action"], "what one does to others is not done to oneself")
	}
}

// signedIn is the same user with a browser.
func (c *caller) signedIn() *caller {
	c.t.Helper()
	secret, err := c.store.BeginSession(c.t.Context(), c.user.ID, "a browser")
	require.NoError(c.t, err)
	return &caller{api: c.api, user: c.user, cookie: "vestnik=" + secret}
}

func TestAnAdministratorStartsAnybodysMailing(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin, owner := a.person("admin@example.org", domain.RoleAdmin), a.caller("user@example.org", domain.RoleUser)
	id := owner.mailing(owner.message(), owner.client("one@example.org"))
	attempt := admin.do("POST", base+"/mailings/"+id+"/start", nil).want(http.StatusOK).id()
	owner.do("GET", base+"/attempts/"+attempt, nil).want(http.StatusOK)
	entries := admin.audit("action=mailing.start")
	require.Len(t, entries, 1)
	assert.Equal(t, []any{id, owner.user.ID.String(), "admin@example.org", object{"attempt_id": attempt}},
		[]any{entries[0]["target_id"], entries[0]["owner_id"], entries[0]["actor_email"], entries[0]["after"]})
	assert.Equal(t, "mailing.start", owner.signedIn().do("GET", base+"/me/activity", nil).want(http.StatusOK).items()[0]["action"])

	own := admin.mailing(admin.message(), admin.client("two@example.org"))
	admin.do("POST", base+"/mailings/"+own+"/start", nil).want(http.StatusOK)
	other := owner.mailing(owner.message(), owner.client("three@example.org"))
	owner.do("POST", base+"/mailings/"+other+"/start", nil).want(http.StatusOK)
	assert.Len(t, admin.audit("action=mailing.start"), 1, "one's own starts are in the reports")

	third := owner.mailing(owner.message(), owner.client("four@example.org"))
	a.sql(`WITH gone AS (UPDATE users SET verified_at = NULL WHERE id = $1 RETURNING 1) SELECT count(*) FROM gone`, owner.user.ID)
	admin.do("POST", base+"/mailings/"+third+"/start", nil).problem(http.StatusConflict, "owner_may_not_send")
}

func TestTheLastAdministratorStaysOne(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin, user := a.person("admin@example.org", domain.RoleAdmin), a.caller("user@example.org", domain.RoleUser)
	admin.do("POST", admin.path()+"/role", object{"role": "user"}).problem(http.StatusConflict, "last_admin")
	for range 2 {
		assert.Equal(t, "admin", admin.do("POST", user.path()+"/role", object{"role": "admin"}).want(http.StatusOK).body["role"])
	}
	entries := admin.audit("action=user.role")
	require.Len(t, entries, 1)
	assert.Equal(t, []any{object{"role": "user"}, object{"role": "admin"}}, []any{entries[0]["before"], entries[0]["after"]})
	admin.do("POST", user.path()+"/block", object{"reason": "уволен"}).want(http.StatusOK)
	admin.do("POST", admin.path()+"/role", object{"role": "manager"}).problem(http.StatusConflict, "last_admin")
	admin.do("POST", user.path()+"/role", object{"role": "manager"}).want(http.StatusOK)
	admin.do("POST", user.path()+"/role", object{"role": "king"}).problem(http.StatusUnprocessableEntity, "validation_failed")
	require.ErrorContains(t, a.store.BlockUser(t.Context(), admin.user.ID, "no"), "last administrator", "nor may the operator")
}

func TestAdministratorsWhoDemoteEachOtherLeaveOne(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admins := make([]*caller, 6)
	for i := range admins {
		admins[i] = a.caller(fmt.Sprintf("admin%d@example.org", i), domain.RoleAdmin)
	}
	for round := range 3 {
		var wg sync.WaitGroup
		for i, admin := range admins {
			victim := admins[(i+1)%len(admins)]
			wg.Go(func() {
				if round == 1 {
					admin.do("POST", victim.path()+"/block", object{"reason": "coup"})
				} else {
					admin.do("POST", victim.path()+"/role", object{"role": "user"})
				}
			})
		}
		wg.Wait()
		require.Positive(t, a.sql(`SELECT count(*) FROM users WHERE role = 'admin' AND blocked_at IS NULL`))
		a.sql(`WITH again AS (UPDATE users SET role = 'admin', blocked_at = NULL RETURNING 1) SELECT count(*) FROM again`)
	}
}

func TestTheAuditLogIsFilteredAndPaged(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin, manager := a.caller("admin@example.org", domain.RoleAdmin), a.caller("manager@example.org", domain.RoleManager)
	users := []*caller{a.caller("one@example.org", domain.RoleUser), a.caller("two@example.org", domain.RoleUser)}
	for _, u := range users {
		manager.do("POST", u.path()+"/block", object{"reason": "спам"}).want(http.StatusOK)
		admin.do("POST", u.path()+"/unblock", nil).want(http.StatusOK)
	}
	one, two := users[0].user.ID.String(), users[1].user.ID.String()
	count := func(query string) int { return len(admin.audit(query)) }
	assert.Equal(t, 12, count(""), "four accounts made with a key each, two blocked, two unblocked")
	assert.Equal(t, 2, count("actor_id="+manager.user.ID.String()))
	assert.Equal(t, 4, count("owner_id="+one))
	assert.Equal(t, 1, count("target_id="+two+"&action=user.unblock"))
	assert.Equal(t, 4, count("action=user.register"))
	assert.Zero(t, count("action=user.role"))
	third := admin.audit("limit=3")[2]
	at, ok := third["at"].(string)
	require.True(t, ok)
	since, until := count("since="+at), count("until="+at)
	assert.Equal(t, []int{3, 9}, []int{since, until}, "an instant is in one of two spans that meet in it")
	admin.do("GET", base+"/audit?since=yesterday", nil).problem(http.StatusUnprocessableEntity, "validation_failed")
	admin.do("GET", base+"/audit?cursor=x", nil).problem(http.StatusUnprocessableEntity, "validation_failed")

	var ids []any
	for query := "limit=3"; ; {
		page := admin.do("GET", base+"/audit?"+query, nil).want(http.StatusOK)
		for _, e := range page.items() {
			ids = append(ids, e["id"])
		}
		next, more := page.body["next_cursor"].(string)
		if !more {
			break
		}
		query = "limit=3&cursor=" + next
	}
	assert.Len(t, ids, 12)
	assert.IsDecreasing(t, floats(t, ids))

	first := users[0].signedIn().do("GET", base+"/me/activity?limit=2", nil).want(http.StatusOK)
	require.Len(t, first.items(), 2)
	rest := users[0].signedIn().do("GET", fmt.Sprintf("%s/me/activity?cursor=%v", base, first.body["next_cursor"]), nil).want(http.StatusOK).items()
	require.Len(t, rest, 2)
	assert.Equal(t, "user.register", rest[1]["action"])
}

func floats(t *testing.T, values []any) (out []float64) {
	t.Helper()
	for _, v := range values {
		f, ok := v.(float64)
		require.True(t, ok)
		out = append(out, f)
	}
	return out
}

func TestNobodyBecomesAManagerWhileHisMailingsGoOut(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	boss, anna := a.person("boss@example.org", domain.RoleAdmin), a.person("anna@example.org", domain.RoleUser)
	message, client := anna.message(), anna.client("c@example.org")
	planned, running, draft := anna.mailing(message, client), anna.mailing(message, client), anna.mailing(message, client)
	a.exec("UPDATE mailings SET name = 'Открытие', status = 'running' WHERE id = $1", running)
	a.exec("UPDATE mailings SET status = 'draft' WHERE id = $1", draft)
	stopped := anna.mailing(message, client)
	boss.do("POST", base+"/mailings/"+stopped+"/disable", object{"reason": "spam"}).want(http.StatusOK)
	status := func(id string) string {
		s, _ := boss.do("GET", base+"/mailings/"+id, nil).want(http.StatusOK).body["status"].(string)
		return s
	}
	refused := boss.do("POST", anna.path()+"/role", object{"role": "manager"}).problem(http.StatusConflict, "mailings_go_out")
	assert.Contains(t, refused.body["detail"], `"Рассылка", "Открытие", "Рассылка"`)
	assert.Equal(t, []string{"scheduled", "running"}, []string{status(planned), status(running)})
	anna.do("GET", base+"/me", nil).want(http.StatusOK)

	a.exec("DELETE FROM outbox")
	given := boss.do("POST", anna.path()+"/role", object{"role": "manager", "pause_mailings": true}).want(http.StatusOK)
	assert.Equal(t, "manager", given.body["role"])
	assert.Equal(t, 2, a.sql("SELECT count(*) FROM outbox WHERE subject LIKE '%mailing%changed%'"), "senders and planner are told")
	assert.Equal(t, []string{"paused", "paused", "draft"}, []string{status(planned), status(running), status(draft)})
	assert.Equal(t, "owner_manager", boss.do("GET", base+"/mailings/"+running, nil).body["reason_code"])
	boss.do("POST", base+"/mailings/"+stopped+"/enable", nil).want(http.StatusOK)
	assert.Equal(t, "paused", status(stopped), "what was disabled does not go on either")
	assert.Equal(t, 2, a.sql("SELECT (after->>'mailings_paused')::int FROM audit_log WHERE action = 'user.role'"))

	boss.do("POST", anna.path()+"/role", object{"role": "user"}).want(http.StatusOK)
	assert.Equal(t, "paused", status(planned), "nothing goes on by itself")
	anna = anna.browser()
	anna.do("POST", base+"/mailings/"+planned+"/resume", nil).want(http.StatusOK)
	boss.do("POST", anna.path()+"/role", object{"role": "admin"}).want(http.StatusOK)
	assert.Equal(t, "scheduled", status(planned), "an administrator may do with it what he likes")
}

func TestAManagerDoesNotJudgeHisOwnCase(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	anna, other, boss := a.person("anna@example.org", domain.RoleUser), a.person("other@example.org", domain.RoleManager), a.person("boss@example.org", domain.RoleAdmin)
	mailing := base + "/mailings/" + anna.mailing(anna.message(), anna.client("c@example.org"))
	anna.do("POST", mailing+"/pause", nil).want(http.StatusOK)
	a.exec("UPDATE users SET role = 'manager' WHERE id = $1", anna.user.ID)
	anna = anna.browser()
	for _, by := range []*caller{other, boss} {
		by.do("POST", mailing+"/disable", object{"reason": "spam"}).want(http.StatusOK)
		anna.do("POST", mailing+"/disable", object{"reason": "mine"}).want(http.StatusOK) // which changes nothing
		anna.do("POST", mailing+"/enable", nil).problem(http.StatusForbidden, "disabled_by_another")
		other.do("POST", mailing+"/enable", nil).want(http.StatusOK)
	}
	anna.do("POST", mailing+"/disable", object{"reason": "a mistake"}).want(http.StatusOK)
	anna.do("POST", mailing+"/enable", nil).want(http.StatusOK)
}

// TestManagersSeeWhenAProgramWasLastThere: nobody signs in for whom programs alone work.
func TestManagersSeeWhenAProgramWasLastThere(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	anna, manager := a.caller("anna@example.org", domain.RoleUser), a.person("manager@example.org", domain.RoleManager)
	a.exec("ALTER TABLE audit_log DISABLE TRIGGER audit_log_keep")
	a.exec("DELETE FROM audit_log")
	require.Nil(t, manager.do("GET", anna.path(), nil).want(http.StatusOK).body["last_seen_at"])
	anna.do("GET", base+"/me", nil).want(http.StatusOK)
	require.NotNil(t, manager.do("GET", anna.path(), nil).want(http.StatusOK).body["last_seen_at"])
}
