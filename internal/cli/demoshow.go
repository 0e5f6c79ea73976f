package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/vestnik-mail/vestnik/internal/address"
	"github.com/vestnik-mail/vestnik/internal/app"
	"github.com/vestnik-mail/vestnik/internal/config"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/password"
)

const (
	demoDelay = 10 * time.Second
	demoZone  = "Europe/Moscow"
)

// demoMailing is one of the demonstration's mailings, and what is known of its first attempt.
type demoMailing struct {
	ID   string `json:"id"`
	Name string `json:"name"`

	when    string // for people
	attempt attemptView
	next    time.Time // the start planned after it; zero: none
	track   *track
}

// show is the demonstration itself, on an instance that is ready. It returns when the report has been printed.
func (d *demo) show(ctx context.Context, i instance) error {
	key, err := d.account(ctx, i.cfg)
	if err != nil {
		return err
	}
	d.api = &apiClient{base: i.base, key: key, http: &http.Client{}}
	defer d.api.http.CloseIdleConnections()
	list, clients, err := d.importAll(ctx)
	if err != nil {
		return err
	}
	mailings, err := d.create(ctx, list, clients)
	if err != nil {
		return err
	}
	if err := d.watch(ctx, mailings); err != nil {
		return err
	}
	if err := d.report(ctx, mailings, i); err != nil {
		return err
	}
	if !d.o.exit {
		say(d.out, "\n  Read the mail   %s/mailbox\n  The API         %s/api/docs\n  Its key         %s\n\nCtrl-C ends the demo.\n",
			i.base, i.base, key)
	}
	return nil
}

// account makes an account of its own for each demonstration, so that those before it do not show.
func (d *demo) account(ctx context.Context, cfg config.Config) (key string, err error) {
	store, err := app.OpenStore(ctx, cfg)
	if err != nil {
		return "", err
	}
	defer store.Close()
	email, err := address.Parse(fmt.Sprintf("demo-%d@example.com", time.Now().UnixMilli()))
	if err != nil {
		return "", err
	}
	hash, err := password.Hash("demo-" + domain.NewID(time.Now()).String())
	if err != nil {
		return "", fmt.Errorf("make an account: %w", err)
	}
	user, err := store.CreateUser(ctx, email, hash, domain.RoleUser, true)
	if err != nil {
		return "", err
	}
	return store.CreateAPIKey(ctx, user.ID, "vestnik demo")
}

// importAll uploads the clients and returns their list and how many there are.
func (d *demo) importAll(ctx context.Context) (list string, clients int, err error) {
	var made struct {
		ID      string `json:"id"`
		Clients int    `json:"clients"`
	}
	if err := d.api.call(ctx, http.MethodPost, "/api/v1/lists", map[string]string{"name": "Покупатели"}, &made); err != nil {
		return "", 0, err
	}
	what := d.o.csv
	if d.csv == nil {
		what = counted(int64(d.o.clients), "client")
	}
	say(d.out, "\nImporting %s\n", what)
	b := newBoard(d.out)
	d.log.show(b)
	began := time.Now()
	imported, err := d.upload(ctx, made.ID, b.add("Clients", ""))
	b.close()
	d.log.show(nil)
	if err != nil {
		return "", 0, err
	}
	if imported.Status != "finished" {
		return "", 0, fmt.Errorf("the import ended early: %s", imported.Error)
	}
	if err := d.api.call(ctx, http.MethodGet, "/api/v1/lists/"+made.ID, nil, &made); err != nil {
		return "", 0, err
	}
	line := fmt.Sprintf("  %s in %s", counted(int64(made.Clients), "client"), seconds(time.Since(began)))
	if imported.Rejected > 0 {
		line += fmt.Sprintf("; %s left out", counted(imported.Rejected, "bad line"))
	}
	say(d.out, "%s\n", line)
	if made.Clients == 0 {
		return "", 0, fmt.Errorf("%s holds no client to send to", what)
	}
	return made.ID, made.Clients, nil
}

// importView is an import as the API shows it.
type importView struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Error    string `json:"error"`
	Rejected int64  `json:"rejected"`
}

// upload streams the clients to the API.
func (d *demo) upload(ctx context.Context, list string, t *track) (importView, error) {
	body := d.csv
	if body == nil {
		sample, out := io.Pipe()
		defer func() { _ = sample.Close() }() // ends the writer when the API does not read to the end
		go func() {
			out.CloseWithError(writeSample(out, d.o.clients, func(n int) {
				t.set(int64(n), int64(d.o.clients), number(int64(n))+"/"+number(int64(d.o.clients)))
			}))
		}()
		body = sample
	} else {
		t.set(0, 0, "reading")
	}
	var accepted importView
	err := d.api.send(ctx, http.MethodPost, "/api/v1/clients/import?list_id="+url.QueryEscape(list), "text/csv", body, &accepted)
	if err != nil {
		return importView{}, err
	}
	var imported importView
	err = d.api.call(ctx, http.MethodGet, "/api/v1/imports/"+accepted.ID, nil, &imported)
	if err == nil {
		t.end(1, 1, "done")
	}
	return imported, err
}

// create writes the message and the three mailings.
func (d *demo) create(ctx context.Context, list string, clients int) ([]*demoMailing, error) {
	var message struct {
		ID string `json:"id"`
	}
	err := d.api.call(ctx, http.MethodPost, "/api/v1/messages", map[string]string{"subject": sampleSubject, "html": sampleMessage}, &message)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	soon := now.Add(demoDelay)
	plans := []struct {
		name, when  string
		start       time.Time
		periodicity domain.Periodicity
	}{
		{"Сразу / now", "due at once", time.Time{}, domain.Once},
		{"Через 10 с / in 10 s", "due at " + soon.Local().Format(time.TimeOnly), soon, domain.Once},
		{"Еженедельно / weekly", "due at once, then every week", now, domain.Weekly},
	}
	say(d.out, "\nCreating three mailings to %s each\n", counted(int64(clients), "client"))
	var mailings []*demoMailing
	for _, p := range plans {
		in := map[string]any{
			"name": p.name, "message_id": message.ID, "list_ids": []string{list},
			"time_zone": demoZone, "periodicity": p.periodicity,
		}
		if !p.start.IsZero() {
			in["start_at"] = p.start.Format(time.RFC3339Nano)
		}
		m := &demoMailing{when: p.when}
		if err := d.api.call(ctx, http.MethodPost, "/api/v1/mailings", in, m); err != nil {
			return nil, err
		}
		mailings = append(mailings, m)
		say(d.out, "  %s  %s\n", pad(m.Name, nameWidth), m.when)
	}
	return mailings, nil
}
