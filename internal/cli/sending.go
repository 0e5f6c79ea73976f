package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

// sendPoll is how often the attempts are looked at.
const sendPoll = 500 * time.Millisecond

// sendStore is what `vestnik send` needs of the database.
type sendStore interface {
	AnyMailing(ctx context.Context, id domain.ID) (domain.Mailing, error)
	AnyAttempt(ctx context.Context, id domain.ID) (domain.Attempt, error)
	Attempts(ctx context.Context, owner, mailing domain.ID, page domain.Page) ([]domain.Attempt, error)
	StartMailing(ctx context.Context, owner, id domain.ID) (domain.Attempt, error)
	ResendAttempt(ctx context.Context, owner, id domain.ID, r domain.Resend) (domain.Resent, error)
	StartAttempt(ctx context.Context, attempt domain.ID) (domain.Start, error)
	DueMailings(ctx context.Context) ([]domain.ID, error)
	RunningAttempts(ctx context.Context) ([]domain.ID, error)
	MailingsToPlan(ctx context.Context, patience time.Duration) ([]domain.ID, error)
	PlanNext(ctx context.Context, mailing domain.ID) (bool, error)
}

// sending is one run of `vestnik send`.
type sending struct {
	*command

	store   sendStore
	o       sendOptions
	begin   func(context.Context, *sending) error
	watched []*watched
	failed  bool
}

// watched is an attempt that is being waited for.
type watched struct {
	attempt domain.Attempt
	track   *track
	held    bool // it was not begun because its mailing may not be sent now
	// before is what a resend found done, by which nobody has shown that he sends; zero for a new attempt.
	before domain.Attempt
}

func (w *watched) over() bool { return w.held || ended(w.attempt.Status) }

// startThese starts mailings by hand. One that cannot be started does not keep the others from it. One that is being
// sent already is joined, so that a `vestnik send` that was interrupted can be repeated.
func (s *sending) startThese(ctx context.Context, ids []domain.ID) {
	for _, id := range ids {
		attempt, err := s.startOne(ctx, id)
		if err != nil {
			s.complain("mailing %s: %v", id, err)
			continue
		}
		s.watched = append(s.watched, &watched{attempt: attempt})
	}
}

func (s *sending) startOne(ctx context.Context, id domain.ID) (domain.Attempt, error) {
	mailing, err := s.store.AnyMailing(ctx, id)
	if err != nil {
		return domain.Attempt{}, err
	}
	attempt, err := s.store.StartMailing(ctx, mailing.OwnerID, id)
	if err == nil || domain.KindOf(err) != domain.Conflict {
		return attempt, err
	}
	attempts, listErr := s.store.Attempts(ctx, mailing.OwnerID, id, domain.Page{Limit: domain.MaxPage})
	if listErr != nil {
		return domain.Attempt{}, errors.Join(err, listErr)
	}
	for _, a := range attempts {
		if a.Status == domain.AttemptRunning || a.Status == domain.AttemptPlanned && a.Kind == domain.KindManual {
			say(s.Stderr, "vestnik: %s is being sent already: waiting for that attempt\n", mailing.Name)
			return a, nil
		}
	}
	return domain.Attempt{}, err
}

// startDue takes on the planned attempts whose time has come, and those that a sender left behind when it was killed. A
// second attempt beside a planned one would mail everybody twice, so it is that one that is begun. The mailings are planned
// first, which puts right what nobody has planned while no planner ran. A sender hears of that at once, and may have begun or
// even finished by the time the attempts are looked at.
func (s *sending) startDue(ctx context.Context) error {
	began := time.Now().Truncate(time.Microsecond) // as exactly as starts are kept
	var looked []domain.ID
	unplanned := func(ctx context.Context) ([]domain.ID, error) { return s.store.MailingsToPlan(ctx, 0) }
	for _, find := range []func(context.Context) ([]domain.ID, error){unplanned, s.store.DueMailings} {
		ids, err := find(ctx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if _, err := s.store.PlanNext(ctx, id); err != nil {
				return err
			}
		}
		looked = append(looked, ids...)
	}
	if err := s.adopt(ctx); err != nil {
		return err
	}
	due, err := s.store.DueMailings(ctx)
	if err != nil {
		return err
	}
	seen := map[domain.ID]bool{}
	for _, w := range s.watched {
		seen[w.attempt.ID] = true
	}
	for _, id := range append(looked, due...) {
		attempts, err := s.dueAttempts(ctx, id, began)
		if err != nil {
			return err
		}
		for _, a := range attempts {
			if !seen[a.ID] {
				s.watched = append(s.watched, &watched{attempt: a})
			}
			seen[a.ID] = true
		}
	}
	return nil
}

// adopt takes on the attempts that run and have no sender.
func (s *sending) adopt(ctx context.Context) error {
	running, err := s.store.RunningAttempts(ctx)
	if err != nil {
		return err
	}
	for _, id := range running {
		a, err := s.store.AnyAttempt(ctx, id)
		if err != nil {
			return err
		}
		s.watched = append(s.watched, &watched{attempt: a})
	}
	return nil
}

// dueAttempts are the attempts of a mailing whose time has come: planned ones, that of the schedule and one by hand, and
// those that have started since.
func (s *sending) dueAttempts(ctx context.Context, id domain.ID, since time.Time) ([]domain.Attempt, error) {
	mailing, err := s.store.AnyMailing(ctx, id)
	if err != nil {
		return nil, err
	}
	attempts, err := s.store.Attempts(ctx, mailing.OwnerID, id, domain.Page{Limit: domain.MaxPage})
	if err != nil {
		return nil, err
	}
	var due []domain.Attempt
	for _, a := range attempts {
		if a.Status == domain.AttemptPlanned && !a.DueAt.After(time.Now()) || !a.StartedAt.Before(since) {
			due = append(due, a)
		}
	}
	return due, nil
}

