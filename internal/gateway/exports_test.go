package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
	"github.com/vestnik-mail/vestnik/internal/postgres"
)

// plain is what a client holds, apart from what differs between accounts.
func plain(items []object) []object {
	for _, item := range items {
		for _, own := range []string{"id", "owner_id", "owner_email", "created_at", "updated_at", "revision"} {
			delete(item, own)
		}
	}
	return items
}

func TestExportImportsAsItWas(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.caller("o@example.org", domain.RoleUser)
	list := c.list("Казань")
	for i, client := range []object{
		{"email": "анна@пример.рф", "full_name": "=Анна; \"Ёлка\"", "comment": "две\nстроки, \"и кавычки\"", "attributes": object{"город": "Казань", "City": "a;b", "city": "a,b", "имя": "x", "email": "old@example.org"}},
		{"email": "+b@example.org", "full_name": "Борис", "attributes": object{"vip": "да"}},
		{"email": "c@example.org"},
	} {
		id := c.do("POST", base+"/clients", client).want(http.StatusCreated).id()
		if i < 2 {
			c.do("PUT", base+"/lists/"+list+"/clients/"+id, nil).want(http.StatusNoContent)
		}
	}
	for i, query := range []string{"", "?bom=true&delimiter=semicolon", "?delimiter=tab&format=csv"} {
		file := c.do("GET", base+"/clients/export"+query, nil).want(http.StatusOK)
		assert.Equal(t, `attachment; filename="clients.csv"`, file.header.Get("Content-Disposition"))
		assert.Equal(t, i == 1, strings.HasPrefix(string(file.raw), "\ufeff"))
		other := a.caller(fmt.Sprintf("other%d@example.org", i), domain.RoleUser)
		im := other.upload("", string(file.raw))
		assert.EqualValues(t, 3, im["created"])
		assert.EqualValues(t, 0, im["rejected"])
		assert.ElementsMatch(t, plain(c.do("GET", base+"/clients", nil).items()), plain(other.do("GET", base+"/clients", nil).items()))
	}
	part := c.do("GET", base+"/clients/export?list_id="+list, nil).want(http.StatusOK)
	assert.Len(t, strings.Split(string(part.raw), "@"), 4, "two clients and an old address")
	inert := c.do("GET", base+"/clients/export?inert=true", nil).want(http.StatusOK)
	assert.Contains(t, string(inert.raw), "'=Анна")
	bad := c.do("GET", base+"/clients/export?bom=yes&delimiter=pipe", nil).problem(http.StatusUnprocessableEntity, "validation_failed")
	assert.Equal(t, []string{"bom", "delimiter"}, bad.fields())
	a.caller("stranger@example.org", domain.RoleAdmin).do("GET", base+"/clients/export?list_id="+list, nil).problem(http.StatusNotFound, "list_not_found")
}

func TestExportOfManyPages(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	c.upload("", "email,name\n"+rows(0, 10_001))
	lines := strings.Split(strings.TrimSpace(string(c.do("GET", base+"/clients/export", nil).want(http.StatusOK).raw)), "\n")
	assert.Len(t, lines, 10_002)
}

// halfway fails in the middle of an export.
type halfway struct{ *postgres.Store }

func (h halfway) ExportClients(_ context.Context, _, _ domain.ID, fn func(*domain.Client) error) error {
	for i := range 10_000 {
		if err := fn(&domain.Client{Email: domain.Address{Display: fmt.Sprintf("c%d@example.org", i)}}); err != nil {
			return err
		}
	}
	return errors.New("connection lost")
}

func TestHalfAnExportIsNotTakenForTheWhole(t *testing.T) {
	t.Parallel()
	c := newAPI(t, func(d *gateway.Deps) {
		store, ok := d.Store.(*postgres.Store)
		require.True(t, ok)
		d.Store = halfway{store}
	}).caller("o@example.org", domain.RoleUser)
	response := c.open(base + "/clients/export")
	require.Equal(t, http.StatusOK, response.status)
	_, err := io.Copy(io.Discard, response.body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	c.stop()
	assert.Contains(t, c.log.String(), "connection lost")
}
