// Package oidctest has an identity provider on loopback for tests: OpenID Connect with discovery, RS256 and PKCE. It signs
// in whoever the test says, and misbehaves as told.
package oidctest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

// The only client.
const (
	ClientID     = "vestnik"
	ClientSecret = "the client's secret, which is no real one"
)

// Claims are the claims of an ID token.
type Claims = map[string]any

// Provider is an identity provider. It is safe for concurrent use.
type Provider struct {
	URL string

	key    *rsa.PrivateKey
	mu     sync.Mutex
	away   bool
	change func(Claims)
	codes  map[string]grant
	says   Claims
}

// grant is what a code stands for.
type grant struct {
	claims    Claims
	challenge string
	redirect  string
}

// New starts a provider that ends with the test.
func New(t testing.TB) *Provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatalf("make a key: %v", err)
	}
	p := &Provider{key: key, codes: map[string]grant{}, says: Claims{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("POST /token", p.token)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		away := p.away
		p.mu.Unlock()
		if away {
			http.Error(w, "out for lunch", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

// SetAway makes the provider answer nothing but 503, or answer again.
func (p *Provider) SetAway(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
}

// Say adds to what the provider says of itself.
func (p *Provider) Say(name string, value any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.says[name] = value
}

// ChangeTokens has change called with the claims of each ID token before it is signed; nil: none.
func (p *Provider) ChangeTokens(change func(Claims)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.change = change
}

// SignIn does what the provider does once a person has signed in there: at is where Vestnik sent the browser, and the answer
// is where the browser goes next.
func (p *Provider) SignIn(t testing.TB, at string, who Claims) *url.URL {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatalf("the address of the provider: %v", err)
	}
	q := u.Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": ClientID, "code_challenge_method": "S256"} {
		if q.Get(name) != want {
			t.Fatalf("%s is %q, not %q", name, q.Get(name), want)
		}
	}
	for _, name := range []string{"state", "nonce", "code_challenge", "redirect_uri"} {
		if q.Get(name) == "" {
			t.Fatalf("%s is missing", name)
		}
	}
	claims := Claims{"nonce": q.Get("nonce")}
	maps.Copy(claims, who)
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = grant{claims, q.Get("code_challenge"), q.Get("redirect_uri")}
	p.mu.Unlock()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		t.Fatalf("redirect_uri: %v", err)
	}
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.URL}, "authuser": {"0"}}.Encode()
	return back
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	says := Claims{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	}
	p.mu.Lock()
	maps.Copy(says, p.says)
	p.mu.Unlock()
	answer(w, http.StatusOK, says)
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, Claims{"keys": []Claims{{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "one", "n": encode(p.key.N.Bytes()), "e": encode(big.NewInt(int64(p.key.E)).Bytes()),
	}}})
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	p.mu.Lock()
	g, known := p.codes[r.PostFormValue("code")]
	change := p.change
	p.mu.Unlock()
	if decoded, err := url.QueryUnescape(secret); err == nil { // RFC 6749 §2.3.1
		secret = decoded
	}
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case id != ClientID || secret != ClientSecret:
		answer(w, http.StatusUnauthorized, Claims{"error": "invalid_client"})
		return
	case !known || encode(sum[:]) != g.challenge || r.PostFormValue("redirect_uri") != g.redirect:
		answer(w, http.StatusBadRequest, Claims{"error": "invalid_grant"})
		return
	}
	p.mu.Lock()
	delete(p.codes, r.PostFormValue("code"))
	p.mu.Unlock()
	now := time.Now()
	claims := Claims{"iss": p.URL, "aud": ClientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	maps.Copy(claims, g.claims)
	if change != nil {
		change(claims)
	}
	answer(w, http.StatusOK, Claims{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 3600, "id_token": p.sign(claims)})
}

// sign makes a JWT (RFC 7519) of the claims.
func (p *Provider) sign(claims Claims) string {
	header, _ := json.Marshal(Claims{"alg": "RS256", "typ": "JWT", "kid": "one"})
	body, _ := json.Marshal(claims)
	text := encode(header) + "." + encode(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	if err != nil {
		return ""
	}
	return text + "." + encode(signature)
}

func answer(w http.ResponseWriter, status int, body Claims) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who has gone cannot be told
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
