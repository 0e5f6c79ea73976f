package broker

import (
	"context"
	"time"
)

// maxDeliveries is after how many deliveries that ended in errors a message is buried. With the growing delay that is
// most of a day; what it asked for is asked for again by the sweeper as long as PostgreSQL says that it is to be done.
const maxDeliveries = 2000

// verdict carries what a handler decided about a message past Watermill, whose Nack knows no reasons.
type verdict struct {
	subject    string
	deliveries uint64        // how many times it has been handed out, this one included
	later      time.Duration // asked for by the handler; 0: as usual
	dead       string        // why it is to be buried; empty: it is not
}

type verdictKey struct{}

func withVerdict(ctx context.Context, v *verdict) context.Context {
	return context.WithValue(ctx, verdictKey{}, v)
}

func verdictOf(ctx context.Context) *verdict {
	v, ok := ctx.Value(verdictKey{}).(*verdict)
	if !ok {
		return &verdict{}
	}
	return v
}

// delay before the message comes again: what the handler asked for, else 100 ms, doubling with each delivery up to 30 s.
func (v *verdict) delay() time.Duration {
	if v.later > 0 {
		return v.later
	}
	shift := min(max(v.deliveries, 1)-1, 9)
	return min(100*time.Millisecond<<shift, 30*time.Second)
}
