package standalone

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// minPostgresMajor is the oldest PostgreSQL that Vestnik's migrations are tested with.
const minPostgresMajor = 15

// PostgresInstall is one PostgreSQL found on the machine.
type PostgresInstall struct {
	BinDir  string // holds initdb and postgres
	Version string // "15.13"
	Major   int
}

// FindPostgres lists the PostgreSQL servers of this machine, the one to be preferred first: the one on PATH, then those
// of Debian's and of Homebrew's layout, newest first. A binDir that is not empty is the only place looked at. It
// returns an error that says what to install when there is none of version 15 or later.
func FindPostgres(ctx context.Context, binDir string) ([]PostgresInstall, error) {
	dirs := []string{binDir}
	if binDir == "" {
		dirs = postgresDirs()
	}
	var found []PostgresInstall
	var problems []error
	for _, dir := range dirs {
		install, err := inspectPostgres(ctx, dir)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		found = append(found, install)
	}
	if len(found) == 0 {
		reason := ""
		if len(problems) > 0 {
			reason = " (" + errors.Join(problems...).Error() + ")"
		}
		return nil, fmt.Errorf("no PostgreSQL server of version %d or later on this machine%s: "+
			"install one (Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql@17), "+
			"or set VESTNIK_DATABASE_URL to use one elsewhere", minPostgresMajor, reason)
	}
	return found, nil
}

func postgresDirs() []string {
	var dirs []string
	if initdb, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(resolve(initdb)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
	} {
		matches, _ := filepath.Glob(pattern) // fails for a malformed pattern only
		slices.SortFunc(matches, func(a, b string) int { return majorInPath(b) - majorInPath(a) })
		dirs = append(dirs, matches...)
	}
	seen := make(map[string]bool, len(dirs))
	return slices.DeleteFunc(dirs, func(dir string) bool {
		known := seen[resolve(dir)]
		seen[resolve(dir)] = true
		_, err := os.Stat(filepath.Join(dir, "initdb"))
		return known || err != nil
	})
}

// resolve follows links, because a link to initdb on PATH may stand alone, without the server beside it.
func resolve(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return resolved
	}
	return path
}

func majorInPath(path string) int {
	major, _ := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(strings.TrimPrefix(path, "/usr/pgsql-")))
	return major
}

func inspectPostgres(ctx context.Context, dir string) (PostgresInstall, error) {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return PostgresInstall{}, fmt.Errorf("no program %s in %s", name, dir)
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version") //nolint:gosec // a server found on this machine
	cmd.Env = postgresEnv()
	out, err := cmd.Output()
	if err != nil {
		return PostgresInstall{}, fmt.Errorf("ask %s for its version: %w", dir, err)
	}
	match := regexp.MustCompile(`\) ((\d+)[.\w]*)`).FindStringSubmatch(string(out))
	if match == nil {
		return PostgresInstall{}, fmt.Errorf("cannot read the version of %s from %q", dir, out)
	}
	major, _ := strconv.Atoi(match[2])
	if major < minPostgresMajor {
		return PostgresInstall{}, fmt.Errorf("PostgreSQL %s in %s is too old", match[1], dir)
	}
	return PostgresInstall{BinDir: dir, Version: match[1], Major: major}, nil
}

// postgresEnv keeps the operator's PG* variables and locale away from the private cluster.
func postgresEnv() []string {
	return []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
}
