package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

// auditing is what the flags of `vestnik audit list` say.
type auditing struct {
	actor, owner, action, target, since, until string
	limit                                      int
}

func (c *command) auditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Read who did what", GroupID: "keep", Args: cobra.NoArgs, RunE: needsCommand}
	var a auditing
	list := &cobra.Command{
		Use:   "list",
		Short: "List the audit log, the newest first",
		Long: `Lists who did what, on whom, when and from where. It is only ever added to, and
outlives those it names. Entries without an actor are of the operator's program,
of Vestnik itself, or of somebody who was not signed in.`,
		Example: "  vestnik audit list --action user.block --since 2026-11-01\n  vestnik audit list --owner anna@example.org --json",
		Args:    cobra.NoArgs,
		RunE: c.does(func(ctx context.Context, _ []string) error {
			return c.listAudit(ctx, &a)
		}),
	}
	list.Flags().StringVar(&a.actor, "actor", "", "only what this account did: its address or id")
	list.Flags().StringVar(&a.owner, "owner", "", "only what was done to this account and its things: its address or id")
	list.Flags().StringVar(&a.action, "action", "", "only this: user.block, mailing.disable, …")
	list.Flags().StringVar(&a.target, "target", "", "only what was done to the thing with this `ID`")
	list.Flags().StringVar(&a.since, "since", "", "from this time on: a day, or as in RFC 3339")
	list.Flags().StringVar(&a.until, "until", "", "up to this time, itself left out")
	list.Flags().IntVar(&a.limit, "limit", 100, "how many at most")
	cmd.AddCommand(list)
	return cmd
}

// auditReport is an entry as --json shows it: as the API does.
type auditReport struct {
	ID         int64          `json:"id"`
	At         time.Time      `json:"at"`
	ActorID    *domain.ID     `json:"actor_id"`
	ActorEmail string         `json:"actor_email"`
	Action     string         `json:"action"`
	TargetType string         `json:"target_type"`
	TargetID   string         `json:"target_id"`
	OwnerID    *domain.ID     `json:"owner_id"`
	Address    string         `json:"address"`
	Reason     string         `json:"reason"`
	Before     map[string]any `json:"before"`
	After      map[string]any `json:"after"`
}

func auditReportOf(e *domain.AuditEntry) auditReport {
	r := auditReport{
		ID: e.ID, At: e.At.UTC(), ActorEmail: e.Actor.Email, Action: string(e.Action), TargetType: e.TargetType, TargetID: e.TargetID,
		Address: e.Actor.Address, Reason: e.Reason, Before: e.Before, After: e.After,
	}
	if !e.Actor.ID.IsZero() {
		r.ActorID = &e.Actor.ID
	}
	if !e.OwnerID.IsZero() {
		r.OwnerID = &e.OwnerID
	}
	return r
}

func (c *command) listAudit(ctx context.Context, a *auditing) error {
	f := domain.AuditFilter{Action: domain.AuditAction(a.action), TargetID: a.target}
	var err error
	if f.Since, err = moment(a.since); err != nil {
		return misuse("--since: %v", err)
	}
	if f.Until, err = moment(a.until); err != nil {
		return misuse("--until: %v", err)
	}
	if a.limit < 1 || a.limit > domain.MaxPage {
		return misuse("--limit: must be 1 to %d", domain.MaxPage)
	}
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	return c.onStore(ctx, quieter(cfg), func(store *app.Store) error {
		if f.ActorID, err = account(ctx, store, a.actor); err != nil {
			return fmt.Errorf("--actor: %w", err)
		}
		if f.OwnerID, err = account(ctx, store, a.owner); err != nil {
			return fmt.Errorf("--owner: %w", err)
		}
		found, err := store.Audit(ctx, f, 0, a.limit)
		if err != nil {
			return err
		}
		return c.showAudit(found)
	})
}

// moment reads a day of this machine, or a time as in RFC 3339; the zero time for nothing.
func moment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, time.Local); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("%q is neither a day, such as 2026-11-26, nor a time, such as 2026-11-26T15:00:00Z", s)
	}
	return t, nil
}

// account is the id of the account with this address or id, which need not exist any more; the zero ID for nothing.
func account(ctx context.Context, store *app.Store, s string) (domain.ID, error) {
	if s == "" {
		return domain.ID{}, nil
	}
	if id, err := domain.ParseID(s); err == nil {
		return id, nil
	}
	email, err := address.Parse(s)
	if err != nil {
		return domain.ID{}, err
	}
	u, _, err := store.UserByEmail(ctx, email)
	if domain.KindOf(err) == domain.NotFound {
		return domain.ID{}, fmt.Errorf("there is no account %s; one that was removed is named by its id", email.Display)
	}
	return u.ID, err
}

func (c *command) showAudit(found []domain.AuditEntry) error {
	items := make([]auditReport, len(found))
	for i := range found {
		items[i] = auditReportOf(&found[i])
	}
	const heads = "TIME\tWHO\tFROM\tACTION\tTARGET\tREASON\tCHANGE"
	return printFound(c, items, "There are no such entries.", heads, func(table io.Writer, e *auditReport) error {
		change, err := json.Marshal([]any{e.Before, e.After})
		if err != nil {
			return fmt.Errorf("write entry %d: %w", e.ID, err)
		}
		say(table, "%s\t%s\t%s\t%s\t%s %s\t%s\t%s\n", clock(e.At), plain(orDash(e.ActorEmail)), orDash(e.Address), e.Action,
			e.TargetType, plain(e.TargetID), plain(orDash(e.Reason)), plain(strings.Trim(string(change), "[]")))
		return nil
	})
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
