// Package gateway is Vestnik's REST interface as api/openapi.yaml tells it: who may call, what input is refused and how,
// and which status an error becomes. What things mean is decided in package domain, and kept by the stores.
//
// A request goes through these in turn: request id, log and recovery (middleware.go), who asks (auth.go), whether they may
// (access.go), the body's
// size and type (body.go), the idempotency key (idempotency.go), parameters and body against the contract (check.go),
// and then one handler, in the file of its resource.
package gateway

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

const basePath = "/api/v1"

// Store is what the gateway needs of the database. Each part is declared beside its resource.
type Store interface {
	credentialStore
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
}

// Deps are the parts that the gateway works with. All but Stopping, Web, Mailbox, Metrics and Begin must be set; Checks may be
// empty.
type Deps struct {
	Store Store
	Clock domain.Clock
	Log   zerolog.Logger
	// CheckMessage returns what is wrong with a message's templates.
	CheckMessage func(domain.Message) []domain.FieldError
	// Preview fills a message in for a client.
	Preview func(m domain.Message, c domain.Client, mailingName string) (subject, html, text string, err error)
	// Checks say whether the parts are there; /readyz asks them.
	Checks []Check
	// Stopping is closed when the process begins to stop: streams end at once then, and uploads soon. nil: never.
	Stopping <-chan struct{}
	// Web has the files of the web application; nil, or without index.html: a page tells how to build it.
	Web fs.FS
	// Mailbox shows mail that was delivered on this machine, at /mailbox; nil: there is none.
	Mailbox http.Handler
	// Metrics serves /metrics; nil: nobody does.
	Metrics http.Handler
	// Begin is told of each request and returns the context to answer it under, and what is to be called with the status.
	// route is the template, empty where there is none; nil: nobody is told.
	Begin func(ctx context.Context, method, route string, header http.Header) (context.Context, func(status int))
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
	reference, err := newReference(contract.doc)
	if err != nil {
		return nil, err
	}
	app, err := newWebApp(d.Web)
	if err != nil {
		return nil, err
	}
	engine := newEngine()
	engine.Use(breakOff, requestID(d.Clock), observe(d.Begin), logRequests(d.Log, d.Clock), recoverPanics(), secure())
	engine.NoMethod(func(c *gin.Context) { fail(c, errNoMethod) })
	mountHealth(engine, d.Checks, d.Log)
	if d.Metrics != nil {
		engine.GET("/metrics", gin.WrapH(d.Metrics))
	}
	reference.mount(engine)
	app.mount(engine)
	if d.Mailbox != nil {
		engine.Any("/mailbox", gin.WrapH(d.Mailbox))
		engine.Any("/mailbox/*path", gin.WrapH(d.Mailbox))
	}

	streams := newStreams(d.Stopping)
	s := &server{
		clientAPI:      clientAPI{d.Store},
		exportAPI:      exportAPI{d.Store},
		importAPI:      importAPI{d.Store, streams},
		listAPI:        listAPI{d.Store},
		messageAPI:     messageAPI{d.Store, d.Store, d.CheckMessage, d.Preview},
		mailingAPI:     mailingAPI{d.Store, d.Clock},
		attemptAPI:     attemptAPI{d.Store},
		providerAPI:    providerAPI{d.Store},
		progressAPI:    progressAPI{d.Store, d.Clock, streams},
		reportAPI:      reportAPI{d.Store, d.Clock},
		suppressionAPI: suppressionAPI{d.Store},
	}
	group := engine.Group(basePath, apiHeaders, authenticate(d.Store), contract.access, contract.readBody, idempotent(d.Store), contract.check)
	openapi.RegisterHandlersWithOptions(group, strict(s), openapi.GinServerOptions{
		// Queries and headers have been checked by then, so what does not parse is an id in the path.
		ErrorHandler: func(c *gin.Context, _ error, _ int) { fail(c, errNoRoute) },
	})
	return engine, nil
}

func newEngine() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	engine.ContextWithFallback = true // handlers get the request's context through Gin's
	return engine
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
	refusalKey
	requestIDKey
	inputKey
	bodyKey
	uploadKey
)

func setValue(c *gin.Context, key contextKey, value any) {
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), key, value))
}
