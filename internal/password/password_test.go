package password_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/password"
)

func TestHashAndVerify(t *testing.T) {
	t.Parallel()
	hash, err := password.Hash("пароль из слов")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$"), hash)

	ok, err := password.Verify("пароль из слов", hash)
	require.NoError(t, err)
	assert.True(t, ok)
	ok, err = password.Verify("пароль из слова", hash)
	require.NoError(t, err)
	assert.False(t, ok)

	again, err := password.Hash("пароль из слов")
	require.NoError(t, err)
	assert.NotEqual(t, hash, again, "every hash has a salt of its own")
}

func TestSpellingsOfOneLetterAreOnePassword(t *testing.T) {
	t.Parallel()
	hash, err := password.Hash("мой хороший пароль")
	require.NoError(t, err)
	ok, err := password.Verify("мои\u0306 хорошии\u0306 пароль", hash)
	require.NoError(t, err)
	assert.True(t, ok)
}

func TestLengthIsInCharacters(t *testing.T) {
	t.Parallel()
	_, err := password.Hash("девять123")
	require.EqualError(t, err, "the password must have at least 10 characters")
	_, err = password.Hash(strings.Repeat("ж", 257))
	require.Error(t, err)
	_, err = password.Hash(strings.Repeat("ж", 10))
	require.NoError(t, err)
}

func TestForeignHashes(t *testing.T) {
	t.Parallel()
	// The hash of "password" with the salt "somesalt" from the reference implementation's test.c: m=65536, t=2, p=1.
	ok, err := password.Verify("password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	require.NoError(t, err)
	assert.True(t, ok)
	for _, bad := range []string{
		"", "plain", "$2y$10$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=1,t=2$c29tZXNhbHQ$AAAA",
		"$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=2,p=1$!!$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
	} {
		_, err := password.Verify("password", bad)
		require.Error(t, err, bad)
	}
}
