package gateway

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

type progressAPI struct {
	store   attemptStore
	clock   domain.Clock
	streams streams
}

// GetAttemptProgress implements openapi.StrictServerInterface.
func (a progressAPI) GetAttemptProgress(ctx context.Context, r openapi.GetAttemptProgressRequestObject) (openapi.GetAttemptProgressResponseObject, error) {
	return attemptProgress{ctx: ctx, api: a, id: r.ID, lastID: orEmpty(r.Params.LastEventID)}, nil
}

// attemptProgress writes itself event by event.
type attemptProgress struct {
	ctx    context.Context //nolint:containedctx // the generated Visit method has no place for it
	api    progressAPI
	id     domain.ID
	lastID string
}

// progress is the data of an event: openapi.Progress.
type progress struct {
	openapi.Attempt

	RatePerSecond *float64 `json:"rate_per_second"`
	EtaSeconds    *int64   `json:"eta_seconds"`
}

// VisitGetAttemptProgressResponse implements openapi.GetAttemptProgressResponseObject.
func (p attemptProgress) VisitGetAttemptProgressResponse(w http.ResponseWriter) error {
	owner := viewOf(p.ctx)
	var pace pace
	return p.api.streams.send(p.ctx, w, p.lastID, func(ctx context.Context) (any, bool, error) {
		a, err := p.api.store.Attempt(ctx, owner, p.id)
		if err != nil {
			return nil, false, err
		}
		event := progress{Attempt: showAttempt(a)}
		if a.Status != domain.AttemptPlanned && a.Status != domain.AttemptRunning {
			return event, true, nil
		}
		event.RatePerSecond = pace.rate(p.api.clock.Now(), a.Totals.Recorded())
		event.EtaSeconds = eta(a.Audience-a.Totals.Recorded(), event.RatePerSecond)
		return event, false, nil
	})
}

const (
	paceOver  = 5 * time.Second
	paceAfter = time.Second
)

// pace works out a rate over the last seconds from a count that grows.
type pace struct{ seen []sample }

type sample struct {
	at time.Time
	n  int
}

// rate takes the count as it is now. It is nil before a second has passed.
func (p *pace) rate(now time.Time, n int) *float64 {
	p.seen = append(p.seen, sample{now, n})
	for len(p.seen) > 2 && now.Sub(p.seen[1].at) >= paceOver {
		p.seen = p.seen[1:]
	}
	first := p.seen[0]
	passed := now.Sub(first.at)
	if passed < paceAfter {
		return nil
	}
	perSecond := math.Round(float64(n-first.n)/passed.Seconds()*10) / 10 // a tenth is as good as it gets
	return &perSecond
}

// eta is in how many seconds so many are done at a rate; nil when nobody can tell, or none are left.
func eta(left int, perSecond *float64) *int64 {
	if left <= 0 || perSecond == nil || *perSecond <= 0 {
		return nil
	}
	seconds := int64(math.Ceil(float64(left) / *perSecond))
	return &seconds
}
