package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
	"github.com/vestnik-mail/vestnik/internal/postgres"
)

// endless has clients without end, as long as somebody takes them.
type endless struct {
	*postgres.Store
	over chan error
}

func (e endless) ExportClients(ctx context.Context, _, _ domain.ID, fn func(*domain.Client) error) (err error) {
	defer func() { e.over <- err }()
	for i := 0; ; i++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := fn(&domain.Client{Email: domain.Address{Display: fmt.Sprintf("c%d@example.org", i)}}); err != nil {
			return err
		}
	}
}

// ends are the ways in which a right ends.
func (c *caller) ends() map[string]func() {
	own := map[string]func(){
		"its user is blocked":     func() { require.NoError(c.t, c.store.BlockUser(c.t.Context(), c.user.ID, "spam")) },
		"its user's role changes": func() { c.exec("UPDATE users SET role = 'manager' WHERE id = $1", c.user.ID) },
	}
	if c.key == "" {
		own["its session ends"] = func() { require.NoError(c.t, c.store.EndSessions(c.t.Context(), c.user.ID, domain.ID{})) }
		return own
	}
	own["its key is revoked"] = func() {
		keys, err := c.store.APIKeys(c.t.Context(), c.user.ID)
		require.NoError(c.t, err)
		for _, k := range keys {
			require.NoError(c.t, c.store.RevokeAPIKey(c.t.Context(), c.user.ID, k.ID))
		}
	}
	return own
}

// inTime is longer than the second that is promised, for machines that are slow.
const inTime = 10 * time.Second

func ended(t *testing.T, what string, over <-chan error) error {
	t.Helper()
	select {
	case err := <-over:
		return err
	case <-time.After(inTime):
		require.Fail(t, "it goes on", what)
		return nil
	}
}

// TestWhatLastsEndsWithTheRightToIt begins everything that may last, takes the right to it away, and waits for its end.
func TestWhatLastsEndsWithTheRightToIt(t *testing.T) {
	t.Parallel()
	over := make(chan error, 100)
	a := newAPI(t, func(d *gateway.Deps) {
		store, ok := d.Store.(*postgres.Store)
		require.True(t, ok)
		d.Store = endless{store, over}
	})
	n, conn := 0, a.connect()
	for _, signedIn := range []bool{true, false} {
		newcomer := func() *caller {
			n++
			c := a.caller(fmt.Sprintf("u%d@example.org", n), domain.RoleUser)
			if signedIn {
				return c.browser()
			}
			return c
		}
		for how := range newcomer().ends() {
			c := newcomer()
			what := fmt.Sprintf("%s (signed in: %t)", how, signedIn)
			m := c.everything()
			bystander := newcomer()
			kept := bystander.open(base + "/attempts/" + bystander.everything().attempt + "/progress")

			streams := map[string]io.Reader{"an attempt's progress": c.open(base + "/attempts/" + m.attempt + "/progress").body}
			id := domain.NewID(time.Now()).String()
			if signedIn {
				streams["the account"] = c.open(base + "/me/watch").body
			}
			feed, status := c.begin(base + "/clients/import?id=" + id)
			_, err := io.WriteString(feed, "email,name\n"+rows(0, 5000))
			require.NoError(t, err)
			require.Eventually(t, func() bool { return c.do("GET", base+"/imports/"+id, nil).status == http.StatusOK }, 20*time.Second, 10*time.Millisecond)
			streams["an import's progress"] = c.open(base + "/imports/" + id + "/progress").body
			streams["an export"] = c.open(base + "/clients/export").body
			unread := c.open(base + "/clients/export") // the network's buffers fill, and its handler waits in a write
			require.Equal(t, http.StatusOK, unread.status)

			done := map[string]chan error{}
			for name, body := range streams {
				read := make(chan error, 1)
				done[name] = read
				go func() {
					_, err := io.Copy(io.Discard, body)
					read <- err
				}()
			}
			c.ends()[how]()
			for name := range streams {
				err := ended(t, what+": "+name, done[name])
				if name == "an export" {
					require.Error(t, err, "%s: half an export is not to be taken for the whole", what)
				}
			}
			for range 2 {
				require.Error(t, ended(t, what+": an export", over), what)
			}
			var state string
			require.Eventually(t, func() bool {
				require.NoError(t, conn.QueryRow(t.Context(), "SELECT status FROM imports WHERE id = $1", id).Scan(&state))
				return state == "failed"
			}, inTime, 50*time.Millisecond, "%s: the import, although the upload hangs", what)
			require.NoError(t, feed.Close())
			<-status
			assert.Equal(t, http.StatusOK, kept.status)
			buffer := make([]byte, 1)
			_, err = kept.body.Read(buffer)
			require.NoError(t, err, "another's stream goes on")
		}
	}
}
