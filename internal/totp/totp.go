// Package totp is the second factor of signing in: time-based codes of an authenticator (RFC 6238: SHA-1, six digits,
// 30 s) and recovery codes for the day it is lost. It keeps nothing. A Factor is safe for concurrent use.
package totp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

const (
	issuer = "Vestnik"
	period = 30 * time.Second
	// window is how many steps the authenticator's clock may be off, either way.
	window       = 1
	secretLength = 20 // bytes, as RFC 4226 §4 recommends
	digits       = 6

	recoveryCodes  = 10
	recoveryLength = 10 // bytes
	recoveryGroup  = 4  // characters between two hyphens
)

// purpose is what the key is derived for: another use of VESTNIK_SECRET_KEY gets another key.
const purpose = "vestnik totp secret v1"

var errSealed = errors.New("the secret of the second factor was sealed with another VESTNIK_SECRET_KEY, or is damaged")

// Factor makes secrets of authenticators and checks their codes. Secrets are sealed with AES-256-GCM, each for its user,
// so that neither the database alone nor a row copied to another user is worth anything.
type Factor struct{ aead cipher.AEAD }

// New returns a Factor whose key is derived from secretKey.
func New(secretKey string) (*Factor, error) {
	key, err := hkdf.Key(sha256.New, []byte(secretKey), nil, purpose, 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of second factors: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("derive the key of second factors: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("derive the key of second factors: %w", err)
	}
	return &Factor{aead}, nil
}

// Setup is what a person puts into the authenticator.
type Setup struct {
	Secret string // in base32
	URI    string // the same for a QR code
}

// Begin makes a secret for the user and returns it as people need it, and sealed for storage.
func (f *Factor) Begin(user domain.ID, email string) (Setup, []byte) {
	secret := make([]byte, secretLength)
	_, _ = rand.Read(secret) // crypto/rand.Read never fails: it ends the program instead
	text := encoding().EncodeToString(secret)
	uri := url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + email,
		RawQuery: "secret=" + text + "&issuer=" + issuer + "&algorithm=SHA1&digits=6&period=30",
	}
	return Setup{Secret: text, URI: uri.String()}, f.aead.Seal(nil, nil, secret, user[:]) //nolint:gosec // it makes a random nonce itself
}

// Step returns the number of the time step whose code it is, and whether it is one of those around now. The error says
// that the secret cannot be unsealed. Whoever calls it sees to it that a step counts once.
func (f *Factor) Step(user domain.ID, sealed []byte, code string, now time.Time) (int64, bool, error) {
	secret, err := f.aead.Open(nil, nil, sealed, user[:])
	if err != nil {
		return 0, false, errSealed
	}
	step, found := int64(0), false
	for i := -window; i <= window; i++ { // all of them, however early one fits: the time taken tells nothing
		at := now.Add(time.Duration(i) * period)
		want, err := totp.GenerateCodeCustom(encoding().EncodeToString(secret), at, totp.ValidateOpts{
			Period: uint(period.Seconds()), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
		})
		if err != nil {
			return 0, false, fmt.Errorf("make the code to compare with: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, found = at.Unix()/int64(period.Seconds()), true
		}
	}
	return step, found, nil
}

// Code reads what a person typed as a code of an authenticator.
func Code(typed string) (string, bool) {
	code := strings.Join(strings.Fields(typed), "") // many show them as 123 456
	if len(code) != digits {
		return "", false
	}
	for i := range len(code) {
		if code[i] < '0' || code[i] > '9' {
			return "", false
		}
	}
	return code, true
}

// NewRecoveryCodes returns ten codes of 80 random bits for a person to keep, and the hashes to store.
func NewRecoveryCodes() (codes []string, hashes [][]byte) {
	for range recoveryCodes {
		random := make([]byte, recoveryLength)
		_, _ = rand.Read(random) // crypto/rand.Read never fails: it ends the program instead
		text := encoding().EncodeToString(random)
		var groups []string
		for len(text) > 0 {
			groups, text = append(groups, text[:recoveryGroup]), text[recoveryGroup:]
		}
		codes, hashes = append(codes, strings.Join(groups, "-")), append(hashes, hashRecovery(random))
	}
	return codes, hashes
}

// Recovery reads what a person typed as a recovery code and returns the hash that is stored of it. Case, hyphens and
// spaces do not matter.
func Recovery(typed string) ([]byte, bool) {
	text := strings.ReplaceAll(strings.Join(strings.Fields(typed), ""), "-", "")
	if len(text) != encoding().EncodedLen(recoveryLength) {
		return nil, false
	}
	random, err := encoding().DecodeString(strings.ToUpper(text))
	if err != nil {
		return nil, false
	}
	return hashRecovery(random), true
}

// hashRecovery needs no salt or stretching: nobody guesses 80 bits.
func hashRecovery(random []byte) []byte {
	hash := sha256.Sum256(random)
	return hash[:]
}

func encoding() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }
