package gateway

import (
	"bytes"
	_ "embed"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// webPolicy lets the application run its own scripts and talk to this site alone. Styles may be inline: the components set
// some as they are drawn. Previews of messages are framed from srcdoc, which inherits all this, and forbid themselves more: the
// images of other servers that they may ask for, when somebody wants to see them, are what https: is for.
const webPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

//go:embed unbuilt.html
var unbuiltPage []byte

// webApp is the web application, read into memory once: each file as it is, and as brotli and gzip made it where the build
// has that beside it.
type webApp struct {
	files map[string]webFile
	index webFile
}

type webFile struct {
	media     string
	body      []byte
	encodings map[string][]byte
}

// newWebApp reads files, which has index.html at its root; without that, and for nil, every page tells how to build it.
func newWebApp(files fs.FS) (*webApp, error) {
	app := &webApp{files: map[string]webFile{}, index: webFile{media: "text/html; charset=utf-8", body: unbuiltPage}}
	if files == nil {
		return app, nil
	}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(name, ".") || isCompressed(name) {
			return err
		}
		file, err := readWebFile(files, name)
		if err != nil {
			return err
		}
		app.files["/"+name] = file
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the web application: %w", err)
	}
	if index, ok := app.files["/index.html"]; ok {
		app.index = index
	}
	return app, nil
}

func isCompressed(name string) bool {
	return strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz")
}

func readWebFile(files fs.FS, name string) (webFile, error) {
	body, err := fs.ReadFile(files, name)
	if err != nil {
		return webFile{}, err
	}
	file := webFile{media: mediaOf(name), body: body, encodings: map[string][]byte{}}
	for encoding, suffix := range map[string]string{"br": ".br", "gzip": ".gz"} {
		if packed, err := fs.ReadFile(files, name+suffix); err == nil {
			file.encodings[encoding] = packed
		}
	}
	return file, nil
}

// mediaOf does not leave the types that browsers insist on to the machine's own table.
func mediaOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	if media := mime.TypeByExtension(path.Ext(name)); media != "" {
		return media
	}
	return "application/octet-stream"
}

// mount serves the application at every address that is no other's: its files by their names, and the page itself for
// whatever its router knows. Addresses of the API and of files that are not there stay 404.
func (a *webApp) mount(engine *gin.Engine) {
	page := func(c *gin.Context) { a.send(c, a.index, "no-cache") }
	engine.GET("/", page)
	engine.HEAD("/", page)
	assets := func(c *gin.Context) {
		file, ok := a.files[c.Request.URL.Path]
		if !ok {
			notFound(c)
			return
		}
		a.send(c, file, "public, max-age=31536000, immutable") // their names are sums over what they say
	}
	engine.GET(webAssets, assets)
	engine.HEAD(webAssets, assets)
	engine.NoRoute(func(c *gin.Context) {
		method, where := c.Request.Method, c.Request.URL.Path
		if method != http.MethodGet && method != http.MethodHead || isService(where) {
			notFound(c)
			return
		}
		if file, ok := a.files[where]; ok {
			a.send(c, file, "no-cache")
			return
		}
		if path.Ext(where) != "" || !acceptsPages(c.GetHeader("Accept")) {
			notFound(c)
			return
		}
		page(c)
	})
}

func notFound(c *gin.Context) {
	apiHeaders(c)
	fail(c, errNoRoute)
}

// webAssets is where the build puts what never changes under its name.
const webAssets = "/assets/*path"

// isService reports whether an address belongs to the API or to what runs beside the application.
func isService(where string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(where, "/"), "/")
	return slices.Contains([]string{"api", "mailbox", "metrics", "healthz", "readyz"}, first)
}

// acceptsPages tells a browser that opens a page from a program that asked for something else.
func acceptsPages(accept string) bool {
	return strings.Contains(accept, "text/html")
}

func (a *webApp) send(c *gin.Context, file webFile, cache string) {
	c.Header("Content-Security-Policy", webPolicy)
	c.Header("X-Frame-Options", "DENY")
	c.Header("Cross-Origin-Opener-Policy", "same-origin")
	c.Header("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	c.Header("Cache-Control", cache)
	body := file.body
	if len(file.encodings) > 0 {
		c.Header("Vary", "Accept-Encoding")
		for _, encoding := range []string{"br", "gzip"} {
			if packed, ok := file.encodings[encoding]; ok && accepts(c.GetHeader("Accept-Encoding"), encoding) {
				c.Header("Content-Encoding", encoding)
				body = packed
				break
			}
		}
	}
	c.DataFromReader(http.StatusOK, int64(len(body)), file.media, bytes.NewReader(body), nil)
}

// accepts reports whether a list of encodings names one, and not with a weight of nothing.
func accepts(list, encoding string) bool {
	for part := range strings.SplitSeq(list, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			return strings.Trim(strings.TrimPrefix(strings.TrimSpace(weight), "q="), "0.") != "" || weight == ""
		}
	}
	return false
}
