package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

const (
	// demoPoll keeps to four looks a second.
	demoPoll = 250 * time.Millisecond
	// demoPatience is how long nothing at all may happen, the wait for the second mailing included.
	demoPatience = time.Minute
)

// attemptView is an attempt as the API shows it.
type attemptView struct {
	ID         string     `json:"id"`
	DueAt      time.Time  `json:"due_at"`
	StartedAt  *time.Time `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`
	Status     string     `json:"status"`
	Result     *string    `json:"result"`
	LateMS     int64      `json:"late_ms"`
	Audience   int        `json:"audience"`
	Sent       int        `json:"sent"`
	Failed     int        `json:"failed"`
	Deferred   int        `json:"deferred"`
	Unknown    int        `json:"unknown"`
	Skipped    int        `json:"skipped"`
	Expired    int        `json:"expired"`
	Reason     string     `json:"reason"`
}

func (a *attemptView) done() int { return a.Sent + a.Failed + a.Unknown + a.Skipped + a.Expired }

func (a *attemptView) ended() bool { return ended(domain.AttemptStatus(a.Status)) }

// watch follows the first attempt of every mailing to its end.
func (d *demo) watch(ctx context.Context, mailings []*demoMailing) error {
	say(d.out, "\nSending\n")
	b := newBoard(d.out)
	d.log.show(b)
	defer func() {
		b.close()
		d.log.show(nil)
	}()
	for _, m := range mailings {
		m.track = b.add(m.Name, "")
	}
	tick := time.NewTicker(demoPoll)
	defer tick.Stop()
	moved, before := time.Now(), 0
	for {
		left, state := 0, 0
		for _, m := range mailings {
			if m.attempt.ended() {
				continue
			}
			if err := d.look(ctx, m); err != nil {
				return err
			}
			if !m.attempt.ended() {
				left++
			}
			state += m.attempt.done()
		}
		if left == 0 {
			return nil
		}
		if state += 1_000_000_000 * left; state != before {
			moved, before = time.Now(), state
		}
		if time.Since(moved) > demoPatience {
			return fmt.Errorf("nothing has happened for %s; the log above may say why", demoPatience)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("interrupted")
		}
	}
}

// look reads the attempts of a mailing: the first, and the one planned after it.
func (d *demo) look(ctx context.Context, m *demoMailing) error {
	var page struct {
		Items []attemptView `json:"items"`
	}
	if err := d.api.call(ctx, http.MethodGet, "/api/v1/mailings/"+m.ID+"/attempts?limit=10", nil, &page); err != nil {
		return err
	}
	if len(page.Items) == 0 {
		m.track.set(0, 0, "is being planned")
		return nil
	}
	m.attempt = page.Items[len(page.Items)-1] // the newest comes first
	if newest := page.Items[0]; len(page.Items) > 1 && newest.Status == string(domain.AttemptPlanned) {
		m.next = newest.DueAt
	}
	a := &m.attempt
	done, total := int64(a.done()), int64(a.Audience)
	counts := number(done) + "/" + number(total)
	switch {
	case a.ended():
		r := m.report()
		m.track.end(done, total, fmt.Sprintf("%s in %s", counts, r.took()))
	case a.Status == string(domain.AttemptPlanned):
		m.track.set(0, 0, fmt.Sprintf("in %.0f s", max(time.Until(a.DueAt), 0).Seconds()))
	case a.Reason != "":
		m.track.set(done, total, a.Reason)
	default:
		m.track.set(done, total, counts+rate(a))
	}
	return nil
}

// rate is how many are done in a second, once that can be told.
func rate(a *attemptView) string {
	if a.StartedAt == nil || time.Since(*a.StartedAt) < time.Second {
		return ""
	}
	return fmt.Sprintf(" %s/s", number(int64(float64(a.done())/time.Since(*a.StartedAt).Seconds())))
}

func (m *demoMailing) report() attemptReport {
	a := m.attempt
	r := attemptReport{
		Mailing: m.Name, MailingID: m.ID, AttemptID: a.ID, Status: a.Status, Audience: a.Audience, Sent: a.Sent, Failed: a.Failed,
		Unknown: a.Unknown, Skipped: a.Skipped, Expired: a.Expired, LateMS: a.LateMS, Reason: a.Reason,
	}
	if a.Result != nil {
		r.Result = *a.Result
	}
	if a.StartedAt != nil && a.FinishedAt != nil {
		r.DurationMS = a.FinishedAt.Sub(*a.StartedAt).Milliseconds()
	}
	return r
}
