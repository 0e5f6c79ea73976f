// Package gateway is Vestnik's REST interface as api/openapi.yaml tells it: who may call, what input is refused and how,
// and which status an error becomes. What things mean is decided in package domain, and kept by the stores.
//
// A request goes through these in turn: request id, log and recovery (middleware.go), whose page sent it and how it came
// (front.go), who asks (auth.go), whether they may (access.go) and go on being allowed to (watch.go), the body's size and
// type (body.go), the idempotency key (idempotency.go), parameters and body against the contract (check.go), and then one
// handler, in the file of its resource. Around all of them is what packs the answers (compress.go).
package gateway

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/gin-gonic/gin"
	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
	"github.com/vestnik-mail/vestnik/internal/password"
	"github.com/vestnik-mail/vestnik/internal/totp"
)

const basePath = "/api/v1"

// Store is what the gateway needs of the database. Each part is declared beside its resource.
type Store interface {
	credentialStore
	signInStore
	accountStore
	idempotencyStore
	clientStore
	exportStore
	suppressionStore
	importStore
	listStore
	messageStore
	mailingStore
	attemptStore
	providerStore
	reportStore
	userStore
	auditStore
	secondFactorStore
	identityStore
	sessionStore
	apiKeyStore
	setupStore
	testMailStore
}

// Deps are the parts that the gateway works with. All down to Preview must be set, but BaseURL.
type Deps struct {
	Store Store
	Clock domain.Clock
	Log   zerolog.Logger
	// BaseURL is the address that people reach Vestnik by: its pages may call the API, and https says that a proxy in front
	// speaks TLS for it. No link is made from what a request says. Empty: there is none but what requests name.
	BaseURL string
	// CheckMessage returns what is wrong with a message's templates.
	CheckMessage func(domain.Message) []domain.FieldError
	// Preview fills a message in for a client.
	Preview func(m domain.Message, c domain.Client, mailingName string) (subject, html, text string, err error)
	// Passwords makes and checks hashes; nil: one of its own with the default parameters.
	Passwords *password.Hasher
	// Limiter counts tries; nil: nobody is limited.
	Limiter limiter
	// TrustedProxies are those whose word is taken for where a request comes from.
	TrustedProxies []netip.Prefix
	// RegistrationClosed says that nobody may open an account.
	RegistrationClosed bool
	// Factor makes and checks second factors; nil: there is no key to seal their secrets with, so nobody can set one up.
	Factor *totp.Factor
	// Identities signs people in elsewhere; nil: nobody does.
	Identities IdentityProvider
	// Checks say whether the parts are there; /readyz asks them.
	Checks []Check
	// Stopping is closed when the process begins to stop: streams end at once then, and uploads soon. nil: never.
	Stopping <-chan struct{}
	// Web has the files of the web application; nil, or without index.html: a page tells how to build it.
	Web fs.FS
	// Mailbox shows mail that was delivered on this machine, at /mailbox; nil: there is none.
	Mailbox http.Handler
	// ShowsTo says whether Mailbox shows anything to whoever asks; nil: to everybody.
	ShowsTo func(*http.Request) bool
	// Metrics serves /metrics; nil: nobody does.
	Metrics http.Handler
	// Begin is told of each request and returns the context to answer it under, and what is to be called with the status.
	// route is the template, empty where there is none; nil: nobody is told.
	Begin func(ctx context.Context, method, route string, header http.Header) (context.Context, func(status int))
}

func (d Deps) showsMailbox(r *http.Request) bool {
	return d.Mailbox != nil && (d.ShowsTo == nil || d.ShowsTo(r))
}

// server is every resource together: what openapi.StrictServerInterface asks for.
type server struct {
	clientAPI
	exportAPI
	suppressionAPI
	importAPI
	listAPI
	messageAPI
	mailingAPI
	attemptAPI
	providerAPI
	progressAPI
	reportAPI
	accountAPI
	signInAPI
	sessionAPI
	apiKeyAPI
	secondFactorAPI
	oidcAPI
	userAPI
	auditAPI
	setupAPI
	testMailAPI
}

