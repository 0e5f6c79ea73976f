package app

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/provider"
	"github.com/vestnik-mail/vestnik/internal/provider/httpapi"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
	"github.com/vestnik-mail/vestnik/internal/sender"
)

const (
	// A sender reports a provider when its state has changed, looked at every reportEvery, and every reportAnyway, which
	// is well below domain.ProviderAlive.
	reportEvery  = time.Second
	reportAnyway = 3 * time.Second
	// forgetEvery is how often what senders said that are gone is swept up.
	forgetEvery = time.Minute
)

// mailService is a provider with what a process needs of it beside sending.
type mailService struct {
	sender.Provider
	state func() domain.ProviderState
	close func(context.Context) error
	cut   func()
}

// openMailServices makes every provider of the settings; the first takes the mailings that name none. Nothing connects
// before there is something to send.
//
// limits, if not nil, is where all senders keep to one rate.
func openMailServices(cfg config.Config, limits func(*provider.Settings)) ([]mailService, error) {
	if limits == nil {
		limits = func(*provider.Settings) {}
	}
	var services []mailService
	var problems []error
	for _, raw := range splitList(cfg.SMTPURL) {
		s, err := openSMTP(raw, limits)
		if err != nil {
			problems = append(problems, fmt.Errorf("VESTNIK_SMTP_URL: %w", err))
			continue
		}
		services = append(services, s)
	}
	tokens := cfg.HTTPTokens()
	for i, raw := range splitList(cfg.HTTPProvider) {
		token := ""
		if i < len(tokens) {
			token = tokens[i]
		}
		s, err := openHTTP(raw, token, limits)
		if err != nil {
			problems = append(problems, fmt.Errorf("VESTNIK_HTTP_PROVIDER_URL: %w", err))
			continue
		}
		services = append(services, s)
	}
	return services, errors.Join(append(problems, checkNames(services))...)
}

func openSMTP(raw string, limits func(*provider.Settings), changes ...func(*smtp.Config)) (mailService, error) {
	c, err := smtp.ParseURL(raw)
	if err != nil {
		return mailService{}, err
	}
	for _, change := range changes {
		change(&c)
	}
	p, err := smtp.New(c, smtp.WithGuard(limits))
	if err != nil {
		return mailService{}, err
	}
	return mailService{
		Provider: p, close: p.Close, cut: p.Cut,
		state: func() domain.ProviderState {
			s := p.State()
			return domain.ProviderState{
				Name: p.Name(), Kind: domain.ProviderSMTP, Breaker: s.Breaker, Rate: s.Rate, Connections: s.Connections, Idle: s.Idle,
				MaxConnections: c.Connections, LastError: s.LastError, LastErrorAt: s.LastErrorAt, Slowed: s.Slowed,
			}
		},
	}, nil
}

func openHTTP(raw, token string, limits func(*provider.Settings), changes ...func(*httpapi.Config)) (mailService, error) {
	c, err := httpapi.ParseURL(raw, token)
	if err != nil {
		return mailService{}, err
	}
	for _, change := range changes {
		change(&c)
	}
	p, err := httpapi.New(c, httpapi.WithGuard(limits))
	if err != nil {
		return mailService{}, err
	}
	return mailService{
		Provider: p, close: p.Close, cut: p.Cut,
		state: func() domain.ProviderState {
			s := p.State()
			return domain.ProviderState{
				Name: p.Name(), Kind: domain.ProviderHTTP, Breaker: s.Breaker, Rate: s.Rate, Connections: s.Connections, Idle: s.Idle,
				MaxConnections: c.Connections, LastError: s.LastError, LastErrorAt: s.LastErrorAt,
			}
		},
	}, nil
}

// splitList takes a setting of several values apart.
func splitList(setting string) []string {
	var parts []string
	for part := range strings.SplitSeq(setting, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// checkNames refuses two providers of one name: a mailing could not tell them apart.
func checkNames(services []mailService) error {
	seen := map[string]bool{}
	for _, s := range services {
		token := events.ProviderToken(s.Name()) // what tells them apart in subjects, where punctuation does not count
		if seen[token] {
			return fmt.Errorf("two mail services are called %q, or alike but for punctuation: give each a name of its own, with name=… in its URL", s.Name())
		}
		seen[token] = true
	}
	return nil
}

// reporter tells the database what this sender sees of its providers.
type reporter struct {
	p        *parts
	id       domain.ID
	services []mailService
	said     []domain.ProviderState
	saidAt   []time.Time
	peers    *atomic.Int64 // where to put how many senders there are, this one included
}

func (p *parts) newReporter(services []mailService, peers *atomic.Int64) *reporter {
	return &reporter{
		p: p, id: domain.NewID(p.clock.Now()), services: services, peers: peers,
		said: make([]domain.ProviderState, len(services)), saidAt: make([]time.Time, len(services)),
	}
}

// run reports until ctx ends. What cannot be told is told later: no mail waits for it.
func (r *reporter) run(ctx context.Context) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	var forgot time.Time
	for {
		if err := r.report(ctx); err != nil && ctx.Err() == nil {
			r.p.log.Debug().Err(err).Msg("could not report the state of the mail services")
		}
		if time.Since(forgot) > forgetEvery && r.p.store.ForgetProviders(ctx) == nil {
			forgot = time.Now()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (r *reporter) report(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	told := false
	for i, s := range r.services {
		state := s.state()
		state.Default = i == 0
		if time.Since(r.saidAt[i]) < reportAnyway && reflect.DeepEqual(state, r.said[i]) {
			continue
		}
		if err := r.p.store.ReportProvider(ctx, r.id, state); err != nil {
			return err
		}
		r.said[i], r.saidAt[i], told = state, time.Now(), true
	}
	if !told {
		return nil
	}
	n, err := r.p.store.LiveSenders(ctx)
	if err == nil {
		r.peers.Store(int64(n))
	}
	return err
}
