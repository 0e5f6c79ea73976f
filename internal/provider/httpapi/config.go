package httpapi

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Config of a provider. ParseURL makes one; New fills in what is zero.
type Config struct {
	Name        string  // as it is shown; the host when empty
	URL         string  // where messages are posted; https, or http to loopback; no fragment
	Token       string  // the bearer token
	IgnoresKey  bool    // the service pays no heed to Idempotency-Key: what may have been accepted is unknown
	Connections int     // and requests at once, at most; 10 when 0
	Rate        float64 // requests per second; 0 for no limit
	IdleTimeout time.Duration
	Timeouts    Timeouts
}

// Timeouts are the deadlines of a request.
type Timeouts struct {
	Connect time.Duration // of DNS and TCP, and again of TLS
	Request time.Duration // of a request as a whole, from connecting to the last byte of the answer
}

// DefaultTimeouts returns the deadlines for production.
func DefaultTimeouts() Timeouts {
	return Timeouts{Connect: 10 * time.Second, Request: 30 * time.Second}
}

// String describes the provider without its token, and without the query of its URL, in which services take keys.
func (c Config) String() string {
	shown := "?"
	if u, err := url.Parse(c.URL); err == nil {
		if u.RawQuery != "" {
			u.RawQuery = "***"
		}
		u.User, u.Fragment = nil, ""
		shown = u.String()
	}
	return fmt.Sprintf("%s#connections=%d&rate=%s&idempotent=%t", shown, c.Connections,
		strconv.FormatFloat(c.Rate, 'g', -1, 64), !c.IgnoresKey)
}

// GoString keeps %#v from showing the token.
func (c Config) GoString() string { return "httpapi.Config{" + c.String() + "}" }

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	if c.Name == "" {
		if u, err := url.Parse(c.URL); err == nil {
			c.Name = u.Hostname()
		}
	}
	if c.Connections == 0 {
		c.Connections = 10
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = 30 * time.Second
	}
	d := DefaultTimeouts()
	if c.Timeouts.Connect <= 0 {
		c.Timeouts.Connect = d.Connect
	}
	if c.Timeouts.Request <= 0 {
		c.Timeouts.Request = d.Request
	}
	return c
}

// problems returns everything that is wrong.
func (c Config) problems() []error {
	bad := problemsOfURL(c.URL)
	switch {
	case c.Token == "":
		bad = append(bad, errors.New("the token is missing"))
	case strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		bad = append(bad, errors.New("the token contains a space, a line end or a character that is not ASCII"))
	}
	if c.Connections < 1 || c.Connections > 1000 {
		bad = append(bad, fmt.Errorf("connections=%d: must be between 1 and 1000", c.Connections))
	}
	if c.Rate < 0 || math.IsNaN(c.Rate) || math.IsInf(c.Rate, 0) || c.Rate > 0 && c.Rate < 1e-3 {
		bad = append(bad, errors.New("rate: must be 0 for no limit, or at least 0.001 messages per second"))
	}
	if c.Timeouts.Request > 10*time.Minute {
		bad = append(bad, fmt.Errorf("timeout=%s: must be 10m at most", c.Timeouts.Request))
	}
	return bad
}

func problemsOfURL(raw string) []error {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" { // url.Parse's own error quotes its input
		return []error{errNoURL}
	}
	var bad []error
	switch {
	case u.Scheme == "http" && u.Hostname() != "" && !isLoopback(u.Hostname()):
		bad = append(bad, errors.New("the token would go to another machine unencrypted: use https"))
	case u.Scheme != "https" && u.Scheme != "http":
		bad = append(bad, errors.New("the scheme must be https, or http to this machine"))
	}
	if u.Hostname() == "" {
		bad = append(bad, errors.New("the host is missing"))
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			bad = append(bad, fmt.Errorf("port %s is not between 1 and 65535", port))
		}
	}
	if u.User != nil {
		bad = append(bad, errors.New("a user name or password in the URL means nothing here; the token is a setting of its own"))
	}
	return bad
}

// joinProblems puts all into one line, for a setting is reported in one.
func joinProblems(bad []error) error {
	if len(bad) == 0 {
		return nil
	}
	texts := make([]string, len(bad))
	for i, err := range bad {
		texts[i] = err.Error()
	}
	return errors.New("HTTP provider: " + strings.Join(texts, "; "))
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
