// Package gateway is Vestnik's REST interface as api/openapi.yaml tells it: who may call, what input is refused and how,
// and which status an error becomes. What things mean is decided in package domain, and kept by the stores.
//
// A request goes through these in turn: request id, log and recovery (middleware.go), the API key (auth.go), the body's
// size and type (body.go), the idempotency key (idempotency.go), parameters and body against the contract (check.go),
// and then one handler, in the file of its resource.
package gateway

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

const basePath = "/api/v1"

// Store is what the gateway needs of the database. Each part is declared beside its resource.
type Store interface {
	keyStore
	idempotencyStore
	clientStore
	importStore
	listStore
	messageStore
	mailingStore
	attemptStore
}

// Deps are the parts that the gateway works with. All but Mailbox must be set; Checks may be empty.
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
	// Mailbox shows mail that was delivered on this machine, at /mailbox; nil: there is none.
	Mailbox http.Handler
}

// server is every resource together: what openapi.StrictServerInterface asks for.
type server struct {
	clientAPI
	importAPI
	listAPI
	messageAPI
	mailingAPI
	attemptAPI
	accountAPI
}

// New returns the handler of all routes. It is safe for concurrent use. The caller's http.Server must set a
// ReadHeaderTimeout, a ReadTimeout and a WriteTimeout; uploads extend them for themselves.
func New(d Deps) (http.Handler, error) {
	contract, err := loadContract()
	if err != nil {
		return nil, err
	}
	reference, err := newReference(contract.doc)
	if err != nil {
		return nil, err
	}
	engine := newEngine()
	engine.Use(requestID(d.Clock), logRequests(d.Log, d.Clock), recoverPanics(), secure())
	engine.NoRoute(func(c *gin.Context) { fail(c, errNoRoute) })
	engine.NoMethod(func(c *gin.Context) { fail(c, errNoMethod) })
	mountHealth(engine, d.Checks, d.Log)
	reference.mount(engine)
	engine.GET("/", func(c *gin.Context) { c.Redirect(http.StatusFound, "/api/docs") }) // until there is more to see
	if d.Mailbox != nil {
		engine.Any("/mailbox", gin.WrapH(d.Mailbox))
		engine.Any("/mailbox/*path", gin.WrapH(d.Mailbox))
	}

	s := &server{
		clientAPI:  clientAPI{d.Store},
		importAPI:  importAPI{d.Store},
		listAPI:    listAPI{d.Store},
		messageAPI: messageAPI{d.Store, d.Store, d.CheckMessage, d.Preview},
		mailingAPI: mailingAPI{d.Store, d.Clock},
		attemptAPI: attemptAPI{d.Store},
	}
	group := engine.Group(basePath, apiHeaders, authenticate(d.Store), contract.readBody, idempotent(d.Store), contract.check)
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
	userKey contextKey = iota
	requestIDKey
	inputKey
	bodyKey
)

func setValue(c *gin.Context, key contextKey, value any) {
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), key, value))
}
