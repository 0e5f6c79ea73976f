// Package password turns passwords into hashes for storage and checks them.
//
// Hashes are argon2id (RFC 9106) in PHC string format, with the parameters that OWASP's Password Storage Cheat Sheet
// names first: 19 MiB, 2 passes, 1 lane. All functions are pure but for their randomness, and safe for concurrent use.
// A hash takes about 30 ms and 19 MiB: a Hasher bounds how many are made at once.
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

	"github.com/vestnik-mail/vestnik/internal/domain"
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
	errShort  = domain.NewFault(domain.FaultPasswordTooShort, domain.Params{"min": MinLength}, "the password must have at least %d characters", MinLength)
	errLong   = domain.NewFault(domain.FaultPasswordTooLong, domain.Params{"max": MaxLength}, "the password must have at most %d characters", MaxLength)
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

// Hash returns the hash to store for pw, or Check's error. Whoever makes many uses a Hasher.
func Hash(pw string) (string, error) {
	if err := Check(pw); err != nil {
		return "", err
	}
	p, salt := Default(), newSalt()
	return encode(p, salt, argon2.IDKey(normal(pw), salt, p.Passes, p.Memory, lanes, hashLen)), nil
}

// Verify reports whether pw is the password of hash, which may have been made with other parameters. An error says that
// hash itself cannot be read.
func Verify(pw, hash string) (bool, error) {
	parsed, err := parse(hash)
	if err != nil {
		return false, err
	}
	if tooLong(pw) {
		return false, nil // was never set, and is not worth hashing
	}
	return parsed.is(parsed.derive(argon2.IDKey, pw)), nil
}

func tooLong(pw string) bool { return utf8.RuneCountInString(pw) > MaxLength }

func newSalt() []byte {
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // crypto/rand.Read never fails: it ends the program instead
	return salt
}

func encode(p Params, salt, sum []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Passes, lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

// stored is a hash, taken apart.
type stored struct {
	params    Params
	lanes     uint8
	salt, sum []byte
}

func parse(hash string) (stored, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return stored{}, errFormat
	}
	var s stored
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &s.params.Memory, &s.params.Passes, &s.lanes); err != nil {
		return stored{}, errFormat
	}
	if s.params.Memory < 8 || s.params.Memory > 1<<20 || s.params.Passes < 1 || s.params.Passes > 100 || s.lanes < 1 {
		return stored{}, errFormat
	}
	var err error
	if s.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return stored{}, errFormat
	}
	if s.sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(s.sum) < 16 || len(s.sum) > 128 {
		return stored{}, errFormat
	}
	return s, nil
}

func (s *stored) derive(with deriveFunc, pw string) []byte {
	return with(normal(pw), s.salt, s.params.Passes, s.params.Memory, s.lanes, uint32(len(s.sum))) //nolint:gosec // bounded by parse
}

func (s *stored) is(sum []byte) bool { return subtle.ConstantTimeCompare(sum, s.sum) == 1 }

// normal makes one of the spellings that keyboards give to the same letters: some send "й" as one character, some as two.
func normal(pw string) []byte { return norm.NFC.Bytes([]byte(pw)) }
