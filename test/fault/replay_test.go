package fault_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// stranger is somebody with a NATS client.
type stranger struct {
	*site
	nc *nats.Conn
	js jetstream.JetStream

	mu   sync.Mutex
	seen []*nats.Msg
}

const headerReplayed = "X-Replayed"

// newStranger connects and records every message that Vestnik publishes from now on.
func newStranger(s *site) *stranger {
	s.t.Helper()
	nc, err := nats.Connect(s.nats.URL(), nats.MaxReconnects(-1))
	require.NoError(s.t, err)
	s.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(s.t, err)
	x := &stranger{site: s, nc: nc, js: js}
	_, err = nc.Subscribe("vestnik.>", func(m *nats.Msg) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if m.Header.Get(headerReplayed) == "" {
			x.seen = append(x.seen, m)
		}
	})
	require.NoError(s.t, err)
	require.NoError(s.t, nc.Flush())
	return x
}

// replay publishes all that was recorded twice: the last first, then in order. JetStream takes none for a duplicate.
func (x *stranger) replay() (published int) {
	x.t.Helper()
	x.mu.Lock()
	forward := slices.Clone(x.seen)
	x.mu.Unlock()
	backward := slices.Clone(forward)
	slices.Reverse(backward)
	for _, m := range append(backward, forward...) {
		again := nats.NewMsg(m.Subject)
		again.Data = m.Data
		maps.Copy(again.Header, m.Header)
		again.Header.Del("Nats-Msg-Id")
		again.Header.Set(headerReplayed, "yes")
		_, err := x.js.PublishMsg(x.t.Context(), again)
		require.NoError(x.t, err, m.Subject)
		published++
	}
	return published
}

// waitQuiet returns when every message of NATS has been handled, and nothing but schedules waits.
func (x *stranger) waitQuiet() {
	x.t.Helper()
	require.Eventually(x.t, func() bool {
		for _, name := range []string{"EVENTS", "SENDS"} {
			stream, err := x.js.Stream(x.t.Context(), name)
			if err != nil {
				return false
			}
			consumers := 0
			for c := range stream.ListConsumers(x.t.Context()).Info() {
				if c.NumPending > 0 || c.NumAckPending > 0 {
					return false
				}
				consumers++
			}
			if consumers < 2 {
				return false
			}
		}
		return x.Int(`SELECT count(*) FROM outbox`) == 0
	}, minute, 100*time.Millisecond, "NATS does not come to rest")
}

// reports are the attempts of mailings, without what a cache may show late.
func (x *stranger) reports(mailings []domain.Mailing) [][]domain.Attempt {
	x.t.Helper()
	var all [][]domain.Attempt
	for _, m := range mailings {
		attempts, err := x.Store.Attempts(x.t.Context(), x.Owner, m.ID, domain.Page{Limit: domain.MaxPage})
		require.NoError(x.t, err)
		for _, a := range attempts {
			if ended(a) {
				x.RequireLedger(a)
			}
		}
		all = append(all, attempts)
	}
	return all
}

// requireOnce checks that everybody got one message of each mailing.
func (x *stranger) requireOnce(mailings int) {
	x.t.Helper()
	require.Equal(x.t, x.Clients*mailings, x.sink.Count())
	for recipient, n := range x.sink.Recipients() {
		require.Equal(x.t, mailings, n, recipient)
	}
}

func TestEverythingTwiceBackwardsAndAgainMailsNobodyAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1500, smtptest.SinkOptions{Latency: pace})
	s.start("planner")
	s.start("sender")
	s.start("sender")
	x := newStranger(s)
	mailings := []domain.Mailing{
		s.Mailing(nil),
		s.Mailing(func(m *domain.Mailing) { m.Schedule.Start = time.Now().Add(5 * time.Second) }),
		s.Mailing(func(m *domain.Mailing) { m.Schedule.Periodicity = domain.Weekly }),
	}
	over := func() bool {
		for _, m := range mailings {
			attempts, err := s.Store.Attempts(t.Context(), s.Owner, m.ID, domain.Page{Limit: domain.MaxPage})
			require.NoError(t, err)
			if !slices.ContainsFunc(attempts, ended) {
				return false
			}
		}
		return true
	}
	during := 0
	deadline := time.Now().Add(2 * minute)
	for !over() {
		require.True(t, time.Now().Before(deadline), "the mailings do not end")
		during += x.replay()
	}
	x.waitQuiet()
	s.WaitFor(mailings[2].ID, minute, "the plan for next week", func(a domain.Attempt) bool { return a.Status == domain.AttemptPlanned })
	x.requireOnce(len(mailings))
	before := x.reports(mailings)
	require.Len(t, before[2], 2, "the weekly mailing has run once and waits for its next week")

	after := x.replay() + x.replay()
	x.waitQuiet()
	t.Logf("%d messages replayed while the mailings were sent, %d after", during, after)
	require.Positive(t, during)
	x.requireOnce(len(mailings))
	require.Equal(t, before, x.reports(mailings))
	dead, err := x.js.Stream(t.Context(), "DEAD")
	require.NoError(t, err)
	require.Zero(t, dead.CachedInfo().State.Msgs, "nothing of it was beyond handling")
}

