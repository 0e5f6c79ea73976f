package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// GetRecipientGroups implements openapi.StrictServerInterface.
func (a reportAPI) GetRecipientGroups(ctx context.Context, r openapi.GetRecipientGroupsRequestObject) (openapi.GetRecipientGroupsResponseObject, error) {
	in, err := periodOf(r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	owner, err := askedOwner(ctx, r.Params.Owner)
	if err != nil {
		return nil, err
	}
	ask := domain.Grouping{By: domain.ByDomain, Owner: owner, Period: in}
	set((*openapi.GroupBy)(&ask.By), r.Params.By)
	set(&ask.Mailing, r.Params.MailingID)
	found, err := a.store.RecipientGroups(ctx, ask)
	if err != nil {
		return nil, err
	}
	return openapi.GetRecipientGroups200JSONResponse(showGroups(found)), nil
}

func showGroups(g domain.Groups) openapi.RecipientGroups {
	out := openapi.RecipientGroups{By: openapi.GroupBy(g.By), At: g.At.UTC()}
	if !g.Known {
		return out
	}
	groups := convert(g.Groups, func(r domain.RecipientGroup) openapi.RecipientGroup {
		return openapi.RecipientGroup{Name: orNil(r.Name), Totals: showCounts(r.Totals)}
	})
	out.Groups, out.Others = &groups, &openapi.OtherGroups{Groups: g.Others, Totals: showCounts(g.OtherTotals)}
	return out
}
