package standalone

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ClonePostgres copies a stopped cluster, with its password, to a directory that does not exist yet; StartPostgres can
// run the copy at once. On file systems that share blocks the copy takes no space.
func ClonePostgres(from, to string) error {
	lock, err := openLocked(from, syscall.LOCK_SH) // against a start; several may copy at once
	if err != nil {
		return err
	}
	err = filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil || rel == lockFile {
			return err
		}
		return cloneEntry(path, filepath.Join(to, rel), entry)
	})
	if err = errors.Join(err, lock.Close()); err != nil {
		return fmt.Errorf("copy the database %s to %s: %w", from, to, err)
	}
	return nil
}

func cloneEntry(from, to string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	switch {
	case entry.IsDir():
		err = os.Mkdir(to, info.Mode().Perm())
	case info.Mode().IsRegular():
		err = cloneFile(from, to, info.Mode().Perm())
	default:
		err = fmt.Errorf("%s is neither a file nor a folder", from) // a tablespace: not in a cluster of ours
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if err != nil || !ok || os.Geteuid() != 0 {
		return err
	}
	return os.Lchown(to, int(stat.Uid), int(stat.Gid))
}

func cloneFile(from, to string, perm os.FileMode) error {
	in, err := os.Open(from) //nolint:gosec // the caller's own directory
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in) // by copy_file_range where the system has it
	return errors.Join(err, out.Close())
}
