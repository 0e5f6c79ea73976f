package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
)

// sent is one event of a stream; a comment has no name.
type sent struct {
	id, name string
	data     object
	comment  bool
}

// watch opens a stream; its events come over the channel, which is closed at its end. leave closes the connection.
func watch(t *testing.T, url, key, lastID string) (status int, leave func() error, got <-chan sent) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+key)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode == http.StatusOK {
		assert.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	}
	events := make(chan sent, 1000)
	go func() {
		defer close(events)
		var e sent
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			field, value, _ := strings.Cut(lines.Text(), ":")
			value = strings.TrimPrefix(value, " ")
			switch {
			case lines.Text() == "":
				if e.name != "" || e.comment {
					events <- e
				}
				e = sent{}
			case field == "":
				e.comment = true
			case field == "id":
				e.id = value
			case field == "event":
				e.name = value
			case field == "data":
				_ = json.Unmarshal([]byte(value), &e.data)
			}
		}
	}()
	return response.StatusCode, response.Body.Close, events
}

// take waits for the next event; false: the stream has ended.
func take(t *testing.T, events <-chan sent) (sent, bool) {
	t.Helper()
	select {
	case e, ok := <-events:
		return e, ok
	case <-time.After(20 * time.Second):
		t.Fatal("no event came")
		return sent{}, false
	}
}

// streamed serves next for a test.
func streamed(t *testing.T, heartbeat, life time.Duration, stopping <-chan struct{}, next func(context.Context) (any, bool, error)) (url string, ended <-chan error) {
	t.Helper()
	over := make(chan error, 10)
	server := httptest.NewServer(gateway.Stream(5*time.Millisecond, heartbeat, life, stopping, next, func(err error) { over <- err }))
	t.Cleanup(server.Close)
	return server.URL, over
}

func TestAStreamSendsWhatIsNew(t *testing.T) {
	t.Parallel()
	var looks atomic.Int64
	url, ended := streamed(t, time.Hour, time.Hour, nil, func(context.Context) (any, bool, error) {
		n := looks.Add(1)
		return object{"n": n / 10}, n == 50, nil
	})
	_, _, events := watch(t, url, "", "")
	var all []sent
	for e, more := take(t, events); more; e, more = take(t, events) {
		all = append(all, e)
	}
	require.NoError(t, <-ended)
	require.Len(t, all, 6, "0 to 4 and the end: a state is sent once")
	for i, e := range all[:5] {
		assert.Equal(t, "progress", e.name)
		assert.EqualValues(t, i, e.data["n"])
	}
	assert.Equal(t, "done", all[5].name)

	_, _, events = watch(t, url, "", "seen") // it has changed since
	first, _ := take(t, events)
	assert.Equal(t, "progress", first.name)
}

func TestAStreamGoesOnWhereItWasLost(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	var done atomic.Bool
	url, _ := streamed(t, 20*time.Millisecond, time.Hour, nil, func(context.Context) (any, bool, error) {
		return object{"n": n.Load()}, done.Load(), nil
	})
	_, _, events := watch(t, url, "", "")
	first, _ := take(t, events)
	_, _, events = watch(t, url, "", first.id)
	beat, _ := take(t, events)
	assert.True(t, beat.comment, "nothing has changed: there is a sign of life only")
	n.Add(1)
	for beat.comment {
		beat, _ = take(t, events)
	}
	assert.EqualValues(t, 1, beat.data["n"])
	done.Store(true)
	_, _, events = watch(t, url, "", beat.id)
	last, _ := take(t, events)
	assert.Equal(t, "done", last.name)
	status, _, events := watch(t, url, "", last.id)
	assert.Equal(t, http.StatusNoContent, status, "who has seen the end need not come back")
	_, more := take(t, events)
	assert.False(t, more)
}

func TestAStreamOutlivesAServerThatIsAway(t *testing.T) {
	t.Parallel()
	var looks atomic.Int64
	broken := errors.New("broken")
	url, ended := streamed(t, time.Hour, time.Hour, nil, func(context.Context) (any, bool, error) {
		switch n := looks.Add(1); {
		case n == 1:
			return object{"n": 1}, false, nil
		case n < 10:
			return nil, false, io.ErrUnexpectedEOF
		case n == 10:
			return object{"n": 2}, false, nil
		default:
			return nil, false, broken
		}
	})
	_, _, events := watch(t, url, "", "")
	first, _ := take(t, events)
	second, _ := take(t, events)
	assert.EqualValues(t, 1, first.data["n"])
	assert.EqualValues(t, 2, second.data["n"])
	_, more := take(t, events)
	assert.False(t, more)
	require.ErrorIs(t, <-ended, broken)
}

