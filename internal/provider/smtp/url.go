package smtp

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"

	"golang.org/x/net/idna"
)

// ParseURL reads smtp://user:password@host:port?tls=none|starttls|implicit&connections=10&rate=100, with the further
// parameters name, helo and insecure_skip_verify; smtps:// is smtp:// with tls=implicit. Without tls, loopback gets none
// and every other host starttls; without a port it is 25, 587 or 465 by tls. rate is in messages per second, 0 for no
// limit. The error names every problem at once and never shows the password.
func ParseURL(raw string) (Config, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" {
		// url.Parse's own error quotes its input, password and all.
		return Config{}, errors.New("SMTP provider: not a URL of the form smtp://user:password@host:port?tls=starttls; " +
			"special characters of the password must be percent-encoded")
	}
	p := urlParser{config: Config{Username: u.User.Username()}}
	p.config.Password, _ = u.User.Password()
	p.host(u)
	p.query(u)
	if u.Scheme == "smtps" {
		if p.config.TLS != "" && p.config.TLS != TLSImplicit {
			p.fail("smtps:// means tls=implicit, not tls=%s", p.config.TLS)
		}
		p.config.TLS = TLSImplicit
	} else if u.Scheme != "smtp" {
		p.fail("the scheme must be smtp or smtps")
	}
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

func (p *urlParser) host(u *url.URL) {
	p.config.Host = u.Hostname()
	if net.ParseIP(p.config.Host) == nil && p.config.Host != "" {
		ascii, err := idna.Lookup.ToASCII(p.config.Host)
		if err != nil {
			p.fail("%q is not a host name", p.config.Host)
		} else {
			p.config.Host = ascii
		}
	}
	if port := u.Port(); port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n == 0 {
			n = -1
		}
		p.config.Port = n
	}
	if u.Path != "" && u.Path != "/" {
		p.fail("a path after the host means nothing here")
	}
}

func (p *urlParser) query(u *url.URL) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		p.fail("the parameters after ? cannot be read")
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
	case "tls":
		p.config.TLS = TLSMode(value)
		if value == "" {
			err = strconv.ErrSyntax
		}
	case "connections":
		p.config.Connections, err = strconv.Atoi(value)
		if p.config.Connections == 0 && err == nil {
			err = strconv.ErrRange
		}
	case "rate":
		p.config.Rate, err = strconv.ParseFloat(value, 64)
	case "name":
		p.config.Name = value
	case "helo":
		p.config.Helo = value
	case "insecure_skip_verify":
		p.config.InsecureSkipVerify, err = strconv.ParseBool(value)
	default:
		p.fail("there is no parameter %q; there are tls, connections, rate, name, helo, insecure_skip_verify", name)
	}
	if err != nil {
		p.fail("%s=%s: not a value of this parameter", name, value)
	}
}
