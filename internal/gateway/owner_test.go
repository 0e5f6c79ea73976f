package gateway_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestManagersSeeEverything(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	owner, stranger := a.caller("owner@example.org", domain.RoleUser), a.caller("stranger@example.org", domain.RoleUser)
	manager, admin := a.caller("manager@example.org", domain.RoleManager), a.caller("admin@example.org", domain.RoleAdmin)
	theirs := owner.everything()
	for _, path := range []string{
		"/clients/{id}", "/lists/{id}", "/messages/{id}", "/mailings/{id}", "/mailings/{id}/attempts", "/mailings/{id}/history",
		"/mailings/{id}/history.csv", "/attempts/{id}", "/attempts/{id}/deliveries", "/attempts/{id}/deliveries.csv", "/attempts/{id}/statistics",
	} {
		at := theirs.fill(path)
		want := owner.do("GET", at, nil).want(http.StatusOK)
		for _, c := range []*caller{manager, admin} {
			got := c.do("GET", at, nil).want(http.StatusOK)
			if path != "/attempts/{id}/statistics" { // says when it was made
				assert.Equal(t, string(want.raw), string(got.raw), path)
			}
		}
		stranger.do("GET", at, nil).want(http.StatusNotFound)
		switch path {
		case "/clients/{id}", "/lists/{id}", "/messages/{id}", "/mailings/{id}", "/attempts/{id}":
			assert.Equal(t, owner.user.ID.String(), want.body["owner_id"], path)
			assert.Equal(t, "owner@example.org", want.body["owner_email"], path)
		}
	}
	manager.do("POST", theirs.fill("/messages/{id}/preview"), object{"client_id": theirs.client}).want(http.StatusOK)

	// What they see they do not change.
	for path, body := range map[string]object{"/clients/{id}": {"comment": "x"}, "/lists/{id}": {"name": "x"}, "/messages/{id}": {"subject": "x"}, "/mailings/{id}": {"name": "x"}} {
		admin.do("PATCH", theirs.fill(path), body).want(http.StatusNotFound)
		admin.do("DELETE", theirs.fill(path), nil).want(http.StatusNotFound)
		manager.do("PATCH", theirs.fill(path), body).problem(http.StatusForbidden, "role_required")
	}
	admin.do("POST", theirs.fill("/attempts/{id}/resend"), object{}).want(http.StatusNotFound)
}

func TestOwnerParameter(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	owner, other := a.caller("owner@example.org", domain.RoleUser), a.caller("other@example.org", domain.RoleUser)
	manager, admin := a.caller("manager@example.org", domain.RoleManager), a.caller("admin@example.org", domain.RoleAdmin)
	owner.everything()
	other.everything()
	mine := "?owner=" + owner.user.ID.String()
	for _, path := range []string{"/clients", "/lists", "/messages", "/mailings", "/suppressions"} {
		at, page := base+path, func(c *caller, query string) []object {
			return c.do("GET", base+path+query, nil).want(http.StatusOK).items()
		}
		assert.Len(t, page(owner, ""), 1, path)
		assert.Equal(t, page(owner, ""), page(owner, "?owner=me"), path)
		assert.Equal(t, page(owner, ""), page(owner, mine), path)
		assert.Len(t, page(manager, ""), 2, path)
		assert.Empty(t, page(manager, "?owner=me"), path)
		assert.Empty(t, page(admin, ""), path)
		assert.Equal(t, page(manager, ""), page(admin, "?owner=all"), path)
		assert.Equal(t, page(owner, ""), page(admin, mine), path)
		first := manager.do("GET", at+"?limit=1", nil).want(http.StatusOK)
		next, ok := first.body["next_cursor"].(string)
		require.True(t, ok)
		assert.Equal(t, page(manager, ""), append(first.items(), page(manager, "?limit=1&cursor="+next)...), path)
		for _, asked := range []string{"all", other.user.ID.String(), "x"} {
			owner.do("GET", at+"?owner="+asked, nil).problem(http.StatusForbidden, "role_required")
		}
		for _, asked := range []string{"x", "", domain.ID{}.String()} {
			admin.do("GET", at+"?owner="+asked, nil).problem(http.StatusUnprocessableEntity, "validation_failed")
		}
	}
	assert.Len(t, manager.do("GET", base+"/clients?q=ONE", nil).want(http.StatusOK).items(), 2)

	scheduled := func(c *caller, query string) any {
		counts, _ := c.do("GET", base+"/reports/summary"+query, nil).want(http.StatusOK).body["mailings"].(object)
		return counts["scheduled"]
	}
	assert.EqualValues(t, 1, scheduled(owner, ""))
	assert.EqualValues(t, 2, scheduled(manager, ""))
	assert.EqualValues(t, 0, scheduled(admin, ""))
	assert.EqualValues(t, 1, scheduled(admin, mine))
	owner.do("GET", base+"/reports/summary?owner=all", nil).problem(http.StatusForbidden, "role_required")
	owner.do("GET", base+"/reports/mailings.csv?owner=all", nil).problem(http.StatusForbidden, "role_required")
	manager.do("GET", base+"/reports/mailings.csv?owner=all", nil).want(http.StatusOK)
}
