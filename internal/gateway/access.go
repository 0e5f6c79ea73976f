package gateway

import (
	"context"
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// The values of x-access in api/openapi.yaml: who may make a call. The other values are scopes of API keys; sessions have
// all of them.
const (
	accessPublic  = "public"  // anybody
	accessSession = "session" // people who are signed in, not programs
)

// rule is who may make a call. Every call of the contract states its own: x-access, and x-roles if it is not for all.
type rule struct {
	access string
	roles  []domain.Role
}

func newRule(op *openapi3.Operation) (rule, error) {
	r := rule{roles: domain.Roles()}
	r.access, _ = op.Extensions["x-access"].(string)
	known := append([]string{accessPublic, accessSession}, string(domain.ScopeRead), string(domain.ScopeWrite), string(domain.ScopeSend))
	if !slices.Contains(known, r.access) {
		return rule{}, fmt.Errorf("%s: x-access must say who may make the call, one of %v", op.OperationID, known)
	}
	roles, there := op.Extensions["x-roles"].([]any)
	if !there {
		return r, nil
	}
	r.roles = nil
	for _, name := range roles {
		text, _ := name.(string)
		if !slices.Contains(domain.Roles(), domain.Role(text)) {
			return rule{}, fmt.Errorf("%s: x-roles: there is no role %v", op.OperationID, name)
		}
		r.roles = append(r.roles, domain.Role(text))
	}
	return r, nil
}

// access holds the caller to the rule of the call.
func (ct *contract) access(c *gin.Context) {
	if err := ct.of(c).rule.check(c); err != nil {
		fail(c, err)
	}
}

func (r rule) check(ctx context.Context) error {
	if err, refused := ctx.Value(refusalKey).(error); refused && r.access != accessPublic {
		return err
	}
	return r.admits(callerOf(ctx))
}

// admits reports whether who may make the call, and if not why.
func (r rule) admits(who caller) error {
	switch {
	case r.access == accessPublic:
		return nil
	case who.user.ID.IsZero():
		return unauthorized("api_key_missing", "sign in, or send an API key: Authorization: Bearer vst_…")
	case who.user.Blocked:
		return &domain.Error{Kind: domain.Forbidden, Code: "user_blocked", Message: "this account is blocked"}
	case !slices.Contains(r.roles, who.user.Role):
		return &domain.Error{Kind: domain.Forbidden, Code: "role_required", Message: "your role does not allow this"}
	case r.access == accessSession:
		if who.session.IsZero() {
			return &domain.Error{Kind: domain.Forbidden, Code: "session_required", Message: "only a person who is signed in may do this, no API key"}
		}
		return nil
	}
	scope := domain.Scope(r.access)
	if !domain.Allows(who.scopes, scope) {
		return &domain.Error{Kind: domain.Forbidden, Code: "scope_required", Message: "this API key lacks the scope " + r.access}
	}
	if scope == domain.ScopeSend {
		return who.maySend()
	}
	return nil
}

// maySend reports whether the caller may make mail go out. It is for calls that send only with some input.
func maySend(ctx context.Context) error {
	who := callerOf(ctx)
	return who.maySend()
}

func (who *caller) maySend() error {
	if !domain.Allows(who.scopes, domain.ScopeSend) {
		return &domain.Error{Kind: domain.Forbidden, Code: "scope_required", Message: "this API key lacks the scope send"}
	}
	return who.user.MaySend()
}
