package httpapi

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/net/idna"
)

var errNoURL = errors.New("not a URL of the form https://api.example.com/v1/send#connections=10&rate=100")

// ParseURL reads https://host/path?query#name=api&connections=10&rate=100&idempotent=true&timeout=30s. Our own parameters
// stand in the fragment, which no client ever sends (RFC 9110 §4.2.5), for the query belongs to the service. rate is in
// messages per second, 0 for no limit; idempotent=false is for a service that pays no heed to Idempotency-Key. Plain http
// is for loopback only. The error names every problem at once and never shows the token or the query.
func ParseURL(raw, token string) (Config, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" {
		// url.Parse's own error quotes its input.
		return Config{}, joinProblems([]error{errNoURL})
	}
	p := urlParser{config: Config{Token: token}}
	p.fragment(u)
	p.host(u)
	u.Fragment, u.RawFragment = "", ""
	p.config.URL = u.String()
	p.config = p.config.withDefaults()
	if err := joinProblems(append(p.bad, p.config.problems()...)); err != nil {
		return Config{}, err
	}
	return p.config, nil
}

type urlParser struct {
	config Config
	bad    []error
}

func (p *urlParser) fail(format string, args ...any) {
	p.bad = append(p.bad, fmt.Errorf(format, args...))
}

// host turns a name in Unicode into ASCII.
func (p *urlParser) host(u *url.URL) {
	name := u.Hostname()
	if name == "" || net.ParseIP(name) != nil {
		return
	}
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil {
		p.fail("%q is not a host name", name)
		return
	}
	port := u.Port()
	if u.Host = ascii; port != "" {
		u.Host = net.JoinHostPort(ascii, port)
	}
}

func (p *urlParser) fragment(u *url.URL) {
	values, err := url.ParseQuery(u.EscapedFragment())
	if err != nil {
		p.fail("the parameters after # cannot be read")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if len(values[name]) > 1 {
			p.fail("%s is given twice", name)
		}
		p.parameter(name, values[name][0])
	}
}

func (p *urlParser) parameter(name, value string) {
	var err error
	switch name {
	case "name":
		p.config.Name = value
	case "connections":
		p.config.Connections, err = strconv.Atoi(value)
		if p.config.Connections == 0 && err == nil {
			err = strconv.ErrRange
		}
	case "rate":
		p.config.Rate, err = strconv.ParseFloat(value, 64)
	case "idempotent":
		var idempotent bool
		idempotent, err = strconv.ParseBool(value)
		p.config.IgnoresKey = !idempotent
	case "timeout":
		p.config.Timeouts.Request, err = time.ParseDuration(value)
		if p.config.Timeouts.Request <= 0 && err == nil {
			err = strconv.ErrRange
		}
	default:
		p.fail("there is no parameter %q; there are name, connections, rate, idempotent, timeout", name)
	}
	if err != nil {
		p.fail("%s=%s: not a value of this parameter", name, value)
	}
}
