package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// noticesKept is how long it is known what became of a message of the service itself.
const noticesKept = 30 * 24 * time.Hour

// notify queues a message of the service itself in q's transaction, with the event that wakes a sender.
func (s *Store) notify(ctx context.Context, q *sqlc.Queries, n domain.Notice) error {
	_, err := s.queue(ctx, q, n)
	return err
}

// queue is notify for who wants to know the notice's id.
func (s *Store) queue(ctx context.Context, q *sqlc.Queries, n domain.Notice) (domain.ID, error) {
	data, err := jsonObject(n.Data)
	if err != nil {
		return domain.ID{}, err
	}
	now := s.stamp()
	id := domain.NewID(now)
	err = q.NoticeInsert(ctx, sqlc.NoticeInsertParams{
		ID: id, UserID: n.UserID, Email: n.Email, Kind: string(n.Kind), Language: string(n.Language), Data: data, Now: now,
	})
	if err != nil {
		return domain.ID{}, fmt.Errorf("queue a notice: %w", err)
	}
	return id, s.put(ctx, q, events.NoticeDue{NoticeID: id})
}

// tell is notify for what an account's owner is told of what happens to it. An address that is not confirmed is told
// nothing: whoever registered it may not be its owner, and could have us fill a stranger's mailbox.
func (s *Store) tell(ctx context.Context, q *sqlc.Queries, confirmed bool, n domain.Notice) error {
	if !confirmed {
		return nil
	}
	return s.notify(ctx, q, n)
}

// LeaseNotice gives a notice to the sender that holds token, for ttl, unless another one has it or it is not to be sent.
func (s *Store) LeaseNotice(ctx context.Context, id, token domain.ID, ttl time.Duration) (lease domain.NoticeLease, err error) {
	err = s.inTx(ctx, func(q *sqlc.Queries) error {
		row, err := q.NoticeLock(ctx, id)
		if errors.Is(err, pgx.ErrNoRows) {
			lease.State = domain.NoLease
			return nil
		}
		if err != nil {
			return err
		}
		n, now := row.Notice, s.clock.Now()
		switch {
		case n.Status != string(domain.NoticeWaiting):
			lease.State = domain.NoLease
			return nil
		case n.DueAt.After(now):
			lease.State, lease.Wait = domain.NotDue, n.DueAt.Sub(now)
			return nil
		case n.LeasedUntil != nil && n.LeasedUntil.After(row.DbNow):
			lease.State, lease.Wait = domain.Busy, n.LeasedUntil.Sub(row.DbNow)
			return nil
		}
		lease.State, lease.Notice = domain.Leased, domain.QueuedNotice{
			Notice: domain.Notice{UserID: n.UserID, Email: n.Email, Kind: domain.NoticeKind(n.Kind), Language: domain.Language(n.Language)},
			ID:     n.ID, Tries: int(n.Tries), QueuedAt: n.CreatedAt,
		}
		if json.Unmarshal(n.Data, &lease.Notice.Data) != nil {
			return errors.New("its data cannot be read") // what json says of it might show some
		}
		return q.NoticeLease(ctx, sqlc.NoticeLeaseParams{ID: id, Token: token, Lease: ttl})
	})
	if err != nil {
		return domain.NoticeLease{}, fmt.Errorf("lease notice %s: %w", id, err)
	}
	return lease, nil
}

// RenewNotice keeps the lease for another ttl. The error is domain.ErrLeaseLost when another sender may have it.
func (s *Store) RenewNotice(ctx context.Context, id, token domain.ID, ttl time.Duration) error {
	n, err := s.q.NoticeRenew(ctx, sqlc.NoticeRenewParams{ID: id, Token: token, Lease: ttl})
	if err != nil {
		return fmt.Errorf("renew the lease of notice %s: %w", id, err)
	}
	if n == 0 {
		return domain.ErrLeaseLost
	}
	return nil
}

// RecordNotice records what came of a try and ends its lease. With the end, whatever the notice was to say is removed. A
// lease that was lost meanwhile is no error: whoever has it now tells how it ends.
func (s *Store) RecordNotice(ctx context.Context, id, token domain.ID, r domain.NoticeResult) error {
	tried := int32(0)
	if r.Tried {
		tried = 1
	}
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		if r.Status != domain.NoticeWaiting {
			return q.NoticeEnd(ctx, sqlc.NoticeEndParams{
				ID: id, Token: token, Status: string(r.Status), Tried: tried, Response: r.Response, Now: s.stamp(),
			})
		}
		n, err := q.NoticeAgain(ctx, sqlc.NoticeAgainParams{ID: id, Token: token, Tried: tried, DueAt: r.DueAt, Response: r.Response})
		if err != nil || n == 0 {
			return err
		}
		return s.putAt(ctx, q, events.NoticeDue{NoticeID: id}, r.DueAt)
	})
	if err != nil {
		return fmt.Errorf("record what came of notice %s: %w", id, err)
	}
	return nil
}

// HintNotices asks again for notices that are due for longer than patience and that no sender has, or whose sender let
// its lease run out. It returns how many.
func (s *Store) HintNotices(ctx context.Context, patience time.Duration) (int, error) {
	n := 0
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		overdue, err := q.NoticesOverdue(ctx, sqlc.NoticesOverdueParams{Now: s.clock.Now(), Patience: patience})
		if err != nil {
			return err
		}
		n = len(overdue)
		for _, id := range overdue {
			if err := s.put(ctx, q, events.NoticeDue{NoticeID: id}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("look for overdue notices: %w", err)
	}
	return n, nil
}

// PurgeNotices forgets notices that were asked for more than 30 days ago.
func (s *Store) PurgeNotices(ctx context.Context) error {
	if err := s.q.NoticesPurge(ctx, s.clock.Now().Add(-noticesKept)); err != nil {
		return fmt.Errorf("purge old notices: %w", err)
	}
	return nil
}

// SendTest queues a message of a kind that people send to themselves: it goes to the user's own address as it is now, and
// nowhere else. The error is that of domain.User.MaySend when no mail may go out in his name.
func (s *Store) SendTest(ctx context.Context, user domain.ID, kind domain.NoticeKind, data map[string]string) (domain.TestMail, error) {
	var id domain.ID
	err := s.inTx(ctx, func(q *sqlc.Queries) error {
		row, err := q.UserGet(ctx, user)
		if err != nil {
			return orNotFound(err, "user")
		}
		u := toUser(row)
		if err := u.MaySend(); err != nil {
			return err
		}
		id, err = s.queue(ctx, q, noticeTo(u, kind, data))
		return err
	})
	if err != nil {
		return domain.TestMail{}, fmt.Errorf("queue a message of user %s to himself: %w", user, err)
	}
	return domain.TestMail{ID: id, Status: domain.NoticeWaiting}, nil
}

// TestMail returns what became of a message that the user sent to himself, or a NotFound error.
func (s *Store) TestMail(ctx context.Context, user, id domain.ID) (domain.TestMail, error) {
	row, err := s.q.NoticeTest(ctx, sqlc.NoticeTestParams{ID: id, UserID: user})
	if err != nil {
		return domain.TestMail{}, orNotFound(err, "test_mail")
	}
	return domain.TestMail{ID: id, Status: domain.NoticeStatus(row.Status), Response: row.LastResponse, EndedAt: row.EndedAt}, nil
}
