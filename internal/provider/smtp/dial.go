package smtp

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider"
)

// dialer opens connections that are ready for MAIL.
type dialer struct {
	config Config
	roots  *x509.CertPool // nil: the system's
}

// dial connects, secures the connection, says EHLO and authenticates. It heeds ctx throughout; its errors are
// *provider.ConnectError.
func (d *dialer) dial(ctx context.Context) (*conn, error) {
	nd := net.Dialer{Timeout: d.config.Timeouts.Connect}
	nc, err := nd.DialContext(ctx, "tcp", d.config.address())
	if err != nil {
		text := domain.Reply{Phase: domain.PhaseDial, Text: provider.OneLine([]byte(err.Error()))}
		return nil, &provider.ConnectError{Reply: text, Class: domain.ClassProvider, Err: err}
	}
	c := &conn{nc: nc, timeouts: &d.config.Timeouts, limit: ctx}
	c.br = bufio.NewReaderSize(nc, maxReplyLine)
	unwatch := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	err = d.handshake(ctx, c)
	if !unwatch() && err == nil { // the deadline set by AfterFunc must not meet a message
		err = c.fault(domain.PhaseHello, ctx.Err(), 0)
	}
	if err != nil {
		_ = nc.Close()
		return nil, err
	}
	c.limit = nil
	return c, nil
}

func (d *dialer) handshake(ctx context.Context, c *conn) error {
	if d.config.TLS == TLSImplicit {
		if err := d.secure(ctx, c); err != nil {
			return err
		}
	}
	t := c.timeouts
	if err := c.read(t.Banner); err != nil {
		return c.fault(domain.PhaseBanner, err, t.Banner)
	}
	if c.reply.code/100 != 2 {
		return c.refused(domain.PhaseBanner)
	}
	if err := d.hello(c); err != nil {
		return err
	}
	if d.config.TLS == TLSStart {
		if err := d.startTLS(ctx, c); err != nil {
			return err
		}
		if err := d.hello(c); err != nil { // RFC 3207 §4.2: what was offered before is forgotten
			return err
		}
	}
	if d.config.Username == "" {
		return nil
	}
	return c.authenticate(d.config.Username, d.config.Password)
}

// hello says EHLO, and HELO to a server that does not know it (RFC 5321 §3.2).
func (d *dialer) hello(c *conn) error {
	name, t := d.name(c), c.timeouts.Hello
	c.ext = extensions{}
	if err := c.command(t, "EHLO ", name); err != nil {
		return c.fault(domain.PhaseHello, err, t)
	}
	if c.reply.code/100 == 2 {
		c.ext = parseExtensions(c.reply.text)
		return nil
	}
	if c.reply.code < 500 {
		return c.refused(domain.PhaseHello)
	}
	if err := c.command(t, "HELO ", name); err != nil {
		return c.fault(domain.PhaseHello, err, t)
	}
	if c.reply.code/100 != 2 {
		return c.refused(domain.PhaseHello)
	}
	return nil
}

// name is how we greet: as set, else the machine's name if it is a full one, else our address (RFC 5321 §4.1.3).
func (d *dialer) name(c *conn) string {
	if d.config.Helo != "" {
		return d.config.Helo
	}
	if name, err := os.Hostname(); err == nil && strings.Contains(name, ".") && isHostName(name) {
		return name
	}
	addr, ok := c.nc.LocalAddr().(*net.TCPAddr)
	if !ok {
		return "localhost"
	}
	if v4 := addr.IP.To4(); v4 != nil {
		return "[" + v4.String() + "]"
	}
	return "[IPv6:" + addr.IP.String() + "]"
}

func isHostName(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.'
	})
}

// startTLS upgrades the connection. A server that does not offer it is not used: whoever stands between could have
// taken the offer away.
func (d *dialer) startTLS(ctx context.Context, c *conn) error {
	t := c.timeouts.TLS
	if !c.ext.startTLS {
		return &provider.ConnectError{
			Reply: domain.Reply{Phase: domain.PhaseTLS, Text: "the server does not offer STARTTLS"},
			Class: domain.ClassProvider, Permanent: true,
		}
	}
	if err := c.command(t, "STARTTLS"); err != nil {
		return c.fault(domain.PhaseTLS, err, t)
	}
	if c.reply.code != 220 {
		return c.refused(domain.PhaseTLS)
	}
	return d.secure(ctx, c)
}

// secure does the handshake of TLS. The new reader drops whatever came unencrypted, so that nothing injected before
// the handshake is taken for a reply after it (CVE-2011-0411).
func (d *dialer) secure(ctx context.Context, c *conn) error {
	secure := tls.Client(c.nc, &tls.Config{
		ServerName: d.config.Host, RootCAs: d.roots, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: d.config.InsecureSkipVerify, //nolint:gosec // the operator's explicit setting
	})
	c.readWithin(c.timeouts.TLS)
	c.writeWithin(c.timeouts.TLS)
	if err := secure.HandshakeContext(ctx); err != nil {
		_, distrusted := errors.AsType[*tls.CertificateVerificationError](err)
		return &provider.ConnectError{
			Reply: lostReply(domain.PhaseTLS, err, c.timeouts.TLS), Class: domain.ClassProvider, Permanent: distrusted,
			Err: err,
		}
	}
	c.nc = secure
	c.br.Reset(secure)
	return nil
}
