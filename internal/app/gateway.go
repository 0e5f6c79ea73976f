package app

import (
	"context"
	"net/http"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
	"github.com/vestnik-mail/vestnik/internal/postgres"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/render"
	"github.com/vestnik-mail/vestnik/web"
)

// cachedStore is the database with its sums kept in Redis.
type cachedStore struct {
	*postgres.Store
	attempts *redis.Attempts
	reports  *redis.Reports
}

func newCachedStore(store *postgres.Store, client *redis.Client) cachedStore {
	attempts := redis.NewAttempts(client, store)
	return cachedStore{store, attempts, redis.NewReports(client, store, attempts)}
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

// gateway returns the REST API. Its streams end when ctx does.
func (p *parts) gateway(ctx context.Context, mailbox http.Handler) (http.Handler, error) {
	compile, err := compiler(p.cfg)
	if err != nil {
		return nil, err
	}
	checks := make([]gateway.Check, 0, len(p.dependencies()))
	for _, d := range p.dependencies() {
		checks = append(checks, gateway.Check{Name: d.name, Run: d.ping})
	}
	return gateway.New(gateway.Deps{
		Store:        newCachedStore(p.store, p.redis),
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
		Checks:   checks,
		Stopping: ctx.Done(),
		Web:      web.Dist(),
		Mailbox:  onThisMachine("The built-in mailbox is shown on this machine only, since it holds everybody's mail.", mailbox),
		Metrics:  onThisMachine("The metrics are shown on this machine only; VESTNIK_HEALTH_ADDR opens a port for them.", p.metrics.Handler()),
		Begin:    p.request,
	})
}
