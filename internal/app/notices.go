package app

import (
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"strings"
	"time"

	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/notices"
	"github.com/vestnik-mail/vestnik/internal/provider"
	"github.com/vestnik-mail/vestnik/internal/provider/httpapi"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
	"github.com/vestnik-mail/vestnik/internal/render"
)

const (
	// noticeConnections are those that one sender keeps for the service's own mail, beside those for mailings.
	noticeConnections = 4
	noticeWorkers     = 2 * noticeConnections
	// noticeDot bounds the wait for a mail service's last word. Mailings wait longer, for giving up there leaves an unknown;
	// a notice goes out again instead, and others wait for its connection.
	noticeDot = 2 * time.Minute
)

// openNoticeService makes the default mail service once more, for the service's own mail alone: its connections, breaker,
// turns and slowed domains are its own, and its rate is that of the mailings counted apart. limits is that of
// openMailServices.
func openNoticeService(cfg config.Config, limits func(*provider.Settings)) (mailService, error) {
	// All senders together keep to the rate under the name, so it must not be that of the mailings.
	own := func(name string) string { return name + " (notices)" }
	if urls := splitList(cfg.SMTPURL); len(urls) > 0 {
		return openSMTP(urls[0], limits, func(c *smtp.Config) {
			c.Name, c.Connections, c.Timeouts.Dot = own(c.Name), noticeConnections, noticeDot
		})
	}
	token := ""
	if tokens := cfg.HTTPTokens(); len(tokens) > 0 {
		token = tokens[0]
	}
	urls := splitList(cfg.HTTPProvider)
	if len(urls) == 0 {
		return mailService{}, cfg.Require("SMTP_URL")
	}
	return openHTTP(urls[0], token, limits, func(c *httpapi.Config) {
		c.Name, c.Connections = own(c.Name), noticeConnections
	})
}

// newMailer returns what sends the service's own mail through service.
func (p *parts) newMailer(service mailService) (*notices.Mailer, error) {
	from, err := mail.ParseAddress(p.cfg.MailFrom)
	if err != nil {
		return nil, fmt.Errorf("VESTNIK_MAIL_FROM: %w", err)
	}
	return notices.New(notices.Config{Home: p.home, Workers: noticeWorkers, Lease: p.cfg.Lease}, notices.Deps{
		Store: p.store, Service: service.Provider, Clock: p.clock, Observer: p.metrics,
		Log: p.log.With().Str("job", "sender").Logger(),
		Envelope: func(m notices.Message, at time.Time) (domain.Envelope, error) {
			return noticeEnvelope(m, from, service.Form(), at)
		},
	})
}

// noticeEnvelope makes of a message what a mail service takes.
func noticeEnvelope(m notices.Message, from *mail.Address, form domain.Form, at time.Time) (domain.Envelope, error) {
	e := domain.Envelope{Flow: m.ID, Key: "notice." + m.ID.String(), From: from.Address, To: m.To}
	t, err := render.Fixed(render.Letter{
		ID: m.ID, From: render.Mailbox{Name: from.Name, Address: from.Address}, Subject: m.Subject, Text: m.Text, HTML: m.HTML,
	})
	if err != nil {
		return e, err
	}
	to := render.Recipient{ID: m.ID, Email: m.To}
	if form == domain.FormParts {
		e.Parts, err = t.Parts(to)
		return e, err
	}
	e.Data, err = t.Render(nil, to, at)
	return e, err
}

// home is the address people reach Vestnik by. Only the settings say so, never a request: a forged Host must not get into a
// link.
func (p *parts) home() string {
	addr, ok := p.listens.Load().(string)
	if !ok {
		addr = p.cfg.HTTPAddr
	}
	return BaseURL(p.cfg, addr)
}

// BaseURL is the address people reach Vestnik by, whose gateway listens at addr (host:port). It ends without a slash.
func BaseURL(cfg config.Config, addr string) string {
	if cfg.BaseURL != "" {
		return strings.TrimSuffix(cfg.BaseURL, "/")
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "http://" + addr
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() || host == "" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
