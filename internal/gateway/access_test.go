package gateway_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	spec "github.com/vestnik-mail/vestnik/api"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
)

// reaches reports whether a call about what is another's is answered, for somebody whom the call's rule lets make it. It is
// the one place of the tests that says so.
func (p *party) reaches(c call) bool {
	switch {
	case strings.HasPrefix(c.path, "/users/"), slices.Contains([]string{"disableMailing", "enableMailing"}, c.op.OperationID):
		return true // these are about others
	case c.op.OperationID == "getTestMail":
		return false // what somebody sends to himself is his alone
	case c.op.OperationID == "startMailing":
		return p.user.Role == domain.RoleAdmin
	default:
		return p.user.Role.SeesAll() && (c.method == http.MethodGet || c.op.OperationID == "previewMessage") && !strings.HasPrefix(c.path, "/imports/") // those are on their way in
	}
}

// party is somebody who makes calls.
type party struct {
	*caller

	name        string
	scopes      []domain.Scope // of the key; none: it is a person
	unconfirmed bool
	deleting    bool
	blocked     bool
	stale       bool // what it shows is worth nothing any more
}

// verdict is what the call's own words in the contract make of a party: 0 lets it through.
func (p *party) verdict(c call) (status int, code string) {
	access, _ := c.op.Extensions["x-access"].(string)
	roles, limited := c.op.Extensions["x-roles"].([]any)
	program := len(p.scopes) > 0
	order := []string{"read", "write", "send"}
	has := slices.ContainsFunc(p.scopes, func(s domain.Scope) bool { return slices.Index(order, string(s)) >= slices.Index(order, access) })
	switch {
	case access == "public":
		return 0, ""
	case p.user.ID.IsZero():
		return http.StatusUnauthorized, "api_key_missing"
	case p.stale && program:
		return http.StatusUnauthorized, "unknown_api_key"
	case p.stale:
		return http.StatusUnauthorized, "session_ended"
	case p.blocked:
		return http.StatusForbidden, "user_blocked"
	case limited && !slices.Contains(roles, any(string(p.user.Role))):
		return http.StatusForbidden, "role_required"
	case access == "session" && program:
		return http.StatusForbidden, "session_required"
	case access != "session" && program && !has:
		return http.StatusForbidden, "scope_required"
	case access == "send" && p.unconfirmed:
		return http.StatusForbidden, "email_unconfirmed"
	case access == "send" && p.deleting:
		return http.StatusForbidden, "account_deleting"
	}
	return 0, ""
}

// parties are one of every sort; the first four are the owner of what else the tests make.
func (a *api) parties() (all []*party, owner *party) {
	a.t.Helper()
	person := func(name string, role domain.Role) *party {
		return &party{caller: a.person(strings.ReplaceAll(name, " ", ".")+"@example.org", role), name: name}
	}
	program := func(of *party, scopes ...domain.Scope) *party {
		p := *of
		p.caller, p.scopes = of.program(scopes...), scopes
		p.name += " with a key for " + string(scopes[0])
		return &p
	}
	owner = person("the owner", domain.RoleUser)
	manager, admin := person("a manager", domain.RoleManager), person("an administrator", domain.RoleAdmin)
	unconfirmed, deleting, blocked := person("an unconfirmed user", domain.RoleUser), person("a leaving user", domain.RoleUser), person("a blocked user", domain.RoleUser)
	unconfirmed.unconfirmed, deleting.deleting, blocked.blocked = true, true, true
	signedOut := person("a user who signed out", domain.RoleUser)
	all = []*party{
		owner, program(owner, domain.ScopeRead), program(owner, domain.ScopeWrite), program(owner, domain.ScopeSend),
		{caller: &caller{api: a}, name: "nobody"},
		person("another user", domain.RoleUser), program(person("another program", domain.RoleUser), domain.ScopeSend),
		unconfirmed, program(unconfirmed, domain.ScopeSend), deleting, program(deleting, domain.ScopeSend), blocked, program(blocked, domain.ScopeSend),
		manager, program(manager, domain.ScopeRead), program(manager, domain.ScopeSend), admin, program(admin, domain.ScopeRead), program(admin, domain.ScopeSend),
		signedOut, program(signedOut, domain.ScopeSend),
	}
	a.exec("UPDATE users SET verified_at = NULL WHERE id = $1", unconfirmed.user.ID)
	a.exec("UPDATE users SET delete_at = now() + interval '30 days' WHERE id = $1", deleting.user.ID)
	a.exec("UPDATE users SET blocked_at = now() WHERE id = $1", blocked.user.ID)
	a.exec("DELETE FROM sessions WHERE user_id = $1", signedOut.user.ID)
	a.exec("UPDATE api_keys SET revoked_at = now() WHERE user_id = $1", signedOut.user.ID)
	all[len(all)-1].stale, all[len(all)-2].stale = true, true
	return all, owner
}