// New returns the handler of all routes. It is safe for concurrent use. The caller's http.Server must set a
// ReadHeaderTimeout, a ReadTimeout and a WriteTimeout; uploads, downloads and streams extend them for
// themselves.
func New(d Deps) (http.Handler, error) {
	contract, err := loadContract()
	if err != nil {
		return nil, err
	}
	contract.stopping = d.Stopping
	front, err := newFront(d.BaseURL, d.TrustedProxies, &unlisted{log: d.Log, clock: d.Clock})
	if err != nil {
		return nil, err
	}
	reference, err := newReference(contract.doc)
	if err != nil {
		return nil, err
	}
	app, err := newWebApp(d.Web)
	if err != nil {
		return nil, err
	}
	engine, err := newEngine(d.TrustedProxies)
	if err != nil {
		return nil, err
	}
	engine.Use(breakOff, requestID(d.Clock), observe(d.Begin), logRequests(d.Log, d.Clock), recoverPanics(), secure())
	engine.NoMethod(apiHeaders, func(c *gin.Context) { fail(c, errNoMethod) })
	mountHealth(engine, d.Checks, d.Log)
	if d.Metrics != nil {
		engine.GET("/metrics", gin.WrapH(d.Metrics))
	}
	reference.mount(engine)
	app.mount(engine)
	if d.Mailbox != nil {
		engine.Any("/mailbox", front.sameOrigin, gin.WrapH(d.Mailbox))
		engine.Any("/mailbox/*path", front.sameOrigin, gin.WrapH(d.Mailbox))
	}

	streams := newStreams(d.Stopping)
	passwords := hasher{d.Passwords}
	if d.Passwords == nil {
		passwords.Hasher = password.NewHasher(password.Default())
	}
	account := accountAPI{d.Store, passwords, limits{d.Limiter}, streams}
	signIn := signInAPI{d.Store, account, passwords, limits{d.Limiter}, d.RegistrationClosed, d.Identities, d.showsMailbox}
	messages := messageAPI{d.Store, d.Store, d.CheckMessage, d.Preview}
	s := &server{
		accountAPI:      account,
		signInAPI:       signIn,
		setupAPI:        setupAPI{d.Store, signIn},
		clientAPI:       clientAPI{d.Store},
		exportAPI:       exportAPI{d.Store},
		importAPI:       importAPI{d.Store, streams},
		listAPI:         listAPI{d.Store},
		messageAPI:      messages,
		testMailAPI:     testMailAPI{d.Store, messages, limits{d.Limiter}},
		mailingAPI:      mailingAPI{d.Store, d.Clock},
		attemptAPI:      attemptAPI{d.Store},
		providerAPI:     providerAPI{d.Store},
		progressAPI:     progressAPI{d.Store, d.Clock, streams},
		reportAPI:       reportAPI{d.Store, d.Clock},
		suppressionAPI:  suppressionAPI{d.Store},
		sessionAPI:      sessionAPI{d.Store},
		apiKeyAPI:       apiKeyAPI{d.Store, limits{d.Limiter}},
		userAPI:         userAPI{d.Store},
		auditAPI:        auditAPI{d.Store},
		secondFactorAPI: secondFactorAPI{d.Store, account, passwords, d.Factor, d.Clock},
		oidcAPI:         oidcAPI{d.Store, d.Identities, !d.RegistrationClosed, limits{d.Limiter}},
	}
	group := engine.Group(basePath, apiHeaders, front.sameOrigin, front.arrive, remember, authenticate(d.Store), contract.access,
		contract.watch(d.Store), contract.readBody, contract.idempotent(d.Store), contract.check)
	openapi.RegisterHandlersWithOptions(group, strict(s), openapi.GinServerOptions{
		// Queries and headers have been checked by then, so what does not parse is an id in the path.
		ErrorHandler: func(c *gin.Context, _ error, _ int) { fail(c, errNoRoute) },
	})
	return compressAnswers(engine)
}

// unescapePath does what Gin does by itself, but leaves a plus a plus: addresses have them.
func unescapePath(c *gin.Context) {
	for i := range c.Params {
		if value, err := url.PathUnescape(c.Params[i].Value); err == nil {
			c.Params[i].Value = value
		}
	}
}

func newEngine(trusted proxies) (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.RemoteIPHeaders = []string{"X-Forwarded-For"} // another header may be whatever the caller likes
	if err := engine.SetTrustedProxies(trusted.strings()); err != nil {
		return nil, fmt.Errorf("trust proxies: %w", err)
	}
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	engine.UseEscapedPath = true // %2F in an address is no border between segments
	engine.UnescapePathValues = false
	engine.Use(unescapePath)
	engine.ContextWithFallback = true // handlers get the request's context through Gin's
	return engine, nil
}

func strict(s *server) openapi.ServerInterface {
	return openapi.NewStrictHandlerWithOptions(s, nil, openapi.StrictGinServerOptions{
		RequestErrorHandlerFunc: func(c *gin.Context, err error) {
			fail(c, fmt.Errorf("decode a body that was checked: %w", err))
		},
		HandlerErrorFunc: fail,
		ResponseErrorHandlerFunc: func(c *gin.Context, err error) {
			if c.Writer.Written() { // too late for a problem: the connection broke, or a part failed on the way
				_ = c.Error(err)
				c.Set(brokenKey, true)
				c.Abort()
				return
			}
			fail(c, fmt.Errorf("write the answer: %w", err))
		},
	})
}

// contextKey is the type of what this package puts into a request's context.
type contextKey int

const (
	callerKey contextKey = iota
	originKey
	refusalKey
	lineKey
	requestIDKey
	inputKey
	bodyKey
	uploadKey
)

func setValue(c *gin.Context, key contextKey, value any) {
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), key, value))
}
