package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestAccounts(t *testing.T) {
	t.Parallel()
	store, _ := imports(t)
	email := domain.Address{Display: "Анна@Пример.рф", Key: "анна@xn--e1afmkfd.xn--p1ai"}
	created, err := store.CreateUser(t.Context(), email, "hash", domain.RoleManager, false)
	require.NoError(t, err)
	_, err = store.CreateUser(t.Context(), email, "hash", domain.RoleUser, true)
	require.Equal(t, domain.Conflict, domain.KindOf(err), "%v", err)

	found, hash, err := store.UserByEmail(t.Context(), email)
	require.NoError(t, err)
	assert.Equal(t, created, found)
	assert.Equal(t, "hash", hash)
	_, _, err = store.UserByEmail(t.Context(), domain.Address{Key: "nobody@example.org"})
	require.Equal(t, domain.NotFound, domain.KindOf(err), "%v", err)
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	store, owner := imports(t)
	first, err := store.CreateAPIKey(t.Context(), owner, "one")
	require.NoError(t, err)
	second, err := store.CreateAPIKey(t.Context(), owner, "two")
	require.NoError(t, err)
	assert.NotEqual(t, first, second)
	assert.Regexp(t, `^vst_[A-Za-z0-9_-]{43}$`, first)
	for _, key := range []string{first, second} {
		user, _, err := store.UserByAPIKey(t.Context(), key)
		require.NoError(t, err)
		assert.Equal(t, owner, user.ID)
	}
	_, _, err = store.UserByAPIKey(t.Context(), first+"x")
	require.Equal(t, domain.Unauthorized, domain.KindOf(err), "%v", err)
}
