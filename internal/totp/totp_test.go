package totp_test

import (
	"bytes"
	"encoding/base32"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	library "github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/totp"
)

const key = "a secret key of at least 32 characters"

func factor(t *testing.T, key string) *totp.Factor {
	t.Helper()
	f, err := totp.New(key)
	require.NoError(t, err)
	return f
}

// TestVectorsOfTheRFC takes the vectors of RFC 6238, appendix B, shortened to six digits, through the library that the codes
// are made with.
func TestVectorsOfTheRFC(t *testing.T) {
	t.Parallel()
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		got, err := library.GenerateCodeCustom(secret, time.Unix(at, 0), library.ValidateOpts{Period: 30, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestCodesOfOneStepEitherSideFit(t *testing.T) {
	t.Parallel()
	f, now := factor(t, key), time.Unix(2_000_000_010, 0)
	user := domain.NewID(now)
	setup, sealed := f.Begin(user, "anna@example.org")
	for off, want := range map[int]bool{-60: false, -30: true, 0: true, 30: true, 60: false} {
		at := now.Add(time.Duration(off) * time.Second)
		code, err := library.GenerateCode(setup.Secret, at)
		require.NoError(t, err)
		step, ok, err := f.Step(user, sealed, code, now)
		require.NoError(t, err)
		assert.Equal(t, want, ok, off)
		if ok {
			assert.Equal(t, at.Unix()/30, step)
		}
	}
	for _, bad := range []string{"", "12345", "1234567"} {
		_, ok, err := f.Step(user, sealed, bad, now)
		require.NoError(t, err)
		assert.False(t, ok)
	}
}

func TestSecretsAreSealed(t *testing.T) {
	t.Parallel()
	f, now := factor(t, key), time.Now()
	user := domain.NewID(now)
	setup, sealed := f.Begin(user, "anna@example.org")
	plain, err := base32.StdEncoding.DecodeString(setup.Secret)
	require.NoError(t, err)
	assert.Len(t, plain, 20)
	assert.False(t, bytes.Contains(sealed, plain))
	assert.NotContains(t, string(sealed), setup.Secret)

	_, _, err = f.Step(domain.NewID(now), sealed, "123456", now)
	require.Error(t, err, "copied to another user")
	_, _, err = factor(t, strings.ToUpper(key)).Step(user, sealed, "123456", now)
	require.ErrorContains(t, err, "VESTNIK_SECRET_KEY")
	sealed[len(sealed)-1] ^= 1
	_, _, err = f.Step(user, sealed, "123456", now)
	require.Error(t, err, "damaged")
	_, _, err = f.Step(user, nil, "123456", now)
	require.Error(t, err)
}

func TestTheURIIsForAuthenticators(t *testing.T) {
	t.Parallel()
	setup, _ := factor(t, key).Begin(domain.NewID(time.Now()), "анна+a&b?c@example.org")
	parsed, err := url.Parse(setup.URI)
	require.NoError(t, err)
	assert.Equal(t, "/Vestnik:анна+a&b?c@example.org", parsed.Path)
	read, err := otp.NewKeyFromURL(setup.URI)
	require.NoError(t, err)
	assert.Equal(t, setup.Secret, read.Secret())
	assert.Equal(t, "Vestnik", read.Issuer())
	assert.EqualValues(t, 30, read.Period())
	assert.Equal(t, otp.DigitsSix, read.Digits())
	assert.Equal(t, otp.AlgorithmSHA1, read.Algorithm())
}

func TestWhatPeopleType(t *testing.T) {
	t.Parallel()
	code, ok := totp.Code(" 123 456 ")
	assert.True(t, ok)
	assert.Equal(t, "123456", code)
	for _, bad := range []string{"", "12345", "1234567", "12345a", "١٢٣٤٥٦", "-12345"} {
		_, ok := totp.Code(bad)
		assert.False(t, ok, bad)
	}

	codes, hashes := totp.NewRecoveryCodes()
	require.Len(t, codes, 10)
	seen := map[string]bool{}
	for i, code := range codes {
		assert.Regexp(t, `^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$`, code)
		assert.False(t, seen[code])
		seen[code] = true
		for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), " " + strings.ReplaceAll(code, "-", " ")} {
			hash, ok := totp.Recovery(typed)
			require.True(t, ok)
			assert.Equal(t, hashes[i], hash)
		}
		_, ok := totp.Recovery(code + "A")
		assert.False(t, ok)
	}
	for _, bad := range []string{"", "123456", "ABCD-EFGH", "ABCD-EFGH-IJKL-MN01"} {
		_, ok := totp.Recovery(bad)
		assert.False(t, ok, bad)
	}
}
