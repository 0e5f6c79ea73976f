package sender

import (
	"context"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
)

// longestWait is after how long a start that is far away is looked at again.
const longestWait = 24 * time.Hour

// OnSendDue starts a planned attempt. It is safe to repeat and to race: only a planned attempt begins, under the lock
// of its mailing. An event that fires early comes again when it is due.
func (s *Sender) OnSendDue(ctx context.Context, e events.SendDue) error {
	if s.isDraining() {
		return &events.Later{After: time.Millisecond, Reason: "this sender is stopping"}
	}
	start, err := s.Attempts.StartAttempt(ctx, e.AttemptID)
	if err != nil {
		return err
	}
	log := s.Log.With().Stringer("mailing", e.MailingID).Stringer("attempt", e.AttemptID).Logger()
	switch start.State {
	case domain.Began:
		late := max(s.Clock.Now().Sub(e.DueAt), 0)
		s.Observer.Started(late)
		log.Info().Dur("late_ms", late).Msg("attempt started")
	case domain.NotYet:
		return &events.Later{After: min(start.Wait, longestWait), Reason: "not due yet"}
	case domain.AnotherRuns:
		// Its deadline has come with ours, so it ends as soon as its senders let go.
		if err := s.Attempts.CloseAttempt(ctx, start.Running); err != nil {
			return err
		}
		return &events.Later{After: start.Wait, Reason: "the attempt before it has not ended"}
	case domain.NotWanted:
		log.Debug().Msg("nothing to start")
	}
	return nil
}