// TestEveryCallIsForWhomItSays holds every route to what the contract says of it, for everybody. A parameter that no call
// has keeps those who are let through from changing anything, so that calls that are still to come are held to it as well.
func TestEveryCallIsForWhomItSays(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	parties, owner := a.parties()
	theirs := owner.everything()
	for _, p := range parties {
		for _, c := range a.calls {
			status, code := p.verdict(c)
			if c.op.Extensions["x-foreign-query"] == true { // a parameter too many is not refused, and a browser is sent on
				require.Equal(t, http.StatusFound, p.do(c.method, theirs.fill(c.path)+"?surprise=1", nil).status, "%s: %s", p.name, c.op.OperationID)
				continue
			}
			if status == 0 {
				status, code = http.StatusUnprocessableEntity, "validation_failed"
			}
			got := p.do(c.method, theirs.fill(c.path)+"?surprise=1", object{}, "Content-Type", mediaOf(c))
			require.Equal(t, status, got.status, "%s: %s: %s", p.name, c.op.OperationID, got.raw)
			require.Equal(t, code, got.body["code"], "%s: %s", p.name, c.op.OperationID)
		}
	}
}

// TestWhatIsAnothersIsReachedByWhomItSays makes every call about something of the owner's, as everybody else.
func TestWhatIsAnothersIsReachedByWhomItSays(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	parties, owner := a.parties()
	theirs := owner.everything()
	a.delivered(theirs)
	theirs.user = a.person("bystander@example.org", domain.RoleUser).user.ID.String()
	for _, p := range parties {
		if p.user.ID == owner.user.ID {
			continue
		}
		for _, c := range a.calls {
			status, _ := p.verdict(c)
			if !strings.Contains(c.path, "{") {
				if c.method == http.MethodGet && status == 0 {
					got := p.make(c, theirs.fill(c.path), nil)
					require.Less(t, got.status, 400, "%s: %s: %s", p.name, c.op.OperationID, got.raw)
					for _, id := range theirs.ids() {
						require.False(t, !p.user.Role.SeesAll() && strings.Contains(string(got.raw), id), "%s is shown %s by %s", p.name, id, c.op.OperationID)
					}
				}
				continue
			}
			var body any
			if c.op.RequestBody != nil {
				body = object{}
			}
			got := p.make(c, theirs.fill(c.path), body)
			switch {
			case status != 0:
				require.Equal(t, status, got.status, "%s: %s: %s", p.name, c.op.OperationID, got.raw)
			case p.reaches(c):
				require.NotContains(t, []int{401, 403, 404}, got.status, "%s: %s: %s", p.name, c.op.OperationID, got.raw)
			default:
				require.Equal(t, http.StatusNotFound, got.status, "%s: %s: %s", p.name, c.op.OperationID, got.raw)
			}
		}
	}
}

// TestTheOwnerReachesEverything makes every call about the owner's own things, those that take away last.
func TestTheOwnerReachesEverything(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	parties, owner := a.parties()
	own := owner.everything()
	a.delivered(own)
	inOrder := slices.Clone(a.calls)
	slices.SortStableFunc(inOrder, func(x, y call) int {
		late := []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete}
		if by := slices.Index(late, x.method) - slices.Index(late, y.method); by != 0 {
			return by
		}
		return strings.Count(y.path, "/") - strings.Count(x.path, "/")
	})
	for _, c := range inOrder {
		for _, p := range parties {
			status, _ := p.verdict(c)
			if p.user.ID != owner.user.ID || status != 0 || c.op.OperationID == "logOut" || (c.method != http.MethodGet && p != owner) {
				continue
			}
			var body any
			if c.op.RequestBody != nil {
				body = object{}
			}
			got := p.make(c, own.fill(c.path), body)
			require.NotContains(t, []int{401, 403, 404}, got.status, "%s: %s: %s", p.name, c.op.OperationID, got.raw)
			require.Less(t, got.status, 500, "%s: %s: %s", p.name, c.op.OperationID, got.raw)
			if c.method == http.MethodGet {
				require.Less(t, got.status, 400, "%s: %s: %s", p.name, c.op.OperationID, got.raw)
			}
		}
	}
}

