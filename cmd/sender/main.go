// Command sender is the part of Vestnik that sends; run as many as you like. Its settings are environment variables: see .env.sample.
package main

import (
	"os"

	"github.com/vestnik-mail/vestnik/internal/app"
)

func main() {
	os.Exit(app.Main("sender", "sends; run as many as you like", app.Jobs{Sender: true}))
}
