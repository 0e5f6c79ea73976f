package httpmailtest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vestnik-mail/vestnik/internal/httpmailtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// post makes a request over a connection of its own.
func post(ctx context.Context, url, token, key, body string) (status int, answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, io.NopCloser(strings.NewReader(body)))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Idempotency-Key", key)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw), errors.Join(err, resp.Body.Close())
}

const message = `{"message_id": "<1@example.com>", "to": "ann@example.org"}`

func TestAHealthyService(t *testing.T) {
	t.Parallel()
	s := httpmailtest.New(t, httpmailtest.Options{Token: "t"})
	for _, tt := range []struct {
		url, token, key, body string
		status                int
		answer                string
	}{
		{s.URL, "t", "a", message, 200, `{"id": "m-1"}`},
		{s.URL, "t", "b", message, 200, `{"id": "m-2"}`},
		{s.URL, "t", "a", message, 200, `{"id": "m-1"}`},
		{s.URL, "x", "c", message, 401, `{"title": "the token is not known"}`},
		{s.URL + "x", "t", "c", message, 404, `{"title": "there is nothing here"}`},
		{s.URL, "t", "c", "rubbish", 400, `{"title": "this is no message"}`},
	} {
		status, answer, err := post(t.Context(), tt.url, tt.token, tt.key, tt.body)
		require.NoError(t, err)
		assert.Equal(t, tt.status, status)
		assert.Equal(t, tt.answer, answer)
	}
	assert.Equal(t, 6, s.Requests())
	assert.Len(t, s.Messages(), 2)
	assert.Equal(t, "ann@example.org", s.Messages()[0].To)
	ever, _, peak := s.Connections()
	assert.Equal(t, 6, ever)
	assert.LessOrEqual(t, peak, 6)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault  httpmailtest.Fault
		status int // 0: no answer
		taken  int
	}{
		"status":      {httpmailtest.Fault{Status: 503}, 503, 0},
		"200, untrue": {httpmailtest.Fault{Refuse: true}, 200, 0},
		"raw":         {httpmailtest.Fault{Raw: "hello"}, 0, 1},
		"close":       {httpmailtest.Fault{Close: true}, 0, 1},
		"early close": {httpmailtest.Fault{Early: true, Close: true, Reset: true}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httpmailtest.New(t, httpmailtest.Options{Fault: func(httpmailtest.Request) httpmailtest.Fault { return tt.fault }})
			status, _, err := post(t.Context(), s.URL, "", "a", message)
			assert.Equal(t, tt.status, status)
			assert.Equal(t, tt.status == 0, err != nil)
			assert.Len(t, s.Messages(), tt.taken)
		})
	}
}

// TestCloseEndsWhatHangs, and returns when all of it has ended.
func TestCloseEndsWhatHangs(t *testing.T) {
	t.Parallel()
	s := httpmailtest.New(t, httpmailtest.Options{Fault: func(httpmailtest.Request) httpmailtest.Fault {
		return httpmailtest.Fault{Hang: true}
	}})
	done := make(chan error)
	go func() {
		_, _, err := post(t.Context(), s.URL, "", "a", message)
		done <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, s.WaitUntil(ctx, func() bool { return s.Hanging() == 1 }))
	require.NoError(t, s.Close())
	require.Error(t, <-done)
	assert.Equal(t, 1, s.Busiest())
}
