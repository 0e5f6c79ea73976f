// Package oidc signs people in at an identity provider: OpenID Connect Core 1.0, the authorization code flow with PKCE
// (RFC 7636) and the check of who answered (RFC 9207).
package oidc

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

// timeout bounds each request to the provider; a person waits for it.
const timeout = 5 * time.Second

// Settings name a provider, and Vestnik to it.
type Settings struct {
	Name         string // for people
	Issuer       string
	ClientID     string
	ClientSecret string
	RedirectURL  string // where it sends browsers back to
}

// Provider is an identity provider. It is asked what it can do when it is first needed, and again while it is away, so
// that neither starting nor anything else waits for it. It is safe for concurrent use.
type Provider struct {
	settings Settings
	client   *http.Client
	clock    domain.Clock

	one   singleflight.Group
	mu    sync.Mutex
	found *metadata // nil: not yet
}

// metadata is what the provider says of itself.
type metadata struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	oauth    oauth2.Config
	namesIss bool // it says who answers, always (RFC 9207 §3)
}

// New returns the provider without asking it anything.
func New(s Settings, clock domain.Clock) *Provider {
	return &Provider{settings: s, client: &http.Client{Timeout: timeout}, clock: clock}
}

// Name is what people call it.
func (p *Provider) Name() string { return p.settings.Name }

// Start returns where to send the browser of l; an Unavailable error while the provider is away.
func (p *Provider) Start(ctx context.Context, l domain.IdentityLogin) (string, error) {
	m, err := p.metadata(ctx)
	if err != nil {
		return "", err
	}
	return m.oauth.AuthCodeURL(l.State, oidc.Nonce(l.Nonce), oauth2.S256ChallengeOption(l.Verifier)), nil
}

// Finish returns who came back from l: it trades the code for an ID token and checks that. issuer is what the browser
// brought, "" for nothing. An Unavailable error says that the provider is away; an Unauthorized one with the code
// oidc_failed that nobody was proven to be anybody.
func (p *Provider) Finish(ctx context.Context, l domain.IdentityLogin, code, issuer string) (domain.Identity, error) {
	m, err := p.metadata(ctx)
	if err != nil {
		return domain.Identity{}, err
	}
	if issuer != p.settings.Issuer && (issuer != "" || m.namesIss) {
		return domain.Identity{}, failed(errors.New("another provider answered"))
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := m.oauth.Exchange(ctx, code, oauth2.VerifierOption(l.Verifier))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.Response.StatusCode < http.StatusInternalServerError {
		return domain.Identity{}, failed(fmt.Errorf("trade the code: %s %s", refused.Response.Status, refused.ErrorCode)) // its body is not for the log
	}
	if err != nil {
		return domain.Identity{}, away(fmt.Errorf("trade the code: %w", withoutBody(err)))
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := m.verifier.Verify(ctx, raw)
	if err != nil {
		return domain.Identity{}, failed(fmt.Errorf("verify the ID token: %w", err))
	}
	var c claims
	if err := id.Claims(&c); err != nil {
		return domain.Identity{}, failed(fmt.Errorf("read the ID token: %w", err))
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(l.Nonce)) != 1:
		return domain.Identity{}, failed(errors.New("the ID token is for another sign-in: its nonce differs"))
	case c.AuthorizedParty != "" && c.AuthorizedParty != p.settings.ClientID, c.AuthorizedParty == "" && len(id.Audience) > 1:
		return domain.Identity{}, failed(errors.New("the ID token was issued to somebody else"))
	case id.Subject == "":
		return domain.Identity{}, failed(errors.New("the ID token names nobody"))
	}
	if c.Email == "" && m.provider.UserInfoEndpoint() != "" { // some tell the address there alone
		info, err := m.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err == nil && info.Subject == id.Subject {
			c.Email, c.EmailVerified = info.Email, info.EmailVerified
		}
	}
	return c.identity(id), nil
}

// claims are what Vestnik reads of an ID token beside what the library checks.
type claims struct {
	AuthorizedParty string `json:"azp"`
	Email           string `json:"email"`
	EmailVerified   any    `json:"email_verified"` // some send it as text
	Name            string `json:"name"`
	Locale          string `json:"locale"`
}

func (c claims) identity(id *oidc.IDToken) domain.Identity {
	out := domain.Identity{Issuer: id.Issuer, Subject: id.Subject, Name: oneLine(c.Name), Language: domain.English}
	if language, _, _ := strings.Cut(strings.ToLower(c.Locale), "-"); language == string(domain.Russian) {
		out.Language = domain.Russian
	}
	if email, err := address.Parse(c.Email); err == nil {
		out.Email, out.EmailVerified = email, c.EmailVerified == true || c.EmailVerified == "true"
	}
	return out
}

// oneLine leaves out what no name of a person has in it, and the name itself where it is too long.
func oneLine(name string) string {
	name = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError {
			return ' '
		}
		return r
	}, name)), " ")
	if utf8.RuneCountInString(name) > domain.MaxName {
		return ""
	}
	return name
}

// metadata asks the provider what it can do, once. Whoever needs that at the same moment shares the answer.
func (p *Provider) metadata(ctx context.Context) (*metadata, error) {
	p.mu.Lock()
	found := p.found
	p.mu.Unlock()
	if found != nil {
		return found, nil
	}
	// The caller who happens to ask may go away; the others still want to know. The client's timeout bounds it.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), p.client)
	answer, err, _ := p.one.Do("", func() (any, error) { return p.discover(ctx) })
	if err != nil {
		return nil, away(fmt.Errorf("ask the identity provider what it can do: %w", err))
	}
	m, _ := answer.(*metadata)
	return m, nil
}

func (p *Provider) discover(ctx context.Context) (*metadata, error) {
	provider, err := oidc.NewProvider(ctx, p.settings.Issuer)
	if err != nil {
		return nil, err
	}
	var says struct {
		NamesIss bool `json:"authorization_response_iss_parameter_supported"`
	}
	if err := provider.Claims(&says); err != nil {
		return nil, err
	}
	m := &metadata{
		provider: provider,
		verifier: provider.VerifierContext(oidc.ClientContext(ctx, p.client), &oidc.Config{ClientID: p.settings.ClientID, Now: p.clock.Now}),
		oauth: oauth2.Config{
			ClientID: p.settings.ClientID, ClientSecret: p.settings.ClientSecret, RedirectURL: p.settings.RedirectURL,
			Endpoint: provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
		},
		namesIss: says.NamesIss,
	}
	p.mu.Lock()
	p.found = m
	p.mu.Unlock()
	return m, nil
}

// withoutBody leaves out what a provider answered, which may hold secrets.
func withoutBody(err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return errors.New(refused.Response.Status)
	}
	return err
}

func failed(err error) error {
	return &domain.Error{Kind: domain.Unauthorized, Code: "oidc_failed", Message: "the identity provider did not say who it is", Err: err}
}

func away(err error) error {
	return &domain.Error{Kind: domain.Unavailable, Code: "oidc_unavailable", Message: "the identity provider is away", Err: err}
}
