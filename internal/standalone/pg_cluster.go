package standalone

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rs/zerolog"
)

const (
	databaseName = "vestnik"
	databaseUser = "vestnik"
)

// clusterSettings goes into a new cluster's postgresql.conf, where an operator may change it. What must be durable is
// (fsync and synchronous_commit say so aloud); the rest suits bulk inserts and few large transactions on one machine.
const clusterSettings = `
# ---- Vestnik ----
fsync = on
full_page_writes = on
synchronous_commit = on
shared_buffers = 256MB
effective_cache_size = 1GB
maintenance_work_mem = 128MB
wal_compression = on
max_wal_size = 2GB
min_wal_size = 256MB
checkpoint_timeout = 15min
random_page_cost = 1.1
max_connections = 200
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = ''
`

// clusterAccess: loopback with the generated password, nothing else.
const clusterAccess = `# Written by Vestnik.
host all all 127.0.0.1/32 scram-sha-256
`

// cluster is a data directory of PostgreSQL with the programs and the account it runs with.
type cluster struct {
	pgdata   string
	password string // path of the password file
	install  PostgresInstall
	account  account
	noSync   bool
	log      zerolog.Logger
}

func (c *cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(c.install.BinDir, name), args...) //nolint:gosec // a server found on this machine
	cmd.Env = postgresEnv()
	cmd.Dir = filepath.Dir(c.pgdata) // the caller's own directory may be closed to the account
	cmd.SysProcAttr = c.account.sysProcAttr()
	return cmd
}

func (c *cluster) exists() bool {
	_, err := os.Stat(filepath.Join(c.pgdata, "PG_VERSION"))
	return err == nil
}

// chooseInstall takes the programs of the version that made the cluster: PostgreSQL opens no other.
func (c *cluster) chooseInstall(installs []PostgresInstall) error {
	c.install = installs[0]
	content, err := os.ReadFile(filepath.Join(c.pgdata, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the version of the database: %w", err)
	}
	made := strings.TrimSpace(string(content))
	var have []string
	for _, install := range installs {
		if strconv.Itoa(install.Major) == made {
			c.install = install
			return nil
		}
		have = append(have, fmt.Sprintf("%s (%s)", install.Version, install.BinDir))
	}
	return fmt.Errorf("data directory %s was made by PostgreSQL %s; found %s: install PostgreSQL %s again, "+
		"or move the data over with pg_upgrade or a dump", c.pgdata, made, strings.Join(have, ", "), made)
}

// prepare makes the cluster on first use and returns the password of its only role.
func (c *cluster) prepare(ctx context.Context) (string, error) {
	if !c.exists() {
		if err := c.create(ctx); err != nil {
			return "", err
		}
	}
	password, ok, err := readPassword(c.password)
	if err != nil || ok {
		return password, err
	}
	// First use, or the file was lost. The role changes first, so that a crash in between repeats this.
	password = newPassword()
	if err := c.singleUser(ctx, fmt.Sprintf("ALTER ROLE %s PASSWORD '%s'", databaseUser, password)); err != nil {
		return "", fmt.Errorf("set the password of the database: %w", err)
	}
	return password, writeFileAtomic(c.password, []byte(password+"\n"))
}

// create builds the cluster aside and moves it into place when it is whole, so that a crash leaves no half-made one.
func (c *cluster) create(ctx context.Context) error {
	if entries, err := os.ReadDir(c.pgdata); err == nil && len(entries) > 0 {
		return fmt.Errorf("folder %s is neither empty nor a PostgreSQL cluster: move it away, or choose another directory "+
			"with VESTNIK_DATA_DIR", c.pgdata)
	}
	if err := os.Remove(c.password); err != nil && !errors.Is(err, os.ErrNotExist) { // of a cluster that is gone
		return fmt.Errorf("make the database: %w", err)
	}
	place := c.pgdata
	aside := *c
	aside.pgdata = place + ".new"
	if err := errors.Join(os.RemoveAll(aside.pgdata), os.Mkdir(aside.pgdata, 0o700), c.account.own(aside.pgdata)); err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	if err := aside.initdb(ctx); err != nil {
		return err
	}
	if err := aside.configure(); err != nil {
		return fmt.Errorf("configure the database: %w", err)
	}
	if err := aside.singleUser(ctx, "CREATE DATABASE "+databaseName); err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	_ = os.Remove(place) // an empty folder may stand there
	if err := os.Rename(aside.pgdata, place); err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	return syncDir(filepath.Dir(place))
}

// initdb tries the locales in turn until the machine knows one: all sort by code point, which is fast and the same
// everywhere, and all but the last know upper and lower case of Cyrillic, which a search ignoring case needs.
func (c *cluster) initdb(ctx context.Context) error {
	args := []string{"-D", c.pgdata, "-U", databaseUser, "-E", "UTF8", "--auth=reject", "--no-instructions"}
	if c.noSync {
		args = append(args, "--no-sync")
	}
	locales := [][]string{
		{"--locale=C.UTF-8"},
		{"--locale=C", "--lc-ctype=en_US.UTF-8"},
		{"--locale=C", "--lc-ctype=UTF-8"},
		{"--locale=C", "--locale-provider=icu", "--icu-locale=und"},
		{"--locale=C"},
	}
	if c.install.Major >= 17 {
		locales = append([][]string{{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}}, locales...)
	}
	var err error
	for i, locale := range locales {
		err = runTool(ctx, c.command(ctx, "initdb", append(slices.Clip(args), locale...)...), c.log)
		if err == nil && i == len(locales)-1 {
			c.log.Warn().Msg("this machine has no UTF-8 locale: searches that ignore case do so for Latin letters only")
		}
		if err == nil || !strings.Contains(err.Error(), "locale") && !strings.Contains(err.Error(), "ICU") {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("make the database with initdb: %w", err)
	}
	return nil
}

func (c *cluster) configure() error {
	conf, err := os.OpenFile(filepath.Join(c.pgdata, "postgresql.conf"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = conf.WriteString(clusterSettings)
	if err = errors.Join(err, conf.Sync(), conf.Close()); err != nil {
		return err
	}
	hba := filepath.Join(c.pgdata, "pg_hba.conf")
	return errors.Join(writeFileAtomic(hba, []byte(clusterAccess)), c.account.own(hba))
}

// singleUser runs one statement without a server and thus without a password.
func (c *cluster) singleUser(ctx context.Context, sql string) error {
	// Without exit_on_error a failed statement would end with status 0.
	cmd := c.command(ctx, "postgres", "--single", "-D", c.pgdata, "-c", "exit_on_error=on", "-c", "log_min_messages=warning", "postgres")
	cmd.Stdin = strings.NewReader(sql + "\n")
	return runTool(ctx, cmd, zerolog.Nop()) // the statement may hold a password
}
