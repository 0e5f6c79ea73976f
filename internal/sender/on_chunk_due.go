package sender

import (
	"context"
	"errors"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
)

// elsewhereWait is how long a chunk waits that came to a sender without the mail service it needs.
const elsewhereWait = 5 * time.Second

// loadPause is how long a chunk waits whose recipients or message could not be read.
const loadPause = time.Second

// OnChunkDue sends a chunk. It is safe to repeat and to race: the lease lets one sender have the chunk, and the window's
// marks say what any sender before it may have done.
func (s *Sender) OnChunkDue(ctx context.Context, e events.ChunkDue) error {
	if s.isDraining() {
		return &events.Later{After: time.Millisecond, Reason: "this sender is stopping"}
	}
	token := domain.NewID(s.Clock.Now())
	lease, err := s.Ledger.LeaseChunk(ctx, e.ChunkID, token, s.cfg.Lease)
	if err != nil {
		return err
	}
	switch lease.State {
	case domain.Busy:
		return &events.Later{After: lease.Wait, Reason: "another sender has the chunk"}
	case domain.NotDue:
		return &events.Later{After: lease.Wait, Reason: "the chunk is not due yet"}
	case domain.NoLease:
		return nil
	case domain.Leased:
	}
	run := &chunkRun{
		s: s, chunk: lease.Chunk, token: token, resend: lease.Resend, at: lease.Chunk.Window.From,
		log: s.Log.With().Stringer("mailing", lease.Chunk.MailingID).Stringer("attempt", lease.Chunk.AttemptID).
			Int64("chunk", e.ChunkID).Logger(),
	}
	if lease.Found > 0 {
		s.Observer.Delivered("", domain.Unknown, domain.ClassNone, lease.Found)
		run.log.Warn().Int("unknown", lease.Found).Msg("took over a chunk whose sender was lost in the middle of a window")
	}
	var ok bool
	if run.provider, ok = s.provider(lease.Provider); !ok {
		reason := domain.TextNotHere(lease.Provider)
		run.log.Warn().Msg(reason)
		return run.release(ctx, s.Clock.Now().Add(elsewhereWait), reason)
	}
	if err := run.load(ctx); err != nil {
		if bad, ok := errors.AsType[errTemplate](err); ok {
			reason := domain.TextUnrenderable(bad.error)
			err = errors.Join(s.Attempts.PauseAttempt(ctx, lease.Chunk.AttemptID, reason))
		}
		return errors.Join(err, run.release(ctx, s.Clock.Now().Add(loadPause), ""))
	}
	return run.send(ctx)
}
