package gateway

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/rs/zerolog"
)

// Check says whether one part is there. Run must heed its context and be safe for concurrent use.
type Check struct {
	Name string
	Run  func(ctx context.Context) error
}

// checkTimeout bounds a check; a part that answers slower is of no use to a request either.
const checkTimeout = 2 * time.Second

// mountHealth serves /healthz, whether the process runs, and /readyz, whether it can work.
func mountHealth(engine *gin.Engine, checks []Check, log zerolog.Logger) {
	alive := func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) }
	ready := func(c *gin.Context) {
		parts, ok := runChecks(c, checks, log)
		if !ok {
			c.JSON(http.StatusServiceUnavailable, gin.H{"status": "not ready", "parts": parts})
			return
		}
		c.JSON(http.StatusOK, gin.H{"status": "ready", "parts": parts})
	}
	for path, handler := range map[string]gin.HandlerFunc{"/healthz": alive, "/readyz": ready} {
		engine.GET(path, handler)
		engine.HEAD(path, handler)
	}
}

// runChecks asks all parts at once. What exactly is wrong goes to the log: it may name hosts and accounts.
func runChecks(ctx context.Context, checks []Check, log zerolog.Logger) (parts map[string]string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	errs := make([]error, len(checks))
	var wg sync.WaitGroup
	for i, check := range checks {
		wg.Go(func() { errs[i] = check.Run(ctx) })
	}
	wg.Wait()
	parts, ok = make(map[string]string, len(checks)), true
	for i, check := range checks {
		parts[check.Name] = "ok"
		if errs[i] != nil {
			parts[check.Name], ok = "away", false
			log.Warn().Err(errs[i]).Str("part", check.Name).Msg("not ready")
		}
	}
	return parts, ok
}
