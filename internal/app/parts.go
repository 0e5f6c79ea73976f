// Package app puts the parts together: it is the only package that knows them all. Run is a process of Vestnik,
// whichever of its jobs it does.
package app

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/broker"
	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/metrics"
	"github.com/vestnik-mail/vestnik/internal/postgres"
	"github.com/vestnik-mail/vestnik/internal/redis"
	"github.com/vestnik-mail/vestnik/internal/render"
	"github.com/vestnik-mail/vestnik/internal/tracing"
)

// Jobs are what a process does.
type Jobs struct {
	Gateway, Planner, Sender bool
}

// String lists the jobs.
func (j Jobs) String() string {
	var names []string
	for name, on := range map[string]bool{"gateway": j.Gateway, "planner": j.Planner, "sender": j.Sender} {
		if on {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, "+")
}

// parts are what the jobs of one process share.
type parts struct {
	cfg    config.Config
	log    zerolog.Logger
	clock  domain.Clock
	store  *postgres.Store
	scoped *postgres.Store // the gateway's; the same as store in a gateway by itself, nil in processes without one
	broker *broker.Broker
	redis  *redis.Client

	listens atomic.Value // string: host:port of the API, once it is listened at

	metrics *metrics.Metrics
	tracer  *tracing.Tracer // nil: no traces are kept
}

// open makes every part without waiting for its server. Everything wrong with the settings is reported together.
func open(ctx context.Context, cfg config.Config, jobs Jobs, log zerolog.Logger) (*parts, error) {
	if err := check(cfg, jobs); err != nil {
		return nil, err
	}
	p := &parts{cfg: cfg, log: log, clock: domain.SystemClock{}}
	var err error
	if err = p.openStores(ctx, jobs); err != nil {
		return nil, err
	}
	if p.broker, err = broker.Open(cfg.NATSURL, "vestnik "+jobs.String(), log); err != nil {
		p.close(ctx)
		return nil, err
	}
	if p.redis, err = redis.Open(cfg.RedisURL); err != nil {
		p.close(ctx)
		return nil, err
	}
	p.store.OnSessionsEnd(redis.NewSessions(p.redis, p.store).Forget)
	if err := p.observe(ctx, jobs); err != nil {
		p.close(ctx)
		return nil, err
	}
	return p, nil
}

// openStores keeps requests and the rest apart: see postgres.OpenScoped. A gateway by itself has nothing but a scoped store,
// so its login needs no other rights.
func (p *parts) openStores(ctx context.Context, jobs Jobs) (err error) {
	conns, alone := poolSize(p.cfg, jobs), jobs == Jobs{Gateway: true}
	if jobs.Gateway {
		mine := conns
		if !alone {
			mine = max(min(requestConns, conns/2), 1)
			conns = max(conns-mine, 1)
		}
		if p.scoped, err = postgres.OpenScoped(ctx, p.cfg.DatabaseURL, mine, p.clock); err != nil {
			return err
		}
		p.scoped.LogTo(p.log)
		if alone {
			p.store = p.scoped
			return nil
		}
	}
	var options []postgres.Option
	if jobs == (Jobs{Sender: true}) {
		options = append(options, postgres.GenericPlans())
	}
	p.store, err = postgres.Open(ctx, p.cfg.DatabaseURL, conns, p.clock, options...)
	if err != nil {
		p.closeStores()
		return err
	}
	p.store.LogTo(p.log)
	return nil
}

func (p *parts) closeStores() {
	if p.scoped != nil {
		p.scoped.Close()
	}
	if p.store != nil && p.store != p.scoped {
		p.store.Close()
	}
}

// requestConns is how many connections requests keep busy.
const requestConns = 10

// poolSize is how many connections to PostgreSQL the jobs keep busy: one for four chunks being sent, which mostly wait for the
// mail service, some for handlers and requests, one that listens. Each connection costs a server process that learns the tables
// and the statements anew.
func poolSize(cfg config.Config, jobs Jobs) int {
	if cfg.DatabasePool > 0 {
		return cfg.DatabasePool
	}
	n := 10
	if jobs.Sender {
		n += (cfg.Workers+3)/4 + noticeWorkers
	}
	if jobs.Gateway {
		n += requestConns
	}
	return n
}

// check names everything that is wrong with the settings that jobs need.
func check(cfg config.Config, jobs Jobs) error {
	needed := []string{"DATABASE_URL", "NATS_URL", "REDIS_URL"}
	if jobs.Sender && cfg.HTTPProvider == "" {
		needed = append(needed, "SMTP_URL")
	}
	problems := []error{cfg.Require(needed...)}
	if jobs.Sender {
		_, err := openMailServices(cfg, nil)
		problems = append(problems, err)
		if _, err := compiler(cfg); err != nil {
			problems = append(problems, fmt.Errorf("VESTNIK_MAIL_FROM: %w", err))
		}
	}
	return errors.Join(problems...)
}

func (p *parts) close(ctx context.Context) {
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), traceTime)
	defer cancel()
	p.tracer.Close(flush)
	if p.redis != nil {
		_ = p.redis.Close() // nothing waits in it
	}
	if p.broker != nil {
		p.broker.Close()
	}
	p.closeStores()
}

