package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
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

// importing is what the flags of an import say.
type importing struct{ owner, list, charset, rejects string }

func (c *command) importCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "import", Short: "Bring data in", GroupID: "keep", Args: cobra.NoArgs, RunE: needsCommand}
	var in importing
	clients := &cobra.Command{
		Use:   "clients FILE",
		Short: "Import clients from a CSV file",
		Long: `Imports clients from a CSV file of any size; "-" is standard input. Comma,
semicolon and tab are all right, and so are UTF-8, UTF-16 and Windows-1251.
The first line names the columns, in English or Russian: "email" is required,
"full_name" (or "имя" and "фамилия") and "comment" are known, and any other
column becomes an attribute of that name.

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
			email, err := address.Parse(in.owner)
			if err != nil {
				return misuse("--owner: %v", err)
			}
			if in.charset != "" && csvimport.Charset(in.charset) == "" {
				return misuse("--charset: there are %s", strings.Join(csvimport.Charsets(), ", "))
			}
			cfg = quieter(cfg)
			file, size, err := c.input(args[0])
			if err != nil {
				return err
			}
			defer func() { _ = file.Close() }() // it was only read
			return c.withDatabase(ctx, cfg, c.logger(cfg), func(cfg config.Config) error {
				return c.importClients(ctx, cfg, email, in, file, size)
			})
		}),
	}
	clients.Flags().StringVar(&in.owner, "owner", "", "the account that gets the clients (required)")
	clients.Flags().StringVar(&in.list, "list", "", "also put them all into this list; it is created if it is missing")
	clients.Flags().StringVar(&in.charset, "charset", "", "the file's encoding, if it is told wrongly: windows-1251")
	clients.Flags().StringVar(&in.rejects, "rejects", "", "write the bad lines into this CSV `FILE` instead")
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

// findList returns owner's list of that name, which is created if it is missing and file's first line is good, and what file
// said.
func findList(ctx context.Context, store listStore, owner domain.ID, opts importing, file io.Reader) (domain.ID, io.Reader, error) {
	id, found, err := lookForList(ctx, store, owner, opts.list)
	if err != nil || found {
		return id, file, err
	}
	list := domain.List{OwnerID: owner, Name: opts.list}
	if bad := list.Validate(); len(bad) > 0 {
		return domain.ID{}, nil, misuse("--list: %s", bad[0].Message())
	}
	var begin bytes.Buffer
	_, err = csvimport.NewReader(io.TeeReader(file, &begin), csvimport.Charset(opts.charset))
	if _, ok := errors.AsType[*csvimport.FormatError](err); ok {
		return domain.ID{}, nil, err
	}
	file = io.MultiReader(&begin, file) // any other fault of it shows again
	err = store.CreateList(ctx, &list)
	return list.ID, file, err
}

// lookForList looks for owner's list of that name.
func lookForList(ctx context.Context, store listStore, owner domain.ID, name string) (id domain.ID, found bool, err error) {
	page := domain.Page{Limit: domain.MaxPage}
	for {
		lists, err := store.Lists(ctx, owner, page)
		if err != nil {
			return domain.ID{}, false, err
		}
		for _, l := range lists {
			if l.Name == name {
				return l.ID, true, nil
			}
		}
		if len(lists) < page.Limit {
			return domain.ID{}, false, nil
		}
		page.After = lists[len(lists)-1].ID
	}
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

func (c *command) importClients(ctx context.Context, cfg config.Config, email domain.Address, opts importing, file io.Reader, size int64) error {
	store, owner, err := openFor(ctx, cfg, email)
	if err != nil {
		return err
	}
	defer store.Close()
	order := csvimport.Order{Owner: owner, Charset: csvimport.Charset(opts.charset), Size: size}
	if opts.list != "" {
		if order.List, file, err = findList(ctx, store, owner, opts, file); err != nil {
			return err
		}
	}
	in := &counter{Reader: file}
	stop := c.followBytes("Importing", in.n.Load, size)
	id, err := store.ImportClients(ctx, order, in)
	stop()
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // Ctrl-C ended the import; what came of it is told all the same
	result, err := store.Import(ctx, owner, id)
	if err != nil {
		return err
	}
	each := func(fn func(csvimport.Reject) error) error { return store.ImportRejects(ctx, owner, id, fn) }
	if err := c.showRejects(opts.rejects, each); err != nil {
		return err
	}
	return c.imported(result)
}

// showRejects writes the rows that were left out to a CSV file, or lists them if none is named.
func (c *command) showRejects(name string, each func(func(csvimport.Reject) error) error) error {
	if name == "" {
		return each(func(r csvimport.Reject) error {
			say(c.Stderr, "line %d: %s (%s)\n", r.Line, r.Reason, r.Email)
			return nil
		})
	}
	return writeFile(name, func(w io.Writer) error { return csvimport.WriteRejects(w, each) })
}

// openFor opens the database and finds an account in it.
func openFor(ctx context.Context, cfg config.Config, email domain.Address) (*app.Store, domain.ID, error) {
	store, err := openMigrated(ctx, cfg)
	if err != nil {
		return nil, domain.ID{}, err
	}
	owner, _, err := store.UserByEmail(ctx, email)
	if err != nil {
		store.Close()
		if domain.KindOf(err) == domain.NotFound {
			err = fmt.Errorf("there is no account %s: `vestnik user create` makes one", email.Display)
		}
		return nil, domain.ID{}, err
	}
	return store, owner.ID, nil
}

// followBytes shows how many bytes of size (0: not known) have passed until the function it returns is called.
func (c *command) followBytes(what string, passed func() int64, size int64) (stop func()) {
	if !isTerminal(c.Stderr) {
		return func() {}
	}
	b := newBoard(c.Stderr)
	t := b.add(what, "")
	began := time.Now()
	over, stopped := make(chan struct{}), make(chan struct{})
	state := func() string {
		return fmt.Sprintf("%.1f MB in %s", float64(passed())/1e6, seconds(time.Since(began)))
	}
	go func() {
		defer close(stopped)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				t.set(passed(), max(size, passed()), state())
			case <-over:
				t.end(passed(), max(size, passed()), state())
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
			ID        domain.ID `json:"id"`
			Status    string    `json:"status"`
			Error     string    `json:"error,omitempty"`
			Rows      int64     `json:"rows"`
			Created   int64     `json:"created"`
			Updated   int64     `json:"updated"`
			Unchanged int64     `json:"unchanged"`
			Rejected  int64     `json:"rejected"`
		}{r.ID, string(r.Status), r.Error, r.Rows, r.Created, r.Updated, r.Unchanged, r.Rejected})
	} else {
		updated := number(r.Updated) + " updated"
		if r.Unchanged > 0 {
			updated += fmt.Sprintf(" (%s were so already)", number(r.Unchanged))
		}
		err = c.result("%s: %s created, %s, %s rejected.\n", counted(r.Rows, "row"), number(r.Created), updated, number(r.Rejected))
	}
	if r.Status != csvimport.Finished {
		return errors.Join(err, fmt.Errorf("the import ended early: %s", r.Error))
	}
	if r.Rejected > 0 && r.Rejected == r.Rows {
		return errors.Join(err, errors.New("every row was refused: nothing was imported"))
	}
	return err
}
