package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"time"
)

const (
	// progressEvery is how often a stream looks whether something has moved. Reports are kept for a shorter time than that,
	// so each look sees a new one.
	progressEvery = 450 * time.Millisecond
	// reconnectAfter is how long a client waits before it comes back after a connection was lost.
	reconnectAfter = 2 * time.Second
	// unread is how long an event may wait to be taken by the client's side of the connection.
	unread = 30 * time.Second
)

// streams sends server-sent events (WHATWG HTML §9.2). Its events are states, not changes: each is the whole truth of its
// time. So nothing is lost with a connection, any process can go on with it, and an event's id is but a sum over what it
// says.
type streams struct {
	every     time.Duration   // between two looks
	heartbeat time.Duration   // of silence before a comment, which keeps proxies from closing the connection
	life      time.Duration   // until the client must come back, and be let in again
	stopping  <-chan struct{} // closed when the process is to end; nil: never
}

func newStreams(stopping <-chan struct{}) streams {
	return streams{every: progressEvery, heartbeat: 15 * time.Second, life: 30 * time.Minute, stopping: stopping}
}

// send sends what next says as events named "progress", whenever it is not what it said before, and at last, when next
// says that it is done, one named "done". It returns when that is sent, when ctx ends or the client has gone, when the
// process stops, or when the stream has lived its life. lastID is the id of the last event the client has seen: what it
// saw is not sent again, and when that was the end the answer is 204, which tells an EventSource not to come back.
//
// An error of the first call of next is returned before anything is written, so that it can be answered as a problem.
// Later, a server that is away is waited for; any other error ends the stream and is returned.
func (s streams) send(ctx context.Context, w http.ResponseWriter, lastID string, next func(context.Context) (event any, done bool, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, s.life)
	defer cancel()
	event, done, err := next(ctx)
	if err != nil {
		return err
	}
	out := &eventWriter{w: w, control: http.NewResponseController(w), lastID: lastID}
	frame, id, err := encodeEvent(event, done)
	if err != nil {
		return err
	}
	if done && id == lastID {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if err := out.begin(); err != nil || out.event(frame, id) != nil || done {
		return nil // the client has gone: there is nobody to tell
	}
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		case <-s.stopping:
			return nil
		}
		switch event, done, err = next(ctx); {
		case ctx.Err() != nil:
			return nil // the client has gone, or is to come back
		case err != nil && !isAway(err):
			return err
		case err != nil:
			frame, id = nil, out.lastID
		default:
			if frame, id, err = encodeEvent(event, done); err != nil {
				return err
			}
		}
		switch {
		case id != out.lastID:
			err = out.event(frame, id)
		case time.Since(out.wrote) >= s.heartbeat:
			err = out.write([]byte(":\n\n"))
		default:
			err = nil
		}
		if err != nil || done {
			return nil // the client has gone: there is nobody to tell
		}
	}
}

// encodeEvent returns an event as it goes over the wire. JSON has no line ends of its own, so its data is one line.
func encodeEvent(event any, done bool) (frame []byte, id string, err error) {
	data, err := json.Marshal(event)
	if err != nil {
		return nil, "", fmt.Errorf("encode an event: %w", err)
	}
	name := "progress"
	if done {
		name = "done"
	}
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name)) // a hash takes everything
	_, _ = sum.Write(data)
	id = fmt.Sprintf("%016x", sum.Sum64())
	var b bytes.Buffer
	fmt.Fprintf(&b, "id: %s\nevent: %s\ndata: %s\n\n", id, name, data)
	return b.Bytes(), id, nil
}

// eventWriter writes to a connection whose deadlines are those of small requests.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	lastID  string
	wrote   time.Time
}

func (e *eventWriter) begin() error {
	// The server watches the connection by reading from it, and would take the end of its ReadTimeout for the client's.
	_ = e.control.SetReadDeadline(time.Time{}) // a writer without deadlines needs none lifted
	h := e.w.Header()
	h.Set("Content-Type", eventsType)
	h.Set("X-Accel-Buffering", "no") // nginx would collect the events
	e.w.WriteHeader(http.StatusOK)
	return e.write(fmt.Appendf(nil, "retry: %d\n\n", reconnectAfter.Milliseconds()))
}

// event sends an event unless it is the last one the client has seen.
func (e *eventWriter) event(frame []byte, id string) error {
	if id == e.lastID {
		return nil
	}
	e.lastID = id
	return e.write(frame)
}

func (e *eventWriter) write(b []byte) error {
	e.wrote = time.Now()
	_ = e.control.SetWriteDeadline(e.wrote.Add(unread)) // the network's clock, not the program's
	if _, err := e.w.Write(b); err != nil {
		return err
	}
	return e.control.Flush()
}
