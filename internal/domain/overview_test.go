package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestStatusOfAnAccount(t *testing.T) {
	t.Parallel()
	soon := time.Now()
	for want, u := range map[domain.UserStatus]domain.User{
		domain.UserBlocked:     {Blocked: true, DeleteAt: &soon},
		domain.UserDeleting:    {DeleteAt: &soon},
		domain.UserUnconfirmed: {},
		domain.UserActive:      {Confirmed: true},
	} {
		assert.Equal(t, want, u.Status())
	}
	assert.Len(t, domain.UserStatuses(), 4)
}

func TestUsersSeeWhatWasDoneToThemAndNotByWhom(t *testing.T) {
	t.Parallel()
	me, manager := domain.NewID(time.Now()), domain.NewID(time.Now())
	for name, test := range map[string]struct {
		actor  domain.Actor
		hidden bool
	}{
		"a manager":                  {domain.Actor{ID: manager, Email: "m@example.org", Address: "192.0.2.1"}, true},
		"oneself":                    {domain.Actor{ID: me, Email: "me@example.org", Address: "192.0.2.2"}, false},
		"somebody who is signed out": {domain.Actor{Address: "192.0.2.3"}, false},
	} {
		e := domain.AuditEntry{Actor: test.actor, OwnerID: me, Reason: "spam"}
		e.Hide(me)
		if test.hidden {
			test.actor = domain.Actor{}
		}
		assert.Equal(t, domain.AuditEntry{Actor: test.actor, OwnerID: me, Reason: "spam"}, e, name)
	}
}

func TestWhoMayBlockWhom(t *testing.T) {
	t.Parallel()
	self := domain.NewID(time.Now())
	other := domain.NewID(time.Now().Add(time.Second))
	for _, test := range []struct {
		actor   domain.Actor
		user    domain.User
		block   string
		unblock string
	}{
		{domain.Actor{ID: self, Role: domain.RoleManager}, domain.User{ID: other, Role: domain.RoleUser}, "", ""},
		{domain.Actor{ID: self, Role: domain.RoleManager}, domain.User{ID: other, Role: domain.RoleManager}, "", ""},
		{domain.Actor{ID: self, Role: domain.RoleManager}, domain.User{ID: other, Role: domain.RoleAdmin}, "user_is_admin", "user_is_admin"},
		{domain.Actor{ID: self, Role: domain.RoleManager}, domain.User{ID: self, Role: domain.RoleManager}, "user_is_self", ""},
		{domain.Actor{ID: self, Role: domain.RoleAdmin}, domain.User{ID: self, Role: domain.RoleAdmin}, "user_is_self", ""},
		{domain.Actor{ID: self, Role: domain.RoleAdmin}, domain.User{ID: other, Role: domain.RoleAdmin}, "", ""},
		{domain.Actor{}, domain.User{ID: other, Role: domain.RoleAdmin}, "", ""},
	} {
		assert.Equal(t, test.block, code(test.actor.MayBlock(&test.user)))
		assert.Equal(t, test.unblock, code(test.actor.MayUnblock(&test.user)))
	}
}

func code(err error) string {
	if err == nil {
		return ""
	}
	e, _ := err.(*domain.Error) //nolint:errorlint // it is made where it is returned
	return e.Code
}
