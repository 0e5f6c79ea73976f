package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

// maxReason is how long a reason may be, in characters; the API has the same bound.
const maxReason = 500

func (c *command) userBlockCommand() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "block ADDRESS",
		Short: "Block an account",
		Long: `Ends the account's sessions and stops its mailings within a second; its API keys
are refused. Planned mailings are held. The user gets the reason by mail.
Blocking twice changes nothing.`,
		Example: `  vestnik user block anna@example.org --reason "complaints about spam"`,
		Args:    cobra.ExactArgs(1),
		RunE: c.does(func(ctx context.Context, args []string) error {
			if strings.TrimSpace(reason) == "" || utf8.RuneCountInString(reason) > maxReason || strings.ContainsFunc(reason, unicode.IsControl) {
				return misuse("--reason: say why, in one line of at most %d characters", maxReason)
			}
			return c.changeUser(ctx, args[0], "Blocked %s.\n", "%s is blocked already.\n", func(store *app.Store, u *domain.User) (bool, error) {
				return !u.Blocked, store.BlockUser(ctx, u.ID, reason)
			})
		}),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, in one line; the user reads it (required)")
	if err := cmd.MarkFlagRequired("reason"); err != nil {
		panic(err) // there is no such flag: a slip two lines above
	}
	return cmd
}

func (c *command) userUnblockCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "unblock ADDRESS",
		Short: "Unblock an account",
		Long: `Takes a block back: API keys work again and mailings go on where they stopped.
Nobody gets a message twice. Unblocking twice changes nothing.`,
		Args: cobra.ExactArgs(1),
		RunE: c.does(func(ctx context.Context, args []string) error {
			return c.changeUser(ctx, args[0], "Unblocked %s.\n", "%s is not blocked.\n", func(store *app.Store, u *domain.User) (bool, error) {
				return u.Blocked, store.UnblockUser(ctx, u.ID)
			})
		}),
	}
}

func (c *command) userSetRoleCommand() *cobra.Command {
	var pause bool
	cmd := &cobra.Command{
		Use:   "set-role ADDRESS user|manager|admin",
		Short: "Make a manager, an administrator, or a plain user again",
		Long: `Gives an account another role, which ends its sessions and API keys. The last
administrator who is not blocked stays one. A manager can neither pause nor
resume mailings of his own, so that nobody becomes one while some are scheduled
or running, unless --pause-mailings pauses them.`,
		Example: "  vestnik user set-role anna@example.org manager --pause-mailings",
		Args:    cobra.ExactArgs(2),
		RunE: c.does(func(ctx context.Context, args []string) error {
			role := domain.Role(args[1])
			if err := checkRole(args[1]); err != nil {
				return misuse("%v", err)
			}
			return c.changeUser(ctx, args[0], "%s has the role "+args[1]+" now.\n", "%s has the role "+args[1]+" already.\n",
				func(store *app.Store, u *domain.User) (bool, error) {
					err := store.SetRole(ctx, u.ID, role, pause)
					if e, ok := errors.AsType[*domain.Error](err); ok && e.Code == "mailings_go_out" {
						return false, fmt.Errorf("%s; --pause-mailings pauses them", e.Message)
					}
					return u.Role != role, err
				})
		}),
	}
	cmd.Flags().BoolVar(&pause, "pause-mailings", false, "pause what is scheduled or running of who becomes a manager")
	return cmd
}

// changeUser does something to the user with this address and says so. do reports whether there is anything to do.
func (c *command) changeUser(ctx context.Context, email, done, already string, do func(*app.Store, *domain.User) (bool, error)) error {
	return c.onUser(ctx, email, func(store *app.Store, u domain.User) error {
		changes, err := do(store, &u)
		if e, ok := errors.AsType[*domain.Error](err); ok && e.Code == "last_admin" {
			return fmt.Errorf("%s is the last administrator: make somebody else one first, with `vestnik user set-role ADDRESS admin`", u.Email)
		}
		if err != nil {
			return err
		}
		if c.json {
			account, err := store.UserOverview(ctx, u.ID)
			if err != nil {
				return err
			}
			return c.printJSON(accountReportOf(&account))
		}
		if !changes {
			done = already
		}
		return c.result(done, u.Email)
	})
}

func (c *command) userResetPasswordCommand() *cobra.Command {
	var mail bool
	cmd := &cobra.Command{
		Use:   "reset-password ADDRESS",
		Short: "Make a link that sets a new password",
		Long: `Prints a link by which the user sets a new password: once, within an hour.
Earlier links stop working. With --mail the link goes to the user by mail and is
not shown.`,
		Example: "  vestnik user reset-password anna@example.org --mail",
		Args:    cobra.ExactArgs(1),
		RunE: c.does(func(ctx context.Context, args []string) error {
			home, err := c.home()
			if err != nil {
				return err
			}
			return c.onUser(ctx, args[0], func(store *app.Store, u domain.User) error { return c.resetPassword(ctx, store, &u, home, mail) })
		}),
	}
	cmd.Flags().BoolVar(&mail, "mail", false, "send the link by mail instead of showing it")
	return cmd
}

func (c *command) resetPassword(ctx context.Context, store *app.Store, u *domain.User, home string, mail bool) error {
	secret, err := store.MakeResetLink(ctx, u.ID, mail)
	if err != nil {
		return err
	}
	link := ""
	if !mail {
		link = home + "/reset#token=" + secret
	}
	switch {
	case c.json:
		return c.printJSON(struct {
			Email  string `json:"email"`
			Mailed bool   `json:"mailed"`
			Link   string `json:"link,omitempty"`
		}{u.Email, mail, link})
	case mail:
		return c.result("A message with a link goes to %s as soon as Vestnik runs.\n", u.Email)
	}
	say(c.Stderr, "It sets a new password for %s, once, within an hour:\n", u.Email)
	return c.result("%s\n", link)
}

// home is the address people reach Vestnik by: what is set, that of the running `vestnik up`, or where a gateway with these
// settings listens.
func (c *command) home() (string, error) {
	cfg, err := c.settings()
	if err != nil {
		return "", err
	}
	_, r, err := running(cfg)
	if err != nil {
		return "", err
	}
	if r != nil {
		return app.BaseURL(cfg, r.HTTPAddr), nil
	}
	return app.BaseURL(cfg, cfg.HTTPAddr), nil
}
