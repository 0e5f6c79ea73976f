package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// backlogMost is up to where waiting things are counted.
const backlogMost = 100_000

// Backlog is the work that waits.
type Backlog struct {
	Outbox    int           // events that are not in NATS yet, 100,000 at most
	OutboxAge time.Duration // of the oldest of them; 0 when there is none
	Notices   int           // messages of the service itself that are to be sent, 100,000 at most
	NoticeAge time.Duration // since the oldest of them was asked for; 0 when there is none
	Running   int           // attempts being sent

	// Of their chunks, 100,000 at most: due without a sender, being sent, behind others of their attempt, to be tried
	// later, of a mailing that is held.
	Pending, Leased, Waiting, Deferred, Held int
}

// Backlog counts the work that waits, in one bounded query.
func (s *Store) Backlog(ctx context.Context) (Backlog, error) {
	row, err := s.q.Backlog(ctx, sqlc.BacklogParams{Most: backlogMost, Now: s.clock.Now()})
	if err != nil {
		return Backlog{}, fmt.Errorf("count what waits: %w", err)
	}
	return Backlog{
		Outbox: int(row.Outbox), OutboxAge: max(time.Duration(row.OutboxAge*float64(time.Second)), 0), Running: int(row.Running),
		Notices: int(row.Notices), NoticeAge: max(time.Duration(row.NoticesAge*float64(time.Second)), 0),
		Pending: int(row.Pending), Leased: int(row.Leased), Waiting: int(row.Waiting), Deferred: int(row.Deferred), Held: int(row.Held),
	}, nil
}

// PoolState is how the connections of a Store stand.
type PoolState struct {
	Max, InUse, Idle int
	Waits            int64         // queries that found no free connection, since Open
	Waited           time.Duration // how long they waited, together
}

// PoolState returns a snapshot.
func (s *Store) PoolState() PoolState {
	p := s.pool.Stat()
	return PoolState{
		Max: int(p.MaxConns()), InUse: int(p.AcquiredConns()), Idle: int(p.IdleConns()),
		Waits: p.EmptyAcquireCount(), Waited: p.EmptyAcquireWaitTime(),
	}
}
