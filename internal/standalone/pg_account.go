package standalone

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// account is the one PostgreSQL runs as: it refuses to run as root. The zero value is the account of this process.
type account struct {
	name     string
	uid, gid uint32
	switched bool
}

// postgresAccount picks the account for a cluster in pgdata, which need not exist yet. An existing cluster keeps its
// owner, so that it opens whether root or the owner starts Vestnik.
func postgresAccount(pgdata string) (account, error) {
	owner, exists := ownerOf(pgdata)
	if os.Geteuid() != 0 {
		if exists && int(owner.uid) != os.Geteuid() {
			return account{}, fmt.Errorf("the database in %s belongs to account %s: start Vestnik as that account or as root, "+
				"or choose another directory with VESTNIK_DATA_DIR", pgdata, owner.name)
		}
		return account{}, nil
	}
	if exists && owner.uid != 0 {
		return owner, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return account{name: name, uid: uint32(uid), gid: uint32(gid), switched: true}, nil
		}
	}
	return account{}, errors.New("PostgreSQL refuses to run as root, and this machine has neither an account postgres nor " +
		"nobody to run it as: start Vestnik as an ordinary user, or set VESTNIK_DATABASE_URL")
}

func ownerOf(path string) (account, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return account{}, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return account{}, false
	}
	a := account{name: strconv.FormatUint(uint64(stat.Uid), 10), uid: stat.Uid, gid: stat.Gid, switched: true}
	if u, err := user.LookupId(a.name); err == nil {
		a.name = u.Username
	}
	return a, true
}

// sysProcAttr switches a child to the account.
func (a account) sysProcAttr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if a.switched {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attr
}

// own gives a file or a tree to the account. It stays inside the tree whatever links the account puts there meanwhile.
func (a account) own(path string) error {
	if !a.switched {
		return nil
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return os.Lchown(path, int(a.uid), int(a.gid))
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return fs.WalkDir(root.FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return root.Lchown(name, int(a.uid), int(a.gid))
	})
}

// canEnter says which folder on the way to dir the account cannot pass, and what to do.
func (a account) canEnter(dir string) error {
	if !a.switched {
		return nil
	}
	var way []string
	for path := dir; ; path = filepath.Dir(path) {
		way = append(way, path)
		if path == filepath.Dir(path) {
			break
		}
	}
	slices.Reverse(way) // from the root: the first closed folder is the one to open first
	for _, path := range way {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("look at folder %s: %w", path, err)
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && !a.passes(stat.Uid, stat.Gid, info.Mode()) {
			return fmt.Errorf("PostgreSQL refuses to run as root, and the account it runs as instead, %s, cannot enter folder %s: "+
				"allow that with `chmod a+x %s`, or choose another directory with VESTNIK_DATA_DIR", a.name, path, path)
		}
	}
	return nil
}

// passes follows the kernel's order: the owner's bit decides alone for the owner, then the group's.
func (a account) passes(uid, gid uint32, mode os.FileMode) bool {
	switch {
	case uid == a.uid:
		return mode&0o100 != 0
	case gid == a.gid:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}
