package app

import (
	"context"
	"net"
	"net/http"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
	"github.com/vestnik-mail/vestnik/internal/postgres"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/render"
)

// cachedStore is the database with the reports of running attempts kept in Redis for a second.
type cachedStore struct {
	*postgres.Store
	attempts *redis.Attempts
}

// Attempt returns one of owner's attempts, its counters up to a second old.
func (c cachedStore) Attempt(ctx context.Context, owner, id domain.ID) (domain.Attempt, error) {
	return c.attempts.Attempt(ctx, owner, id)
}

// gateway returns the REST API.
func (p *parts) gateway(mailbox http.Handler) (http.Handler, error) {
	compile, err := compiler(p.cfg)
	if err != nil {
		return nil, err
	}
	checks := make([]gateway.Check, 0, len(p.dependencies()))
	for _, d := range p.dependencies() {
		checks = append(checks, gateway.Check{Name: d.name, Run: d.ping})
	}
	return gateway.New(gateway.Deps{
		Store:        cachedStore{p.store, redis.NewAttempts(p.redis, p.store)},
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
		Checks:  checks,
		Mailbox: onThisMachine(mailbox),
	})
}

// onThisMachine serves those who connect by loopback only: whoever sees the built-in mailbox reads everybody's mail, and
// there is no sign-in before it yet.
func onThisMachine(mailbox http.Handler) http.Handler {
	if mailbox == nil {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			http.Error(w, "The built-in mailbox is shown on this machine only, since it holds everybody's mail.", http.StatusForbidden)
			return
		}
		mailbox.ServeHTTP(w, r)
	})
}
