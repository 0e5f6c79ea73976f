package sender

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

const (
	// A window is as many recipients as take about windowTime, within these bounds: the fewer, the fewer can become
	// unknown when this process is killed; the more, the fewer transactions.
	minWindow  = 10
	maxWindow  = 50
	windowTime = 50 * time.Millisecond

	// slice is how long a chunk is sent before it makes room, if chunks of other attempts wait for its mail service.
	slice = 250 * time.Millisecond

	// watchEvery is how often a window that takes long asks whether it may go on.
	watchEvery = 400 * time.Millisecond

	// maxKept bounds what is kept of the memory of one message, in bytes.
	maxKept = 256 << 10

	// contentLimit is how many messages in a row may be refused for their content before the mailing is paused: what is
	// wrong is the message, and every further try hurts its sender's name.
	contentLimit = 10
)

// chunkRun is one sender's way through one chunk. It belongs to one goroutine.
type chunkRun struct {
	s     *Sender
	log   zerolog.Logger
	chunk domain.Chunk
	token domain.ID

	provider   Provider
	sliceBegan time.Time

	resend bool // an unknown outcome is tried again

	template   Template
	recipients map[int64]domain.Recipient

	at   int               // recipients before it are recorded, or in done
	all  []domain.Delivery // outcomes that this run has recorded
	done []domain.Delivery // outcomes that are not recorded yet
	// untouched are those of the last window that were not come to. They go back by themselves, unless the lease is lost.
	untouched []domain.Delivery
	size      int // of the next window
	refused   int // messages in a row refused for their content

	envelopes []domain.Envelope
	places    []int // of each envelope in the window
	buffers   [][]byte
}

// load reads what the rest of the chunk needs.
func (r *chunkRun) load(ctx context.Context) error {
	var err error
	if r.template, err = r.s.templates.get(ctx, r.chunk.AttemptID); err != nil {
		return err
	}
	r.recipients, err = r.s.Attempts.Recipients(ctx, r.chunk.Clients[r.at:])
	r.size, r.sliceBegan = r.s.sizes.of(r.provider.Name()), time.Now()
	return err
}

// send goes through the chunk window by window. Each turn of the loop is one transaction, which records the window
// that ended and opens the next one, and then the messages of that window. It ends when the chunk is done, when the
// mailing may not go on, when the provider is away, when others have their turn, when this sender is stopping, or when the
// lease is lost.
func (r *chunkRun) send(ctx context.Context) error {
	buffers, _ := r.s.buffers.Get().(*[maxWindow][]byte)
	if buffers == nil {
		buffers = new([maxWindow][]byte)
	}
	defer func() {
		for i := range buffers {
			if cap(buffers[i]) > maxKept {
				buffers[i] = nil
			}
		}
		r.s.buffers.Put(buffers)
	}()
	r.buffers = buffers[:]
	var away *domain.Unreachable
	for {
		next := domain.Window{From: r.at, To: min(r.at+r.size, len(r.chunk.Clients))}
		stopping, turn := r.s.isDraining(), r.othersTurn(ctx)
		if stopping || turn || away != nil {
			next.To = next.From
		}
		opened, err := r.advance(ctx, next)
		if errors.Is(err, domain.ErrLeaseLost) {
			return r.lost(ctx)
		}
		if err != nil {
			return err
		}
		r.suppress(ctx)
		r.all = append(r.all, r.done...)
		r.done, r.untouched = r.done[:0], r.untouched[:0]

		switch {
		case r.at == len(r.chunk.Clients):
			err := r.s.Ledger.FinishChunk(ctx, r.chunk.ID, r.token, r.all...)
			if errors.Is(err, domain.ErrLeaseLost) {
				return nil // everything is recorded; whoever has the chunk now finishes it
			}
			return err
		case away != nil:
			r.log.Warn().Str("provider", away.Provider).Str("reason", away.Reason).Dur("again_in_ms", away.RetryAfter).Msg("the mail service is away")
			return r.release(ctx, r.s.Clock.Now().Add(away.RetryAfter), away.Error())
		case stopping, turn:
			return r.release(ctx, r.s.Clock.Now(), "")
		case opened.Len() == 0:
			r.log.Info().Msg("stopped: the mailing is held, or its end has come")
			return errors.Join(r.release(ctx, r.s.Clock.Now(), ""), r.s.Attempts.CloseAttempt(ctx, r.chunk.AttemptID))
		}

		if err := r.window(ctx, opened); err != nil {
			unreachable, ok := errors.AsType[*domain.Unreachable](err)
			if !ok && !errors.Is(err, context.Canceled) {
				// Whatever it is, what did end is recorded first.
				unreachable = &domain.Unreachable{Provider: r.provider.Name(), Reason: err.Error(), RetryAfter: time.Second}
			}
			away = unreachable
		}
	}
}

