package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/app"
)

// deadPatience is how long NATS has to answer.
const deadPatience = 10 * time.Second

// deadLetters is what the commands need of the broker.
type deadLetters interface {
	DeadLetters(ctx context.Context) iter.Seq2[app.DeadLetter, error]
	DeadLetter(ctx context.Context, id uint64) (app.DeadLetter, error)
	Requeue(ctx context.Context, id uint64) error
	Drop(ctx context.Context, id uint64) error
}

func (c *command) deadCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "dead",
		Short:   "Look after messages that could not be handled",
		GroupID: "keep",
		Long: `Dead letters are messages of NATS that no retry can help, kept for 30 days with
the reason. Nothing waits for them: what they asked for is asked for again as
long as PostgreSQL says that it is to be done. Many of them mean that something
is wrong with a version of Vestnik, or that somebody else publishes to its
subjects.

The commands work beside a running "vestnik up" and with VESTNIK_NATS_URL.`,
		Args: cobra.NoArgs,
		RunE: needsCommand,
	}
	cmd.AddCommand(c.deadListCommand(), c.deadShowCommand(), c.deadRequeueCommand(), c.deadDropCommand())
	return cmd
}

func (c *command) deadListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List them, the oldest first",
		Args:  cobra.NoArgs,
		RunE:  c.does(func(ctx context.Context, _ []string) error { return c.onDead(ctx, c.listDead) }),
	}
}

func (c *command) deadShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show one, with its headers and payload",
		Args:  cobra.ExactArgs(1),
		RunE: c.does(func(ctx context.Context, args []string) error {
			ids, err := deadIDs(args)
			if err != nil {
				return err
			}
			return c.onDead(ctx, func(ctx context.Context, dead deadLetters) error { return c.showDead(ctx, dead, ids[0]) })
		}),
	}
}

