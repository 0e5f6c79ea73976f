package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// messageStore keeps messages. What is not the owner's is NotFound; a revision other than 0 must be the current one
// (Stale otherwise).
type messageStore interface {
	// CreateMessage sets the id, revision and times.
	CreateMessage(ctx context.Context, m *domain.Message) error
	Message(ctx context.Context, owner, id domain.ID) (domain.Message, error)
	// Messages leaves the bodies out.
	Messages(ctx context.Context, owner domain.ID, page domain.Page) ([]domain.Message, error)
	// UpdateMessage returns change's error as it is.
	UpdateMessage(ctx context.Context, owner, id domain.ID, revision int, change func(*domain.Message) error) (domain.Message, error)
	// DeleteMessage returns a Conflict error when a mailing uses the message.
	DeleteMessage(ctx context.Context, owner, id domain.ID, revision int) error
}

type messageAPI struct {
	store   messageStore
	clients clientReader
	check   func(domain.Message) []domain.FieldError
	preview func(domain.Message, domain.Client, string) (subject, html, text string, err error)
}

// ListMessages implements openapi.StrictServerInterface.
func (a messageAPI) ListMessages(ctx context.Context, r openapi.ListMessagesRequestObject) (openapi.ListMessagesResponseObject, error) {
	page, err := pageOf(r.Params.Limit, r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	owner, err := askedOwner(ctx, r.Params.Owner)
	if err != nil {
		return nil, err
	}
	found, err := a.store.Messages(ctx, owner, page)
	if err != nil {
		return nil, err
	}
	found, next := cut(found, r.Params.Limit, func(m domain.Message) string { return cursorOfID(m.ID) })
	items := convert(found, func(m domain.Message) openapi.MessageSummary {
		return openapi.MessageSummary{
			ID: m.ID, OwnerID: m.OwnerID, OwnerEmail: m.OwnerEmail, Subject: m.Subject, Revision: m.Revision,
			CreatedAt: m.CreatedAt.UTC(), UpdatedAt: m.UpdatedAt.UTC(),
		}
	})
	return openapi.ListMessages200JSONResponse{Items: items, NextCursor: next}, nil
}

// CreateMessage implements openapi.StrictServerInterface.
func (a messageAPI) CreateMessage(ctx context.Context, r openapi.CreateMessageRequestObject) (openapi.CreateMessageResponseObject, error) {
	m := domain.Message{OwnerID: ownerOf(ctx), Subject: r.Body.Subject, HTML: orEmpty(r.Body.HTML), Text: orEmpty(r.Body.Text)}
	if err := a.validate(ctx, &m); err != nil {
		return nil, err
	}
	if err := a.store.CreateMessage(ctx, &m); err != nil {
		return nil, err
	}
	return openapi.CreateMessage201JSONResponse{
		Body:    showMessage(m),
		Headers: openapi.CreateMessage201ResponseHeaders{ETag: etag(m.Revision), Location: location("/messages/", m.ID)},
	}, nil
}

// validate asks the domain, and about the templates only what the domain lets pass: they may be large.
func (a messageAPI) validate(ctx context.Context, m *domain.Message) error {
	bad := m.Validate()
	if len(bad) == 0 {
		bad = a.check(*m)
	}
	return invalid(ctx, bad...)
}

// GetMessage implements openapi.StrictServerInterface.
func (a messageAPI) GetMessage(ctx context.Context, r openapi.GetMessageRequestObject) (openapi.GetMessageResponseObject, error) {
	m, err := a.store.Message(ctx, viewOf(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.GetMessage200JSONResponse{Body: showMessage(m), Headers: openapi.GetMessage200ResponseHeaders{ETag: etag(m.Revision)}}, nil
}

// UpdateMessage implements openapi.StrictServerInterface.
func (a messageAPI) UpdateMessage(ctx context.Context, r openapi.UpdateMessageRequestObject) (openapi.UpdateMessageResponseObject, error) {
	revision, err := revisionOf(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	m, err := a.store.UpdateMessage(ctx, ownerOf(ctx), r.ID, revision, func(m *domain.Message) error {
		set(&m.Subject, r.Body.Subject)
		set(&m.HTML, r.Body.HTML)
		set(&m.Text, r.Body.Text)
		return a.validate(ctx, m)
	})
	if err != nil {
		return nil, err
	}
	return openapi.UpdateMessage200JSONResponse{Body: showMessage(m), Headers: openapi.UpdateMessage200ResponseHeaders{ETag: etag(m.Revision)}}, nil
}

// DeleteMessage implements openapi.StrictServerInterface.
func (a messageAPI) DeleteMessage(ctx context.Context, r openapi.DeleteMessageRequestObject) (openapi.DeleteMessageResponseObject, error) {
	revision, err := revisionOf(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	return openapi.DeleteMessage204Response{}, a.store.DeleteMessage(ctx, ownerOf(ctx), r.ID, revision)
}

// PreviewMessage implements openapi.StrictServerInterface.
func (a messageAPI) PreviewMessage(ctx context.Context, r openapi.PreviewMessageRequestObject) (openapi.PreviewMessageResponseObject, error) {
	if err := invalid(ctx); err != nil {
		return nil, err
	}
	filled, err := a.fill(ctx, viewOf(ctx), r.ID, r.Body)
	if err != nil {
		return nil, err
	}
	return openapi.PreviewMessage200JSONResponse(filled), nil
}

// fill fills one of owner's messages in for a client of whose it is, with what is not stored of it yet.
func (a messageAPI) fill(ctx context.Context, owner, id domain.ID, in *openapi.PreviewInput) (openapi.Preview, error) {
	m, err := a.store.Message(ctx, owner, id)
	if err != nil {
		return openapi.Preview{}, err
	}
	c := madeUpClient()
	if in != nil {
		if in.Subject != nil || in.HTML != nil || in.Text != nil {
			set(&m.Subject, in.Subject)
			set(&m.HTML, in.HTML)
			set(&m.Text, in.Text)
			if err := a.validate(ctx, &m); err != nil {
				return openapi.Preview{}, err
			}
		}
		if in.ClientID != nil {
			c, err = a.clients.Client(ctx, m.OwnerID, *in.ClientID)
		}
	}
	if domain.KindOf(err) == domain.NotFound {
		return openapi.Preview{}, domain.NewInvalid(domain.NewFault(domain.FaultNotFound, nil, "there is no such client").At("client_id"))
	}
	if err != nil {
		return openapi.Preview{}, err
	}
	subject, html, text, err := a.preview(m, c, "")
	return openapi.Preview{Subject: subject, HTML: html, Text: text}, err
}

// madeUpClient stands in where no client is named; its address is of a domain for examples (RFC 2606 §3).
func madeUpClient() domain.Client {
	return domain.Client{
		Email:      domain.Address{Display: "anna@example.org", Key: "anna@example.org"},
		FullName:   "Анна Смирнова",
		Attributes: map[string]string{},
	}
}

func showMessage(m domain.Message) openapi.Message {
	return openapi.Message{
		ID: m.ID, OwnerID: m.OwnerID, OwnerEmail: m.OwnerEmail, Subject: m.Subject, HTML: m.HTML, Text: m.Text, Revision: m.Revision,
		CreatedAt: m.CreatedAt.UTC(), UpdatedAt: m.UpdatedAt.UTC(),
	}
}
