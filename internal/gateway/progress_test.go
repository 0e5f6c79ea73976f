package gateway_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway"
)

// event is one server-sent event.
type event struct {
	name string
	data object
}

// opened is an answer that the test reads as it comes.
type opened struct {
	status int
	header http.Header
	body   io.Reader
}

// open asks for a stream, which is closed with the test.
func (c *caller) open(path string) opened {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.url+path, http.NoBody)
	require.NoError(c.t, err)
	c.show(r)
	response, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { _ = response.Body.Close() }) // read or not
	return opened{response.StatusCode, response.Header, response.Body}
}

// events reads a stream to its end.
func events(t *testing.T, stream io.Reader, out chan<- event) {
	t.Helper()
	defer close(out)
	var e event
	lines := bufio.NewScanner(stream)
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "event":
			e.name = value
		case "data":
			assert.NoError(t, json.Unmarshal([]byte(value), &e.data))
		case "":
			if e.name == "" {
				continue // when to come back
			}
			out <- e
			e = event{}
		}
	}
}

// begin begins an upload that the test feeds, and passes on its status in the end: 0 if there was no answer.
func (c *caller) begin(path string) (*io.PipeWriter, <-chan int) {
	c.t.Helper()
	body, feed := io.Pipe()
	status := make(chan int, 1)
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url+path, body)
	require.NoError(c.t, err)
	c.show(r)
	r.Header.Set("Content-Type", "text/csv")
	go func() {
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			status <- 0
			return
		}
		_ = response.Body.Close()
		status <- response.StatusCode
	}()
	return feed, status
}

func rows(from, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "c%d@example.org,Клиент %d\n", from+i, from+i)
	}
	return b.String()
}

func TestAnImportIsWatchedWhileItsUploadRuns(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.caller("o@example.org", domain.RoleUser)
	id := domain.NewID(time.Now()).String()
	feed, status := c.begin(base + "/clients/import?id=" + id)
	_, err := io.WriteString(feed, "Почта,Имя\n"+rows(0, 5000))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return c.do("GET", base+"/imports/"+id, nil).status == http.StatusOK }, 20*time.Second, 10*time.Millisecond)

	stream := c.open(base + "/imports/" + id + "/progress")
	require.Equal(t, http.StatusOK, stream.status)
	require.Equal(t, "text/event-stream", stream.header.Get("Content-Type"))
	seen := make(chan event, 1000)
	go events(t, stream.body, seen)
	first := <-seen
	assert.Equal(t, "progress", first.name)
	assert.Equal(t, "running", first.data["status"])
	_, err = io.WriteString(feed, rows(5000, 20_000))
	require.NoError(t, err)
	moved := <-seen
	assert.Equal(t, "progress", moved.name)
	assert.Greater(t, moved.data["rows"], first.data["rows"])

	c.do("POST", base+"/clients/import?id="+id, "email\n", "Content-Type", "text/csv").problem(http.StatusConflict, "import_exists")
	stranger := a.caller("stranger@example.org", domain.RoleAdmin)
	stranger.do("GET", base+"/imports/"+id+"/progress", nil).problem(http.StatusNotFound, "import_not_found")
	stranger.do("POST", base+"/clients/import?id="+id, "email\n", "Content-Type", "text/csv").problem(http.StatusNotFound, "import_not_found")

	require.NoError(t, feed.Close())
	require.Equal(t, http.StatusAccepted, <-status)
	var last event
	for e := range seen {
		last = e
	}
	assert.Equal(t, "done", last.name)
	assert.Equal(t, "finished", last.data["status"])
	assert.EqualValues(t, 25_000, last.data["created"])
	after := c.do("GET", base+"/imports/"+id+"/progress", nil).want(http.StatusOK)
	assert.Contains(t, string(after.raw), "event: done\n", "what is over ends at once")
}

func TestStreamsAndUploadsEndWhenTheProcessStops(t *testing.T) {
	t.Parallel()
	stopping := make(chan struct{})
	c := newAPI(t, func(d *gateway.Deps) { d.Stopping = stopping }).caller("o@example.org", domain.RoleUser)
	id := domain.NewID(time.Now()).String()
	feed, status := c.begin(base + "/clients/import?id=" + id)
	_, err := io.WriteString(feed, "email,name\n"+rows(0, 5000))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return c.do("GET", base+"/imports/"+id, nil).status == http.StatusOK }, 20*time.Second, 10*time.Millisecond)
	seen := make(chan event, 1000)
	go events(t, c.open(base+"/imports/"+id+"/progress").body, seen)
	<-seen
	close(stopping)
	for e := range seen { // it ends
		assert.Equal(t, "progress", e.name)
	}
	assert.Equal(t, http.StatusAccepted, <-status, "although the upload hangs")
	im := c.do("GET", base+"/imports/"+id, nil).body
	assert.Equal(t, "failed", im["status"])
	assert.Contains(t, im["error"], "what was read before stays")
	assert.Positive(t, im["created"])
	require.NoError(t, feed.Close())
}

func TestTheAccountTellsWhenItChanges(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	c := a.person("o@example.org", domain.RoleUser)
	stream := c.open(base + "/me/watch")
	require.Equal(t, http.StatusOK, stream.status)
	seen := make(chan event, 10)
	go events(t, stream.body, seen)
	next := func() event {
		select {
		case e := <-seen:
			return e
		case <-time.After(time.Minute): // every ten seconds it looks
			require.Fail(t, "nothing is told")
			return event{}
		}
	}
	first := next()
	assert.Equal(t, "progress", first.name)
	assert.Equal(t, c.do("GET", base+"/me", nil).want(http.StatusOK).body, first.data)
	c.do("PATCH", base+"/me", object{"name": "Anna"}).want(http.StatusOK)
	assert.Equal(t, "Anna", next().data["name"])
}
