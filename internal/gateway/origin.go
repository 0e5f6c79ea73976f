package gateway

import (
	"context"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// origin is what the handlers of signing in need to know of where a request came from.
type origin struct {
	address   string // IP address: the proxy's word for it where the proxy is trusted
	userAgent string // as it was sent, cut
	language  domain.Language
	secret    string // of the session; empty for none
}

// proxies are those in front whose word is taken for where requests come from.
type proxies []netip.Prefix

// maxUserAgent is how much is kept of what a browser calls itself, in bytes.
const maxUserAgent = 300

// remember notes where the request came from.
func remember(c *gin.Context) {
	setValue(c, originKey, origin{
		address:   c.ClientIP(),
		userAgent: readable(c.Request.UserAgent()),
		language:  languageOf(c.Request.Header.Get("Accept-Language")),
		secret:    sessionSecret(c.Request),
	})
}

// strings are the networks as Gin takes them.
func (p proxies) strings() []string {
	var out []string
	for _, network := range p {
		out = append(out, network.String())
	}
	return out
}

func (p proxies) include(address string) bool {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	for _, network := range p {
		if network.Contains(ip.Unmap()) {
			return true
		}
	}
	return false
}

func originOf(ctx context.Context) origin {
	o, _ := ctx.Value(originKey).(origin)
	return o
}

// readable makes a header of any bytes into text that can be kept and shown.
func readable(header string) string {
	header = strings.ToValidUTF8(header[:min(len(header), maxUserAgent)], "")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, header)
}

// languageOf is the language of ours that a browser prefers.
func languageOf(accept string) domain.Language {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return domain.English
	}
	for _, tag := range tags {
		switch base, _ := tag.Base(); base.String() {
		case "ru":
			return domain.Russian
		case "en":
			return domain.English
		}
	}
	return domain.English
}
