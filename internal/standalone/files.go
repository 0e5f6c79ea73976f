package standalone

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const passwordBytes = 24

// writeFileAtomic writes a file of mode 0600 so that after a crash there is either the old content or the new.
func writeFileAtomic(path string, content []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // of mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func syncDir(dir string) error {
	f, err := os.Open(dir) //nolint:gosec // the operator's own directory
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// newPassword needs no escaping in a URL, in SQL or in a shell.
func newPassword() string {
	b := make([]byte, passwordBytes)
	_, _ = rand.Read(b) // never fails: it ends the process instead
	return hex.EncodeToString(b)
}

// readPassword returns false when there is none yet.
func readPassword(path string) (string, bool, error) {
	content, err := os.ReadFile(path) //nolint:gosec // the operator's own directory
	if errors.Is(err, os.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read the password file: %w", err)
	}
	password := strings.TrimSpace(string(content))
	if len(password) != hex.EncodedLen(passwordBytes) {
		return "", false, nil // cut short or emptied by hand: as good as none
	}
	if _, err := hex.DecodeString(password); err != nil {
		return "", false, nil //nolint:nilerr // likewise
	}
	return password, true, nil
}

// loadPassword reads the password of a part that learns it anew on every start, and makes one on first use.
func loadPassword(path string) (string, error) {
	password, ok, err := readPassword(path)
	if err != nil || ok {
		return password, err
	}
	password = newPassword()
	return password, writeFileAtomic(path, []byte(password+"\n"))
}