// TestTheCommandsOfTheReplayPage runs docs/replay.md, once while a mailing is being sent and once after all have ended.
func TestTheCommandsOfTheReplayPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "replay.md"))
	require.NoError(t, err)
	require.Contains(t, string(page), "github.com/nats-io/natscli/nats@"+natscli)
	cli := natsCLI(t)
	s := newSite(t, 2000, smtptest.SinkOptions{Latency: pace})
	s.env = append(s.env,
		"PATH="+cli+":"+s.bin+":"+os.Getenv("PATH"), //nolint:forbidigo // the shell finds its programs there
		"XDG_CONFIG_HOME="+t.TempDir(), "VESTNIK_DATA_DIR="+t.TempDir(),
	)
	s.start("planner")
	s.start("sender")
	s.start("sender")
	x := newStranger(s)
	p := &pageRun{stranger: x, dir: t.TempDir(), mailings: []domain.Mailing{s.Mailing(nil)}}
	p.waitAllEnded()

	p.mailings = append(p.mailings, s.Mailing(nil))
	s.WaitFor(p.mailings[1].ID, minute, "its start", func(a domain.Attempt) bool { return a.Totals.Sent > 100 })
	p.run(string(page))
	p.waitAllEnded()
	x.requireOnce(len(p.mailings))

	before := x.reports(p.mailings)
	known := len(p.mailings)
	p.run(string(page))
	p.waitAllEnded()
	x.requireOnce(len(p.mailings))
	require.Equal(t, before, x.reports(p.mailings[:known]))
	dead, err := x.js.Stream(t.Context(), "DEAD")
	require.NoError(t, err)
	require.Zero(t, dead.CachedInfo().State.Msgs, "all of the page was done")
}

// pageRun runs the commands of a page.
type pageRun struct {
	*stranger
	dir      string
	mailings []domain.Mailing
}

func (p *pageRun) waitAllEnded() {
	p.t.Helper()
	for _, m := range p.mailings {
		a := p.WaitFor(m.ID, 2*minute, "its end", ended)
		require.Equal(p.t, domain.ResultSucceeded, a.Result)
	}
	p.waitQuiet()
}

func (p *pageRun) run(page string) {
	p.t.Helper()
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(page, -1)
	require.Greater(p.t, len(blocks), 8)
	ran := 0
	for _, block := range blocks {
		text := strings.ReplaceAll(block[1], "019aaf5e-6d5b-7c10-8a43-5d1f0c3b9e21", p.mailings[0].ID.String())
		if strings.Contains(text, "vestnik dead") {
			text = regexp.MustCompile(`(show|requeue) 1\b`).ReplaceAllString(text, "$1 "+p.deadLetter())
		}
		var rest strings.Builder
		for line := range strings.Lines(text) {
			if command, _, live := strings.Cut(line, "# until Ctrl-C"); live {
				p.watch(command)
				ran++
				continue
			}
			rest.WriteString(line)
		}
		if rest.Len() > 0 {
			p.shell(rest.String())
			ran++
		}
	}
	p.t.Logf("ran %d pieces of the page", ran)
}

func (p *pageRun) command(text string) *exec.Cmd {
	cmd := exec.CommandContext(p.t.Context(), "sh", "-euc", text) //nolint:gosec // what docs/replay.md says
	cmd.Dir, cmd.Env = p.dir, p.env
	return cmd
}

func (p *pageRun) shell(text string) {
	p.t.Helper()
	out, err := p.command(text).CombinedOutput()
	require.NoError(p.t, err, "%s\n%s", text, tail(out, 3000))
	require.NotEmpty(p.t, out, text)
}

// watch runs a command that follows what happens while a mailing happens, until it has seen something.
func (p *pageRun) watch(text string) {
	p.t.Helper()
	out := filepath.Join(p.t.TempDir(), "out")
	file, err := os.Create(out) //nolint:gosec // a folder of the test
	require.NoError(p.t, err)
	cmd := p.command("exec " + text)
	cmd.Stdout, cmd.Stderr = file, file
	require.NoError(p.t, cmd.Start())
	// The CLI does not say when it listens, so mailings happen until it has seen one.
	again := time.NewTicker(5 * time.Second)
	defer again.Stop()
	deadline := time.After(minute)
	for p.mailings = append(p.mailings, p.Mailing(nil)); !p.hasSeen(text, out); {
		select {
		case <-again.C:
			p.mailings = append(p.mailings, p.Mailing(nil))
		case <-deadline:
			require.Fail(p.t, "it shows nothing", text)
		case <-time.After(50 * time.Millisecond):
		}
	}
	require.NoError(p.t, cmd.Process.Signal(syscall.SIGINT))
	_ = cmd.Wait() // its exit code says that it was interrupted
	require.NoError(p.t, file.Close())
}

// hasSeen reports whether a command that follows what happens has shown, or dumped, something.
func (p *pageRun) hasSeen(text, out string) bool {
	if strings.Contains(text, "--dump") {
		files, err := filepath.Glob(filepath.Join(p.dir, "asked", "*"))
		return err == nil && len(files) > 1
	}
	said, err := os.ReadFile(out) //nolint:gosec // a folder of the test
	return err == nil && bytes.Contains(said, []byte("mailing.created.v1"))
}

// deadLetter publishes what nobody can handle and returns the id of the dead letter that it becomes.
func (p *pageRun) deadLetter() string {
	p.t.Helper()
	_, err := p.js.Publish(p.t.Context(), "vestnik.due.send.rubbish", []byte("rubbish"))
	require.NoError(p.t, err)
	var list struct{ Items []struct{ ID int } }
	require.Eventually(p.t, func() bool {
		out, err := p.command("vestnik dead list --json").Output()
		return err == nil && json.Unmarshal(out, &list) == nil && len(list.Items) > 0
	}, minute, 100*time.Millisecond, "it is not buried")
	return strconv.Itoa(list.Items[0].ID)
}
