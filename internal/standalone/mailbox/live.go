package mailbox

import (
	"fmt"
	"net/http"
	"time"
)

const (
	pace    = time.Second      // between two events: a mailing is many messages a second
	beat    = 15 * time.Second // between signs of life
	stalled = 10 * time.Second // how long a reader may leave what is sent to him
)

// events tells how many messages were taken since the start: at once, and whenever that has changed, until the reader goes
// or the request's context ends.
func (p *pages) events(w http.ResponseWriter, r *http.Request) {
	send(w, http.StatusOK, "text/event-stream", filePolicy, nil)
	if r.Method == http.MethodHead {
		return
	}
	control := http.NewResponseController(w)
	tell := func(format string, a ...any) bool {
		_ = control.SetWriteDeadline(time.Now().Add(stalled)) // a writer without deadlines keeps none
		_, err := fmt.Fprintf(w, format, a...)
		return err == nil && control.Flush() == nil
	}
	beats := time.NewTicker(beat)
	defer beats.Stop()
	for {
		total, changed := p.store.watch()
		if !tell("data: %d\n\n", total) || !waited(r, time.After(pace)) {
			return
		}
		for told := false; !told; {
			select {
			case <-r.Context().Done():
				return
			case <-beats.C:
				if !tell(":\n\n") {
					return
				}
			case <-changed:
				told = true
			}
		}
	}
}

// waited reports whether until came before the end of the request.
func waited(r *http.Request, until <-chan time.Time) bool {
	select {
	case <-r.Context().Done():
		return false
	case <-until:
		return true
	}
}
