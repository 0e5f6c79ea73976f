package gateway

import (
	"context"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/gateway/openapi"
)

// testMailStore queues messages that people send to themselves.
type testMailStore interface {
	// SendTest mails the user's own address, and returns the error of domain.User.MaySend.
	SendTest(ctx context.Context, user domain.ID, kind domain.NoticeKind, data map[string]string) (domain.TestMail, error)
	// TestMail returns a NotFound error for what is not the user's.
	TestMail(ctx context.Context, user, id domain.ID) (domain.TestMail, error)
}

// testMailAPI: Messages to oneself. The address is never the caller's to name.
type testMailAPI struct {
	store    testMailStore
	messages messageAPI
	limits   limits
}

// TestMail implements openapi.StrictServerInterface.
func (a testMailAPI) TestMail(ctx context.Context, _ openapi.TestMailRequestObject) (openapi.TestMailResponseObject, error) {
	if err := invalid(ctx); err != nil {
		return nil, err
	}
	sent, err := a.send(ctx, domain.NoticeTestMail, nil)
	if err != nil {
		return nil, err
	}
	return openapi.TestMail202JSONResponse{Body: showTest(sent), Headers: openapi.TestMail202ResponseHeaders{Location: location("/test-mails/", sent.ID)}}, nil
}

// TestMessage implements openapi.StrictServerInterface.
func (a testMailAPI) TestMessage(ctx context.Context, r openapi.TestMessageRequestObject) (openapi.TestMessageResponseObject, error) {
	if err := invalid(ctx); err != nil {
		return nil, err
	}
	filled, err := a.messages.fill(ctx, ownerOf(ctx), r.ID, r.Body)
	if err != nil {
		return nil, err
	}
	sent, err := a.send(ctx, domain.NoticeTestMessage, map[string]string{
		"subject": domain.TestMark(callerOf(ctx).user.Language) + filled.Subject, "html": filled.HTML, "text": filled.Text,
	})
	if err != nil {
		return nil, err
	}
	return openapi.TestMessage202JSONResponse{Body: showTest(sent), Headers: openapi.TestMessage202ResponseHeaders{Location: location("/test-mails/", sent.ID)}}, nil
}

func (a testMailAPI) send(ctx context.Context, kind domain.NoticeKind, data map[string]string) (domain.TestMail, error) {
	if err := a.limits.within(ctx, testMails(ownerOf(ctx))); err != nil {
		return domain.TestMail{}, err
	}
	return a.store.SendTest(ctx, ownerOf(ctx), kind, data)
}

// GetTestMail implements openapi.StrictServerInterface.
func (a testMailAPI) GetTestMail(ctx context.Context, r openapi.GetTestMailRequestObject) (openapi.GetTestMailResponseObject, error) {
	found, err := a.store.TestMail(ctx, ownerOf(ctx), r.ID)
	if err != nil {
		return nil, err
	}
	return openapi.GetTestMail200JSONResponse(showTest(found)), nil
}

func showTest(m domain.TestMail) openapi.TestMail {
	out := openapi.TestMail{ID: m.ID, Status: openapi.TestMailStatus(m.Status), Response: m.Response}
	if m.EndedAt != nil {
		at := m.EndedAt.UTC()
		out.At = &at
	}
	return out
}