// watch returns when every attempt has ended; with an error when ctx ends or no sender begins within the patience.
func (s *sending) watch(ctx context.Context) error {
	if len(s.watched) == 0 {
		return nil
	}
	out := s.Stderr
	if !isTerminal(out) || s.o.quiet {
		out = io.Discard // where nobody looks, the line at an attempt's end is enough
	}
	b := newBoard(out)
	defer b.close()
	for _, w := range s.watched {
		w.track = b.add(w.attempt.MailingName, "waits for a sender")
	}
	alive, tick := time.Now(), time.NewTicker(sendPoll)
	defer tick.Stop()
	for {
		left, progress := 0, false
		for _, w := range s.watched {
			if w.over() {
				continue
			}
			moved, err := s.look(ctx, w)
			if err != nil && ctx.Err() == nil {
				return err
			}
			progress = progress || moved
			if !w.over() {
				left++
			}
		}
		if progress {
			alive = time.Now()
		}
		if left == 0 {
			b.close()
			for _, w := range s.watched {
				s.report(w)
			}
			return nil
		}
		if s.o.patience > 0 && time.Since(alive) > s.o.patience && !s.begun() {
			return s.nobodySends()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.close()
			return s.interrupted(left)
		}
	}
}

// look reads an attempt as it is now and shows it. One that is due is begun, whether or not its event reaches a sender:
// that is safe to race.
func (s *sending) look(ctx context.Context, w *watched) (moved bool, err error) {
	var start domain.Start
	if w.attempt.Status == domain.AttemptPlanned {
		if start, err = s.store.StartAttempt(ctx, w.attempt.ID); err != nil {
			return false, err
		}
	}
	a, err := s.store.AnyAttempt(ctx, w.attempt.ID)
	gone := err != nil && domain.KindOf(err) == domain.NotFound
	if err != nil && !gone {
		return false, err
	}
	if gone || (start.State == domain.NotWanted && a.Status == domain.AttemptPlanned) {
		w.held = true
		w.track.end(0, 0, "is held")
		return true, nil
	}
	before := w.attempt
	w.attempt = a
	if w.over() {
		w.track.end(int64(a.Totals.Ended()), int64(a.Audience), number(int64(a.Totals.Sent))+" sent")
		return true, nil
	}
	w.track.set(int64(a.Totals.Ended()), int64(a.Audience), stateOf(a))
	moved = a.Status != before.Status || a.Totals != before.Totals || !a.LastActivityAt.Equal(before.LastActivityAt)
	return moved || start.State == domain.AnotherRuns, nil
}

func stateOf(a domain.Attempt) string {
	switch {
	case a.Reason != "":
		return a.Reason
	case a.Status == domain.AttemptPlanned:
		return "waits for a sender"
	case a.Totals.Deferred > 0:
		return fmt.Sprintf("%s/%s, %s later", number(int64(a.Totals.Ended())), number(int64(a.Audience)), number(int64(a.Totals.Deferred)))
	default:
		return number(int64(a.Totals.Ended())) + "/" + number(int64(a.Audience))
	}
}

// begun reports whether any sender has shown itself: what is slow from then on is the mail service, and has its reason.
func (s *sending) begun() bool {
	for _, w := range s.watched {
		if a := w.attempt; ended(a.Status) || a.Totals != w.before.Totals || a.Reason != "" || a.LastResponse != w.before.LastResponse {
			return true
		}
	}
	return false
}

// report is one line for one attempt: all that a crontab's mail should say.
func (s *sending) report(w *watched) {
	a := w.attempt
	if w.held {
		s.complain("%s: not started: the mailing is paused or disabled, or its owner is blocked", a.MailingName)
		return
	}
	r := reportOf(a)
	how := r.Status
	if r.Result != "" {
		how = r.Result
	}
	line := fmt.Sprintf("%s: %s, %s of %s sent", a.MailingName, how, number(int64(r.Sent)), number(int64(r.Audience)))
	if t := r.troubles(); t != "" {
		line += ", " + t
	}
	line += ", in " + r.took()
	if a.Reason != "" {
		line += " (" + a.Reason + ")"
	}
	switch {
	case !r.succeeded():
		if a.LastResponse != "" {
			line += "; the mail service said last: " + a.LastResponse
		}
		s.complain("%s", line)
	case !s.o.quiet && !s.json:
		say(s.Stdout, "%s\n", line)
	}
}

func (s *sending) complain(format string, args ...any) {
	s.failed = true
	say(s.Stderr, "vestnik: "+format+"\n", args...)
}

func (s *sending) nobodySends() error {
	if s.o.inline {
		return fmt.Errorf("nothing has been sent for %s: the log says which server is missing", s.o.patience)
	}
	return fmt.Errorf("the mailings are started, but nobody has begun to send within %s: start `vestnik up` or a sender, "+
		"and they will be sent; or use --inline to send in this process. (--patience waits longer.)", s.o.patience)
}

func (s *sending) interrupted(left int) error {
	return errors.New("interrupted; " + counted(int64(left), "attempt") +
		" had not ended and will go on where a sender runs. The API or `vestnik send` can tell how they end")
}
