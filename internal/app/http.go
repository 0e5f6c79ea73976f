package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// serveHTTP takes requests until ctx ends: the gateway's, or those of the health checks where there is no gateway. A
// gateway answers the health checks on its own address, and on theirs as well when that names a port.
func (p *parts) serveHTTP(ctx context.Context, o Options) error {
	if !o.Jobs.Gateway {
		return p.serve(ctx, p.cfg.HealthAddr, servesHealth, p.health(), o)
	}
	handler, err := p.gateway(ctx, o.Mailbox)
	if err != nil {
		return err
	}
	told := o.Listens
	o.Listens = func(addr string) {
		p.listens.Store(addr)
		if told != nil {
			told(addr)
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.serve(ctx, p.cfg.HTTPAddr, "API", handler, o) })
	if _, port, err := net.SplitHostPort(p.cfg.HealthAddr); err == nil && port != "0" && p.cfg.HealthAddr != p.cfg.HTTPAddr {
		group.Go(func() error { return p.serve(ctx, p.cfg.HealthAddr, servesHealth, p.health(), Options{Jobs: o.Jobs}) })
	}
	return group.Wait()
}

// servesHealth is what the log says of an address without the API.
const servesHealth = "health checks and metrics"

// serve takes requests at addr until ctx ends.
func (p *parts) serve(ctx context.Context, addr, what string, handler http.Handler, o Options) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w (is another Vestnik running? VESTNIK_HTTP_ADDR and VESTNIK_HEALTH_ADDR choose another port)", addr, err)
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	p.log.Info().Stringer("addr", listener.Addr()).Str("serves", what).Str("jobs", o.Jobs.String()).Msg("listening")
	if o.Listens != nil {
		o.Listens(listener.Addr().String())
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		stopped <- server.Shutdown(grace)
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	if err := <-stopped; err != nil {
		return fmt.Errorf("stop HTTP: %w", err)
	}
	return nil // to have been stopped is no error, and must not hide those of others
}

// health serves /healthz (the process lives), /readyz (which server is missing) and /metrics.
func (p *parts) health() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.metrics.Handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		missing := p.missing(r.Context())
		status, code := "ready", http.StatusOK
		parts := map[string]string{} // as the gateway answers
		for _, d := range p.dependencies() {
			parts[d.name] = "ok"
			if missing[d.name] != nil {
				parts[d.name] = "away"
				status, code = "not ready", http.StatusServiceUnavailable
			}
		}
		writeJSON(w, code, map[string]any{"status": status, "parts": parts})
	})
	return mux
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the client is gone: there is nobody to tell
}
