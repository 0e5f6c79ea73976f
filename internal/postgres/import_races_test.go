package postgres_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/postgres"
)

func TestImportsOfOneOwnerDoNotLockEachOtherUp(t *testing.T) {
	t.Parallel()
	store, owner := imports(t)
	list := domain.List{OwnerID: owner, Name: "x"}
	require.NoError(t, store.CreateList(t.Context(), &list))
	var rows []string
	for i := range 3000 {
		rows = append(rows, fmt.Sprintf("client%d@example.org", i))
	}
	var group errgroup.Group
	for i := range 3 {
		order := slices.Clone(rows)
		if i%2 == 1 {
			slices.Reverse(order)
		}
		group.Go(func() error {
			for range 2 {
				file := "email,full_name\n" + strings.Join(order, fmt.Sprintf(",Имя %d\n", i)) + ",x\n"
				id, err := store.ImportClients(t.Context(), csvimport.Order{Owner: owner, List: list.ID}, strings.NewReader(file))
				if err != nil {
					return err
				}
				im, err := store.Import(t.Context(), owner, id)
				if err == nil && (im.Status != csvimport.Finished || im.Created+im.Updated != 3000) {
					err = fmt.Errorf("%+v", im)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	members, err := store.Lists(t.Context(), owner, domain.Page{Limit: 10})
	require.NoError(t, err)
	assert.Equal(t, 3000, members[0].Clients)
}

// pausing calls a function once the first part of a file has been read, and goes on with the second.
func pausing(first, second string, between func()) io.Reader {
	return io.MultiReader(strings.NewReader(first), once(between), strings.NewReader(second))
}

type once func()

func (o once) Read([]byte) (int, error) {
	o()
	return 0, io.EOF
}

func TestAListDeletedMeanwhileEndsTheImport(t *testing.T) {
	t.Parallel()
	store, owner := imports(t)
	list := domain.List{OwnerID: owner, Name: "x"}
	require.NoError(t, store.CreateList(t.Context(), &list))
	var before, after strings.Builder // the import begins after 64 KiB
	before.WriteString("email\n")
	for i := range 5000 {
		fmt.Fprintf(&before, "before%d@example.org\n", i)
		fmt.Fprintf(&after, "after%d@example.org\n", i)
	}
	file := pausing(before.String(), after.String(), func() {
		require.NoError(t, store.DeleteList(t.Context(), owner, list.ID, 0))
	})
	id, err := store.ImportClients(t.Context(), csvimport.Order{Owner: owner, List: list.ID}, file)
	require.NoError(t, err)
	im, err := store.Import(t.Context(), owner, id)
	require.NoError(t, err)
	assert.Equal(t, csvimport.Failed, im.Status)
	assert.Contains(t, im.Error, "the list was deleted")
}

func TestWhatGoesWithOwnersAndListsAndWhatMustExist(t *testing.T) {
	t.Parallel()
	at := pgtest.URL(t)
	store, err := postgres.Open(t.Context(), at, 4, domain.SystemClock{})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	conn, err := pgx.Connect(t.Context(), at)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) })
	user, err := store.CreateUser(t.Context(), domain.Address{Display: "o@example.org", Key: "o@example.org"}, "-", domain.RoleUser, true)
	require.NoError(t, err)
	list := domain.List{OwnerID: user.ID, Name: "x"}
	require.NoError(t, store.CreateList(t.Context(), &list))
	im := run(t, store, user.ID, list.ID, "email\na@example.org\nb@example.org\n")
	require.EqualValues(t, 2, im.Created)

	nobody := domain.NewID(time.Now())
	_, err = conn.Exec(t.Context(), "INSERT INTO clients (uid, owner_id, email, email_key, created_at, updated_at) VALUES ($1, $1, 'x', 'x', now(), now())", nobody)
	require.ErrorContains(t, err, "23503")
	_, err = conn.Exec(t.Context(), "INSERT INTO list_clients (list_id, client_id) SELECT $1, id FROM clients", nobody)
	require.ErrorContains(t, err, "23503")

	count := func(table string) (n int) {
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
		return n
	}
	require.NoError(t, store.DeleteList(t.Context(), user.ID, list.ID, 0))
	assert.Equal(t, 0, count("list_clients"))
	assert.Equal(t, 2, count("clients"))
	_, err = conn.Exec(t.Context(), "DELETE FROM users WHERE id = $1", user.ID)
	require.NoError(t, err)
	assert.Equal(t, 0, count("clients"))
}

// late is a clock that a test turns on.
type late struct{ ahead time.Duration }

func (l *late) Now() time.Time { return time.Now().Add(l.ahead) }

func TestAnImportWhoseProcessDiedIsShownAsFailed(t *testing.T) {
	t.Parallel()
	at := pgtest.URL(t)
	clock := &late{}
	store, err := postgres.Open(t.Context(), at, 4, clock)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	user, err := store.CreateUser(t.Context(), domain.Address{Display: "o@example.org", Key: "o@example.org"}, "-", domain.RoleUser, true)
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), at)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) })
	id := domain.NewID(time.Now())
	_, err = conn.Exec(t.Context(), "INSERT INTO imports (id, owner_id, status, rows, created, started_at, active_at) VALUES ($1, $2, 'running', 7, 7, now(), now())", id, user.ID)
	require.NoError(t, err)
	im, err := store.Import(t.Context(), user.ID, id)
	require.NoError(t, err)
	assert.Equal(t, csvimport.Running, im.Status)
	clock.ahead = 3 * time.Minute
	im, err = store.Import(t.Context(), user.ID, id)
	require.NoError(t, err)
	assert.Equal(t, csvimport.Failed, im.Status)
	assert.Contains(t, im.Error, "interrupted")
	assert.False(t, im.FinishedAt.IsZero())
}
