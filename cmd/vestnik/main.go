// Command vestnik is the operator's program: everything in one process, the demonstration, the mailing script and the
// upkeep. `vestnik --help` lists its commands; its settings are environment variables: see .env.sample.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/vestnik-mail/vestnik/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(cli.Run(ctx, cli.Program{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}))
}
