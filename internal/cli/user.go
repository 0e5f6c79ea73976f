package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/password"
)

// maxPasswordLine bounds what is read from standard input, in bytes.
const maxPasswordLine = 4096

func (c *command) userCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "user",
		Short:   "Manage accounts",
		GroupID: "keep",
		Long: `What managers and administrators do with accounts, from the shell. It is
recorded in the audit log, as done by nobody with an account.

The commands work beside a running "vestnik up" and without one.`,
		Args: cobra.NoArgs,
		RunE: needsCommand,
	}
	cmd.AddCommand(
		c.userCreateCommand(), c.userListCommand(), c.userShowCommand(), c.userBlockCommand(), c.userUnblockCommand(),
		c.userSetRoleCommand(), c.userResetPasswordCommand(),
	)
	return cmd
}

// newUser is what `vestnik user create` was asked for.
type newUser struct {
	email, password, role string
	verified, key         bool
}

func (c *command) userCreateCommand() *cobra.Command {
	var u newUser
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create an account",
		Long: `Creates an account. It works beside a running "vestnik up" and before the first
one.

The password is visible to others on this machine while the command runs; with
"--password -" it is read from standard input instead.`,
		Example: `  vestnik user create --email anna@example.org --password - --role admin
  KEY=$(openssl rand -hex 16 | vestnik user create --email bot@example.org \
        --password - --verified --api-key)`,
		Args: cobra.NoArgs,
		RunE: c.does(func(ctx context.Context, _ []string) error {
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			return c.createUser(ctx, quieter(cfg), u)
		}),
	}
	cmd.Flags().StringVar(&u.email, "email", "", "the address to sign in with (required)")
	cmd.Flags().StringVar(&u.password, "password", "", fmt.Sprintf("at least %d characters, or - for standard input (required)", password.MinLength))
	cmd.Flags().StringVar(&u.role, "role", string(domain.RoleUser), "user, manager or admin")
	cmd.Flags().BoolVar(&u.verified, "verified", false, "the address need not be confirmed")
	cmd.Flags().BoolVar(&u.key, "api-key", false, "make a key for the API too, and print only that")
	for _, name := range []string{"email", "password"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // there is no such flag: a slip a line above
		}
	}
	return cmd
}

func (c *command) createUser(ctx context.Context, cfg config.Config, u newUser) error {
	email, err := address.Parse(u.email)
	if err != nil {
		return misuse("--email: %v", err)
	}
	if err := checkRole(u.role); err != nil {
		return misuse("--role: %v", err)
	}
	if u.password == "-" {
		if isTerminal(c.Stdin) {
			say(c.Stderr, "Password (it will be seen): ")
		}
		if u.password, err = readLine(c.Stdin); err != nil {
			return fmt.Errorf("read the password from standard input: %w", err)
		}
	}
	if err := password.Check(u.password); err != nil {
		return misuse("--password: %v", err)
	}
	hash, err := password.Hash(u.password)
	if err != nil {
		return fmt.Errorf("hash the password: %w", err)
	}
	return c.onStore(ctx, cfg, func(store *app.Store) error { return c.storeUser(ctx, store, email, hash, u) })
}

// onStore calls fn with the database that withDatabase finds.
func (c *command) onStore(ctx context.Context, cfg config.Config, fn func(store *app.Store) error) error {
	return c.withDatabase(ctx, cfg, c.logger(cfg), func(cfg config.Config) error {
		store, err := openMigrated(ctx, cfg)
		if err != nil {
			return err
		}
		defer store.Close()
		return fn(store)
	})
}

// openMigrated opens a database that has been migrated.
func openMigrated(ctx context.Context, cfg config.Config) (*app.Store, error) {
	store, err := app.OpenStore(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := store.PingSchema(ctx); err != nil {
		store.Close()
		return nil, err
	}
	return store, nil
}

func (c *command) storeUser(ctx context.Context, store *app.Store, email domain.Address, hash string, u newUser) error {
	user, err := store.CreateUser(ctx, email, hash, domain.Role(u.role), u.verified)
	if err != nil {
		return err
	}
	key := ""
	if u.key {
		if key, err = store.CreateAPIKey(ctx, user.ID, "vestnik user create"); err != nil {
			return fmt.Errorf("the account has been created, but no key: %w", err)
		}
	}
	switch {
	case c.json:
		return c.printJSON(struct {
			ID       domain.ID `json:"id"`
			Email    string    `json:"email"`
			Role     string    `json:"role"`
			Verified bool      `json:"verified"`
			APIKey   string    `json:"api_key,omitempty"`
		}{user.ID, user.Email, u.role, u.verified, key})
	case key != "":
		return c.result("%s\n", key)
	default:
		return c.result("Created %s with the role %s.\n", user.Email, user.Role)
	}
}

func checkRole(role string) error {
	if !slices.Contains(domain.Roles(), domain.Role(role)) {
		return fmt.Errorf("there is no role %q: use user, manager or admin", role)
	}
	return nil
}

// readLine reads up to the end of the first line.
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, maxPasswordLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}
