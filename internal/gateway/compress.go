package gateway

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzhttp"
)

// worthPacking is the size in bytes from which an answer is packed: a smaller one is a packet or two either way.
const worthPacking = 1024

// packing is an engine whose answers are packed.
type packing struct {
	*gin.Engine

	packed http.Handler
}

// ServeHTTP implements http.Handler.
func (p *packing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if mayPack(r.URL.Path) {
		p.packed.ServeHTTP(w, r)
		return
	}
	p.Engine.ServeHTTP(w, r)
}

// compressAnswers packs the answers of the API for callers that accept gzip. What lasts stays what it is: event streams
// are of no type that is packed, and tables are sent as far as they are written. Files of the application come packed by
// its build.
//
// What is packed tells by its size how much of it is said twice, so whoever can put text beside a secret, have it sent many
// times and watch the wire could guess the secret (BREACH). Passwords, keys, codes and tokens are told under /auth and /me
// alone, which are left as they are: no answer that is packed has a secret. Sizes are blurred by some bytes besides.
func compressAnswers(engine *gin.Engine) (*packing, error) {
	pack, err := gzhttp.NewWrapper(gzhttp.MinSize(worthPacking), gzhttp.EnableZstd(false), gzhttp.RandomJitter(32, 0, false),
		gzhttp.ContentTypes([]string{"application/json", problemType, csvType, "application/yaml", "text/html", "text/css"}))
	if err != nil {
		return nil, err
	}
	return &packing{Engine: engine, packed: pack(engine)}, nil
}

func mayPack(where string) bool {
	if !strings.HasPrefix(where, "/api/") {
		return false
	}
	for _, secret := range []string{basePath + "/auth", basePath + "/me"} {
		if where == secret || strings.HasPrefix(where, secret+"/") {
			return false
		}
	}
	return true
}
