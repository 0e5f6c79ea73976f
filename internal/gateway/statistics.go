package gateway

import (
	"context"
	"time"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// GetAttemptStatistics implements openapi.StrictServerInterface.
func (a reportAPI) GetAttemptStatistics(ctx context.Context, r openapi.GetAttemptStatisticsRequestObject) (openapi.GetAttemptStatisticsResponseObject, error) {
	s, err := a.store.Statistics(ctx, viewOf(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.GetAttemptStatistics200JSONResponse(showStatistics(s)), nil
}

func showStatistics(s domain.Statistics) openapi.Statistics {
	out := openapi.Statistics{
		AttemptID: s.Attempt.ID, At: s.At.UTC(), Status: openapi.AttemptStatus(s.Attempt.Status), Totals: showCounts(s.Totals),
		FirstMessageAt: timeOrNull(s.FirstAt), LastMessageAt: timeOrNull(s.LastAt),
	}
	if !s.Attempt.StartedAt.IsZero() {
		left := s.Attempt.Audience - s.Totals.Recorded()
		out.Audience, out.NotRecorded = &s.Attempt.Audience, &left
	}
	if !s.Kept {
		return out
	}
	replies, domains, timeline := convert(s.Replies, showReply), convert(s.Domains, showDomain), convert(s.Timeline, showBucket)
	out.Responses, out.Domains, out.Timeline = &replies, &domains, &timeline
	out.OtherResponses = &openapi.OtherResponses{Groups: s.OtherReplies.Groups, Count: s.OtherReplies.Count}
	out.OtherDomains = &openapi.OtherDomains{Domains: s.OtherDomains.Domains, Totals: showCounts(s.OtherDomains.Totals)}
	if len(s.Timeline) > 0 {
		width := int64(s.Width / time.Second)
		out.BucketSeconds = &width
	}
	if rate, known := s.Rate(); known {
		out.AverageRate = &rate
	}
	if s.Peak > 0 {
		out.PeakRate = &s.Peak
	}
	return out
}

func showReply(g domain.ReplyGroup) openapi.ResponseGroup {
	out := openapi.ResponseGroup{
		Outcome: openapi.Outcome(g.Outcome), Pattern: g.Folded, Count: g.Count, Example: g.Example,
		Enhanced: orNil(g.Enhanced), ExampleEmail: orNil(g.ExampleEmail),
	}
	if g.Code != 0 {
		out.Code = &g.Code
	} else {
		out.ReasonCode = showReason(domain.ReasonOf(g.Example))
	}
	return out
}

func showDomain(d domain.RecipientDomain) openapi.DomainCounts {
	return openapi.DomainCounts{Domain: orNil(d.Domain), Totals: showCounts(d.Totals)}
}

func showBucket(b domain.Bucket) openapi.TimelineBucket {
	return openapi.TimelineBucket{At: b.At.UTC(), Totals: showCounts(b.Totals)}
}

// orNil shows an empty text as null.
func orNil[T ~string](s T) *T {
	if s == "" {
		return nil
	}
	return &s
}

// summaryDays is how long a summary's period is when nobody says.
const summaryDays = 30

// GetSummary implements openapi.StrictServerInterface.
func (a reportAPI) GetSummary(ctx context.Context, r openapi.GetSummaryRequestObject) (openapi.GetSummaryResponseObject, error) {
	name := "UTC"
	set(&name, r.Params.TimeZone)
	zone, err := domain.LoadZone(name)
	if err != nil {
		return nil, domain.NewInvalid(domain.NewFault(domain.FaultUnknownTimeZone, nil, "is not a time zone: use an IANA name such as Europe/Moscow").At("time_zone"))
	}
	end := a.clock.Now()
	if r.Params.To != nil {
		end = r.Params.To.Add(-time.Nanosecond) // the last instant of the period says which day is its last
	}
	in := domain.LastDays(summaryDays, end, zone)
	set(&in.To, r.Params.To)
	set(&in.From, r.Params.From)
	if bad := in.Validate(); len(bad) > 0 {
		return nil, domain.NewInvalid(bad...)
	}
	owner, err := askedOwner(ctx, r.Params.Owner)
	if err != nil {
		return nil, err
	}
	s, err := a.store.Summary(ctx, owner, in, zone)
	if err != nil {
		return nil, err
	}
	return openapi.GetSummary200JSONResponse(showSummary(s, zone)), nil
}

func showSummary(s domain.Summary, zone *time.Location) openapi.Summary {
	m, n := s.Mailings, s.Attempts
	out := openapi.Summary{
		From: s.Period.From.UTC(), To: s.Period.To.UTC(), TimeZone: zone.String(), At: s.At.UTC(), Clients: s.Clients, Totals: showCounts(s.Totals),
		Mailings: openapi.MailingCounts{
			Draft: m[domain.MailingDraft], Scheduled: m[domain.MailingScheduled], Running: m[domain.MailingRunning],
			Paused: m[domain.MailingPaused], Disabled: m[domain.MailingDisabled], Finished: m[domain.MailingFinished],
		},
		Attempts: openapi.AttemptCounts{
			All: n.All(), Running: n.Running, Succeeded: n.Succeeded, Partial: n.Partial, Failed: n.Failed,
			Cancelled: n.Cancelled, Expired: n.Expired, Missed: n.Missed,
		},
		Days: convert(s.Days, func(d domain.Day) openapi.SummaryDay {
			return openapi.SummaryDay{Date: d.Begins.In(zone).Format(time.DateOnly), Attempts: d.Attempts, Totals: showCounts(d.Totals)}
		}),
		Attention: make([]openapi.Attention, 0, len(s.Held)+len(s.Unknown)),
	}
	if s.Known {
		problems := convert(s.Problems, showReply)
		out.ClientsReached, out.Problems = &s.Reached, &problems
	}
	for _, h := range s.Held {
		kind := openapi.AttentionKindMailingPaused
		if h.Status == domain.MailingDisabled {
			kind = openapi.AttentionKindMailingDisabled
		}
		out.Attention = append(out.Attention, openapi.Attention{
			Kind: kind, MailingID: h.MailingID, MailingName: h.Name, Reason: &h.Reason, ReasonCode: showReason(domain.ReasonOfMailing(h.Status, h.Reason)),
		})
	}
	for _, u := range s.Unknown {
		out.Attention = append(out.Attention, openapi.Attention{
			Kind: openapi.AttentionKindUnknownOutcomes, MailingID: u.MailingID, MailingName: u.MailingName, AttemptID: &u.AttemptID, Unknown: &u.Unknown,
		})
	}
	return out
}
