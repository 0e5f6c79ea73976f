package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// CreateMailing saves m for its OwnerID and sets its id, status, revision and times. A status other than draft becomes
// scheduled, and a missing start becomes now. An Invalid error names what is wrong with it, a message, client or list
// that is not its owner's included.
func (s *Store) CreateMailing(ctx context.Context, m *domain.Mailing) error {
	now := s.clock.Now()
	m.ID = domain.NewID(now)
	if m.Status != domain.MailingDraft {
		m.Status = domain.MailingScheduled
	}
	if m.Schedule.Start.IsZero() {
		m.Schedule.Start = now
	}
	if bad := m.Validate(now); len(bad) > 0 {
		return domain.NewInvalid(bad...)
	}
	m.Revision, m.CreatedAt, m.UpdatedAt = 1, now, now
	return s.inTx(ctx, func(q *sqlc.Queries) error {
		if err := checkMessage(ctx, q, m); err != nil {
			return err
		}
		if err := checkProvider(ctx, q, m); err != nil {
			return err
		}
		err := q.MailingInsert(ctx, sqlc.MailingInsertParams{
			ID: m.ID, OwnerID: m.OwnerID, Name: m.Name, MessageID: m.MessageID,
			StartAt: m.Schedule.Start, EndAt: orNull(m.Schedule.End), TimeZone: m.Schedule.Zone,
			Periodicity: string(m.Schedule.Periodicity), OnUnknown: string(m.OnUnknown), Status: string(m.Status),
			Provider: m.ProviderID, Now: now,
		})
		if err != nil {
			return fmt.Errorf("insert mailing: %w", err)
		}
		if err := setAudience(ctx, q, m); err != nil {
			return err
		}
		return s.put(ctx, q, events.MailingCreated{MailingID: m.ID, OwnerID: m.OwnerID, Revision: 1})
	})
}

func checkMessage(ctx context.Context, q *sqlc.Queries, m *domain.Mailing) error {
	owned, err := q.MessageOwned(ctx, sqlc.MessageOwnedParams{ID: m.MessageID, OwnerID: m.OwnerID})
	if err != nil {
		return fmt.Errorf("look for message %s: %w", m.MessageID, err)
	}
	if !owned {
		return domain.NewInvalid(domain.NewFault(domain.FaultNotFound, nil, "there is no such message").At("message_id"))
	}
	return nil
}

// checkProvider looks for the mail service that m names: some sender has it, or had it lately.
func checkProvider(ctx context.Context, q *sqlc.Queries, m *domain.Mailing) error {
	if m.ProviderID == "" {
		return nil
	}
	known, err := q.ProviderKnown(ctx, m.ProviderID)
	if err != nil {
		return fmt.Errorf("look for provider %s: %w", m.ProviderID, err)
	}
	if !known {
		return domain.NewInvalid(domain.NewFault(domain.FaultNotFound, nil, "there is no such mail service; GET /providers lists them").At("provider_id"))
	}
	return nil
}

// setAudience replaces the clients and lists of m; all must be its owner's.
func setAudience(ctx context.Context, q *sqlc.Queries, m *domain.Mailing) error {
	if err := q.MailingClearClients(ctx, m.ID); err != nil {
		return fmt.Errorf("clear clients: %w", err)
	}
	if err := q.MailingClearLists(ctx, m.ID); err != nil {
		return fmt.Errorf("clear lists: %w", err)
	}
	var bad []domain.FieldError
	if clients := distinct(m.ClientIDs); len(clients) > 0 {
		n, err := q.MailingAddClients(ctx, sqlc.MailingAddClientsParams{MailingID: m.ID, OwnerID: m.OwnerID, Uids: clients})
		if err != nil {
			return fmt.Errorf("add clients: %w", err)
		}
		if int(n) != len(clients) {
			bad = append(bad, absent(len(clients)-int(n)).At("client_ids"))
		}
	}
	if lists := distinct(m.ListIDs); len(lists) > 0 {
		n, err := q.MailingAddLists(ctx, sqlc.MailingAddListsParams{MailingID: m.ID, OwnerID: m.OwnerID, Ids: lists})
		if err != nil {
			return fmt.Errorf("add lists: %w", err)
		}
		if int(n) != len(lists) {
			bad = append(bad, absent(len(lists)-int(n)).At("list_ids"))
		}
	}
	if len(bad) > 0 {
		return domain.NewInvalid(bad...)
	}
	return nil
}

