// Command gateway is the part of Vestnik that serves the REST API. Its settings are environment variables: see .env.sample.
package main

import (
	"os"

	"github.com/vestnik-mail/vestnik/internal/app"
)

func main() {
	os.Exit(app.Main("gateway", "serves the REST API", app.Jobs{Gateway: true}))
}
