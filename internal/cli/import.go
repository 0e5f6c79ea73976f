package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/csvimport"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

const progressEvery = 100 * time.Millisecond

func (c *command) importCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "import", Short: "Bring data in", GroupID: "keep", Args: cobra.NoArgs, RunE: needsCommand}
	var owner, list string
	clients := &cobra.Command{
		Use:   "clients FILE",
		Short: "Import clients from a CSV file",
		Long: `Imports clients from a CSV file of any size in UTF-8; "-" is standard input.
Its first line names the columns: "email" is required, "full_name" and
"comment" are known, and any other column becomes an attribute of that name.
Comma, semicolon and tab are all right.

A client whose address is known already is updated, so importing twice does no
harm. Bad lines are left out and listed on standard error; the others go in.`,
		Example: `  vestnik import clients clients.csv --owner anna@example.org
  gzip -dc all.csv.gz |
    vestnik import clients - --owner anna@example.org --list "Казань"`,
		Args: cobra.ExactArgs(1),
		RunE: c.does(func(ctx context.Context, args []string) error {
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			email, err := address.Parse(owner)
			if err != nil {
				return misuse("--owner: %v", err)
			}
			cfg = quieter(cfg)
			file, size, err := c.input(args[0])
			if err != nil {
				return err
			}
			defer func() { _ = file.Close() }() // it was only read
			return c.withDatabase(ctx, cfg, c.logger(cfg), func(cfg config.Config) error {
				return c.importClients(ctx, cfg, email, list, file, size)
			})
		}),
	}
	clients.Flags().StringVar(&owner, "owner", "", "the account that gets the clients (required)")
	clients.Flags().StringVar(&list, "list", "", "also put them all into this list; it is created if it is missing")
	if err := clients.MarkFlagRequired("owner"); err != nil {
		panic(err) // there is no such flag: a slip two lines above
	}
	cmd.AddCommand(clients)
	return cmd
}

// input opens a file, or standard input for "-", whose size is not known and 0.
func (c *command) input(name string) (io.ReadCloser, int64, error) {
	if name == "-" {
		return io.NopCloser(c.Stdin), 0, nil
	}
	file, err := os.Open(name) //nolint:gosec // the operator names it
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		return nil, 0, errors.Join(err, fmt.Errorf("%s is no file that could be read", name), file.Close())
	}
	if !info.Mode().IsRegular() {
		return file, 0, nil
	}
	return file, info.Size(), nil
}

// listStore is what findList needs of the database.
type listStore interface {
	Lists(ctx context.Context, owner domain.ID, page domain.Page) ([]domain.List, error)
	CreateList(ctx context.Context, l *domain.List) error
}

// findList returns owner's list of that name, which is created if it is missing.
func findList(ctx context.Context, store listStore, owner domain.ID, name string) (domain.ID, error) {
	page := domain.Page{Limit: domain.MaxPage}
	for {
		lists, err := store.Lists(ctx, owner, page)
		if err != nil {
			return domain.ID{}, err
		}
		for _, l := range lists {
			if l.Name == name {
				return l.ID, nil
			}
		}
		if len(lists) < page.Limit {
			break
		}
		page.After = lists[len(lists)-1].ID
	}
	list := domain.List{OwnerID: owner, Name: name}
	if bad := list.Validate(); len(bad) > 0 {
		return domain.ID{}, misuse("--list: %s", bad[0].Message)
	}
	err := store.CreateList(ctx, &list)
	return list.ID, err
}

// counter counts the bytes read through it.
type counter struct {
	io.Reader

	n atomic.Int64
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func (c *command) importClients(ctx context.Context, cfg config.Config, email domain.Address, listName string, file io.Reader, size int64) error {
	store, err := app.OpenStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := store.PingSchema(ctx); err != nil {
		return err
	}
	owner, _, err := store.UserByEmail(ctx, email)
	if domain.KindOf(err) == domain.NotFound && err != nil {
		return fmt.Errorf("there is no account %s: `vestnik user create` makes one", email.Display)
	}
	if err != nil {
		return err
	}
	var list domain.ID
	if listName != "" {
		if list, err = findList(ctx, store, owner.ID, listName); err != nil {
			return err
		}
	}
	in := &counter{Reader: file}
	stop := c.followBytes(in, size)
	id, err := store.ImportClients(ctx, owner.ID, list, in)
	stop()
	if err != nil {
		return err
	}
	result, err := store.Import(ctx, owner.ID, id)
	if err != nil {
		return err
	}
	err = store.ImportRejects(ctx, owner.ID, id, func(r csvimport.Reject) error {
		say(c.Stderr, "line %d: %s (%s)\n", r.Line, r.Reason, r.Email)
		return nil
	})
	if err != nil {
		return err
	}
	return c.imported(result)
}

// followBytes shows how much of the input has been read until the function it returns is called.
func (c *command) followBytes(in *counter, size int64) (stop func()) {
	if !isTerminal(c.Stderr) {
		return func() {}
	}
	b := newBoard(c.Stderr)
	t := b.add("Importing", "")
	began := time.Now()
	over, stopped := make(chan struct{}), make(chan struct{})
	state := func() string {
		return fmt.Sprintf("%.1f MB in %s", float64(in.n.Load())/1e6, seconds(time.Since(began)))
	}
	go func() {
		defer close(stopped)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				t.set(in.n.Load(), max(size, in.n.Load()), state())
			case <-over:
				t.end(in.n.Load(), max(size, in.n.Load()), state())
				b.close()
				return
			}
		}
	}()
	return func() {
		close(over)
		<-stopped
	}
}

func (c *command) imported(r csvimport.Import) error {
	var err error
	if c.json {
		err = c.printJSON(struct {
			ID       domain.ID `json:"id"`
			Status   string    `json:"status"`
			Error    string    `json:"error,omitempty"`
			Rows     int64     `json:"rows"`
			Created  int64     `json:"created"`
			Updated  int64     `json:"updated"`
			Rejected int64     `json:"rejected"`
		}{r.ID, string(r.Status), r.Error, r.Rows, r.Created, r.Updated, r.Rejected})
	} else {
		err = c.result("%s: %s created, %s updated, %s rejected.\n",
			counted(r.Rows, "row"), number(r.Created), number(r.Updated), number(r.Rejected))
	}
	if r.Status != csvimport.Finished {
		return errors.Join(err, fmt.Errorf("the import ended early: %s", r.Error))
	}
	if r.Rejected > 0 && r.Rejected == r.Rows {
		return errors.Join(err, errors.New("every row was refused: nothing was imported"))
	}
	return err
}
