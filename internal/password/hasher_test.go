package password_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/vestnik-mail/vestnik/internal/password"
)

// cheap makes tests fast.
func cheap() password.Params { return password.Params{Memory: 64, Passes: 1} }

func TestAHasherKnowsItsOwnAndOtherParameters(t *testing.T) {
	t.Parallel()
	h, other := password.NewHasher(cheap()), password.NewHasher(password.Params{Memory: 128, Passes: 1})
	hash, err := h.Hash(t.Context(), "пароль из слов")
	require.NoError(t, err)
	for _, c := range []struct {
		h         *password.Hasher
		pw, hash  string
		ok, stale bool
	}{
		{h, "пароль из слов", hash, true, false},
		{h, "пароль из слова", hash, false, false},
		{other, "пароль из слов", hash, true, true},
		{h, "пароль из слов", "", false, false},
		{h, strings.Repeat("x", 300), hash, false, false},
	} {
		ok, stale, err := c.h.Verify(t.Context(), c.pw, c.hash)
		require.NoError(t, err)
		assert.Equal(t, c.ok, ok)
		assert.Equal(t, c.stale, stale)
	}
	_, _, err = h.Verify(t.Context(), "x", "no hash")
	require.Error(t, err)
}

// TestOneHundredAtOnceTakeTheMemoryOfAFew runs with the real parameters.
func TestOneHundredAtOnceTakeTheMemoryOfAFew(t *testing.T) { //nolint:paralleltest // it measures the process's memory
	h := password.NewHasher(password.Default())
	hash, err := h.Hash(t.Context(), "correct horse battery staple")
	require.NoError(t, err)
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var mu sync.Mutex
	var running atomic.Uint64
	var most, peak uint64
	password.OnHash(h, func(derive func() []byte) []byte {
		n := running.Add(1)
		defer running.Add(^uint64(0))
		sum := derive()
		mu.Lock()
		defer mu.Unlock()
		most = max(most, n)
		runtime.ReadMemStats(&during)
		peak = max(peak, during.HeapInuse)
		return sum
	})
	var all errgroup.Group
	for range 100 {
		all.Go(func() error {
			ok, _, err := h.Verify(t.Context(), "correct horse battery staple", hash)
			if err == nil && !ok {
				err = errors.New("it is the password")
			}
			return err
		})
	}
	require.NoError(t, all.Wait())
	atOnce := uint64(min(runtime.GOMAXPROCS(0), 16)) //nolint:gosec // not negative
	assert.LessOrEqual(t, most, atOnce)
	// What has been used is garbage until the collector comes, which is when the heap has doubled.
	assert.Less(t, peak-before.HeapInuse, (atOnce+1)*4*20<<20, "of 100 × 19 MiB")
	t.Logf("%d at once, %d MiB at most", most, (peak-before.HeapInuse)>>20)
}

func TestWhoWaitsForATurnGoesWithItsRequest(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(cheap())
	begun, goOn := make(chan struct{}), make(chan struct{})
	password.OnHash(h, func(derive func() []byte) []byte {
		begun <- struct{}{}
		<-goOn
		return derive()
	})
	var all errgroup.Group
	atOnce := min(runtime.GOMAXPROCS(0), 16)
	for range atOnce {
		all.Go(func() error {
			_, err := h.Hash(t.Context(), "x")
			return err
		})
	}
	for range atOnce {
		<-begun
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Hash(ctx, "x")
	require.ErrorIs(t, err, context.Canceled)
	close(goOn)
	require.NoError(t, all.Wait())
}

func TestStrength(t *testing.T) {
	t.Parallel()
	for pw, want := range map[string]string{
		"short":                        "at least 10 characters",
		"password123":                  "easy to guess",
		"qwertyuiop":                   "easy to guess",
		"aaaaaaaaaaaaaaaa":             "easy to guess",
		"anna.petrova@example.org":     "easy to guess",
		"example.org and petrova":      "your name or address",
		"AnnaPetrova1":                 "your name or address",
		strings.Repeat("z", 257):       "at most 256 characters",
		"correct horse battery staple": "",
		"vK8#mq2Lw!z":                  "",
		"лошадь ест зелёный забор":          "",
		strings.Repeat("скрепка коня ", 19): "",
	} {
		err := password.CheckStrength(pw, "anna.petrova@example.org", "Anna Petrova")
		if want == "" {
			require.NoError(t, err, pw)
			continue
		}
		require.ErrorContains(t, err, want, pw)
		if strings.Contains(want, "guess") || strings.Contains(want, "address") {
			require.ErrorContains(t, err, "use four or more words", "it says what to do")
		}
	}
}
