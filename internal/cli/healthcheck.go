package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/config"
)

// healthPatience bounds the question. A readiness check takes two seconds when a server hangs.
const healthPatience = 4 * time.Second

// maxHealth is how much of an answer is read: one of ours is far smaller.
const maxHealth = 64 << 10

// health is what a process says of itself.
type health struct {
	URL     string   `json:"url"`
	Healthy bool     `json:"healthy"`
	Status  string   `json:"status"` // ready, not ready, ok, or away: nobody answers
	Missing []string `json:"missing,omitempty"`
	Error   string   `json:"error,omitempty"`
}

func (c *command) healthcheckCommand() *cobra.Command {
	var base string
	var live bool
	cmd := &cobra.Command{
		Use:     "healthcheck",
		Short:   "Say whether a running Vestnik is ready, and what is missing",
		GroupID: "keep",
		Long: `Asks a process for /readyz and ends with status 0 when it is ready, 1 when it is
not or does not answer. Without --url it asks the process of this machine, or
container: at VESTNIK_HEALTH_ADDR when that names a port, else the
"vestnik up" that runs on the data directory, else at VESTNIK_HTTP_ADDR.

A process that is not ready waits for its servers and goes on by itself. Where
an unhealthy process is restarted, ask with --live: it fails only when the
process itself does not answer.`,
		Example: `  vestnik healthcheck
  vestnik healthcheck --url http://10.0.0.7:8081 --json
  HEALTHCHECK CMD ["/vestnik", "healthcheck", "--live"]`,
		Args: cobra.NoArgs,
		RunE: c.does(func(ctx context.Context, _ []string) error {
			at, err := c.healthURL(base)
			if err != nil {
				return err
			}
			return c.reportHealth(askHealth(ctx, at, live))
		}),
	}
	cmd.Flags().StringVar(&base, "url", "", "where the process is: http://host:port")
	cmd.Flags().BoolVar(&live, "live", false, "ask only whether the process answers")
	return cmd
}

// healthURL is the http://host:port to ask.
func (c *command) healthURL(base string) (string, error) {
	if base != "" {
		u, err := url.Parse(base)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return "", misuse("--url must be http://host:port; it is %q", base)
		}
		return strings.TrimSuffix(base, "/"), nil
	}
	cfg, err := c.settings()
	if err != nil {
		return "", err
	}
	return ownAddr(cfg)
}

func ownAddr(cfg config.Config) (string, error) {
	if _, port, err := net.SplitHostPort(cfg.HealthAddr); err == nil && port != "0" {
		return "http://" + reachable(cfg.HealthAddr), nil
	}
	_, up, err := running(cfg)
	if err != nil {
		return "", err
	}
	if up != nil {
		return "http://" + reachable(up.HTTPAddr), nil
	}
	return "http://" + reachable(cfg.HTTPAddr), nil
}

// reachable turns an address that a process listens on into one that it is reached by from this machine.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1" // :: takes IPv4 as well
	}
	return net.JoinHostPort(host, port)
}

// askHealth asks the process at base.
func askHealth(ctx context.Context, base string, live bool) health {
	path := "/readyz"
	if live {
		path = "/healthz"
	}
	h := health{URL: base + path, Status: "away"}
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL, nil)
	if err != nil {
		h.Error = err.Error()
		return h
	}
	// A transport of its own: a proxy of the environment is not between a process and its health check.
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		h.Error = err.Error()
		return h
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Status string            `json:"status"`
		Parts  map[string]string `json:"parts"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxHealth)).Decode(&answer); err != nil || answer.Status == "" {
		h.Error = fmt.Sprintf("it answered %s, which no Vestnik does: is something else listening there?", response.Status)
		return h
	}
	h.Status, h.Healthy = answer.Status, response.StatusCode == http.StatusOK
	for name, state := range answer.Parts {
		if state != "ok" {
			h.Missing = append(h.Missing, name)
		}
	}
	slices.Sort(h.Missing)
	return h
}

func (c *command) reportHealth(h health) error {
	if c.json {
		if err := c.printJSON(h); err != nil || h.Healthy {
			return err
		}
		return errSaid
	}
	switch {
	case h.Healthy:
		return c.result("%s: %s\n", h.URL, h.Status)
	case h.Error != "":
		return fmt.Errorf("%s does not answer as it should: %s", h.URL, h.Error)
	default:
		return fmt.Errorf("%s: %s: missing are %s", h.URL, h.Status, strings.Join(h.Missing, ", "))
	}
}
