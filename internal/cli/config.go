package cli

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/config"
)

func (c *command) configCommand() *cobra.Command {
	var export bool
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Show the settings in force",
		GroupID: "keep",
		Long: `Shows every setting with its value and where that comes from: the environment,
the "vestnik up" that runs on the data directory, or the default. Passwords and
secrets are masked.

With --export it prints, unmasked, shell commands that give gateway, planner
and sender the servers of the running "vestnik up".`,
		Example: `  vestnik config
  eval "$(vestnik config --export)" && sender`,
		Args: cobra.NoArgs,
		RunE: c.does(func(context.Context, []string) error {
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			if export {
				return c.exportServers(cfg)
			}
			return c.showSettings(cfg)
		}),
	}
	cmd.Flags().BoolVar(&export, "export", false, "print the servers as shell commands, with their passwords")
	return cmd
}

func (c *command) showSettings(cfg config.Config) error {
	merged, _, err := running(cfg)
	if err != nil {
		return err
	}
	home, _ := os.UserHomeDir() // without one the data directory counts as set
	defaults, err := config.Parse([]string{"HOME=" + home})
	if err != nil {
		return fmt.Errorf("read the defaults: %w", err)
	}
	type setting struct {
		Name   string `json:"name"`
		Value  string `json:"value"`
		Source string `json:"source"`
		Help   string `json:"help"`
	}
	var all []setting
	set, normal := cfg.Settings(), defaults.Settings()
	for i, s := range merged.Settings() {
		source := "environment"
		switch {
		case s.Value != set[i].Value:
			source = "vestnik up"
		case s.Value == normal[i].Value:
			source = "default"
		}
		all = append(all, setting{s.Name, s.Value, source, s.Help})
	}
	if c.json {
		return c.printJSON(map[string]any{"settings": all})
	}
	for _, s := range all {
		value := s.Value
		if value == "" {
			value = "-"
		}
		if err := c.result("%s=%s  (%s)\n    %s\n", s.Name, value, s.Source, s.Help); err != nil {
			return err
		}
	}
	return nil
}

// exportServers prints what a shell sets to reach the servers that cfg and the running `vestnik up` name.
func (c *command) exportServers(cfg config.Config) error {
	cfg, _, err := running(cfg)
	if err != nil {
		return err
	}
	if cfg.Require("DATABASE_URL", "NATS_URL", "REDIS_URL") != nil {
		return notRunning(cfg, "VESTNIK_DATABASE_URL, VESTNIK_NATS_URL and VESTNIK_REDIS_URL")
	}
	servers := [][2]string{
		{"VESTNIK_DATABASE_URL", cfg.DatabaseURL},
		{"VESTNIK_NATS_URL", cfg.NATSURL},
		{"VESTNIK_REDIS_URL", cfg.RedisURL},
		{"VESTNIK_SMTP_URL", cfg.SMTPURL},
	}
	if c.json {
		out := map[string]string{}
		for _, s := range servers {
			out[s[0]] = s[1]
		}
		return c.printJSON(out)
	}
	for _, s := range servers {
		if err := c.result("export %s=%s\n", s[0], quoted(s[1])); err != nil {
			return err
		}
	}
	return nil
}

// quoted is s as one word of a POSIX shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
