package standalone

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const secretKeyFile = "secret-key"

// SecretKey returns the key that the data directory's own database is used with, and makes one on first use. What it
// sealed is lost with it, so a file that cannot be the key is an error, not a reason to make another. The caller holds the
// Lock of dir.
func SecretKey(dir string) (string, error) {
	path := filepath.Join(dir, secretKeyFile)
	if key, ok, err := readPassword(path); err != nil || ok {
		return key, err
	}
	if _, err := os.Stat(path); err == nil {
		return "", fmt.Errorf("%s is damaged: put the copy of your backup there; or remove it, and everybody with a second factor needs a recovery code", path)
	} else if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("look for the secret key: %w", err)
	}
	key := newPassword()
	return key, writeFileAtomic(path, []byte(key+"\n"))
}