// othersTurn reports whether it is time to make room for a chunk of another attempt. The chunk goes to the end of the
// queue then. This is asked once a slice, so while one attempt is alone, or chunks are done within a slice, nothing moves.
func (r *chunkRun) othersTurn(ctx context.Context) bool {
	if time.Since(r.sliceBegan) < slice || r.at == len(r.chunk.Clients) {
		return false
	}
	r.sliceBegan = time.Now()
	waiting, err := r.s.Ledger.OthersWait(ctx, r.chunk.AttemptID)
	if err != nil {
		r.log.Debug().Err(err).Msg("could not ask who else waits")
		return false
	}
	return waiting
}

// advance records and opens, and finds out what became of it when the database does not say: the answer to a COMMIT can
// be lost. Reading the chunk under our token tells: a window that is ours and open, and of which nothing was sent yet,
// is safe to go on with.
func (r *chunkRun) advance(ctx context.Context, next domain.Window) (domain.Window, error) {
	for try := 0; ; try++ {
		opened, err := r.s.Ledger.AdvanceWindow(ctx, r.chunk.ID, r.token, r.s.cfg.Lease, r.done, next)
		if err == nil || (errors.Is(err, domain.ErrLeaseLost) && try == 0) {
			return opened, err
		}
		r.log.Warn().Err(err).Msg("the ledger did not answer; reading what it has")
		for {
			if werr := wait(ctx, backoff(try)); werr != nil {
				return domain.Window{}, errors.Join(err, werr)
			}
			found, rerr := r.s.Ledger.WindowOf(ctx, r.chunk.ID, r.token)
			if errors.Is(rerr, domain.ErrLeaseLost) {
				return domain.Window{}, rerr
			}
			if rerr != nil {
				try++
				continue
			}
			if found.From == next.From && (len(r.done) > 0 || found.To == next.To) {
				return found, nil // it was carried out
			}
			break // it was not: do it again
		}
	}
}

// window renders and sends the messages of an open window. It leaves the outcomes in done and moves at past them.
// Recipients that were not touched stay for later; then the error says why.
func (r *chunkRun) window(ctx context.Context, w domain.Window) error {
	began := time.Now()
	rows := r.prepare(w)

	sendCtx, stop := r.watch(ctx)
	receipts, err := r.provider.Deliver(sendCtx, r.envelopes)
	stop()
	if len(receipts) != len(r.envelopes) {
		// A fault of the provider's code: who was mailed cannot be told, so nobody of this window is mailed again.
		err = errors.Join(fmt.Errorf("provider %s returned %d receipts for %d messages", r.provider.Name(), len(receipts), len(r.envelopes)), err)
		receipts = make([]domain.Receipt, len(r.envelopes))
		for i := range receipts {
			receipts[i] = domain.Receipt{Outcome: domain.Unknown, Provider: r.provider.Name(), At: r.s.Clock.Now(), Reply: domain.Reply{Text: err.Error()}}
		}
		r.log.Error().Err(err).Msg("the outcomes of a window are unknown")
	}
	reached := len(rows)
	for i, receipt := range receipts {
		if receipt.Outcome == domain.Untouched {
			reached = r.places[i]
			break
		}
		if receipt.Outcome == domain.Unknown && r.resend && r.chunk.Try < domain.MaxTries {
			receipt.Outcome = domain.Deferred // the owner would rather have it sent twice than not at all
		}
		rows[r.places[i]].Receipt = receipt
		r.countContent(ctx, receipt)
	}
	r.done = append(r.done, rows[:reached]...)
	r.untouched = append(r.untouched[:0], rows[reached:]...)
	r.at = w.From + reached
	took := time.Since(began)
	r.pace(reached, took)
	r.s.Observer.Window(took)
	r.s.count(rows[:reached])
	return err
}

// prepare renders the messages of a window and decides who gets none. It returns a row for each recipient.
func (r *chunkRun) prepare(w domain.Window) []domain.Delivery {
	now := r.s.Clock.Now()
	rows := make([]domain.Delivery, w.Len())
	r.envelopes, r.places = r.envelopes[:0], r.places[:0]
	for i := range rows {
		row := &rows[i]
		row.ClientKey, row.Tries, row.At = r.chunk.Clients[w.From+i], r.chunk.Try, now
		to, ok := r.recipients[row.ClientKey]
		row.ClientID, row.Email = to.ID, to.Email
		switch {
		case !ok:
			row.Outcome, row.Reply.Text = domain.Skipped, domain.TextClientDeleted
			continue
		case to.Suppressed != "":
			row.Outcome, row.Reply.Text = domain.Skipped, domain.TextSuppressed(to.Suppressed)
			continue
		}
		envelope, err := r.envelope(i, &to, now)
		if err != nil {
			row.Outcome, row.Class, row.Reply.Text = domain.Failed, domain.ClassContent, domain.TextNotRendered(err)
			continue
		}
		r.envelopes = append(r.envelopes, envelope)
		r.places = append(r.places, i)
	}
	return rows
}

