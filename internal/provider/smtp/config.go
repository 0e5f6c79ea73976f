package smtp

import (
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"time"
)

// TLSMode says how a connection is made secret.
type TLSMode string

// The modes of TLS.
const (
	TLSNone     TLSMode = "none"
	TLSStart    TLSMode = "starttls" // required, not tried: a server without it is not used (RFC 3207)
	TLSImplicit TLSMode = "implicit" // from the first byte (RFC 8314)
)

// Config of a provider. ParseURL makes one; New fills in what is zero.
type Config struct {
	Name               string // as it is shown; the host when empty
	Host               string // name (in ASCII) or IP address
	Port               int
	Username, Password string
	TLS                TLSMode
	InsecureSkipVerify bool    // take any certificate
	Helo               string  // our name for EHLO; the machine's, or an address literal, when empty
	Connections        int     // at most; 10 when 0
	Rate               float64 // messages per second; 0 for no limit
	PerConnection      int     // messages until a connection is replaced; 1000 when 0
	IdleTimeout        time.Duration
	Timeouts           Timeouts
}

// Timeouts are the deadlines of the phases of a dialogue: those of RFC 5321 §4.5.3.2, shortened where waiting longer
// has never helped anyone. The final dot has the longest, for giving up on it leaves an unknown.
type Timeouts struct {
	Connect, Banner, Hello, TLS, Auth time.Duration // the guard bounds their sum, see provider.Settings
	Mail, Rcpt, Data                  time.Duration
	Body                              time.Duration // for each block of 64 KiB
	Dot                               time.Duration
	Quit                              time.Duration
}

// DefaultTimeouts returns the deadlines for production.
func DefaultTimeouts() Timeouts {
	return Timeouts{
		Connect: 10 * time.Second, Banner: 15 * time.Second, Hello: 15 * time.Second, TLS: 15 * time.Second,
		Auth: 15 * time.Second,
		Mail: 30 * time.Second, Rcpt: time.Minute, Data: time.Minute, Body: time.Minute, Dot: 2 * time.Minute,
		Quit: 2 * time.Second,
	}
}

// String describes the provider without its password.
func (c Config) String() string {
	user := ""
	if c.Username != "" {
		user = c.Username + ":***@"
	}
	return fmt.Sprintf("smtp://%s%s?tls=%s&connections=%d&rate=%s", user, c.address(), c.TLS, c.Connections,
		strconv.FormatFloat(c.Rate, 'g', -1, 64))
}

// GoString keeps %#v from showing the password.
func (c Config) GoString() string { return "smtp.Config{" + c.String() + "}" }

func (c Config) address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	if c.TLS == "" {
		c.TLS = TLSStart
		if isLoopback(c.Host) {
			c.TLS = TLSNone
		}
	}
	if c.Port == 0 {
		c.Port = defaultPort(c.TLS)
	}
	if c.Name == "" {
		c.Name = c.Host
	}
	if c.Connections == 0 {
		c.Connections = 10
	}
	if c.PerConnection == 0 {
		c.PerConnection = 1000
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = 30 * time.Second
	}
	c.Timeouts = c.Timeouts.withDefaults()
	return c
}

func (t Timeouts) withDefaults() Timeouts {
	d := DefaultTimeouts()
	for _, f := range []struct{ value, usual *time.Duration }{
		{&t.Connect, &d.Connect},
		{&t.Banner, &d.Banner},
		{&t.Hello, &d.Hello},
		{&t.TLS, &d.TLS},
		{&t.Auth, &d.Auth},
		{&t.Mail, &d.Mail},
		{&t.Rcpt, &d.Rcpt},
		{&t.Data, &d.Data},
		{&t.Body, &d.Body},
		{&t.Dot, &d.Dot},
		{&t.Quit, &d.Quit},
	} {
		if *f.value <= 0 {
			*f.value = *f.usual
		}
	}
	return t
}

// defaultPort is submission (RFC 6409), submissions (RFC 8314), or smtp where there is no TLS.
func defaultPort(mode TLSMode) int {
	switch mode {
	case TLSImplicit:
		return 465
	case TLSStart:
		return 587
	case TLSNone:
	}
	return 25
}

// problems returns everything that is wrong.
func (c Config) problems() []error {
	var bad []error
	if c.Host == "" {
		bad = append(bad, errors.New("the host is missing"))
	}
	if c.Port < 1 || c.Port > 65535 {
		bad = append(bad, fmt.Errorf("port %d is not between 1 and 65535", c.Port))
	}
	switch c.TLS {
	case TLSNone, TLSStart, TLSImplicit:
	default:
		bad = append(bad, fmt.Errorf("tls=%s: must be none, starttls or implicit", c.TLS))
	}
	if c.Username != "" && c.TLS == TLSNone && !isLoopback(c.Host) {
		bad = append(bad, errors.New("a password would go to another machine unencrypted: use tls=starttls or tls=implicit"))
	}
	if c.Username == "" && c.Password != "" {
		bad = append(bad, errors.New("there is a password but no user name"))
	}
	if strings.ContainsAny(c.Username+c.Password, "\x00\r\n") {
		bad = append(bad, errors.New("the user name or password contains a control character"))
	}
	if c.Connections < 1 || c.Connections > 1000 {
		bad = append(bad, fmt.Errorf("connections=%d: must be between 1 and 1000", c.Connections))
	}
	if c.PerConnection < 1 {
		bad = append(bad, errors.New("the messages per connection must be 1 or more"))
	}
	if c.Rate < 0 || math.IsNaN(c.Rate) || math.IsInf(c.Rate, 0) || c.Rate > 0 && c.Rate < 1e-3 {
		bad = append(bad, errors.New("rate: must be 0 for no limit, or at least 0.001 messages per second"))
	}
	if strings.ContainsFunc(c.Helo, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		bad = append(bad, errors.New("helo: must be an ASCII host name or an address literal"))
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
	return errors.New("SMTP provider: " + strings.Join(texts, "; "))
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
