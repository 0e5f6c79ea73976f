// Command planner is the part of Vestnik that plans starts and sweeps up after lost events. Its settings are environment variables: see .env.sample.
package main

import (
	"os"

	"github.com/vestnik-mail/vestnik/internal/app"
)

func main() {
	os.Exit(app.Main("planner", "plans starts and sweeps up after lost events", app.Jobs{Planner: true}))
}
