package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// providerStore knows the mail services that senders have.
type providerStore interface {
	// Providers returns the state of each, as all senders see it together.
	Providers(ctx context.Context) ([]domain.ProviderState, error)
}

type providerAPI struct{ store providerStore }

// ListProviders implements openapi.StrictServerInterface.
func (a providerAPI) ListProviders(ctx context.Context, _ openapi.ListProvidersRequestObject) (openapi.ListProvidersResponseObject, error) {
	found, err := a.store.Providers(ctx)
	if err != nil {
		return nil, err
	}
	if !userOf(ctx).Role.SeesAll() {
		for i := range found {
			found[i].Slowed = nil // they are domains of anybody's recipients
		}
	}
	return openapi.ListProviders200JSONResponse{Items: convert(found, showProvider)}, nil
}

func showProvider(p domain.ProviderState) openapi.Provider {
	out := openapi.Provider{
		ID: p.Name, Kind: openapi.ProviderKind(p.Kind), Default: p.Default, Senders: p.Senders, State: openapi.ProviderStatus(p.Breaker),
		Connections: p.Connections, MaxConnections: p.MaxConnections, Reason: p.Reason,
		ReasonCode: showReason(domain.ReasonOf(p.Reason)),
		LastError:  p.LastError, LastErrorAt: timeOrNull(p.LastErrorAt), ReportedAt: p.ReportedAt.UTC(),
		SlowedDomains: convert(p.Slowed, func(s domain.SlowedDomain) openapi.SlowedDomain {
			return openapi.SlowedDomain{Domain: s.Domain, Rate: float32(s.Rate)}
		}),
	}
	if p.Senders == 0 {
		out.State, out.Reason, out.Connections = openapi.Away, "no sender has it now", 0
		out.ReasonCode = showReason(domain.ReasonNoSender)
	}
	if p.Rate > 0 {
		rate := float32(p.Rate)
		out.Rate = &rate
	}
	return out
}
