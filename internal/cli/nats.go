package cli

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/config"
)

func (c *command) natsCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "nats",
		Short:   "Show how to reach NATS with its own CLI",
		GroupID: "keep",
		Long: `Prints the command that saves a context for the NATS CLI
(https://github.com/nats-io/natscli), with the password. The NATS of "vestnik
up" keeps its password, and its port while that is free, so the context stays
good over restarts.

With --json it prints the context itself.`,
		Example: `  vestnik nats | sh
  vestnik nats --json > ~/.config/nats/context/vestnik.json`,
		Args: cobra.NoArgs,
		RunE: c.does(func(context.Context, []string) error {
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			return c.natsContext(cfg)
		}),
	}
}

// natsContext is a context as the NATS CLI keeps it.
type natsContext struct {
	Description string `json:"description"`
	URL         string `json:"url"`
	User        string `json:"user,omitempty"`
	Password    string `json:"password,omitempty"`
	Token       string `json:"token,omitempty"`
}

func (c *command) natsContext(cfg config.Config) error {
	cfg, _, err := running(cfg)
	if err != nil {
		return err
	}
	if cfg.NATSURL == "" {
		return notRunning(cfg, "VESTNIK_NATS_URL")
	}
	found, err := contextOf(cfg.NATSURL)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(found)
	}
	line := []string{"nats context save vestnik --description", quoted(found.Description), "--server", quoted(found.URL)}
	for _, flag := range [][2]string{{"--user", found.User}, {"--password", found.Password}, {"--token", found.Token}} {
		if flag[1] != "" {
			line = append(line, flag[0], quoted(flag[1]))
		}
	}
	return c.result("%s\n# then: nats --context vestnik sub 'vestnik.events.>'\n", strings.Join(line, " "))
}

// contextOf takes the credentials out of the addresses of a cluster, which share them.
func contextOf(servers string) (natsContext, error) {
	out := natsContext{Description: "Vestnik"}
	var bare []string
	for raw := range strings.SplitSeq(servers, ",") {
		at, err := url.Parse(strings.TrimSpace(raw))
		if err != nil {
			return out, errors.New("VESTNIK_NATS_URL: is not a URL") // the parser's own error would show the password
		}
		if password, has := at.User.Password(); has {
			out.User, out.Password = at.User.Username(), password
		} else if token := at.User.Username(); token != "" {
			out.Token = token // nats.go takes a lone user for a token
		}
		at.User = nil
		bare = append(bare, at.String())
	}
	out.URL = strings.Join(bare, ",")
	return out, nil
}
