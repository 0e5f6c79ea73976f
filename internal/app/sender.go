package app

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/render"
	"github.com/vestnik-mail/vestnik/internal/sender"
)

const (
	// quitTime bounds saying good-bye to the mail service.
	quitTime = time.Second
	// patience is how long a sender that stops waits for a mail service that owes an answer. After that the recipients
	// on the wire are unknown, but those before them are recorded, well within stopTime.
	patience = 15 * time.Second
)

// send runs a sender until ctx ends and what it has begun is finished.
func (p *parts) send(ctx context.Context) error {
	var peers atomic.Int64
	limits := func(s *provider.Settings) {
		s.Shared = redis.NewRates(p.redis)
		s.Senders = func() int { return int(max(peers.Load(), 1)) }
	}
	services, err := openMailServices(p.cfg, limits)
	if err != nil {
		return err
	}
	forNotices, err := openNoticeService(p.cfg, limits)
	if err != nil {
		return err
	}
	mailer, err := p.newMailer(forNotices)
	if err != nil {
		return err
	}
	all := append(slices.Clone(services), forNotices)
	defer func() {
		quit, cancel := context.WithTimeout(context.WithoutCancel(ctx), quitTime)
		defer cancel()
		var closing sync.WaitGroup
		for _, s := range all {
			closing.Go(func() { _ = s.close(quit) }) // every message has its answer by now
		}
		closing.Wait()
	}()
	providers := make([]sender.Provider, len(services))
	for i, s := range services {
		providers[i] = s.Provider
	}
	defer p.metrics.WatchProviders(watched(all))()
	compile, err := compiler(p.cfg)
	if err != nil {
		return fmt.Errorf("VESTNIK_MAIL_FROM: %w", err)
	}
	from, err := mail.ParseAddress(p.cfg.MailFrom)
	if err != nil {
		return fmt.Errorf("VESTNIK_MAIL_FROM: %w", err)
	}
	served := make(chan struct{})
	s := sender.New(sender.Config{Workers: p.cfg.Workers, Lease: p.cfg.Lease}, sender.Deps{
		Attempts: p.store, Ledger: p.store, Providers: providers, Clock: p.clock,
		Log: p.log.With().Str("job", "sender").Logger(), Observer: p.metrics,
		Compile: func(c domain.Content) (sender.Template, error) {
			t, err := compile(c)
			return template{t, from.Address}, err
		},
	})
	stop := context.AfterFunc(ctx, func() {
		s.Drain()
		impatient := time.AfterFunc(patience, func() {
			for _, s := range all {
				s.cut()
			}
		})
		<-served
		impatient.Stop()
	})
	defer stop()
	defer close(served)
	reporting, endReport := context.WithCancel(ctx)
	var reported sync.WaitGroup
	reported.Go(func() { p.newReporter(services, &peers).run(reporting) })
	defer reported.Wait()
	defer endReport()
	return p.broker.Serve(ctx, append(s.Handlers(), mailer.Handlers()...), stopTime)
}

// template fits a rendered message to what the sender needs.
type template struct {
	*render.Template
	from string
}

func (t template) Render(dst []byte, r domain.Recipient, at time.Time) ([]byte, error) {
	return t.Template.Render(dst, render.Recipient{ID: r.ID, Email: r.Email, FullName: r.FullName, Attributes: r.Attributes}, at)
}

func (t template) Parts(r domain.Recipient) (domain.Parts, error) {
	return t.Template.Parts(render.Recipient{ID: r.ID, Email: r.Email, FullName: r.FullName, Attributes: r.Attributes})
}

func (t template) From() string { return t.from }
