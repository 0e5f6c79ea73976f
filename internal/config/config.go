// Package config reads Vestnik's settings. It is the only reader of the environment: every setting is an environment
// variable with the prefix VESTNIK_, listed in .env.sample, but for those that OpenTelemetry names.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/rs/zerolog"
)

const prefix = "VESTNIK_"

// testPrefix marks variables of the test suite, which are no settings.
const testPrefix = prefix + "TEST_"

// Config is every setting. The tag secret marks what must never be shown; passwords in URLs are masked as well.
type Config struct {
	DatabaseURL  string        `env:"DATABASE_URL" desc:"PostgreSQL: postgres://user:password@host:5432/vestnik"`
	DatabasePool int           `env:"DATABASE_POOL" envDefault:"0" desc:"connections to PostgreSQL at most; 0: what the workers need"`
	NATSURL      string        `env:"NATS_URL" desc:"NATS with JetStream, several separated by commas: nats://user:password@host:4222"`
	NATSReplicas int           `env:"NATS_REPLICAS" envDefault:"1" desc:"replicas of each stream: 3 in a cluster"`
	EventsMaxAge time.Duration `env:"EVENTS_MAX_AGE" envDefault:"72h" desc:"how long events can be replayed"`
	RedisURL     string        `env:"REDIS_URL" desc:"Redis: redis://:password@host:6379/0"`
	HTTPAddr     string        `env:"HTTP_ADDR" envDefault:"127.0.0.1:8080" desc:"where the gateway listens"`
	HealthAddr   string        `env:"HEALTH_ADDR" envDefault:"127.0.0.1:0" desc:"where /healthz, /readyz and /metrics are served, by the gateway too where a port is named; port 0: any free one, named in the log"`
	BaseURL      string        `env:"BASE_URL" desc:"the address people reach Vestnik by, which links in mail begin with; empty: http:// and HTTP_ADDR"`
	Proxies      string        `env:"TRUSTED_PROXIES" desc:"proxies in front of the gateway, as networks with commas between: 10.0.0.0/8,::1/128; where a request comes from is taken from X-Forwarded-For and X-Forwarded-Proto of theirs, of nobody else's"`
	Registration string        `env:"REGISTRATION" envDefault:"open" desc:"open: anybody may open an account; closed: nobody, and administrators do it"`
	SMTPURL      string        `env:"SMTP_URL" desc:"the mail service: smtp://user:password@host:587?tls=starttls&connections=10&rate=100; several separated by commas, each with name=…, the first takes mailings that name none"`
	HTTPProvider string        `env:"HTTP_PROVIDER_URL" desc:"a mail service with an HTTP interface: https://api.example.com/send#name=api&connections=10&rate=100; several separated by commas; after those of SMTP_URL"`
	HTTPToken    string        `env:"HTTP_PROVIDER_TOKEN" secret:"true" desc:"the bearer token for HTTP_PROVIDER_URL; several separated by commas, in the same order"`
	MailFrom     string        `env:"MAIL_FROM" envDefault:"Vestnik <vestnik@localhost>" desc:"sender of every message: Name <address>"`
	Workers      int           `env:"WORKERS" envDefault:"20" desc:"chunks that one sender sends at a time"`
	Lease        time.Duration `env:"LEASE" envDefault:"15s" desc:"how long a chunk stays with a sender that shows no life"`
	SecretKey    string        `env:"SECRET_KEY" secret:"true" desc:"at least 32 characters; signs what leaves Vestnik and comes back, and seals the secrets of second factors: keep a copy, and the same for every gateway"`
	OIDCIssuer   string        `env:"OIDC_ISSUER" desc:"signing in by OpenID Connect: the issuer, https://id.example.com; BASE_URL/api/v1/auth/oidc/callback is where it sends people back to; empty: passwords only"`
	OIDCClient   string        `env:"OIDC_CLIENT_ID" desc:"what the issuer of OIDC_ISSUER knows Vestnik by"`
	OIDCSecret   string        `env:"OIDC_CLIENT_SECRET" secret:"true" desc:"the secret of OIDC_CLIENT_ID; empty for a public client"`
	OIDCName     string        `env:"OIDC_NAME" desc:"what people call the issuer, on the button; empty: its host"`
	DataDir      string        `env:"DATA_DIR" desc:"data of vestnik up; empty: $XDG_DATA_HOME/vestnik, as root /var/lib/vestnik"`
	LogLevel     string        `env:"LOG_LEVEL" envDefault:"info" desc:"trace, debug, info, warn or error"`
	LogFormat    string        `env:"LOG_FORMAT" envDefault:"auto" desc:"json, console, or auto: console on a terminal"`

	Traces Traces `env:"-"` // in variables of their own names
}

