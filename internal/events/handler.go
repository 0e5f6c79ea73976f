package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Handler is one durable subscription of a service. Its name is the durable consumer's and never changes.
type Handler struct {
	Name    string // "planner-mailing-created"
	Filter  string // the subjects it takes
	Workers int    // how many messages at a time; 0 is 1
	// Handle may be called twice, late and out of order, and by Workers goroutines at once. nil acknowledges the message.
	Handle func(ctx context.Context, payload []byte) error
}

// ErrUndecodable marks a message that no retry can help.
var ErrUndecodable = errors.New("cannot be decoded")

// On makes a Handler of a typed function.
func On[E Event](name, filter string, workers int, fn func(ctx context.Context, e E) error) Handler {
	return Handler{Name: name, Filter: filter, Workers: workers, Handle: func(ctx context.Context, payload []byte) error {
		var e E
		if err := json.Unmarshal(payload, &e); err != nil {
			return fmt.Errorf("%s %w: %w", e.Name(), ErrUndecodable, err)
		}
		return fn(ctx, e)
	}}
}

// Later asks for a message to be handed out again after a while. It is no failure.
type Later struct {
	After  time.Duration
	Reason string
}

// Error implements error.
func (l *Later) Error() string { return fmt.Sprintf("again in %s: %s", l.After, l.Reason) }
