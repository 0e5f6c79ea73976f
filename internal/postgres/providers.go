package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// ReportProvider keeps what a sender sees of one of its providers, in the place of what it said before.
func (s *Store) ReportProvider(ctx context.Context, sender domain.ID, p domain.ProviderState) error {
	slowed, err := json.Marshal(p.Slowed)
	if err != nil {
		return fmt.Errorf("encode slowed domains: %w", err)
	}
	err = s.q.ProviderReport(ctx, sqlc.ProviderReportParams{
		Provider: p.Name, Sender: sender, Kind: string(p.Kind), IsDefault: p.Default, Breaker: p.Breaker, Rate: p.Rate,
		Connections: int32(p.Connections), MaxConnections: int32(p.MaxConnections), //nolint:gosec // at most 1000
		Reason: p.Reason, LastError: p.LastError, LastErrorAt: orNull(p.LastErrorAt), Slowed: slowed,
	})
	if err != nil {
		return fmt.Errorf("report provider %s: %w", p.Name, err)
	}
	return nil
}

// ForgetProviders drops what senders said that are long gone.
func (s *Store) ForgetProviders(ctx context.Context) error { return s.q.ProviderForget(ctx) }

// Providers returns the state of every provider as all senders see it together.
func (s *Store) Providers(ctx context.Context) ([]domain.ProviderState, error) {
	rows, err := s.q.ProviderStates(ctx, domain.ProviderAlive)
	if err != nil {
		return nil, fmt.Errorf("read providers: %w", err)
	}
	seen := make([]domain.ProviderState, 0, len(rows))
	for _, row := range rows {
		r := row.ProviderState
		p := domain.ProviderState{
			Name: r.Provider, Kind: domain.ProviderKind(r.Kind), Default: r.IsDefault, Breaker: r.Breaker, Rate: r.Rate,
			Connections: int(r.Connections), MaxConnections: int(r.MaxConnections), Reason: r.Reason,
			LastError: r.LastError, ReportedAt: r.ReportedAt,
		}
		if r.LastErrorAt != nil {
			p.LastErrorAt = *r.LastErrorAt
		}
		p.Default = r.IsDefault && row.Alive // what a sender that is gone had for its default is history
		if row.Alive {
			p.Senders = 1
			if err := json.Unmarshal(r.Slowed, &p.Slowed); err != nil {
				return nil, fmt.Errorf("read slowed domains of provider %s: %w", r.Provider, err)
			}
		}
		seen = append(seen, p)
	}
	return domain.MergeProviders(seen), nil
}

// LiveSenders returns how many senders report now.
func (s *Store) LiveSenders(ctx context.Context) (int, error) {
	n, err := s.q.LiveSenders(ctx, domain.ProviderAlive)
	return int(n), err
}

// OthersWait reports whether chunks of other attempts wait for the provider that an attempt goes through.
func (s *Store) OthersWait(ctx context.Context, attempt domain.ID) (bool, error) {
	return s.q.OthersWait(ctx, sqlc.OthersWaitParams{ID: attempt, Now: s.clock.Now()})
}

// NameUnserved says in the reason of running attempts that no sender has the provider they go through.
func (s *Store) NameUnserved(ctx context.Context) error {
	if err := s.q.AttemptsNameUnserved(ctx, sqlc.AttemptsNameUnservedParams{Said: domain.TextNoSender, Alive: domain.ProviderAlive}); err != nil {
		return fmt.Errorf("look for attempts without a sender: %w", err)
	}
	return nil
}
