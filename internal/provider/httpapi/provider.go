package httpapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// Provider sends messages through one service. It is safe for concurrent use.
type Provider struct {
	config   Config
	http     *http.Transport
	guard    *provider.Guard
	retry    failsafe.Executor[any]
	slots    *provider.Turns
	pause    pause
	patience time.Duration
	clock    domain.Clock
	life     context.Context //nolint:containedctx // the patience with the service: Cut ends it
	cut      context.CancelFunc
	closed   atomic.Bool
	open     atomic.Int64 // connections
	busy     atomic.Int64 // requests
}

// Option changes a Provider in the making.
type Option func(*options)

type options struct {
	roots *x509.CertPool
	guard provider.Settings
	retry Retry
	clock domain.Clock
}

// Retry says how a message that the service did not take is tried again within one Deliver.
type Retry struct {
	Times     int           // at most
	Backoff   time.Duration // before the first; doubled for each further one
	BackoffTo time.Duration // its upper bound
	Patience  time.Duration // a pause that the service asks for is waited for if it is no longer
}

// DefaultRetry returns the values for production.
func DefaultRetry() Retry {
	return Retry{Times: 3, Backoff: 250 * time.Millisecond, BackoffTo: 2 * time.Second, Patience: 10 * time.Second}
}

// WithRootCAs trusts the certificates of these authorities instead of the system's.
func WithRootCAs(roots *x509.CertPool) Option { return func(o *options) { o.roots = roots } }

// WithGuard lets change adjust the settings of the breaker and of the stop.
func WithGuard(change func(*provider.Settings)) Option { return func(o *options) { change(&o.guard) } }

// WithRetry lets change adjust how a message is tried again.
func WithRetry(change func(*Retry)) Option { return func(o *options) { change(&o.retry) } }

// WithClock sets the clock of the receipts; deadlines and pauses are kept by the machine's own.
func WithClock(clock domain.Clock) Option { return func(o *options) { o.clock = clock } }

// New returns a provider that connects when it first has something to send. The error names every problem of cfg.
func New(cfg Config, opts ...Option) (*Provider, error) {
	cfg = cfg.withDefaults()
	if err := joinProblems(cfg.problems()); err != nil {
		return nil, err
	}
	o := options{guard: provider.DefaultSettings(cfg.Name), retry: DefaultRetry(), clock: domain.SystemClock{}}
	o.guard.Rate = cfg.Rate
	for _, opt := range opts {
		opt(&o)
	}
	p := &Provider{
		config: cfg, guard: provider.NewGuard(o.guard), patience: o.retry.Patience, clock: o.clock,
		slots: provider.NewTurns(cfg.Connections),
		retry: failsafe.With(retrypolicy.NewBuilder[any]().
			WithMaxRetries(o.retry.Times).WithBackoff(o.retry.Backoff, o.retry.BackoffTo).WithJitterFactor(0.2).
			// A request that hung until its deadline is not repeated at once: it would take the slot of others again.
			WithMaxDuration(cfg.Timeouts.Request).
			ReturnLastFailure().Build()),
	}
	p.life, p.cut = context.WithCancel(context.Background())
	p.http = &http.Transport{
		DialContext:         p.dial,
		TLSClientConfig:     &tls.Config{RootCAs: o.roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: cfg.Timeouts.Connect,
		ForceAttemptHTTP2:   true, // it is off by default with a DialContext
		MaxConnsPerHost:     cfg.Connections,
		MaxIdleConnsPerHost: cfg.Connections,
		IdleConnTimeout:     cfg.IdleTimeout,
		DisableCompression:  true, // answers are short; a short one must not become a long one
		// An answer's header is bounded like its body.
		MaxResponseHeaderBytes: maxAnswer,
		// One connection of HTTP/2 carries everything, and a request that meets its deadline leaves it open: only a ping
		// tells that it is dead.
		HTTP2: &http.HTTP2Config{SendPingTimeout: cfg.Timeouts.Connect, PingTimeout: cfg.Timeouts.Connect},
	}
	return p, nil
}

// Name is the provider's name as it is shown.
func (p *Provider) Name() string { return p.config.Name }

// Form is how the provider takes messages: in parts.
func (p *Provider) Form() domain.Form { return domain.FormParts }

// State is what a provider shows of itself.
type State struct {
	Breaker     string    // closed, open, half-open, or stopped (credentials)
	Connections int       // open now
	Idle        int       // of them, unused
	Rate        float64   // the limit in messages per second; 0 for none
	LastError   string    // the last failure of the service itself, not of a recipient
	LastErrorAt time.Time // zero: there was none
	PausedUntil time.Time // the service asked to be left alone until then; zero: it did not
}

// State returns a snapshot.
func (p *Provider) State() State {
	g := p.guard.State()
	open := int(p.open.Load())
	s := State{
		Breaker: g.Breaker, Connections: open, Idle: max(0, open-int(p.busy.Load())), Rate: g.Rate,
		LastError: g.LastError, LastErrorAt: g.LastErrorAt,
	}
	if left, _ := p.pause.left(); left > 0 {
		s.PausedUntil = p.clock.Now().Add(left)
	}
	return s
}

// Close closes the idle connections and refuses further work; those in use close when their Deliver returns. It does
// not wait, and returns no error: ctx is there because other providers say good-bye.
func (p *Provider) Close(context.Context) error {
	p.closed.Store(true)
	p.http.CloseIdleConnections()
	return nil
}

// Cut ends the patience with the service: whatever waits for its answer, now or later, is treated as if its deadline had
// passed. It is for a process that has to end, after ctx of Deliver has.
func (p *Provider) Cut() { p.cut() }

// dial opens a connection, and counts it.
func (p *Provider) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := (&net.Dialer{Timeout: p.config.Timeouts.Connect}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	p.open.Add(1)
	return &counted{Conn: nc, closed: sync.OnceFunc(func() { p.open.Add(-1) })}, nil
}

// counted is a connection that says when it is closed.
type counted struct {
	net.Conn
	closed func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.closed()
	return c.Conn.Close()
}
