package cli_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/seedtest"
	"github.com/vestnik-mail/vestnik/internal/standalone"
)

func TestUpSurvivesARestartAndWorksBesideOtherCommands(t *testing.T) {
	t.Parallel()
	s := settings(t)
	early := makeKey(t, s, "early@example.org") // before the first `vestnik up`

	u := startUp(t, s)
	require.Empty(t, u.Setup, "somebody has an account")
	nats := vestnik(t, s, "", "nats").ok(t).out
	key := makeKey(t, s, "анна@пример.испытание")
	var me struct{ Email, Role string }
	call(t, http.MethodGet, u.API+"/me", key, nil, &me, http.StatusOK)
	require.Equal(t, "анна@пример.испытание", me.Email)
	require.Equal(t, "user", me.Role)
	call(t, http.MethodGet, u.API+"/me", early, nil, nil, http.StatusOK)

	require.Contains(t, vestnik(t, s, "", "healthcheck").ok(t).out, "/readyz: ready")

	second := vestnik(t, s, "", "up")
	require.Equal(t, 1, second.status)
	require.Contains(t, second.errors, "is in use by another Vestnik process")
	require.Contains(t, second.errors, u.DataDir)

	again := vestnik(t, s, "очень длинный пароль", "user", "create", "--email", "early@example.org", "--password", "-")
	require.Equal(t, 1, again.status)
	require.Contains(t, again.errors, "there is an account with this address already")

	shown := vestnik(t, s, "", "config").ok(t).out
	require.Contains(t, shown, "(vestnik up)")
	running, err := standalone.ReadRuntime(u.DataDir)
	require.NoError(t, err)
	require.Contains(t, vestnik(t, s, "", "config", "--export").ok(t).out, "export VESTNIK_NATS_URL='"+running.NATSURL+"'")
	require.NotContains(t, shown, strings.Split(running.DatabaseURL, "@")[0], "passwords are masked")
	require.Contains(t, vestnik(t, s, "", "migrate").ok(t).out, "up to date")

	u.stop()
	u = startUp(t, s)
	call(t, http.MethodGet, u.API+"/me", key, nil, nil, http.StatusOK)
	require.Equal(t, nats, vestnik(t, s, "", "nats").ok(t).out, "a saved context stays good")

	killPostgres(t, u.DataDir)
	require.Eventually(t, func() bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.API+"/me", http.NoBody)
		if err != nil {
			return false
		}
		request.Header.Set("Authorization", "Bearer "+key)
		response, err := http.DefaultClient.Do(request)
		return err == nil && response.Body.Close() == nil && response.StatusCode == http.StatusOK
	}, time.Minute, 100*time.Millisecond, "a PostgreSQL that was killed comes back")
}

func killPostgres(t *testing.T, dir string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "postgres", "data", "postmaster.pid")) //nolint:gosec // the test's own directory
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.Split(string(content), "\n")[0])
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
}

