package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// putBack makes recipients of an attempt deferred again and puts them into new chunks that wait, those with as many tries
// together. The attempt is locked while it lives, and a transaction holds all it does.
type putBack struct {
	q       *sqlc.Queries
	attempt domain.ID
	now     time.Time
	wanted  map[string]bool // outcomes

	full            map[int32][]int64 // recipients of the next chunk, by their tries
	unknown, failed int32
	leftOut         int
}

// wanted are the outcomes to put back; of none, both that can be.
func wanted(outcomes []domain.Outcome) map[string]bool {
	if len(outcomes) == 0 {
		outcomes = []domain.Outcome{domain.Unknown, domain.Failed}
	}
	set := make(map[string]bool, len(outcomes))
	for _, o := range outcomes {
		set[string(o)] = true
	}
	return set
}

// all puts back everyone, or these clients. A Conflict says that there is nobody.
func (b *putBack) all(ctx context.Context, clients []domain.ID) error {
	find := b.everyone
	if len(clients) > 0 {
		find = func(ctx context.Context) error { return b.these(ctx, clients) }
	}
	if err := find(ctx); err != nil {
		return err
	}
	for _, tries := range slices.Sorted(maps.Keys(b.full)) {
		if err := b.chunk(ctx, tries, b.full[tries]); err != nil {
			return err
		}
	}
	switch {
	case b.unknown+b.failed > 0:
	case b.leftOut > 0:
		return nothingToResend(fmt.Sprintf(
			"all %d recipients with such an outcome are suppressed or deleted; lift the suppression of those who may be mailed", b.leftOut))
	default:
		return nothingToResend("nobody in the attempt has such an outcome")
	}
	err := b.q.ResendEntry(ctx, sqlc.ResendEntryParams{AttemptID: b.attempt, Now: b.now, Unknown: b.unknown, Failed: b.failed})
	if err != nil {
		return fmt.Errorf("take counts back: %w", err)
	}
	return nil
}

// everyone pages through the ledger: it need not fit in memory.
func (b *putBack) everyone(ctx context.Context) error {
	const page = 10 * domain.ChunkSize
	outcomes := make([]string, 0, len(b.wanted))
	for o := range b.wanted {
		outcomes = append(outcomes, o)
	}
	var after int64
	for {
		rows, err := b.q.ResendPage(ctx, sqlc.ResendPageParams{AttemptID: b.attempt, After: after, Outcomes: outcomes, PageSize: page})
		if err != nil {
			return fmt.Errorf("look for recipients to send to again: %w", err)
		}
		for _, r := range rows {
			if err := b.add(ctx, r.ClientID, r.Tries, r.Outcome, r.Fit); err != nil {
				return err
			}
		}
		if len(rows) < page {
			return nil
		}
		after = rows[page-1].ClientID
	}
}

// these refuses clients who are not the attempt's.
func (b *putBack) these(ctx context.Context, clients []domain.ID) error {
	rows, err := b.q.ResendThese(ctx, sqlc.ResendTheseParams{AttemptID: b.attempt, ClientUids: clients})
	if err != nil {
		return fmt.Errorf("look for clients to send to again: %w", err)
	}
	found := make(map[domain.ID]bool, len(rows))
	for _, r := range rows {
		found[r.Uid] = true
		if !b.wanted[r.Outcome] {
			continue
		}
		if err := b.add(ctx, r.ClientID, r.Tries, r.Outcome, r.Fit); err != nil {
			return err
		}
	}
	for i, id := range clients {
		if !found[id] {
			return domain.NewInvalid(domain.NewFault(domain.FaultNotFound, nil, "has no delivery in this attempt: %s", id).
				At(fmt.Sprintf("client_ids.%d", i)))
		}
	}
	return nil
}

func (b *putBack) add(ctx context.Context, client int64, tries int32, outcome string, fit bool) error {
	switch {
	case !fit:
		b.leftOut++
		return nil
	case outcome == string(domain.Unknown):
		b.unknown++
	default:
		b.failed++
	}
	b.full[tries] = append(b.full[tries], client)
	if len(b.full[tries]) < domain.ChunkSize {
		return nil
	}
	keys := b.full[tries]
	delete(b.full, tries)
	return b.chunk(ctx, tries, keys)
}

func (b *putBack) chunk(ctx context.Context, tries int32, keys []int64) error {
	n, err := b.q.ResendBack(ctx, sqlc.ResendBackParams{AttemptID: b.attempt, ClientIds: keys, Now: b.now})
	if err != nil {
		return fmt.Errorf("put recipients back: %w", err)
	}
	if n != int64(len(keys)) {
		return fmt.Errorf("%d of %d recipients have changed although the attempt is locked", int64(len(keys))-n, len(keys))
	}
	err = b.q.ResendChunk(ctx, sqlc.ResendChunkParams{AttemptID: b.attempt, Tries: tries, ClientIds: keys, Now: b.now})
	if err != nil {
		return fmt.Errorf("insert a chunk of recipients to send to again: %w", err)
	}
	return nil
}
