// Package web holds the web application as it was built into the directory dist.
package web

import (
	"embed"
	"io/fs"
)

// A checkout has no more than robots.txt in dist, so that the programs can be built without Node; `make web` adds the rest.
//
//go:embed all:dist
var dist embed.FS

// Dist returns the files of the application, index.html at the root; without that file it has not been built.
func Dist() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // only for a path that is not valid
	}
	return files
}
