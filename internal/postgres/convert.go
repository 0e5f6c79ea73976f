package postgres

import (
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/postgres/sqlc"
)

// orNull stores the zero time as NULL.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// orZero reads NULL as the zero time.
func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func toSchedule(start time.Time, end *time.Time, zone, periodicity string) domain.Schedule {
	return domain.Schedule{Start: start, End: orZero(end), Zone: zone, Periodicity: domain.Periodicity(periodicity)}
}

func toMailing(m sqlc.Mailing, next *time.Time) domain.Mailing {
	return domain.Mailing{
		ID:        m.ID,
		OwnerID:   m.OwnerID,
		Name:      m.Name,
		MessageID: m.MessageID,
		Schedule:  toSchedule(m.StartAt, m.EndAt, m.TimeZone, m.Periodicity),
		OnUnknown: domain.OnUnknown(m.OnUnknown), ProviderID: m.Provider,
		Status:    domain.MailingStatus(m.Status),
		Reason:    m.Reason,
		NextAt:    orZero(next),
		Revision:  int(m.Revision),
		CreatedAt: m.CreatedAt,
		UpdatedAt: m.UpdatedAt,
	}
}

func toAttempt(r sqlc.AttemptReport) domain.Attempt {
	a := domain.Attempt{
		ID:          r.ID,
		MailingID:   r.MailingID,
		MailingName: r.MailingName,
		OwnerID:     r.OwnerID, OwnerEmail: r.OwnerEmail,
		Kind:           domain.AttemptKind(r.Kind),
		DueAt:          r.DueAt,
		StartedAt:      orZero(r.StartedAt),
		FinishedAt:     orZero(r.FinishedAt),
		LastActivityAt: r.LastActivityAt,
		Deadline:       orZero(r.Deadline),
		Status:         domain.AttemptStatus(r.Status),
		Audience:       int(r.Audience),
		Totals: domain.Totals{
			Sent: int(r.Sent), Failed: int(r.Failed), Deferred: int(r.Deferred),
			Unknown: int(r.Unknown), Skipped: int(r.Skipped), Expired: int(r.Expired),
		},
		NextTryAt:    r.NextTryAt,
		LastResponse: r.LastResponse,
		Reason:       r.Reason,
	}
	if r.Result != nil {
		a.Result = domain.AttemptResult(*r.Result)
	}
	return a
}

// texts turns values of a type of the domain into what the driver takes.
func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