// make makes a call; of a stream that goes on it takes no more than the beginning.
func (p *party) make(c call, path string, body any) answer {
	p.t.Helper()
	if ok := c.op.Responses.Status(http.StatusOK); ok != nil && ok.Value.Content.Get("text/event-stream") != nil {
		stream := p.open(path)
		return answer{t: p.t, status: stream.status, header: stream.header}
	}
	return p.do(c.method, path, body, "Content-Type", mediaOf(c))
}

// delivered records that the attempt's message reached the client.
func (a *api) delivered(m made) {
	a.t.Helper()
	a.exec(`INSERT INTO deliveries SELECT $1, id, email, 'sent', '', 'dot', 250, '2.0.0', 'OK', 'smtp', 1, now() FROM clients WHERE uid = $2`, m.attempt, m.client)
}

func TestACallWithoutARuleIsNoCall(t *testing.T) {
	t.Parallel()
	load := func() *openapi3.T {
		doc, err := openapi3.NewLoader().LoadFromData(spec.OpenAPI())
		require.NoError(t, err)
		return doc
	}
	require.NoError(t, gateway.CheckContract(load()))
	for _, c := range calls(t) {
		doc := load()
		op := doc.Paths.Value(c.path).GetOperation(c.method)
		delete(op.Extensions, "x-access")
		require.ErrorContains(t, gateway.CheckContract(doc), c.op.OperationID+": x-access must say who may make the call")
		op.Extensions["x-access"] = "everybody"
		require.ErrorContains(t, gateway.CheckContract(doc), c.op.OperationID+": x-access")
		op.Extensions["x-access"] = "read"
		op.Extensions["x-roles"] = []any{"root"}
		require.ErrorContains(t, gateway.CheckContract(doc), c.op.OperationID+": x-roles")
	}
}

func TestWhoMayNotSendMayNotLetMailGoOut(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	owner := a.caller("o@example.org", domain.RoleUser)
	m := owner.everything()
	draft := func(name string) object {
		return object{"name": name, "message_id": m.message, "list_ids": []string{m.list}, "draft": true}
	}
	scheduled := func() object {
		return object{"name": "x", "message_id": m.message, "list_ids": []string{m.list}, "start_at": "2099-01-01T00:00:00Z"}
	}
	id := owner.do("POST", base+"/mailings", scheduled()).want(http.StatusCreated).id()
	for code, by := range map[string]struct {
		*caller
		sql string
	}{
		"scope_required":    {owner.program(domain.ScopeWrite), "SELECT 1 FROM users WHERE id = $1"},
		"email_unconfirmed": {owner, "UPDATE users SET verified_at = NULL WHERE id = $1"},
		"account_deleting":  {owner.browser(), "UPDATE users SET verified_at = now(), delete_at = now() + interval '1 day' WHERE id = $1"},
	} {
		a.exec("UPDATE users SET verified_at = now(), delete_at = NULL")
		a.exec(by.sql, owner.user.ID)
		by.do("POST", base+"/mailings", scheduled()).problem(http.StatusForbidden, code)
		later := by.do("POST", base+"/mailings", draft(code)).want(http.StatusCreated).id()
		by.do("PATCH", base+"/mailings/"+later, object{"name": "y"}).want(http.StatusOK)
		by.do("PATCH", base+"/mailings/"+later, object{"draft": false}).problem(http.StatusForbidden, code)
		assert.Equal(t, "draft", by.do("GET", base+"/mailings/"+later, nil).body["status"])
		by.do("POST", base+"/mailings/"+later+"/start", nil).problem(http.StatusForbidden, code)
		by.do("POST", base+"/attempts/"+m.attempt+"/resend", object{}).problem(http.StatusForbidden, code)

		by.do("PATCH", base+"/mailings/"+id, object{"start_at": "2098-01-01T00:00:00Z"}).problem(http.StatusForbidden, code)
		by.do("POST", base+"/mailings/"+id+"/pause", nil).want(http.StatusOK)
		by.do("PATCH", base+"/mailings/"+id, object{"name": "z"}).want(http.StatusOK)
		by.do("POST", base+"/mailings/"+id+"/resume", nil).problem(http.StatusForbidden, code)
		a.exec("UPDATE users SET verified_at = now(), delete_at = NULL")
		owner.do("POST", base+"/mailings/"+id+"/resume", nil).want(http.StatusOK)
	}
	again := owner.do("POST", base+"/mailings", draft("d")).want(http.StatusCreated).id()
	owner.do("PATCH", base+"/mailings/"+again, object{"draft": false, "start_at": "2099-01-01T00:00:00Z"}).want(http.StatusOK)
}
