package app

import (
	"context"
	"io/fs"
	"net/http"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
	"github.com/vestnik-mail/vestnik/internal/oidc"
	"github.com/vestnik-mail/vestnik/internal/postgres"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/render"
	"github.com/vestnik-mail/vestnik/internal/totp"
	"github.com/vestnik-mail/vestnik/web"
)

// cachedStore is the database with its sums kept in Redis.
type cachedStore struct {
	*postgres.Store
	attempts *redis.Attempts
	reports  *redis.Reports
	sessions *redis.Sessions
}

func newCachedStore(store *postgres.Store, client *redis.Client) cachedStore {
	attempts := redis.NewAttempts(client, store)
	return cachedStore{store, attempts, redis.NewReports(client, store, attempts), redis.NewSessions(client, store)}
}

// UserBySession returns who is signed in with this secret, as it was up to redis.SessionAge ago.
func (c cachedStore) UserBySession(ctx context.Context, secret string) (domain.User, domain.ID, error) {
	return c.sessions.UserBySession(ctx, secret)
}

// Attempt returns one of owner's attempts, its counters up to redis.ReportAge old.
func (c cachedStore) Attempt(ctx context.Context, owner, id domain.ID) (domain.Attempt, error) {
	return c.attempts.Attempt(ctx, owner, id)
}

// Statistics returns those of one of owner's attempts; see redis.Reports for how old they may be.
func (c cachedStore) Statistics(ctx context.Context, owner, attempt domain.ID) (domain.Statistics, error) {
	return c.reports.Statistics(ctx, owner, attempt)
}

// Summary sums up owner's attempts; see redis.Reports for how old that may be.
func (c cachedStore) Summary(ctx context.Context, owner domain.ID, in domain.Period, zone *time.Location) (domain.Summary, error) {
	return c.reports.Summary(ctx, owner, in, zone)
}

// baseURL is the address that people reach Vestnik by.
func (p *parts) baseURL() string { return BaseURL(p.cfg, p.cfg.HTTPAddr) }

// secondFactor returns what makes and checks second factors; nil without a key to seal their secrets with.
func (p *parts) secondFactor() (*totp.Factor, error) {
	if p.cfg.SecretKey == "" {
		return nil, nil //nolint:nilnil // see gateway.Deps
	}
	return totp.New(p.cfg.SecretKey)
}

// identities returns the identity provider of the settings; nil: there is none.
func (p *parts) identities() gateway.IdentityProvider {
	if p.cfg.OIDCIssuer == "" {
		return nil
	}
	return oidc.New(oidc.Settings{
		Name: p.cfg.IdentityProvider(), Issuer: p.cfg.OIDCIssuer, ClientID: p.cfg.OIDCClient, ClientSecret: p.cfg.OIDCSecret,
		RedirectURL: p.baseURL() + "/api/v1/auth/oidc/callback",
	}, p.clock)
}

// Web returns the files of the web application.
func Web() fs.FS { return web.Dist() }

// gateway returns the REST API. Its streams end when ctx does.
func (p *parts) gateway(ctx context.Context, mailbox http.Handler) (http.Handler, error) {
	compile, err := compiler(p.cfg)
	if err != nil {
		return nil, err
	}
	proxies, err := p.cfg.TrustedProxies()
	if err != nil {
		return nil, err
	}
	checks := make([]gateway.Check, 0, len(p.dependencies()))
	for _, d := range p.dependencies() {
		checks = append(checks, gateway.Check{Name: d.name, Run: d.ping})
	}
	factor, err := p.secondFactor()
	if err != nil {
		return nil, err
	}
	return gateway.New(gateway.Deps{
		BaseURL:      p.baseURL(),
		Factor:       factor,
		Identities:   p.identities(),
		Store:        newCachedStore(p.scoped, p.redis),
		Clock:        p.clock,
		Log:          p.log.With().Str("job", "gateway").Logger(),
		CheckMessage: render.Check,
		Preview: func(m domain.Message, c domain.Client, mailing string) (subject, html, text string, err error) {
			t, err := compile(domain.Content{MailingName: mailing, Subject: m.Subject, HTML: m.HTML, Text: m.Text})
			if err != nil {
				return "", "", "", err
			}
			return t.Preview(render.Recipient{ID: c.ID, Email: c.Email.Display, FullName: c.FullName, Attributes: c.Attributes})
		},
		Limiter:            redis.NewLimits(p.redis),
		TrustedProxies:     proxies,
		RegistrationClosed: p.cfg.Registration == "closed",

		Checks:   checks,
		Stopping: ctx.Done(),
		Web:      Web(),
		Mailbox:  until(ctx, onThisMachine("The built-in mailbox is shown on this machine only, since it holds everybody's mail.", mailbox)),
		ShowsTo:  isOnThisMachine,
		Metrics:  onThisMachine("The metrics are shown on this machine only; VESTNIK_HEALTH_ADDR opens a port for them.", p.metrics.Handler()),
		Begin:    p.request,
	})
}