// dependency is a server this process needs.
type dependency struct {
	name string
	ping func(context.Context) error
}

func (p *parts) dependencies() []dependency {
	return []dependency{
		{"postgresql", p.pingStores},
		{"schema", p.store.PingSchema},
		{"nats", p.broker.Ping},
		{"redis", p.redis.Ping},
	}
}

// pingStores asks for a connection of each kind: the gateway's may be refused although the server is there.
func (p *parts) pingStores(ctx context.Context) error {
	if p.scoped != nil && p.scoped != p.store {
		if err := p.scoped.Ping(ctx); err != nil {
			return err
		}
	}
	return p.store.Ping(ctx)
}

const (
	pingTimeout = 2 * time.Second
	// sayEvery is how often a process that waits says for what.
	sayEvery = 5 * time.Second
)

// waitForAll returns when every dependency answers, or when ctx ends. Meanwhile it tries again with a delay that grows
// to two seconds and says every few seconds what is missing. It does not wait for a database that nobody has made.
func (p *parts) waitForAll(ctx context.Context) error {
	delay := 100 * time.Millisecond
	began, said := time.Now(), time.Now().Add(-sayEvery)
	for {
		missing := p.missing(ctx)
		if len(missing) == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if none, ok := errors.AsType[*postgres.NoDatabaseError](missing["postgresql"]); ok {
			return none
		}
		if time.Since(began) > time.Second && time.Since(said) >= sayEvery {
			said = time.Now()
			for name, err := range missing {
				p.log.Warn().Str("missing", name).AnErr("error", err).Dur("waited_ms", time.Since(began)).Msg("waiting for " + name)
			}
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		delay = min(delay*2, 2*time.Second)
	}
}

// missing asks every dependency at once.
func (p *parts) missing(ctx context.Context) map[string]error {
	type answer struct {
		name string
		err  error
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	all := p.dependencies()
	answers := make(chan answer, len(all))
	for _, d := range all {
		go func() { answers <- answer{d.name, d.ping(ctx)} }()
	}
	missing := map[string]error{}
	for range all {
		if a := <-answers; a.err != nil {
			missing[a.name] = a.err
		}
	}
	return missing
}

// compiler returns the function that compiles an attempt's message, sent from the configured address.
func compiler(cfg config.Config) (func(domain.Content) (*render.Template, error), error) {
	from, err := mail.ParseAddress(cfg.MailFrom)
	if err != nil {
		return nil, fmt.Errorf("is no address: %w", err)
	}
	compile := func(c domain.Content) (*render.Template, error) {
		return render.Compile(render.Content{
			AttemptID: c.AttemptID, MailingID: c.MailingID, MailingName: c.MailingName,
			Subject: c.Subject, HTML: c.HTML, Text: c.Text,
			From: render.Mailbox{Name: from.Name, Address: from.Address},
		})
	}
	_, err = compile(domain.Content{Subject: "x", Text: "x"})
	return compile, err
}
