// Package password turns passwords into hashes for storage and checks them.
//
// Hashes are argon2id (RFC 9106) in PHC string format, with the parameters that OWASP's Password Storage Cheat Sheet
// names first: 19 MiB, 2 passes, 1 lane. All functions are pure but for their randomness, and safe for concurrent use.
// A call takes about 30 ms and 19 MiB, so callers must bound how many run at once.
package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Bounds of a password's length, in characters.
const (
	MinLength = 10
	MaxLength = 256
)

const (
	memory  = 19 * 1024 // KiB
	passes  = 2
	lanes   = 1
	saltLen = 16
	hashLen = 32
)

var (
	errShort  = fmt.Errorf("the password must have at least %d characters", MinLength)
	errLong   = fmt.Errorf("the password must have at most %d characters", MaxLength)
	errFormat = errors.New("not an argon2id hash in PHC string format")
)

// Check says whether pw is good enough to be set; its error is for the person who chose it.
func Check(pw string) error {
	switch n := utf8.RuneCountInString(pw); {
	case n < MinLength:
		return errShort
	case n > MaxLength:
		return errLong
	default:
		return nil
	}
}

// Hash returns the hash to store for pw, or Check's error.
func Hash(pw string) (string, error) {
	if err := Check(pw); err != nil {
		return "", err
	}
	var salt [saltLen]byte
	_, _ = rand.Read(salt[:]) // crypto/rand.Read never fails: it ends the program instead
	sum := argon2.IDKey(normal(pw), salt[:], passes, memory, lanes, hashLen)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes,
		base64.RawStdEncoding.EncodeToString(salt[:]), base64.RawStdEncoding.EncodeToString(sum)), nil
}

// Verify reports whether pw is the password of hash, which may have been made with other parameters. An error says that
// hash itself cannot be read.
func Verify(pw, hash string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, errFormat
	}
	var m, t uint32
	var p uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p); err != nil {
		return false, errFormat
	}
	if m < 8 || m > 1<<20 || t < 1 || t > 100 || p < 1 {
		return false, errFormat
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, errFormat
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) < 16 || len(want) > 128 {
		return false, errFormat
	}
	if utf8.RuneCountInString(pw) > MaxLength {
		return false, nil // was never set, and is not worth hashing
	}
	got := argon2.IDKey(normal(pw), salt, t, m, p, uint32(len(want))) //nolint:gosec // bounded above
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// normal makes one of the spellings that keyboards give to the same letters: some send "й" as one character, some as two.
func normal(pw string) []byte { return norm.NFC.Bytes([]byte(pw)) }
