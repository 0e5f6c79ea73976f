package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

// accountReport is a user as --json shows one: as the API does.
type accountReport struct {
	ID             domain.ID         `json:"id"`
	Email          string            `json:"email"`
	Name           string            `json:"name"`
	Role           domain.Role       `json:"role"`
	Status         domain.UserStatus `json:"status"`
	BlockedAt      *time.Time        `json:"blocked_at"`
	BlockedReason  string            `json:"blocked_reason"`
	CreatedAt      time.Time         `json:"created_at"`
	LastSeenAt     *time.Time        `json:"last_seen_at"`
	Clients        int               `json:"clients"`
	Mailings       int               `json:"mailings"`
	ActiveMailings int               `json:"active_mailings"`
}

func accountReportOf(a *domain.UserOverview) accountReport {
	return accountReport{
		ID: a.ID, Email: a.Email, Name: a.Name, Role: a.Role, Status: a.Status(), BlockedAt: timeOrNull(a.BlockedAt), BlockedReason: a.BlockedReason,
		CreatedAt: a.CreatedAt.UTC(), LastSeenAt: timeOrNull(a.LastSeenAt),
		Clients: a.Clients, Mailings: a.Mailings, ActiveMailings: a.ActiveMailings,
	}
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// clock writes a time for a person on this machine.
func clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.DateTime)
}

func (c *command) userListCommand() *cobra.Command {
	var part, role, status string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List accounts, the newest first",
		Example: "  vestnik user list --status blocked\n  vestnik user list --query example.org --json",
		Args:    cobra.NoArgs,
		RunE: c.does(func(ctx context.Context, _ []string) error {
			if role != "" {
				if err := checkRole(role); err != nil {
					return misuse("--role: %v", err)
				}
			}
			if status != "" && !slices.Contains(domain.UserStatuses(), domain.UserStatus(status)) {
				return misuse("--status: there is no status %q: use active, unconfirmed, blocked or deleting", status)
			}
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			f := domain.UserFilter{Part: part, Role: domain.Role(role), Status: domain.UserStatus(status)}
			return c.onStore(ctx, quieter(cfg), func(store *app.Store) error { return c.listUsers(ctx, store, f) })
		}),
	}
	cmd.Flags().StringVar(&part, "query", "", "only those with this in the address or the name")
	cmd.Flags().StringVar(&role, "role", "", "only those with this role: user, manager or admin")
	cmd.Flags().StringVar(&status, "status", "", "only active, unconfirmed, blocked or deleting ones")
	return cmd
}

func (c *command) listUsers(ctx context.Context, store *app.Store, f domain.UserFilter) error {
	items := []accountReport{}
	for page := (domain.Page{Limit: domain.MaxPage}); ; {
		found, err := store.Users(ctx, f, page)
		if err != nil {
			return err
		}
		for i := range found {
			items = append(items, accountReportOf(&found[i]))
		}
		if len(found) < page.Limit {
			break
		}
		page.After = found[len(found)-1].ID
	}
	const heads = "ADDRESS\tROLE\tSTATUS\tCREATED\tLAST SEEN\tCLIENTS\tMAILINGS"
	return printFound(c, items, "There are no such accounts.", heads, func(table io.Writer, u *accountReport) error {
		seen := "-"
		if u.LastSeenAt != nil {
			seen = clock(*u.LastSeenAt)
		}
		say(table, "%s\t%s\t%s\t%s\t%s\t%d\t%d\n", plain(u.Email), u.Role, u.Status, clock(u.CreatedAt), seen, u.Clients, u.Mailings)
		return nil
	})
}

func (c *command) userShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ADDRESS",
		Short: "Show an account",
		Args:  cobra.ExactArgs(1),
		RunE: c.does(func(ctx context.Context, args []string) error {
			return c.onUser(ctx, args[0], func(store *app.Store, u domain.User) error {
				account, err := store.UserOverview(ctx, u.ID)
				if err != nil {
					return err
				}
				return c.showUser(&account)
			})
		}),
	}
}

func (c *command) showUser(a *domain.UserOverview) error {
	if c.json {
		return c.printJSON(accountReportOf(a))
	}
	rows := [][2]string{
		{"id", a.ID.String()}, {"address", plain(a.Email)}, {"name", plain(a.Name)}, {"role", string(a.Role)}, {"status", string(a.Status())},
	}
	if a.Blocked {
		rows = append(rows, [2]string{"blocked", clock(a.BlockedAt) + ": " + plain(a.BlockedReason)})
	}
	rows = append(rows, [][2]string{
		{"created", clock(a.CreatedAt)},
		{"last seen", clock(a.LastSeenAt)},
		{"clients", strconv.Itoa(a.Clients)},
		{"mailings", fmt.Sprintf("%d, of which %d are scheduled or running", a.Mailings, a.ActiveMailings)},
	}...)
	var out strings.Builder
	pairs(&out, rows)
	return c.result("%s", out.String())
}

// onUser calls fn with the user who has this address.
func (c *command) onUser(ctx context.Context, email string, fn func(store *app.Store, u domain.User) error) error {
	parsed, err := address.Parse(email)
	if err != nil {
		return misuse("%q is not an address: %v", email, err)
	}
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	return c.onStore(ctx, quieter(cfg), func(store *app.Store) error {
		u, _, err := store.UserByEmail(ctx, parsed)
		if domain.KindOf(err) == domain.NotFound {
			return fmt.Errorf("there is no account %s: `vestnik user list` shows those there are", parsed.Display)
		}
		if err != nil {
			return err
		}
		return fn(store, u)
	})
}
