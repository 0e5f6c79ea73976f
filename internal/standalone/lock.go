package standalone

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	lockFile = "lock"
	// lockPatience covers a ReadRuntime that holds the lock, shared, for the instant it looks at it.
	lockPatience = 500 * time.Millisecond
	lockPoll     = 20 * time.Millisecond
)

// DirInUseError says that another process holds a directory.
type DirInUseError struct {
	Dir string
	PID int // 0 when the holder has not written its id
}

// Error names the directory, its holder and the way out.
func (e *DirInUseError) Error() string {
	holder := "another process"
	if e.PID != 0 {
		holder = fmt.Sprintf("another Vestnik process (pid %d)", e.PID)
	}
	return fmt.Sprintf("directory %s is in use by %s: stop that one first, or choose another directory with VESTNIK_DATA_DIR",
		e.Dir, holder)
}

// Lock is the exclusive right to a directory. The kernel takes it back when the process ends in whatever way.
type Lock struct {
	file *os.File
}

// LockDataDir makes dir if it is missing and takes it for this process. It returns a *DirInUseError when another
// process, or another Lock of this one, holds it. The lock is a flock(2) on a file that stays in the directory, so
// nothing is left to clean up after a kill or a power cut.
func LockDataDir(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, dirMode()); err != nil {
		return nil, fmt.Errorf("make directory %s: %w", dir, err)
	}
	file, err := openLocked(dir, syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	if err := writePID(file); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("write the lock of directory %s: %w", dir, err)
	}
	return &Lock{file: file}, nil
}

// openLocked opens the lock file of dir and takes it in the given way (LOCK_EX or LOCK_SH).
func openLocked(dir string, how int) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator's own directory
	if err != nil {
		return nil, fmt.Errorf("open the lock of directory %s: %w", dir, err)
	}
	if err := flockPatiently(file, how); err != nil {
		pid := readPID(file)
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &DirInUseError{Dir: dir, PID: pid}
		}
		return nil, fmt.Errorf("lock directory %s: %w", dir, err)
	}
	return file, nil
}

// Release gives the directory back. The second call returns an error and does nothing.
func (l *Lock) Release() error {
	if err := l.file.Close(); err != nil { // closing the descriptor ends the flock
		return fmt.Errorf("release the lock %s: %w", l.file.Name(), err)
	}
	return nil
}

// dirMode lets an unprivileged PostgreSQL pass through a directory made by root without reading it.
func dirMode() os.FileMode {
	if os.Geteuid() == 0 {
		return 0o711
	}
	return 0o700
}

func flockPatiently(file *os.File, how int) error {
	ticker := time.NewTicker(lockPoll)
	defer ticker.Stop()
	for deadline := time.Now().Add(lockPatience); ; <-ticker.C {
		err := flock(file, how)
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(deadline) {
			return err
		}
	}
}

// lockHolder returns the pid of the process that holds dir, and false when nobody does.
func lockHolder(dir string) (int, bool, error) {
	file, err := os.Open(filepath.Join(dir, lockFile)) //nolint:gosec // the operator's own directory
	if errors.Is(err, os.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("open the lock of directory %s: %w", dir, err)
	}
	defer func() { _ = file.Close() }()
	err = flock(file, syscall.LOCK_SH)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return readPID(file), true, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("look at the lock of directory %s: %w", dir, err)
	}
	return 0, false, nil
}

func flock(file *os.File, how int) error {
	for {
		err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func readPID(file *os.File) int {
	buf := make([]byte, 32)
	n, _ := file.ReadAt(buf, 0)
	pid, err := strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	if err != nil {
		return 0
	}
	return pid
}

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}
