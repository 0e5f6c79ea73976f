package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// attemptStore knows how mailings went. What is not the owner's is NotFound.
type attemptStore interface {
	Attempts(ctx context.Context, owner, mailing domain.ID, page domain.Page) ([]domain.Attempt, error)
	Attempt(ctx context.Context, owner, id domain.ID) (domain.Attempt, error)
	// Deliveries returns those with the outcome (empty: all) in the order of their clients' keys, from behind after on.
	Deliveries(ctx context.Context, owner, attempt domain.ID, outcome domain.Outcome, after int64, limit int) ([]domain.Delivery, error)
	// Delivery returns a client's delivery and its history, oldest first.
	Delivery(ctx context.Context, owner, attempt, client domain.ID) (domain.Delivery, []domain.Try, error)
	// ResendAttempt returns a Conflict that says why nothing is sent again.
	ResendAttempt(ctx context.Context, owner, id domain.ID, r domain.Resend) (domain.Resent, error)
}

type attemptAPI struct{ store attemptStore }

// ListAttempts implements openapi.StrictServerInterface.
func (a attemptAPI) ListAttempts(ctx context.Context, r openapi.ListAttemptsRequestObject) (openapi.ListAttemptsResponseObject, error) {
	page, err := pageOf(r.Params.Limit, r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	found, err := a.store.Attempts(ctx, viewOf(ctx), r.ID, page)
	if err != nil {
		return nil, err
	}
	found, next := cut(found, r.Params.Limit, func(at domain.Attempt) string { return cursorOfID(at.ID) })
	return openapi.ListAttempts200JSONResponse{Items: convert(found, showAttempt), NextCursor: next}, nil
}

// GetAttempt implements openapi.StrictServerInterface.
func (a attemptAPI) GetAttempt(ctx context.Context, r openapi.GetAttemptRequestObject) (openapi.GetAttemptResponseObject, error) {
	attempt, err := a.store.Attempt(ctx, viewOf(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.GetAttempt200JSONResponse(showAttempt(attempt)), nil
}

// ListDeliveries implements openapi.StrictServerInterface.
func (a attemptAPI) ListDeliveries(ctx context.Context, r openapi.ListDeliveriesRequestObject) (openapi.ListDeliveriesResponseObject, error) {
	after, err := keyCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	var outcome domain.Outcome
	set((*openapi.Outcome)(&outcome), r.Params.Outcome)
	found, err := a.store.Deliveries(ctx, viewOf(ctx), r.ID, outcome, after, limitOf(r.Params.Limit)+1)
	if err != nil {
		return nil, err
	}
	found, next := cut(found, r.Params.Limit, func(d domain.Delivery) string { return cursorOfKey(d.ClientKey) })
	return openapi.ListDeliveries200JSONResponse{Items: convert(found, showDelivery), NextCursor: next}, nil
}

// GetDelivery implements openapi.StrictServerInterface.
func (a attemptAPI) GetDelivery(ctx context.Context, r openapi.GetDeliveryRequestObject) (openapi.GetDeliveryResponseObject, error) {
	d, tries, err := a.store.Delivery(ctx, viewOf(ctx), r.ID, r.ClientID)
	if err != nil {
		return nil, err
	}
	return openapi.GetDelivery200JSONResponse{
		ReasonCode: replyReason(d.Reply),
		ClientID:   d.ClientID, Email: d.Email, Outcome: openapi.Outcome(d.Outcome), Phase: string(d.Reply.Phase), Code: d.Reply.Code,
		Enhanced: d.Reply.Enhanced, Response: d.Reply.Text, Provider: d.Provider, Tries: d.Tries, At: d.At.UTC(),
		History: convert(tries, showTry),
	}, nil
}

// ResendAttempt implements openapi.StrictServerInterface.
func (a attemptAPI) ResendAttempt(ctx context.Context, r openapi.ResendAttemptRequestObject) (openapi.ResendAttemptResponseObject, error) {
	var ask domain.Resend
	if r.Body != nil {
		set(&ask.ClientIDs, r.Body.ClientIds)
		if r.Body.Outcomes != nil {
			ask.Outcomes = convert(*r.Body.Outcomes, func(o openapi.ResendOutcome) domain.Outcome { return domain.Outcome(o) })
		}
	}
	if err := invalid(ctx); err != nil {
		return nil, err
	}
	done, err := a.store.ResendAttempt(ctx, ownerOf(ctx), r.ID, ask)
	if err != nil {
		return nil, err
	}
	return openapi.ResendAttempt202JSONResponse{Attempt: showAttempt(done.Attempt), Resent: done.Resent, LeftOut: done.LeftOut}, nil
}

func showTry(t domain.Try) openapi.Try {
	return openapi.Try{
		Try: t.Try, At: t.At.UTC(), Provider: t.Provider, Phase: string(t.Reply.Phase), Code: t.Reply.Code, Enhanced: t.Reply.Enhanced,
		Response: t.Reply.Text, ReasonCode: replyReason(t.Reply), Outcome: openapi.Outcome(t.Outcome),
	}
}

// showReason is null for a reason that is not Vestnik's own.
func showReason(code domain.ReasonCode) *openapi.ReasonCode { return orNil(openapi.ReasonCode(code)) }

// replyReason is why somebody was not sent to, where no mail server said so.
func replyReason(r domain.Reply) *openapi.ReasonCode {
	if r.Code != 0 {
		return nil
	}
	return showReason(domain.ReasonOf(r.Text))
}

func showAttempt(a domain.Attempt) openapi.Attempt {
	out := openapi.Attempt{
		ID: a.ID, OwnerID: a.OwnerID, OwnerEmail: a.OwnerEmail, MailingID: a.MailingID, DueAt: a.DueAt.UTC(), StartedAt: timeOrNull(a.StartedAt), FinishedAt: timeOrNull(a.FinishedAt),
		LastActivityAt: timeOrNull(a.LastActivityAt), Status: openapi.AttemptStatus(a.Status), LateMs: a.Late().Milliseconds(),
		Audience: a.Audience, Sent: a.Totals.Sent, Failed: a.Totals.Failed, Deferred: a.Totals.Deferred, Unknown: a.Totals.Unknown,
		Skipped: a.Totals.Skipped, Expired: a.Totals.Expired, NextTryAt: timeOrNull(a.NextTryAt), LastResponse: a.LastResponse,
		Reason: a.Reason, ReasonCode: showReason(domain.ReasonOf(a.Reason)),
	}
	if a.Result != "" {
		result := openapi.AttemptResult(a.Result)
		out.Result = &result
	}
	return out
}

func showDelivery(d domain.Delivery) openapi.Delivery {
	out := openapi.Delivery{
		Email: d.Email, Outcome: openapi.Outcome(d.Outcome), Phase: string(d.Reply.Phase), Code: d.Reply.Code,
		Enhanced: d.Reply.Enhanced, Response: d.Reply.Text, ReasonCode: replyReason(d.Reply), Provider: d.Provider, Tries: d.Tries, At: d.At.UTC(),
	}
	if !d.ClientID.IsZero() {
		out.ClientID = &d.ClientID
	}
	return out
}