// absent is the fault of a list with so many ids that are nobody's, or somebody else's.
func absent(n int) domain.Fault {
	return domain.NewFault(domain.FaultNotFound, domain.Params{"count": n}, "%d of them do not exist", n)
}

func distinct(ids []domain.ID) []domain.ID {
	seen := make(map[domain.ID]bool, len(ids))
	var out []domain.ID
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// Mailing returns one of owner's mailings (anyone's when owner is zero) with its audience, or a NotFound error.
func (s *Store) Mailing(ctx context.Context, owner, id domain.ID) (domain.Mailing, error) {
	row, err := s.q.MailingGet(ctx, sqlc.MailingGetParams{ID: id, OwnerID: owner})
	if err != nil {
		return domain.Mailing{}, orNotFound(err, "mailing")
	}
	return readMailing(row.Mailing, row.OwnerEmail, row.NextAt, row.Clients, row.Lists), nil
}

// AnyMailing is Mailing for those who may see everybody's.
func (s *Store) AnyMailing(ctx context.Context, id domain.ID) (domain.Mailing, error) {
	return s.Mailing(ctx, domain.ID{}, id)
}

func readMailing(row sqlc.Mailing, owner string, next *time.Time, clients, lists []domain.ID) domain.Mailing {
	m := toMailing(row, next)
	m.OwnerEmail, m.ClientIDs, m.ListIDs = owner, clients, lists
	return m
}

// Mailings returns a page of owner's mailings (everybody's when owner is zero) with the given status (empty: any), newest first, each with its audience.
func (s *Store) Mailings(ctx context.Context, owner domain.ID, status domain.MailingStatus, page domain.Page) ([]domain.Mailing, error) {
	rows, err := s.q.MailingList(ctx, sqlc.MailingListParams{
		OwnerID: owner, Status: string(status), After: page.After, PageSize: int32(page.Limit), //nolint:gosec // at most MaxPage
	})
	if err != nil {
		return nil, fmt.Errorf("list mailings: %w", err)
	}
	out := make([]domain.Mailing, 0, len(rows))
	for _, row := range rows {
		out = append(out, readMailing(row.Mailing, row.OwnerEmail, row.NextAt, row.Clients, row.Lists))
	}
	return out, nil
}

// UpdateMailing lets change alter one of owner's mailings and saves it; a change that leaves it as it is keeps its
// revision. revision, when not 0, must be the current one (Stale otherwise). A changed schedule of a finished mailing that has starts to come makes it scheduled again; one
// being sent goes on with the text and audience it started with, and with the new end.
func (s *Store) UpdateMailing(ctx context.Context, owner, id domain.ID, revision int, change func(*domain.Mailing) error) (domain.Mailing, error) {
	err := s.changeMailing(ctx, owner, id, func(q *sqlc.Queries, row *sqlc.MailingLockRow) (string, error) {
		if revision != 0 && revision != int(row.Revision) {
			return "", &domain.Error{Kind: domain.Stale, Code: "stale_revision", Message: fmt.Sprintf(
				"the mailing has been changed meanwhile: it is at revision %d, not %d", row.Revision, revision)}
		}
		changed, err := s.edit(ctx, q, row, change)
		if err != nil || !changed {
			return "", err
		}
		return "edited", nil
	})
	if err != nil {
		return domain.Mailing{}, err
	}
	return s.Mailing(ctx, owner, id)
}

func (s *Store) edit(ctx context.Context, q *sqlc.Queries, row *sqlc.MailingLockRow, change func(*domain.Mailing) error) (changed bool, err error) {
	now := s.clock.Now()
	audience, err := q.MailingAudience(ctx, row.ID)
	if err != nil {
		return false, fmt.Errorf("read audience of mailing %s: %w", row.ID, err)
	}
	m := readMailing(lockedMailing(row), "", nil, audience.Clients, audience.Lists)
	before := m
	before.ClientIDs, before.ListIDs = slices.Clone(m.ClientIDs), slices.Clone(m.ListIDs)
	if err := change(&m); err != nil {
		return false, err
	}
	if sameMailing(&before, &m) {
		return false, nil
	}
	moved := !sameSchedule(before.Schedule, m.Schedule)
	if bad := m.Validate(now); len(bad) > 0 && (moved || m.Status != domain.MailingFinished) {
		return false, domain.NewInvalid(bad...)
	}
	if err := checkMessage(ctx, q, &m); err != nil {
		return false, err
	}
	if m.ProviderID != before.ProviderID {
		if err := checkProvider(ctx, q, &m); err != nil {
			return false, err
		}
	}
	if err := setAudience(ctx, q, &m); err != nil {
		return false, err
	}
	row.Name, row.MessageID, row.OnUnknown, row.Status = m.Name, m.MessageID, string(m.OnUnknown), string(m.Status)
	row.Provider = m.ProviderID
	if before.Status == domain.MailingDraft && m.Status == domain.MailingScheduled {
		row.SetAt, row.ActiveAt = now, now
	}
	if moved && m.Schedule.Periodicity == domain.Once && !m.Schedule.Start.Equal(before.Schedule.Start) {
		// A second run to everybody is not what someone who moves the start of a half-sent mailing wants.
		if _, running, err := runningOf(ctx, q, m.ID); err != nil {
			return false, err
		} else if running {
			return false, domain.NewConflict("mailing_running", "the mailing is being sent already, so its start cannot be moved; its end can")
		}
	}
	if moved {
		return true, s.reschedule(ctx, q, row, before.Status, m.Schedule)
	}
	return true, nil
}

// sameMailing reports whether two mailings agree in all that can be edited.
func sameMailing(a, b *domain.Mailing) bool {
	return a.Name == b.Name && a.MessageID == b.MessageID && a.OnUnknown == b.OnUnknown && a.Status == b.Status &&
		a.ProviderID == b.ProviderID && sameSchedule(a.Schedule, b.Schedule) && sameSet(a.ClientIDs, b.ClientIDs) && sameSet(a.ListIDs, b.ListIDs)
}

// sameSet compares without regard to order and repetition.
func sameSet(a, b []domain.ID) bool {
	a, b = distinct(a), distinct(b)
	return len(a) == len(b) && len(distinct(slices.Concat(a, b))) == len(a)
}

func sameSchedule(a, b domain.Schedule) bool {
	return a.Start.Equal(b.Start) && a.End.Equal(b.End) && a.Zone == b.Zone && a.Periodicity == b.Periodicity
}

func lockedMailing(r *sqlc.MailingLockRow) sqlc.Mailing {
	return sqlc.Mailing{
		ID: r.ID, OwnerID: r.OwnerID, Name: r.Name, MessageID: r.MessageID, StartAt: r.StartAt, EndAt: r.EndAt,
		TimeZone: r.TimeZone, Periodicity: r.Periodicity, OnUnknown: r.OnUnknown, Status: r.Status, HeldStatus: r.HeldStatus,
		Reason: r.Reason, Provider: r.Provider, SetAt: r.SetAt, ActiveAt: r.ActiveAt, Revision: r.Revision, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// changeMailing locks one of owner's mailings (anyone's when owner is zero), lets fn alter its row, saves it and tells
// the world. fn returns the word for MailingChanged; an empty one means that nothing is to be changed.
func (s *Store) changeMailing(ctx context.Context, owner, id domain.ID, fn func(q *sqlc.Queries, row *sqlc.MailingLockRow) (string, error)) error {
	return s.inTx(ctx, func(q *sqlc.Queries) error {
		row, err := q.MailingLock(ctx, id)
		if err != nil {
			return orNotFound(err, "mailing")
		}
		if row.DeletedAt != nil || (!owner.IsZero() && row.OwnerID != owner) {
			return domain.NewNotFound("mailing")
		}
		word, err := fn(q, &row)
		if err != nil || word == "" {
			return err
		}
		if err := saveMailing(ctx, q, &row, s.clock.Now()); err != nil {
			return err
		}
		return s.put(ctx, q, events.MailingChanged{MailingID: id, OwnerID: row.OwnerID, Revision: int(row.Revision) + 1, Change: word})
	})
}

func saveMailing(ctx context.Context, q *sqlc.Queries, r *sqlc.MailingLockRow, now time.Time) error {
	err := q.MailingUpdate(ctx, sqlc.MailingUpdateParams{
		ID: r.ID, Name: r.Name, MessageID: r.MessageID, StartAt: r.StartAt, EndAt: r.EndAt, TimeZone: r.TimeZone,
		Periodicity: r.Periodicity, OnUnknown: r.OnUnknown, Status: r.Status, SetAt: r.SetAt, ActiveAt: r.ActiveAt,
		HeldStatus: r.HeldStatus, Reason: r.Reason, Provider: r.Provider, Now: now,
	})
	if err != nil {
		return fmt.Errorf("update mailing %s: %w", r.ID, err)
	}
	return nil
}
