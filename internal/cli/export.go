package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/csvimport"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

// exporting is what the flags of an export say.
type exporting struct {
	owner, list, delimiter, file string
	format                       csvimport.Format
}

func (c *command) exportCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "export", Short: "Take data out", GroupID: "keep", Args: cobra.NoArgs, RunE: needsCommand}
	var out exporting
	clients := &cobra.Command{
		Use:   "clients [FILE]",
		Short: "Export clients as a CSV file",
		Long: `Writes the clients of an account into a CSV file in UTF-8, or to standard
output. Importing the file makes the same clients again: its columns are email,
full_name, comment and then the attributes.

To open it in Excel, use --bom; and --inert, which puts an apostrophe before
what Excel would take for a formula. A file that was made inert is not for
importing again.`,
		Example: `  vestnik export clients --owner anna@example.org clients.csv
  vestnik export clients --owner anna@example.org --list 0198c2… --bom`,
		Args: cobra.MaximumNArgs(1),
		RunE: c.does(func(ctx context.Context, args []string) error {
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			if len(args) > 0 {
				out.file = args[0]
			}
			return c.export(ctx, cfg, &out)
		}),
	}
	clients.Flags().StringVar(&out.owner, "owner", "", "the account whose clients they are (required)")
	clients.Flags().StringVar(&out.list, "list", "", "only clients in the list with this `ID` or name")
	clients.Flags().StringVar(&out.delimiter, "delimiter", "comma", "what stands between fields: comma, semicolon or tab")
	clients.Flags().BoolVar(&out.format.BOM, "bom", false, "begin with a byte order mark, by which Excel knows UTF-8")
	clients.Flags().BoolVar(&out.format.Inert, "inert", false, "put an apostrophe before what looks like a formula")
	if err := clients.MarkFlagRequired("owner"); err != nil {
		panic(err) // there is no such flag: a slip two lines above
	}
	cmd.AddCommand(clients)
	return cmd
}

func (c *command) export(ctx context.Context, cfg config.Config, o *exporting) error {
	email, err := address.Parse(o.owner)
	if err != nil {
		return misuse("--owner: %v", err)
	}
	comma, known := map[string]rune{"comma": ',', "semicolon": ';', "tab": '\t'}[o.delimiter]
	if !known {
		return misuse("--delimiter: there are comma, semicolon and tab")
	}
	o.format.Comma = comma
	if o.file == "-" {
		o.file = ""
	}
	if c.json && o.file == "" {
		return misuse("--json needs a FILE: both cannot go to standard output")
	}
	cfg = quieter(cfg)
	return c.withDatabase(ctx, cfg, c.logger(cfg), func(cfg config.Config) error {
		return c.exportClients(ctx, cfg, email, o)
	})
}

// exportStore is what an export needs of the database.
type exportStore interface {
	listStore
	AttributeNames(ctx context.Context, owner, list domain.ID) ([]string, error)
	ExportClients(ctx context.Context, owner, list domain.ID, fn func(*domain.Client) error) error
}

func (c *command) exportClients(ctx context.Context, cfg config.Config, email domain.Address, o *exporting) error {
	store, owner, err := openFor(ctx, cfg, email)
	if err != nil {
		return err
	}
	defer store.Close()
	list, err := listNamed(ctx, store, owner, o.list)
	if err != nil {
		return err
	}
	var clients int64
	write := func(w io.Writer) error {
		clients, err = c.writeClients(ctx, store, owner, list, o.format, w)
		return err
	}
	if o.file == "" {
		return write(c.Stdout)
	}
	if err := writeFile(o.file, write); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(struct {
			Clients int64  `json:"clients"`
			File    string `json:"file"`
		}{clients, o.file})
	}
	return c.result("%s written to %s.\n", counted(clients, "client"), o.file)
}

// listNamed returns the list of that id or name; the zero id for no name.
func listNamed(ctx context.Context, store listStore, owner domain.ID, name string) (domain.ID, error) {
	if name == "" {
		return domain.ID{}, nil
	}
	if id, err := domain.ParseID(name); err == nil {
		return id, nil
	}
	id, found, err := lookForList(ctx, store, owner, name)
	if err == nil && !found {
		err = fmt.Errorf("there is no list %q", name)
	}
	return id, err
}

func (c *command) writeClients(ctx context.Context, store exportStore, owner, list domain.ID, f csvimport.Format, w io.Writer) (int64, error) {
	attributes, err := store.AttributeNames(ctx, owner, list)
	if err != nil {
		return 0, err
	}
	passed := &passing{Writer: w}
	buffered := bufio.NewWriterSize(passed, 64<<10)
	file, err := csvimport.NewWriter(buffered, attributes, f)
	if err != nil {
		return 0, err
	}
	stop := c.followBytes("Exporting", passed.n.Load, 0)
	defer stop()
	clients := int64(0)
	err = store.ExportClients(ctx, owner, list, func(client *domain.Client) error {
		clients++
		return file.Write(client)
	})
	if err == nil {
		err = file.Flush()
	}
	if err == nil {
		err = buffered.Flush()
	}
	return clients, err
}

// passing counts the bytes written through it.
type passing struct {
	io.Writer

	n atomic.Int64
}

// Write implements io.Writer.
func (p *passing) Write(b []byte) (int, error) {
	n, err := p.Writer.Write(b)
	p.n.Add(int64(n))
	return n, err
}

// writeFile makes the file with what write writes: whole, or not at all. What was there before stays until then.
func writeFile(name string, write func(io.Writer) error) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // a pipe or a device
		file, err := os.OpenFile(name, os.O_WRONLY, 0) //nolint:gosec // the operator names it
		if err != nil {
			return err
		}
		return errors.Join(write(file), file.Close())
	}
	part, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.part") // readable by its owner only: it holds people's data
	if err != nil {
		return err
	}
	err = errors.Join(write(part), part.Close())
	if err == nil {
		err = os.Rename(part.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	return nil
}
