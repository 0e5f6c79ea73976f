package smtp

import (
	"context"
	"crypto/x509"
	"errors"
	"sync/atomic"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// Provider sends messages through one SMTP server. It is safe for concurrent use.
type Provider struct {
	config Config
	dialer dialer
	guard  *provider.Guard
	pool   pool
	clock  domain.Clock
	pace   atomic.Int64 // how long a message takes of late, nanoseconds
}

// Option changes a Provider in the making.
type Option func(*options)

type options struct {
	roots *x509.CertPool
	guard provider.Settings
	clock domain.Clock
}

// WithRootCAs trusts the certificates of these authorities instead of the system's.
func WithRootCAs(roots *x509.CertPool) Option { return func(o *options) { o.roots = roots } }

// WithGuard lets change adjust the settings of the breaker, of connecting and of the stop.
func WithGuard(change func(*provider.Settings)) Option { return func(o *options) { change(&o.guard) } }

// WithClock sets the clock of the receipts; deadlines are kept by the machine's own.
func WithClock(clock domain.Clock) Option { return func(o *options) { o.clock = clock } }

// New returns a provider that connects when it first has something to send. The error names every problem of cfg.
func New(cfg Config, opts ...Option) (*Provider, error) {
	cfg = cfg.withDefaults()
	if err := joinProblems(cfg.problems()); err != nil {
		return nil, err
	}
	o := options{guard: provider.DefaultSettings(cfg.Name), clock: domain.SystemClock{}}
	o.guard.Rate = cfg.Rate
	for _, opt := range opts {
		opt(&o)
	}
	return &Provider{
		config: cfg,
		dialer: dialer{config: cfg, roots: o.roots},
		guard:  provider.NewGuard(o.guard),
		pool:   pool{limit: cfg.Connections, perConnection: cfg.PerConnection, idleTimeout: cfg.IdleTimeout},
		clock:  o.clock,
	}, nil
}

// Name is the provider's name as it is shown.
func (p *Provider) Name() string { return p.config.Name }

// Form is how the provider takes messages: as MIME.
func (p *Provider) Form() domain.Form { return domain.FormMIME }

// State is what a provider shows of itself.
type State struct {
	Breaker     string                // closed, open, half-open, or stopped (credentials)
	Connections int                   // open now
	Idle        int                   // of them, unused
	Rate        float64               // the limit in messages per second; 0 for none
	Shared      bool                  // all senders keep it together; false: each keeps its share
	Slowed      []domain.SlowedDomain // the 20 domains that are slowed most
	LastError   string                // the last failure of the server itself, not of a recipient
	LastErrorAt time.Time             // zero: there was none
}

// State returns a snapshot.
func (p *Provider) State() State {
	g := p.guard.State()
	p.pool.mu.Lock()
	defer p.pool.mu.Unlock()
	return State{
		Breaker: g.Breaker, Connections: len(p.pool.live), Idle: len(p.pool.idle), Rate: g.Rate,
		Shared: g.Shared, Slowed: g.Slowed,
		LastError: g.LastError, LastErrorAt: g.LastErrorAt,
	}
}

// Close ends the idle connections with QUIT and refuses further work. It returns ctx's error if the server did not
// answer in time; the connections are closed all the same. Those in use close when their Deliver returns.
func (p *Provider) Close(ctx context.Context) error { return p.pool.close(ctx) }

// Cut ends the patience with the server: whatever waits for its answer, now or later, is treated as if its deadline had
// passed. It is for a process that has to end, after ctx of Deliver has; what was behind its final dot becomes unknown.
func (p *Provider) Cut() { p.pool.cutShort() }

// noteTime takes the duration of a message into the pace, which forgets half of the past in about five messages.
func (p *Provider) noteTime(took time.Duration) {
	old := p.pace.Load()
	if old == 0 {
		p.pace.Store(int64(took))
		return
	}
	p.pace.Store(old + (int64(took)-old)/8)
}

// connect opens a connection under the guard. It is not repeated while others are alive: then the server is well and
// merely allows no more.
func (p *Provider) connect(ctx context.Context, held *provider.Permit) (*conn, provider.Permit, error) {
	var c *conn
	permit, err := p.guard.Connect(ctx, held, func(ctx context.Context) error {
		var err error
		c, err = p.dialer.dial(ctx)
		if fault, ok := errors.AsType[*provider.ConnectError](err); ok && p.pool.living() > 0 {
			fault.Permanent = true
		}
		return err
	})
	if err != nil {
		p.pool.refused()
		return nil, provider.Permit{}, err
	}
	p.pool.opened(c)
	return c, permit, nil
}