func (c *command) deadRequeueCommand() *cobra.Command {
	var all, yes bool
	cmd := &cobra.Command{
		Use:   "requeue ID... | --all",
		Short: "Publish them again where they came from, and remove them",
		Long: `Publishes dead letters again where they came from, as they were, and removes
them from here. It never mails anyone twice: a message of NATS only says what to
look at. One that cannot be handled again comes back with a new id.`,
		Example: "  vestnik dead requeue 42\n  vestnik dead requeue --all --yes",
		RunE: c.does(func(ctx context.Context, args []string) error {
			return c.eachDead(ctx, args, all, !all || yes, deadAction{"Publish %s again?", "Requeued %s.\n", "requeued", deadLetters.Requeue})
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "all there are")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask (it asks only with --all)")
	return cmd
}

func (c *command) deadDropCommand() *cobra.Command {
	var all, yes bool
	cmd := &cobra.Command{
		Use:     "drop ID... | --all",
		Short:   "Remove them for good",
		Example: "  vestnik dead drop 42\n  vestnik dead drop --all --yes",
		RunE: c.does(func(ctx context.Context, args []string) error {
			return c.eachDead(ctx, args, all, yes, deadAction{"Remove %s for good?", "Dropped %s.\n", "dropped", deadLetters.Drop})
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "all there are")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// onDead calls fn with the dead letters of the NATS that is set, or of the running `vestnik up`.
func (c *command) onDead(ctx context.Context, fn func(context.Context, deadLetters) error) error {
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	if cfg, _, err = running(quieter(cfg)); err != nil {
		return err
	}
	if cfg.NATSURL == "" {
		return notRunning(cfg, "VESTNIK_NATS_URL")
	}
	wait, cancel := context.WithTimeout(ctx, deadPatience)
	defer cancel()
	broker, err := app.OpenBroker(wait, cfg, c.logger(cfg))
	if err != nil {
		return err
	}
	defer broker.Close()
	return fn(ctx, broker)
}

// deadReport is a dead letter as --json shows it.
type deadReport struct {
	ID         uint64              `json:"id"`
	At         time.Time           `json:"at"`
	Subject    string              `json:"subject"`
	Consumer   string              `json:"consumer"`
	Reason     string              `json:"reason"`
	Deliveries uint64              `json:"deliveries"`
	Header     map[string][]string `json:"header,omitempty"`
	Payload    *string             `json:"payload,omitempty"`        // where it is text
	Bytes      []byte              `json:"payload_base64,omitempty"` // where it is not
}

func deadReportOf(d app.DeadLetter) deadReport {
	return deadReport{ID: d.ID, At: d.At, Subject: d.Subject, Consumer: d.Consumer, Reason: d.Reason, Deliveries: d.Deliveries}
}

func (c *command) listDead(ctx context.Context, dead deadLetters) error {
	items := []deadReport{}
	for d, err := range dead.DeadLetters(ctx) {
		if err != nil {
			return err
		}
		items = append(items, deadReportOf(d))
	}
	return printFound(c, items, "There are no dead letters.", "ID\tTIME\tDELIVERIES\tCONSUMER\tSUBJECT\tREASON", func(table io.Writer, d *deadReport) error {
		say(table, "%d\t%s\t%d\t%s\t%s\t%s\n", d.ID, d.At.Local().Format(time.DateTime), d.Deliveries,
			plain(d.Consumer), plain(d.Subject), plain(d.Reason))
		return nil
	})
}

func (c *command) showDead(ctx context.Context, dead deadLetters, id uint64) error {
	d, err := dead.DeadLetter(ctx, id)
	if err != nil {
		return deadError(id, err)
	}
	if c.json {
		report := deadReportOf(d)
		report.Header = d.Header
		if payload := string(d.Payload); utf8.ValidString(payload) {
			report.Payload = &payload
		} else {
			report.Bytes = d.Payload
		}
		return c.printJSON(report)
	}
	rows := [][2]string{
		{"id", strconv.FormatUint(d.ID, 10)},
		{"time", d.At.Local().Format(time.RFC3339)},
		{"subject", plain(d.Subject)},
		{"consumer", plain(d.Consumer)},
		{"deliveries", strconv.FormatUint(d.Deliveries, 10)},
		{"reason", plain(d.Reason)},
	}
	for _, name := range slices.Sorted(maps.Keys(d.Header)) {
		for _, value := range d.Header[name] {
			rows = append(rows, [2]string{plain(name), plain(value)})
		}
	}
	var out strings.Builder
	pairs(&out, rows)
	return c.result("%s\n%s\n", out.String(), readable(d.Payload))
}

// deadAction is what is done to each of some dead letters.
type deadAction struct {
	question, done string // %s: how many
	key            string // of the ids in JSON
	do             func(deadLetters, context.Context, uint64) error
}

// eachDead does something to those that are named, or to all there are at the moment. One that fails does not keep the
// others from it.
func (c *command) eachDead(ctx context.Context, args []string, all, sure bool, action deadAction) error {
	ids, err := deadIDs(args)
	if err != nil {
		return err
	}
	if all == (len(ids) > 0) {
		return misuse("name the ids of dead letters, or --all")
	}
	return c.onDead(ctx, func(ctx context.Context, dead deadLetters) error {
		if all {
			for d, err := range dead.DeadLetters(ctx) {
				if err != nil {
					return err
				}
				ids = append(ids, d.ID)
			}
		}
		if !sure && len(ids) > 0 {
			if err := c.confirm(fmt.Sprintf(action.question, counted(int64(len(ids)), "dead letter"))); err != nil {
				return err
			}
		}
		done, failed := []uint64{}, false
		for _, id := range ids {
			if err := action.do(dead, ctx, id); err != nil {
				say(c.Stderr, "vestnik: %v\n", deadError(id, err))
				failed = true
				continue
			}
			done = append(done, id)
		}
		if c.json {
			err = c.printJSON(map[string][]uint64{action.key: done})
		} else {
			err = c.result(action.done, counted(int64(len(done)), "dead letter"))
		}
		if err == nil && failed {
			err = errSaid
		}
		return err
	})
}

// confirm asks for a yes on standard input.
func (c *command) confirm(question string) error {
	say(c.Stderr, "%s [y/N] ", question)
	answer, err := readLine(c.Stdin)
	if err != nil {
		return fmt.Errorf("read the answer from standard input: %w", err)
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errors.New("nothing was done: the answer was not yes (--yes does not ask)")
	}
	return nil
}

func deadIDs(args []string) ([]uint64, error) {
	var ids []uint64
	for _, arg := range args {
		id, err := strconv.ParseUint(arg, 10, 64)
		if err != nil || id == 0 {
			return nil, misuse("%q is not the id of a dead letter: `vestnik dead list` shows them", arg)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func deadError(id uint64, err error) error {
	if errors.Is(err, app.ErrNoDeadLetter) {
		return fmt.Errorf("there is no dead letter %d: `vestnik dead list` shows those there are", id)
	}
	return err
}

// readable is a payload as a person reads it.
func readable(payload []byte) string {
	var indented bytes.Buffer
	if json.Indent(&indented, payload, "", "  ") != nil {
		return plain(string(payload))
	}
	lines := strings.Split(indented.String(), "\n")
	for i, line := range lines {
		lines[i] = plain(line)
	}
	return strings.Join(lines, "\n")
}

// plain makes one line that came from elsewhere safe for a terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError || (r >= 0x80 && r < 0xa0) {
			return '·'
		}
		return r
	}, s)
}
