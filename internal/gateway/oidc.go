package gateway

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// IdentityProvider signs people in by OpenID Connect.
type IdentityProvider interface {
	// Name is what people call it.
	Name() string
	// Start returns where to send the browser of l; an Unavailable error while the provider is away.
	Start(ctx context.Context, l domain.IdentityLogin) (string, error)
	// Finish returns who came back from l: code and issuer are what the browser brought, issuer "" when it brought none. An
	// Unavailable error says that the provider is away, another that nobody was proven to be anybody.
	Finish(ctx context.Context, l domain.IdentityLogin, code, issuer string) (domain.Identity, error)
}

// identityStore keeps who is who at the identity provider.
type identityStore interface {
	BeginIdentityLogin(ctx context.Context, l domain.IdentityLogin) error
	// TakeIdentityLogin returns what was kept, once; an Unauthorized error when there is nothing for this browser.
	TakeIdentityLogin(ctx context.Context, state, browser string) (domain.IdentityLogin, error)
	// SignInByIdentity signs in, or answers with a challenge; a Forbidden error when the identity opens no account.
	SignInByIdentity(ctx context.Context, id domain.Identity, registration bool, userAgent string) (domain.SignedIn, error)
}

// The names of the cookie that ties a sign-in to the browser that set out; see sessionCookie.
const (
	oidcCookie      = "__Host-vestnik-oidc"
	plainOIDCCookie = "vestnik-oidc"
	oidcTime        = 10 * time.Minute
)

// loginPage is where people sign in, and learn why they could not.
const loginPage = "/sign-in"

// oidcAPI: Signing in at an identity provider.
type oidcAPI struct {
	store        identityStore
	provider     IdentityProvider // nil: there is none
	registration bool             // whether an account may be opened
	limits       limits
}

// StartOIDC implements openapi.StrictServerInterface.
func (a oidcAPI) StartOIDC(ctx context.Context, r openapi.StartOIDCRequestObject) (openapi.StartOIDCResponseObject, error) {
	if a.provider == nil {
		return nil, errNoProvider()
	}
	if err := mayHoldSession(ctx); err != nil {
		return redirect{to: a.failed(ctx, err)}, nil
	}
	if err := a.limits.within(ctx, outings(originOf(ctx).address)); err != nil {
		return redirect{to: a.failed(ctx, err)}, nil // a person has followed a link, and is to see a page
	}
	l := domain.IdentityLogin{State: random(), Browser: random(), Nonce: random(), Verifier: random(), ReturnTo: "/"}
	if r.Params.ReturnTo != nil && isLocal(*r.Params.ReturnTo) {
		l.ReturnTo = *r.Params.ReturnTo
	}
	to, err := a.provider.Start(ctx, l)
	if err == nil {
		err = a.store.BeginIdentityLogin(ctx, l)
	}
	if err != nil {
		return redirect{to: a.failed(ctx, err), cookies: []string{a.cookie(ctx, "")}}, nil
	}
	return redirect{to: to, cookies: []string{a.cookie(ctx, l.Browser)}}, nil
}

// FinishOIDC implements openapi.StrictServerInterface. A browser is always sent on, with a code for what went wrong.
func (a oidcAPI) FinishOIDC(ctx context.Context, r openapi.FinishOIDCRequestObject) (openapi.FinishOIDCResponseObject, error) {
	if a.provider == nil {
		return nil, errNoProvider()
	}
	answer := redirect{cookies: []string{a.cookie(ctx, "")}}
	l, in, err := a.finish(ctx, r.Params)
	cookie := ""
	if err == nil && in.Challenge == "" {
		cookie, err = signInCookie(ctx, in.Secret)
	}
	switch {
	case err != nil:
		answer.to = a.failed(ctx, err)
	case in.Challenge != "": // in the fragment, which goes into no log and no Referer
		answer.to = loginPage + "#" + url.Values{"challenge": {in.Challenge}, "return_to": {l.ReturnTo}}.Encode()
	default:
		answer.to = l.ReturnTo
		answer.cookies = append(answer.cookies, cookie)
	}
	return answer, nil
}

