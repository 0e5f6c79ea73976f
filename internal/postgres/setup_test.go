package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/postgres"
)

// The rule of the table holds whatever the statement says, for who has not asked whether anybody is there as well.
func TestAnAdministratorIsMadeByNobodyButTheFirst(t *testing.T) {
	t.Parallel()
	at := pgtest.URL(t)
	scoped, err := postgres.OpenScoped(t.Context(), at, 4, domain.SystemClock{})
	require.NoError(t, err)
	t.Cleanup(scoped.Close)
	insert := func() error {
		_, err := scoped.Scoped().Exec(postgres.AsAuth(t.Context()), `INSERT INTO users (id, email, email_key, password_hash, role, created_at)
			VALUES ($1, $1::uuid::text, $1::uuid::text, '', 'admin', now())`, domain.NewID(time.Now()))
		return err
	}
	results := make(chan error)
	for range 4 {
		go func() { results <- insert() }()
	}
	made := 0
	for range 4 {
		if err := <-results; err == nil {
			made++
		} else {
			assert.True(t, isDenied(err), "%v", err)
		}
	}
	assert.Equal(t, 1, made)
	_, err = scoped.SetUp(t.Context(), domain.NewAccount{Email: domain.Address{Display: "a@example.org", Key: "a@example.org"}, Language: domain.English}, "")
	require.Equal(t, domain.Conflict, domain.KindOf(err), "%v", err)
}

// Of a message to himself its writer sees what became of it; what it says is for senders.
func TestOfATestNobodyReadsWhatItSays(t *testing.T) {
	t.Parallel()
	s := newScope(t, 2)
	owner := domain.WithActor(t.Context(), domain.Actor{ID: s.Owner, Role: domain.RoleUser})
	_, admin := s.user(t, domain.RoleAdmin)
	sent, err := s.store.SendTest(owner, s.Owner, domain.NoticeTestMessage, map[string]string{"subject": "s", "text": "what it says"})
	require.NoError(t, err)
	for _, column := range []string{"data", "email", "*"} {
		_, err := s.store.Scoped().Exec(owner, "SELECT "+column+" FROM notices")
		assert.True(t, isDenied(err), "%s: %v", column, err)
	}
	var n int
	require.NoError(t, s.store.Scoped().QueryRow(owner, "SELECT count(id) FROM notices").Scan(&n))
	assert.Equal(t, 1, n, "the other notice of the owner is none of these")
	require.NoError(t, s.store.Scoped().QueryRow(admin, "SELECT count(id) FROM notices").Scan(&n))
	assert.Zero(t, n)

	token, lease := takeNotice(t, s.World, sent.ID)
	require.Equal(t, "what it says", lease.Notice.Data["text"])
	require.NoError(t, s.Store.RecordNotice(t.Context(), sent.ID, token, domain.NoticeResult{Status: domain.NoticeSent, Tried: true, Response: "250 OK"}))
	require.Equal(t, "{}", s.Text("SELECT data::text FROM notices WHERE id = $1", sent.ID))
	found, err := s.store.TestMail(owner, s.Owner, sent.ID)
	require.NoError(t, err)
	assert.Equal(t, domain.NoticeSent, found.Status)
	assert.Equal(t, "250 OK", found.Response)
	assert.NotNil(t, found.EndedAt)
}
