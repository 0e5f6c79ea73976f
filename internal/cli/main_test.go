package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vestnik-mail/vestnik/internal/cli"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
)

func TestMain(m *testing.M) {
	// A router that is stopped while it subscribes still waits for the handlers that never began: Watermill counts them when
	// they are added. The program ends then anyway.
	counts := goleak.IgnoreAnyFunction("github.com/ThreeDotsLabs/watermill/message.(*Router).watchAllHandlersStopped.func1")
	pgtest.Run(m, func() error { return goleak.Find(counts) })
}

const patience = 2 * time.Minute

// result is what one run of the program left.
type result struct {
	status      int
	out, errors string
}

// vestnik runs the program with the settings given and nothing else set.
func vestnik(t *testing.T, settings []string, stdin string, args ...string) result {
	t.Helper()
	return vestnikFor(t, patience, settings, stdin, args...)
}

// vestnikFor is vestnik for a run that gets its Ctrl-C after a while.
func vestnikFor(t *testing.T, limit time.Duration, settings []string, stdin string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var out, errors bytes.Buffer
	status := cli.Run(ctx, cli.Program{Args: args, Environ: settings, Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errors})
	return result{status, out.String(), errors.String()}
}

// ok fails the test unless the run succeeded.
func (r result) ok(t *testing.T) result {
	t.Helper()
	require.Zero(t, r.status, "standard error:\n%s", r.errors)
	return r
}

// lockedBuffer may be written to by several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// up is a running `vestnik up`.
type up struct {
	API     string `json:"api"`
	Docs    string `json:"docs"`
	Mailbox string `json:"mailbox"`
	DataDir string `json:"data_dir"`
	Setup   string `json:"setup"`

	stop func() // asserts that it ends with status 0
}

// startUp starts `vestnik up` and returns when it is ready. The test's end stops it as well.
func startUp(t *testing.T, settings []string, args ...string) *up {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	log := &lockedBuffer{}
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(ctx, cli.Program{Args: append([]string{"up", "--json"}, args...), Environ: settings, Stdin: strings.NewReader(""), Stdout: in, Stderr: log})
		_ = in.Close()
	}()
	u := &up{}
	u.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case status := <-ended:
			require.Zero(t, status, "the log:\n%s", log)
		case <-time.After(patience):
			t.Fatal("`vestnik up` does not stop")
		}
	})
	t.Cleanup(u.stop)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	require.NoError(t, err, "the log:\n%s", log)
	require.NoError(t, json.Unmarshal(line, u))
	return u
}

// call asks the API, requires the status and reads the answer into out, unless that is nil.
func call(t *testing.T, method, url, key string, in, out any, status int) {
	t.Helper()
	var body io.Reader = http.NoBody
	if in != nil {
		encoded, err := json.Marshal(in)
		require.NoError(t, err)
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, status, response.StatusCode, "%s %s: %s", method, url, answer)
	if out != nil {
		require.NoError(t, json.Unmarshal(answer, out))
	}
}

// settings are those of a new data directory that an unprivileged PostgreSQL can reach.
func settings(t *testing.T, more ...string) []string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))               //nolint:gosec // see above
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755)) //nolint:gosec // see above
	return append([]string{"VESTNIK_DATA_DIR=" + filepath.Join(dir, "данные"), "VESTNIK_HTTP_ADDR=127.0.0.1:0"}, more...)
}

// makeKey makes an account with a key for the API.
func makeKey(t *testing.T, settings []string, email string) string {
	t.Helper()
	r := vestnik(t, settings, "очень длинный пароль\n", "user", "create", "--email", email, "--password", "-", "--verified", "--api-key").ok(t)
	key := strings.TrimSuffix(r.out, "\n")
	require.Regexp(t, `^vst_[\w-]{43}$`, key, "nothing but the key")
	return key
}
