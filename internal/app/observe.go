package app

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/vestnik-mail/vestnik/internal/broker"
	"github.com/vestnik-mail/vestnik/internal/metrics"
	"github.com/vestnik-mail/vestnik/internal/tracing"
)

// traceTime bounds handing over the last spans: a collector that is away does not keep a process from ending.
const traceTime = time.Second

// observe makes the metrics, and the traces where a collector is named, and has every part watched.
func (p *parts) observe(ctx context.Context, jobs Jobs) error {
	if url := p.cfg.Traces.URL(); url != "" {
		tracer, err := tracing.New(ctx, tracing.Config{
			URL: url, Headers: p.cfg.Traces.HeaderMap(), Service: p.cfg.Traces.ServiceName, Jobs: jobs.String(),
		}, p.log)
		if err != nil {
			return err
		}
		p.tracer = tracer
		p.broker.Observe(broker.Hooks{Publish: tracer.Publish, Handle: p.handling})
	} else {
		p.broker.Observe(broker.Hooks{Handle: p.handling})
	}
	p.metrics = metrics.New(jobs.String(), p.clock)
	p.metrics.WatchPool(p.pools)
	if jobs.Planner {
		p.metrics.WatchBacklog(ctx, p.backlog)
	}
	return nil
}

// pools is how the connections to PostgreSQL stand, of both kinds together.
func (p *parts) pools() metrics.Pool {
	all := p.store.PoolState()
	if p.scoped != nil && p.scoped != p.store {
		g := p.scoped.PoolState()
		all.Max, all.InUse, all.Idle = all.Max+g.Max, all.InUse+g.InUse, all.Idle+g.Idle
		all.Waits, all.Waited = all.Waits+g.Waits, all.Waited+g.Waited
	}
	return metrics.Pool(all)
}

// handling watches an event being handled.
func (p *parts) handling(ctx context.Context, d broker.Delivery) (context.Context, func(broker.Result)) {
	began := time.Now()
	ctx, ended := p.tracer.Handle(ctx, tracing.Handling{Handler: d.Handler, Subject: d.Subject, Header: d.Header})
	return ctx, func(result broker.Result) {
		p.metrics.Handled(d.Handler, string(result), time.Since(began))
		ended(string(result), result == broker.HandledFailed || result == broker.HandledBuried)
	}
}

// request watches a request to the API being answered. Those of health checks and scrapers belong to no trace.
func (p *parts) request(ctx context.Context, method, route string, header http.Header) (context.Context, func(int)) {
	began, ended := time.Now(), func(int) {}
	switch route {
	case "/healthz", "/readyz", "/metrics":
	default:
		ctx, ended = p.tracer.Request(ctx, method, route, header)
	}
	return ctx, func(status int) {
		p.metrics.Requested(method, route, status, time.Since(began))
		ended(status)
	}
}

// backlog asks PostgreSQL and NATS what waits.
func (p *parts) backlog(ctx context.Context) (metrics.Backlog, error) {
	b, err := p.store.Backlog(ctx)
	if err != nil {
		return metrics.Backlog{}, err
	}
	dead, err := p.broker.CountDead(ctx)
	if err != nil {
		dead = -1
	}
	return metrics.Backlog{
		Outbox: b.Outbox, OutboxAge: b.OutboxAge, Notices: b.Notices, NoticeAge: b.NoticeAge, Running: b.Running, DeadLetters: dead,
		Pending: b.Pending, Leased: b.Leased, Waiting: b.Waiting, Deferred: b.Deferred, Held: b.Held,
	}, nil
}

// watched shows a sender's providers to the metrics.
func watched(services []mailService) func() []metrics.Provider {
	return func() []metrics.Provider {
		seen := make([]metrics.Provider, 0, len(services))
		for _, service := range services {
			s := service.state()
			seen = append(seen, metrics.Provider{Name: s.Name, Breaker: s.Breaker, Open: s.Connections, Idle: s.Idle})
		}
		return seen
	}
}

// onThisMachine serves those who connect by loopback only, and not on behalf of somebody else: whoever sees the built-in
// mailbox reads everybody's mail, and there is no sign-in before it.
func onThisMachine(what string, handler http.Handler) http.Handler {
	if handler == nil {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isOnThisMachine(r) {
			http.Error(w, what, http.StatusForbidden)
			return
		}
		handler.ServeHTTP(w, r)
	})
}

func isOnThisMachine(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback() && !isForwarded(r.Header) && namesThisMachine(r.Host)
}

// until has requests end when ctx does: one that stays open would keep the server from stopping.
func until(ctx context.Context, handler http.Handler) http.Handler {
	if handler == nil {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mine, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		handler.ServeHTTP(w, r.WithContext(mine)) //nolint:contextcheck // the request's, and it ends with ours
	})
}

// namesThisMachine reports whether a request asked for this machine by a name that is its own. A page of a stranger can have
// the browser of somebody here connect to us, but under the stranger's name (DNS rebinding).
func namesThisMachine(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// isForwarded reports whether a proxy on this machine passes on a request of who knows whom.
func isForwarded(h http.Header) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if h.Get(name) != "" {
			return true
		}
	}
	return false
}
