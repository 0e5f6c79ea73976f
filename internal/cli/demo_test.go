package cli_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDemoSendsThreeMailingsAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	r := vestnik(t, settings(t), "", "demo", "--clients", "230", "--exit", "--json").ok(t)
	require.Equal(t, 1, strings.Count(r.out, "\n"), "the report is all there is on standard output")
	var report struct {
		Attempts []struct {
			Mailing, Status, Result                  string
			Audience, Sent, Failed, Unknown, Skipped int
			LateMS                                   *int64 `json:"late_ms"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(r.out), &report))
	require.Len(t, report.Attempts, 3)
	for _, a := range report.Attempts {
		require.NotEmpty(t, a.Mailing)
		require.Equal(t, "finished", a.Status)
		require.Equal(t, "succeeded", a.Result)
		require.Equal(t, 230, a.Audience)
		require.Equal(t, 230, a.Sent)
		require.Zero(t, a.Failed+a.Unknown+a.Skipped)
		require.NotNil(t, a.LateMS)
	}
	require.Contains(t, r.errors, "Mailbox: 690 messages, as reported; each mailing reached each client once.")
	require.Contains(t, r.errors, "The weekly mailing starts again on ")
	for line := range strings.SplitSeq(r.errors, "\n") {
		if !strings.HasPrefix(line, "{") { // the log
			require.LessOrEqual(t, len([]rune(line)), 80, "%q", line)
		}
	}
	dir := regexp.MustCompile(`(?m)^/.*vestnik-demo-.*$`).FindString(r.errors)
	require.NotEmpty(t, dir)
	require.NoDirExists(t, dir)
}

func TestDemoKeepsOffTheDataOfARealUp(t *testing.T) {
	t.Parallel()
	s := settings(t)
	vestnik(t, s, "", "user", "list").ok(t)
	dir := strings.TrimPrefix(s[0], "VESTNIK_DATA_DIR=")
	r := vestnik(t, s, "", "demo", "--data", dir, "--exit")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, "choose another one for --data")

	r = vestnik(t, s, "", "demo", "--csv", filepath.Join(dir, "clients.csv"), "--exit")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.errors, "clients.csv")
	require.NotContains(t, r.errors, "Starting PostgreSQL")
}
