package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
)

// An edit that changes nothing is none: whoever holds the revision may go on with it, and nobody is told.
func TestAnEditThatChangesNothingLeavesTheRevision(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	clock := &handClock{now: at(1, 12)}
	w := seedtest.New(t, pgtest.URL(t), 3, clock)

	c := domain.Client{
		OwnerID: w.Owner, Email: domain.Address{Display: "anna@example.org", Key: "anna@example.org"}, FullName: "Анна",
		Attributes: map[string]string{"город": "Тверь"},
	}
	require.NoError(t, w.Store.CreateClient(ctx, &c))
	l, err := w.Store.List(ctx, w.Owner, w.List)
	require.NoError(t, err)
	message, err := w.Store.Message(ctx, w.Owner, w.Message)
	require.NoError(t, err)
	m := w.Mailing(func(m *domain.Mailing) { m.ClientIDs = []domain.ID{c.ID} })
	before, err := w.Store.Mailing(ctx, w.Owner, m.ID)
	require.NoError(t, err)
	clock.set(at(1, 13))
	w.Exec("DELETE FROM outbox")

	for _, name := range []string{"", "Иной"} {
		more := 0
		if name != "" {
			more = 1
		}
		gotClient, err := w.Store.UpdateClient(ctx, w.Owner, c.ID, 0, func(c *domain.Client) error {
			if name != "" {
				c.FullName = name
			}
			return nil
		})
		require.NoError(t, err)
		gotList, err := w.Store.UpdateList(ctx, w.Owner, w.List, 0, func(l *domain.List) error {
			if name != "" {
				l.Name = name
			}
			return nil
		})
		require.NoError(t, err)
		gotMessage, err := w.Store.UpdateMessage(ctx, w.Owner, w.Message, 0, func(m *domain.Message) error {
			if name != "" {
				m.Subject = name
			}
			return nil
		})
		require.NoError(t, err)
		gotMailing, err := w.Store.UpdateMailing(ctx, w.Owner, m.ID, 0, func(m *domain.Mailing) error {
			if name != "" {
				m.Name = name
			}
			m.ClientIDs = append(m.ClientIDs, m.ClientIDs...) // naming a client twice changes nothing
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, []int{c.Revision + more, l.Revision + more, message.Revision + more, before.Revision + more},
			[]int{gotClient.Revision, gotList.Revision, gotMessage.Revision, gotMailing.Revision})
		require.Equal(t, more, w.Int("SELECT count(*) FROM outbox"))
		if name == "" {
			require.Equal(t, c, gotClient)
			require.Equal(t, l, gotList)
			require.Equal(t, message, gotMessage)
			require.Equal(t, before, gotMailing)
		}
	}
}

func TestAnEditOfAMailingsAudienceIsOne(t *testing.T) {
	t.Parallel()
	w, _, m := newDaily(t)
	var first domain.ID
	require.NoError(t, w.Pool.QueryRow(t.Context(), "SELECT uid FROM clients ORDER BY id LIMIT 1").Scan(&first))
	for i, change := range []func(*domain.Mailing){
		func(m *domain.Mailing) { m.ClientIDs = []domain.ID{first} },
		func(m *domain.Mailing) { m.ListIDs = nil },
		func(m *domain.Mailing) { m.OnUnknown = domain.ResendUnknown },
	} {
		got, err := w.Store.UpdateMailing(t.Context(), w.Owner, m.ID, 0, func(m *domain.Mailing) error {
			change(m)
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, m.Revision+i+1, got.Revision)
	}
}
