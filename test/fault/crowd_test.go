package fault_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/password"
	"github.com/vestnik-mail/vestnik/internal/smtptest"
)

// TestOneHundredWhoSignInAtOnceTakeTheMemoryOfAFew has the kernel measure a real gateway. A hash takes 19 MiB: 100 at a time
// would be 1,900.
func TestOneHundredWhoSignInAtOnceTakeTheMemoryOfAFew(t *testing.T) {
	t.Parallel()
	const (
		people   = 100             // who may try from one address within ten minutes
		more     = 20              // than may
		back     = 6 * time.Second // after which the limit gives one of its tries back
		atOnce   = 2               // hashes: as many as Go may use processors
		mostOver = (atOnce + 1) * 4 * 20 << 10
		right    = "an-old-Zq7-secret"
	)
	s := newSite(t, 1, smtptest.SinkOptions{})
	s.env = append(s.env, fmt.Sprintf("GOMAXPROCS=%d", atOnce), "VESTNIK_TRUSTED_PROXIES=127.0.0.1/32")
	hash, err := password.Hash(right)
	require.NoError(t, err)
	for i := range people {
		email := fmt.Sprintf("person%d@example.org", i)
		_, err := s.Store.CreateUser(t.Context(), domain.Address{Display: email, Key: email}, hash, domain.RoleUser, true)
		require.NoError(t, err)
	}
	p, api, _ := s.gatewayProcess()
	signIn := func(from string, who int, pw string) (int, error) {
		body, err := json.Marshal(map[string]string{"email": fmt.Sprintf("person%d@example.org", who), "password": pw})
		if err != nil {
			return 0, err
		}
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api+"/auth/login", bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("X-Forwarded-For", from)
		q.Header.Set("X-Forwarded-Proto", "https")
		answer, err := http.DefaultClient.Do(q)
		if err != nil {
			return 0, err
		}
		_, err = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		return answer.StatusCode, err
	}
	status, err := signIn("198.51.100.99", 0, right)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)

	// A machine that has other things to do may not come to the last of them in time, and tell them so. It need not succeed in
	// each round, but stay small in each; nor can a round that takes long tell of the limit, which gives tries back meanwhile.
	for round := range 4 {
		before, began := p.peak(true), time.Now()
		var (
			wg       sync.WaitGroup
			mu       sync.Mutex
			statuses = map[int]int{}
			broken   error
		)
		for i := range people + more {
			wg.Go(func() {
				status, err := signIn(fmt.Sprintf("198.51.100.%d", round), i%people, []string{right, "a-wrong-Zq7-secret"}[i%2])
				mu.Lock()
				defer mu.Unlock()
				statuses[status]++
				if err != nil {
					broken = err
				}
			})
		}
		wg.Wait()
		given := int(time.Since(began)/back) + 1 // back, at most
		require.NoError(t, broken)
		over := p.peak(false) - before
		t.Logf("%d KiB before, %d more at the peak; answers: %v", before, over, statuses)
		require.Less(t, over, mostOver)
		require.Zero(t, statuses[http.StatusInternalServerError])
		if statuses[http.StatusServiceUnavailable] == 0 && given <= more/2 {
			in, out, tooMany := statuses[http.StatusOK], statuses[http.StatusUnauthorized], statuses[http.StatusTooManyRequests]
			require.Equal(t, people+more, in+out+tooMany, "nothing else is answered")
			require.LessOrEqual(t, tooMany, more)
			require.GreaterOrEqual(t, tooMany, more-given)
			require.InDelta(t, people/2, in, more)
			return
		}
	}
	t.Fatal("in every round somebody was turned away, or it took too long to tell")
}

// peak is the most memory the process has had so far, in KiB; forget has that counted anew from here on.
func (p *proc) peak(forget bool) int {
	p.t.Helper()
	proc := fmt.Sprintf("/proc/%d/", p.cmd.Process.Pid)
	if forget {
		require.NoError(p.t, os.WriteFile(proc+"clear_refs", []byte("5"), 0o600))
	}
	status, err := os.ReadFile(proc + "status") //nolint:gosec // of our own process
	require.NoError(p.t, err)
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(p.t, found)
	kib, err := strconv.Atoi(string(found[1]))
	require.NoError(p.t, err)
	return kib
}