func (a oidcAPI) finish(ctx context.Context, p openapi.FinishOIDCParams) (domain.IdentityLogin, domain.SignedIn, error) {
	l, err := a.store.TakeIdentityLogin(ctx, text(p.State), a.browser(ctx))
	if err != nil {
		return l, domain.SignedIn{}, err
	}
	switch {
	case text(p.Error) == "access_denied":
		return l, domain.SignedIn{}, unauthorized("oidc_denied", "signing in was declined")
	case text(p.Error) != "" || text(p.Code) == "":
		return l, domain.SignedIn{}, unauthorized("oidc_failed", "the identity provider answered with an error")
	}
	id, err := a.provider.Finish(ctx, l, *p.Code, text(p.Iss))
	if err != nil {
		return l, domain.SignedIn{}, err
	}
	in, err := a.store.SignInByIdentity(ctx, id, a.registration, originOf(ctx).userAgent)
	return l, in, err
}

// failed returns where to send a browser that could not be signed in. The address tells no more than a stable code; the
// rest is for the log.
func (a oidcAPI) failed(ctx context.Context, err error) string {
	code := "internal"
	switch kind := domain.KindOf(err); {
	case kind == domain.Unavailable:
		code = "oidc_unavailable"
	case kind == domain.Unauthorized, kind == domain.Forbidden, kind == domain.Limited:
		e, _ := errors.AsType[*domain.Error](err)
		code = e.Code
	case isAway(err):
		code = "unavailable"
	}
	if e, ok := errors.AsType[*domain.Error](err); !ok || e.Err != nil {
		if c, ok := ctx.(*gin.Context); ok {
			_ = c.Error(err) // for the log
		}
	}
	return loginPage + "?" + url.Values{"error": {code}}.Encode()
}

// cookie is the Set-Cookie header that ties a sign-in to the browser; with an empty secret, the one that ends that.
func (oidcAPI) cookie(ctx context.Context, secret string) string {
	c := http.Cookie{ //nolint:gosec // Secure but for an address without TLS, whose browsers would not take it
		Name: oidcCookie, Value: secret, Path: "/", MaxAge: int(oidcTime.Seconds()),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, // Lax: the provider sends the browser back by a link
	}
	if lineOf(ctx) != lineTLS {
		c.Name, c.Secure = plainOIDCCookie, false
	}
	if secret == "" {
		c.MaxAge = -1
	}
	return c.String()
}

// browser is what the browser that asks was given when it set out; empty for none. Over TLS the plain name does not count:
// a neighbour could have planted it.
func (oidcAPI) browser(ctx context.Context) string {
	name := oidcCookie
	if lineOf(ctx) != lineTLS {
		name = plainOIDCCookie
	}
	if c, ok := ctx.(*gin.Context); ok {
		if cookie, err := c.Request.Cookie(name); err == nil && len(cookie.Value) == secretLength {
			return cookie.Value
		}
	}
	return ""
}

// isLocal reports whether a browser that is sent there stays on this site. Browsers drop tabs and line ends from an
// address and take \ for /, so //evil, /\evil and /<tab>/evil all leave it.
func isLocal(to string) bool {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
		return false
	}
	for _, r := range to {
		if r < ' ' || r == 0x7f || r == '\\' {
			return false
		}
	}
	u, err := url.Parse(to)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil
}

// redirect sends a browser on. It sets more than one cookie, which the generated answers cannot.
type redirect struct {
	to      string
	cookies []string
}

func (r redirect) send(w http.ResponseWriter) error {
	w.Header().Set("Location", r.to)
	for _, cookie := range r.cookies {
		w.Header().Add("Set-Cookie", cookie)
	}
	w.WriteHeader(http.StatusFound)
	return nil
}

// VisitStartOIDCResponse implements openapi.StartOIDCResponseObject.
func (r redirect) VisitStartOIDCResponse(w http.ResponseWriter) error { return r.send(w) }

// VisitFinishOIDCResponse implements openapi.FinishOIDCResponseObject.
func (r redirect) VisitFinishOIDCResponse(w http.ResponseWriter) error { return r.send(w) }

// random returns 256 random bits as 43 characters that need no escaping; PKCE asks for as many (RFC 7636 §4.1).
func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// text is the value of a parameter; empty for none.
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func errNoProvider() error {
	return &domain.Error{Kind: domain.NotFound, Code: "oidc_not_configured", Message: "one cannot sign in elsewhere here"}
}