func TestAStreamEndsWithItsLifeItsClientAndItsProcess(t *testing.T) {
	t.Parallel()
	still := func(context.Context) (any, bool, error) { return object{}, false, nil }
	for name, end := range map[string]func(t *testing.T) (<-chan sent, <-chan error){
		"life": func(t *testing.T) (<-chan sent, <-chan error) {
			t.Helper()
			url, ended := streamed(t, time.Hour, 50*time.Millisecond, nil, still)
			_, _, events := watch(t, url, "", "")
			return events, ended
		},
		"client": func(t *testing.T) (<-chan sent, <-chan error) {
			t.Helper()
			url, ended := streamed(t, time.Hour, time.Hour, nil, still)
			_, leave, events := watch(t, url, "", "")
			take(t, events)
			require.NoError(t, leave())
			return events, ended
		},
		"process": func(t *testing.T) (<-chan sent, <-chan error) {
			t.Helper()
			stopping := make(chan struct{})
			url, ended := streamed(t, time.Hour, time.Hour, stopping, still)
			_, _, events := watch(t, url, "", "")
			take(t, events)
			close(stopping)
			return events, ended
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, ended := end(t)
			for e, more := take(t, events); more; e, more = take(t, events) {
				assert.NotEqual(t, "done", e.name)
			}
			require.NoError(t, <-ended)
		})
	}
}

// runs makes an attempt run, with one chunk of audience clients.
func (c *caller) runs(attempt string, audience int) {
	c.t.Helper()
	c.exec(`UPDATE attempts SET status = 'running', started_at = now(), audience = $2 WHERE id = $1`, attempt, audience)
	c.exec(`INSERT INTO chunks (attempt_id, client_ids, status, due_at) SELECT $1, array_agg(n), 'pending', now() FROM generate_series(1, $2::integer) n`, attempt, audience)
}

func TestProgressOfAnAttempt(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.caller("o@example.org", domain.RoleUser)
	attempt := c.everything().attempt
	server := httptest.NewUnstartedServer(a.handler)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 500*time.Millisecond, 500*time.Millisecond // a stream outlives them
	server.Start()
	t.Cleanup(server.Close)
	path := base + "/attempts/" + attempt + "/progress"
	_, _, events := watch(t, server.URL+path, c.key, "")
	first, _ := take(t, events)
	assert.Equal(t, "planned", first.data["status"])

	c.runs(attempt, 100)
	began := time.Now()
	var moved []sent
	for i := 1; time.Since(began) < 3*time.Second; i++ {
		c.exec(`UPDATE chunks SET sent = $2, last_at = now() WHERE attempt_id = $1`, attempt, i)
		e, more := take(t, events)
		require.True(t, more)
		require.Equal(t, "progress", e.name)
		moved = append(moved, e)
	}
	assert.GreaterOrEqual(t, len(moved), 6, "at least twice a second while something moves")
	last := moved[len(moved)-1].data
	assert.Greater(t, last["sent"], moved[0].data["sent"])
	assert.Positive(t, last["rate_per_second"])
	assert.Positive(t, last["eta_seconds"])
	assert.Nil(t, first.data["rate_per_second"])

	c.exec(`UPDATE attempts SET status = 'finished', result = 'succeeded', sent = 100, finished_at = now() WHERE id = $1`, attempt)
	e, more := take(t, events)
	for ; more && e.name == "progress"; e, more = take(t, events) {
		moved = append(moved, e)
	}
	assert.Equal(t, "done", e.name)
	assert.EqualValues(t, 100, e.data["sent"])
	assert.Nil(t, e.data["rate_per_second"])
	assert.Nil(t, e.data["eta_seconds"])
	_, more = take(t, events)
	assert.False(t, more, "the stream ends with done")
	report := c.do("GET", base+"/attempts/"+attempt, nil).want(http.StatusOK).body
	for field, value := range report {
		assert.Equal(t, value, e.data[field], field)
	}
	for _, call := range a.calls {
		if call.op.OperationID == "getAttemptProgress" {
			schema := call.op.Responses.Status(http.StatusOK).Value.Content.Get("text/event-stream").Schema.Value
			for _, e := range append(moved, e) {
				require.NoError(t, schema.VisitJSON(e.data))
			}
		}
	}
	c.do("GET", path, nil, "Last-Event-ID", e.id).want(http.StatusNoContent)
}