func TestImportClients(t *testing.T) {
	t.Parallel()
	s := settings(t)
	file := filepath.Join(t.TempDir(), "клиенты.csv")
	require.NoError(t, os.WriteFile(file, []byte("email;full_name;город\nanna@example.org;Анна;Казань\nnobody;Никто;\nиван@почта.example;Иван;Самара\n"), 0o600))

	missing := vestnik(t, s, "", "import", "clients", file, "--owner", "anna@example.org")
	require.Equal(t, 1, missing.status)
	require.Contains(t, missing.errors, "vestnik user create")

	u := startUp(t, s, "--no-planner", "--no-sender")
	key := makeKey(t, s, "anna@example.org")
	r := vestnik(t, s, "", "import", "clients", file, "--owner", "Anna@Example.org", "--list", "Казань").ok(t)
	require.Equal(t, "3 rows: 2 created, 0 updated, 1 rejected.\n", r.out)
	require.Contains(t, r.errors, "line 3: the address has no @ (nobody)")
	r = vestnik(t, s, "email\nanna@example.org\n", "import", "clients", "-", "--owner", "anna@example.org", "--list", "Казань", "--json").ok(t)
	require.Contains(t, r.out, `"updated":1`)

	var lists struct{ Items []struct{ Clients int } }
	call(t, http.MethodGet, u.API+"/lists", key, nil, &lists, http.StatusOK)
	require.Len(t, lists.Items, 1, "the second import found the list of the first")
	require.Equal(t, 2, lists.Items[0].Clients)

	for _, args := range [][]string{{}, {"--list", "Новый"}} {
		r = vestnik(t, s, "name\nAnna\n", append([]string{"import", "clients", "-", "--owner", "anna@example.org"}, args...)...)
		require.Equal(t, 1, r.status)
		require.Contains(t, r.errors, `no column "email"`)
	}
	call(t, http.MethodGet, u.API+"/lists", key, nil, &lists, http.StatusOK)
	require.Len(t, lists.Items, 1, "a file that cannot be read leaves no list behind")

	rejects := filepath.Join(t.TempDir(), "rejects.csv")
	cp1251 := "\xcf\xee\xf7\xf2\xe0;\xc8\xec\xff\nanna@example.org;\xc0\xed\xed\xe0\n=bad;x\n" // Почта;Имя, Анна
	r = vestnik(t, s, cp1251, "import", "clients", "-", "--owner", "anna@example.org", "--charset", "cp1251", "--rejects", rejects).ok(t)
	require.Equal(t, "2 rows: 0 created, 1 updated (1 were so already), 1 rejected.\n", r.out)
	require.NotContains(t, r.errors, "line 3")
	written, err := os.ReadFile(rejects) //nolint:gosec // the test's own file
	require.NoError(t, err)
	require.Equal(t, "line,reason,email,row\n3,the address has no @,'=bad,'=bad;x\n", string(written))

	r = vestnik(t, s, "", "export", "clients", "--owner", "anna@example.org", "--list", "Казань", "--delimiter", "semicolon", "--bom").ok(t)
	require.Equal(t, "\ufeffemail;full_name;comment;город\nanna@example.org;Анна;;Казань\nиван@почта.example;Иван;;Самара\n", r.out)
	copied := filepath.Join(t.TempDir(), "копия.csv")
	r = vestnik(t, s, "", "export", "clients", "--owner", "anna@example.org", copied).ok(t)
	require.Equal(t, "2 clients written to "+copied+".\n", r.out)
	makeKey(t, s, "boris@example.org")
	vestnik(t, s, "", "import", "clients", copied, "--owner", "boris@example.org").ok(t)
	theirs := vestnik(t, s, "", "export", "clients", "--owner", "boris@example.org").ok(t).out
	original, err := os.ReadFile(copied) //nolint:gosec // the test's own file
	require.NoError(t, err)
	require.Equal(t, string(original), theirs)
	r = vestnik(t, s, "", "export", "clients", "--owner", "boris@example.org", "--list", "Казань")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, `no list "Казань"`)
}

// Who can connect from this machine may be anybody, through a forwarder: he makes no administrator without what `vestnik up`
// has printed.
func TestTheFirstAccountTakesTheLinkThatUpPrints(t *testing.T) {
	t.Parallel()
	u := startUp(t, settings(t))
	home := strings.TrimSuffix(u.API, "/api/v1")
	require.Regexp(t, "^"+regexp.QuoteMeta(home)+`/welcome#token=[\w-]{43}$`, u.Setup)
	admin := map[string]string{"email": "anna@example.net", "password": "a-fresh-Zq7-secret", "language": "en"} //nolint:gosec // of this test only
	var problem struct{ Code string }
	call(t, http.MethodPost, u.API+"/setup", "", admin, &problem, http.StatusForbidden)
	require.Equal(t, "setup_token_wrong", problem.Code)
	_, admin["token"], _ = strings.Cut(u.Setup, "#token=")
	call(t, http.MethodPost, u.API+"/setup", "", admin, nil, http.StatusOK)
}

// Where no mail service is named, the service's own mail is in the mailbox, with links to where this Vestnik listens.
func TestUpShowsTheServicesOwnMailInItsMailbox(t *testing.T) {
	t.Parallel()
	u := startUp(t, settings(t))
	running, err := standalone.ReadRuntime(u.DataDir)
	require.NoError(t, err)
	w := seedtest.New(t, running.DatabaseURL, 1, domain.SystemClock{})
	once := "to-be-used-once"
	w.Notice(domain.Notice{
		Email: "anna@example.net", Kind: domain.NoticeVerify, Language: domain.Russian, Data: map[string]string{"token": once, "code": "730164"},
	})
	require.Eventually(t, func() bool {
		return strings.Contains(page(t, u.Mailbox), "Подтвердите адрес почты")
	}, patience, 100*time.Millisecond)
	message := regexp.MustCompile(`/mailbox/[0-9]+`).FindString(page(t, u.Mailbox))
	require.NotEmpty(t, message)
	home := strings.TrimSuffix(u.API, "/api/v1")
	require.Contains(t, page(t, home+message), home+"/verify#token="+once)
}

func page(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}
