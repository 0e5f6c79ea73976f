package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// viewOf is whose things a request may look at: its user's, or the zero ID for everybody's. What is changed is the
// user's own: see ownerOf.
func viewOf(ctx context.Context) domain.ID {
	if userOf(ctx).Role.SeesAll() {
		return domain.ID{}
	}
	return ownerOf(ctx)
}

// askedOwner reads the parameter "owner": whose things a list is to have, the zero ID for everybody's.
func askedOwner(ctx context.Context, asked *openapi.Owner) (domain.ID, error) {
	who := userOf(ctx)
	name := "me"
	if who.Role == domain.RoleManager { // has nothing of one's own
		name = "all"
	}
	set(&name, asked)
	if name == "me" || name == who.ID.String() {
		return who.ID, nil
	}
	if !who.Role.SeesAll() {
		return domain.ID{}, &domain.Error{Kind: domain.Forbidden, Code: "role_required", Message: "your role does not allow to see what belongs to others"}
	}
	if name == "all" {
		return domain.ID{}, nil
	}
	id, err := domain.ParseID(name)
	if err != nil || id.IsZero() {
		return domain.ID{}, domain.NewInvalid(domain.NewFault(domain.FaultInvalidOwner, nil, `must be "me", "all" or the id of a user`).At("owner"))
	}
	return id, nil
}