// envelope renders the message for the i-th recipient of a window in the form that the provider takes.
func (r *chunkRun) envelope(i int, to *domain.Recipient, now time.Time) (e domain.Envelope, err error) {
	e = domain.Envelope{Flow: r.chunk.AttemptID, From: r.template.From(), To: to.Email}
	if r.provider.Form() == domain.FormParts {
		e.Key = r.chunk.AttemptID.String() + "." + to.ID.String()
		e.Parts, err = r.template.Parts(*to)
		return e, err
	}
	e.Data, err = r.template.Render(r.buffers[i][:0], *to, now)
	r.buffers[i] = e.Data
	return e, err
}

// watch keeps the lease while a window lasts, and returns a context that ends when no further message may be begun:
// this sender is stopping, the mailing was stopped, or the lease could not be kept. What has begun may still take long,
// and the lease is kept for it all the same. stop ends the watching and waits for it.
func (r *chunkRun) watch(ctx context.Context) (sendCtx context.Context, stop func()) {
	sendCtx, cancel := context.WithCancel(ctx)
	watchCtx, end := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		kept, draining := time.Now(), r.s.draining
		for {
			select {
			case <-watchCtx.Done():
				return
			case <-draining:
				cancel()
				draining = nil
				continue
			case <-tick.C:
			}
			allowed, err := r.s.Ledger.RenewLease(watchCtx, r.chunk.ID, r.token, r.s.cfg.Lease)
			switch {
			case errors.Is(err, domain.ErrLeaseLost):
				cancel()
				return
			case err != nil:
				if time.Since(kept) > r.s.cfg.Lease {
					cancel()
				}
			default:
				kept = time.Now()
				if !allowed {
					cancel()
				}
			}
		}
	}()
	return sendCtx, func() {
		cancel()
		end()
		<-ended
	}
}

// pace sizes the next window by how long this one took.
func (r *chunkRun) pace(n int, took time.Duration) {
	if n == 0 || took <= 0 {
		return
	}
	r.size = min(max(int(int64(n)*int64(windowTime)/int64(took)), minWindow), maxWindow)
	r.s.sizes.note(r.provider.Name(), r.size)
}

// countContent pauses the mailing when its message itself keeps being refused.
func (r *chunkRun) countContent(ctx context.Context, receipt domain.Receipt) {
	if receipt.Class != domain.ClassContent {
		r.refused = 0
		return
	}
	r.refused++
	if r.refused != contentLimit {
		return
	}
	reason := domain.TextContentRefused(contentLimit, receipt.Reply)
	if err := r.s.Attempts.PauseAttempt(ctx, r.chunk.AttemptID, reason); err != nil {
		r.log.Error().Err(err).Msg("could not pause the mailing")
	}
}

// suppress takes note of addresses that were refused for good. They are recorded by now; should this fail, the next
// mailing to them finds out again.
func (r *chunkRun) suppress(ctx context.Context) {
	for i := range r.done {
		row := &r.done[i]
		if row.Outcome != domain.Failed {
			continue
		}
		reason := fmt.Sprintf("%d %s %s", row.Reply.Code, row.Reply.Enhanced, row.Reply.Text)
		var err error
		switch row.Class {
		case domain.ClassRecipient:
			err = r.s.Attempts.Suppress(ctx, row.ClientKey, row.Email, reason)
		case domain.ClassMailboxFull:
			err = r.s.Attempts.SuppressFull(ctx, row.ClientKey, row.Email, reason)
		case domain.ClassNone, domain.ClassContent, domain.ClassPolicy, domain.ClassRate, domain.ClassProvider, domain.ClassCredentials:
		}
		if err != nil {
			r.log.Error().Err(err).Msg("could not suppress an address")
		}
	}
}

// lost puts the truth in the place of "unknown": another sender has the chunk, but only this one knows how its window
// ended.
func (r *chunkRun) lost(ctx context.Context) error {
	for i := range r.untouched {
		r.untouched[i].Outcome = domain.Untouched // also of those who were to be skipped: the next try decides again
	}
	rows := slices.Concat(r.done, r.untouched)
	if len(rows) == 0 {
		return nil
	}
	var fixed int
	for try := 0; ; try++ { // nobody else knows this, so it is not given up for a database that is away for a moment
		var err error
		if fixed, err = r.s.Ledger.RecordLate(ctx, r.chunk, rows); err == nil {
			break
		}
		r.log.Warn().Err(err).Msg("could not record how a lost window ended; trying again")
		if werr := wait(ctx, backoff(try)); werr != nil {
			return errors.Join(err, werr)
		}
	}
	r.log.Warn().Int("outcomes", len(rows)).Int("corrected", fixed).Msg("lost the lease of a chunk; recorded how its window ended")
	return nil
}

func (r *chunkRun) release(ctx context.Context, due time.Time, reason string) error {
	return r.s.Ledger.ReleaseChunk(ctx, r.chunk.ID, r.token, due, reason)
}

// backoff before asking a database again that did not answer: 20 ms, doubling, up to a second.
func backoff(try int) time.Duration {
	return min(20*time.Millisecond<<min(try, 10), time.Second)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