// Load reads the settings of this process. The error names every problem there is.
func Load() (Config, error) { return Parse(os.Environ()) }

// Parse reads the settings from environ, in the form of os.Environ. The error names every problem there is.
func Parse(environ []string) (Config, error) {
	vars := env.ToMap(environ)
	var cfg Config
	var problems []error
	err := env.ParseWithOptions(&cfg, env.Options{Environment: vars, Prefix: prefix})
	if all, ok := errors.AsType[env.AggregateError](err); ok {
		for _, e := range all.Errors {
			problems = append(problems, describe(e))
		}
	} else if err != nil {
		problems = append(problems, err)
	}
	problems = append(problems, cfg.Traces.parse(vars)...)
	problems = append(problems, unknown(vars)...)
	for _, p := range cfg.validate() {
		name, _, _ := strings.Cut(p.Error(), ":")
		if !slices.ContainsFunc(problems, func(other error) bool { return strings.HasPrefix(other.Error(), name+":") }) {
			problems = append(problems, p) // what cannot be read is not wrong for being 0 besides
		}
	}
	if cfg.DataDir == "" {
		cfg.DataDir = defaultDataDir(vars)
	}
	return cfg, errors.Join(problems...)
}

// describe names the variable of a parse error, which the library knows by its Go field.
func describe(err error) error {
	if e, ok := errors.AsType[env.ParseError](err); ok {
		if f, found := reflect.TypeFor[Config]().FieldByName(e.Name); found {
			return fmt.Errorf("%s%s: %w", prefix, f.Tag.Get("env"), e.Err)
		}
	}
	return err
}

