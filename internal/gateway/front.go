package gateway

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// line is how a request came here.
type line int

const (
	linePlain line = iota // anybody on the way could read it
	lineLocal             // without TLS, but it never left this machine
	lineTLS
)

// front is where requests come in: the address that people reach Vestnik by, which a proxy in front may answer for us.
type front struct {
	base     *url.URL // nil: not known
	trusted  proxies
	unlisted *unlisted
	foreign  *http.CrossOriginProtection
}

func newFront(baseURL string, trusted proxies, unlisted *unlisted) (*front, error) {
	f := &front{trusted: trusted, unlisted: unlisted, foreign: http.NewCrossOriginProtection()}
	if baseURL == "" {
		return f, nil
	}
	base, err := url.Parse(baseURL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("read the base URL: %q is no address such as https://mail.example.com", baseURL)
	}
	f.base = base
	if err := f.foreign.AddTrustedOrigin(webOrigin(base)); err != nil {
		return nil, fmt.Errorf("read the base URL: %w", err)
	}
	return f, nil
}

// webOrigin writes an origin as browsers do: in lower case, and without the scheme's own port (RFC 6454 §6.2).
func webOrigin(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if own := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; own != "" {
		host = strings.TrimSuffix(host, own)
	}
	return u.Scheme + "://" + host
}

// sameOrigin refuses what a page of another site had a browser send. A program with an API key says itself what it wants:
// browsers add no Authorization header of their own accord, and ask us first before a script may.
func (f *front) sameOrigin(c *gin.Context) {
	if c.GetHeader("Authorization") != "" {
		return
	}
	if err := f.foreign.Check(c.Request); err != nil {
		fail(c, &domain.Error{
			Kind: domain.Forbidden, Code: "cross_origin", Err: err,
			Message: "this came from a page of another site; if it is Vestnik's own, VESTNIK_BASE_URL must be the address it is shown at",
		})
	}
}

// arrive notes how the request came.
func (f *front) arrive(c *gin.Context) {
	setValue(c, lineKey, f.line(c.Request))
	if peer, _, _ := net.SplitHostPort(c.Request.RemoteAddr); c.GetHeader("X-Forwarded-For") != "" && !f.trusted.include(peer) {
		f.unlisted.warn(peer)
	}
}

// unlistedEvery is how often it is said that a proxy is not listed.
const unlistedEvery = time.Hour

// unlisted tells the operator of proxies that nobody listed: whoever comes through one has its address, and shares its limits
// with everybody else who does.
type unlisted struct {
	log   zerolog.Logger
	clock domain.Clock
	next  atomic.Int64 // Unix time in ns before which nothing more is said
}

func (u *unlisted) warn(peer string) {
	now, next := u.clock.Now(), u.next.Load()
	if now.UnixNano() < next || !u.next.CompareAndSwap(next, now.Add(unlistedEvery).UnixNano()) {
		return
	}
	u.log.Warn().Str("peer", peer).Msg("A request came with X-Forwarded-For from a peer that VESTNIK_TRUSTED_PROXIES does not list, so that is not " +
		"believed: all who come through it share one address and its limits. If it is your proxy, list its network there.")
}

// line works out how a request came. That a proxy spoke TLS is known from an https base URL, and only for requests that are
// for its host, or come from a proxy on this machine; a proxy that says otherwise (X-Forwarded-Proto) is believed, and a
// trusted one in whatever it says. What anybody else claims to have spoken is not.
func (f *front) line(r *http.Request) line {
	if r.TLS != nil {
		return lineTLS
	}
	peer, _, _ := net.SplitHostPort(r.RemoteAddr)
	local := isLoopback(peer)
	if said := r.Header.Get("X-Forwarded-Proto"); said != "" && f.trusted.include(peer) {
		if strings.EqualFold(said, "https") {
			return lineTLS
		}
		return linePlain
	}
	if f.base != nil && f.base.Scheme == "https" {
		said := r.Header.Get("X-Forwarded-Proto")
		if ours := local || strings.EqualFold(r.Host, f.base.Host); ours && (said == "" || strings.EqualFold(said, "https")) {
			return lineTLS
		}
		return linePlain
	}
	if local && isLoopback(hostOf(r.Host)) && !isForwarded(r.Header) {
		return lineLocal
	}
	return linePlain
}

func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

// isLoopback reports whether host names this machine to itself.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// isForwarded reports whether a proxy on this machine passes on a request of who knows whom.
func isForwarded(h http.Header) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if h.Get(name) != "" {
			return true
		}
	}
	return false
}

// lineOf is how the request came.
func lineOf(ctx context.Context) line {
	l, _ := ctx.Value(lineKey).(line)
	return l
}