// unknown finds variables that look like settings and are none: a slip of the pen is better named than ignored.
func unknown(vars map[string]string) []error {
	var known []string
	for _, s := range (&Config{}).Settings() {
		known = append(known, s.Name)
	}
	var problems []error
	for name := range vars {
		if strings.HasPrefix(name, prefix) && !strings.HasPrefix(name, testPrefix) && !slices.Contains(known, name) {
			problems = append(problems, fmt.Errorf("%s: there is no such setting; see .env.sample", name))
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return problems
}

func defaultDataDir(vars map[string]string) string {
	switch {
	case os.Geteuid() == 0:
		return "/var/lib/vestnik" // an unprivileged PostgreSQL cannot enter /root
	case vars["XDG_DATA_HOME"] != "":
		return vars["XDG_DATA_HOME"] + "/vestnik"
	default:
		return vars["HOME"] + "/.local/share/vestnik"
	}
}

func (c *Config) validate() []error {
	var bad []error
	add := func(name, format string, args ...any) {
		bad = append(bad, fmt.Errorf(prefix+name+": "+format, args...))
	}
	checkURL := func(name, raw string, schemes ...string) {
		for part := range strings.SplitSeq(raw, ",") {
			if raw == "" {
				return
			}
			u, err := url.Parse(strings.TrimSpace(part))
			switch {
			case err != nil:
				add(name, "is not a URL") // the parser's own error would show the password
			case !slices.Contains(schemes, u.Scheme):
				add(name, "must begin with %s://", strings.Join(schemes, ":// or "))
			case u.Host == "" && u.Query().Get("host") == "":
				add(name, "names no host")
			}
		}
	}
	checkURL("DATABASE_URL", c.DatabaseURL, "postgres", "postgresql")
	checkURL("NATS_URL", c.NATSURL, "nats", "tls", "ws", "wss")
	checkURL("REDIS_URL", c.RedisURL, "redis", "rediss")
	checkURL("SMTP_URL", c.SMTPURL, "smtp", "smtps")
	checkURL("HTTP_PROVIDER_URL", c.HTTPProvider, "http", "https")
	if n := len(c.HTTPTokens()); n > 0 && n != strings.Count(c.HTTPProvider, ",")+1 {
		add("HTTP_PROVIDER_TOKEN", "must name as many tokens as HTTP_PROVIDER_URL names services; it names %d for %d", n, strings.Count(c.HTTPProvider, ",")+1)
	}
	checkURL("BASE_URL", c.BaseURL, "http", "https")
	for name, addr := range map[string]string{"HTTP_ADDR": c.HTTPAddr, "HEALTH_ADDR": c.HealthAddr} {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			add(name, "must be host:port, such as 127.0.0.1:8080; it is %q", addr)
		}
	}
	if _, err := c.TrustedProxies(); err != nil {
		add("TRUSTED_PROXIES", "must be networks, such as 10.0.0.0/8; %w", err)
	}
	if !slices.Contains([]string{"open", "closed"}, c.Registration) {
		add("REGISTRATION", "must be open or closed; it is %q", c.Registration)
	}
	if _, err := mail.ParseAddress(c.MailFrom); err != nil {
		add("MAIL_FROM", "must be an address, such as News <news@example.com>; it is %q", c.MailFrom)
	}
	if _, err := zerolog.ParseLevel(c.LogLevel); err != nil {
		add("LOG_LEVEL", "must be trace, debug, info, warn or error; it is %q", c.LogLevel)
	}
	if !slices.Contains([]string{"auto", "json", "console"}, c.LogFormat) {
		add("LOG_FORMAT", "must be auto, json or console; it is %q", c.LogFormat)
	}
	for name, r := range map[string]struct{ value, least, most int }{
		"DATABASE_POOL": {c.DatabasePool, 0, 1000},
		"NATS_REPLICAS": {c.NATSReplicas, 1, 5},
		"WORKERS":       {c.Workers, 1, 1000},
	} {
		if r.value < r.least || r.value > r.most {
			add(name, "must be between %d and %d; it is %d", r.least, r.most, r.value)
		}
	}
	if c.Lease < time.Second || c.Lease > 10*time.Minute {
		add("LEASE", "must be between 1s and 10m; it is %s", c.Lease)
	}
	if c.EventsMaxAge < time.Hour {
		add("EVENTS_MAX_AGE", "must be at least 1h; it is %s", c.EventsMaxAge)
	}
	if c.SecretKey != "" && len(c.SecretKey) < 32 {
		add("SECRET_KEY", "must have at least 32 characters; it has %d", len(c.SecretKey))
	}
	bad = append(bad, c.validateOIDC()...)
	slices.SortFunc(bad, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return bad
}

// validateOIDC checks the settings of signing in elsewhere. Whoever can change what the issuer answers can be anybody here, so
// it is asked over TLS, but on this machine.
func (c *Config) validateOIDC() []error {
	if c.OIDCIssuer == "" {
		if c.OIDCClient != "" || c.OIDCSecret != "" {
			return []error{errors.New(prefix + "OIDC_ISSUER: must be set with OIDC_CLIENT_ID")}
		}
		return nil
	}
	var bad []error
	u, err := url.Parse(c.OIDCIssuer)
	switch {
	case err != nil:
		bad = append(bad, errors.New(prefix+"OIDC_ISSUER: is not a URL"))
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		bad = append(bad, errors.New(prefix+"OIDC_ISSUER: must begin with https://"))
	case u.Host == "":
		bad = append(bad, errors.New(prefix+"OIDC_ISSUER: names no host"))
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		bad = append(bad, errors.New(prefix+"OIDC_ISSUER: must have nothing but a host and a path"))
	}
	if c.OIDCClient == "" {
		bad = append(bad, errors.New(prefix+"OIDC_CLIENT_ID: must be set with OIDC_ISSUER"))
	}
	return bad
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// IdentityProvider is what people call the issuer of OIDC_ISSUER.
func (c *Config) IdentityProvider() string {
	if u, err := url.Parse(c.OIDCIssuer); c.OIDCName == "" && err == nil {
		return u.Hostname()
	}
	return c.OIDCName
}

// TrustedProxies are the networks whose word is taken for where requests come from; an address alone is a network of one.
func (c *Config) TrustedProxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for part := range strings.SplitSeq(c.Proxies, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if ip, err := netip.ParseAddr(part); err == nil {
			out = append(out, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("%q is none", part)
		}
		out = append(out, network.Masked())
	}
	return out, nil
}

// HTTPTokens are the tokens of the services with an HTTP interface, in their order; none when no token is set.
func (c *Config) HTTPTokens() []string {
	if c.HTTPToken == "" {
		return nil
	}
	tokens := strings.Split(c.HTTPToken, ",")
	for i := range tokens {
		tokens[i] = strings.TrimSpace(tokens[i])
	}
	return tokens
}

// Require returns an error that names every one of the given settings (without the prefix) that is empty.
func (c *Config) Require(names ...string) error {
	var missing []error
	for _, s := range c.Settings() {
		if slices.Contains(names, strings.TrimPrefix(s.Name, prefix)) && s.Value == "" {
			missing = append(missing, fmt.Errorf("%s: must be set (%s)", s.Name, s.Help))
		}
	}
	return errors.Join(missing...)
}

// Setting is one setting as it is in force.
type Setting struct {
	Name  string // VESTNIK_…, or OTEL_…
	Value string // masked where it is secret
	Help  string
}

// Settings lists every setting with its value; secrets are masked.
func (c *Config) Settings() []Setting {
	return append(settingsOf(prefix, reflect.ValueOf(*c)), settingsOf("", reflect.ValueOf(c.Traces))...)
}

func settingsOf(prefix string, v reflect.Value) []Setting {
	var out []Setting
	for f, value := range v.Fields() {
		if f.Tag.Get("env") == "-" {
			continue
		}
		out = append(out, Setting{
			Name: prefix + f.Tag.Get("env"), Value: masked(f.Tag.Get("secret") == "true", fmt.Sprint(value.Interface())), Help: f.Tag.Get("desc"),
		})
	}
	return out
}

// harmless are the parameters of URLs whose values are shown. Services have names of their own for their keys, so it is not
// the secret ones that are listed.
func harmless() []string {
	return []string{
		"tls", "connections", "rate", "name", "helo", "insecure_skip_verify", "idempotent", "timeout",
		"host", "port", "user", "dbname", "sslmode", "pool_max_conns", "connect_timeout", "application_name",
	}
}

// maskedURL hides the password, a user that stands alone where that is a token, and the values of parameters that may be
// secret.
func maskedURL(u *url.URL) string {
	const hidden = "********"
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), hidden)
	} else if u.User != nil && !slices.Contains([]string{"postgres", "postgresql", "smtp", "smtps"}, u.Scheme) {
		u.User = url.User(hidden)
	}
	mask := func(raw string) string {
		pairs := strings.Split(raw, "&")
		for i, pair := range pairs {
			if name, value, has := strings.Cut(pair, "="); has && value != "" && !slices.Contains(harmless(), name) {
				pairs[i] = name + "=" + hidden
			}
		}
		return strings.Join(pairs, "&")
	}
	u.RawQuery = mask(u.RawQuery)
	return strings.ReplaceAll(u.String(), url.QueryEscape(hidden), hidden)
}

// masked hides a secret, and the passwords of URLs.
func masked(secret bool, value string) string {
	if value == "" {
		return ""
	}
	if secret {
		return "********"
	}
	if !strings.Contains(value, "://") {
		return value
	}
	parts := strings.Split(value, ",")
	for i, part := range parts {
		u, err := url.Parse(strings.TrimSpace(part))
		if err != nil {
			return "********"
		}
		parts[i] = maskedURL(u)
	}
	return strings.Join(parts, ",")
}
