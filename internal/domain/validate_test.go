package domain_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

func TestClientValidate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		client domain.Client
		want   []string
	}{
		"empty": {domain.Client{}, nil},
		"full": {domain.Client{
			FullName: "Ёлкина Анна", Comment: "строка\nи ещё\tодна", Attributes: map[string]string{"город": "Казань", "city_2": ""},
		}, nil},
		"at the limits": {domain.Client{
			FullName: strings.Repeat("ё", domain.MaxName), Comment: strings.Repeat("ё", domain.MaxComment),
			Attributes: map[string]string{strings.Repeat("ё", domain.MaxAttributeName): strings.Repeat("ё", domain.MaxAttributeLength)},
		}, nil},
		"name too long":            {domain.Client{FullName: strings.Repeat("ё", domain.MaxName+1)}, []string{"full_name"}},
		"name would end a header":  {domain.Client{FullName: "Anna\r\nBcc: all@example.com"}, []string{"full_name"}},
		"name with a Unicode end":  {domain.Client{FullName: "Anna\u2028Bcc"}, []string{"full_name"}},
		"name not in UTF-8":        {domain.Client{FullName: "\xff"}, []string{"full_name"}},
		"name and comment":         {domain.Client{FullName: "\x00", Comment: "\x1b"}, []string{"full_name", "comment"}},
		"comment too long":         {domain.Client{Comment: strings.Repeat("a", domain.MaxComment+1)}, []string{"comment"}},
		"attribute's name empty":   {domain.Client{Attributes: map[string]string{"": "x"}}, []string{"attributes"}},
		"attribute's name spaced":  {domain.Client{Attributes: map[string]string{"home town": "x"}}, []string{"attributes"}},
		"attribute's name, digit":  {domain.Client{Attributes: map[string]string{"1st": "x"}}, []string{"attributes"}},
		"attribute's name long":    {domain.Client{Attributes: map[string]string{strings.Repeat("a", 65): "x"}}, []string{"attributes"}},
		"attribute's value breaks": {domain.Client{Attributes: map[string]string{"city": "a\nb"}}, []string{"attributes.city"}},
		"too many attributes":      {domain.Client{Attributes: manyAttributes(domain.MaxAttributes + 1)}, []string{"attributes"}},
		"many attributes":          {domain.Client{Attributes: manyAttributes(domain.MaxAttributes)}, nil},
	} {
		assert.Equal(t, test.want, fields(test.client.Validate()), name)
	}
}

func manyAttributes(n int) map[string]string {
	attributes := map[string]string{}
	for i := range n {
		attributes[fmt.Sprintf("a%d", i)] = "x"
	}
	return attributes
}

func TestListValidate(t *testing.T) {
	t.Parallel()
	assert.Empty(t, (&domain.List{Name: "Подписчики"}).Validate())
	assert.Equal(t, []string{"name"}, fields((&domain.List{}).Validate()))
	assert.Equal(t, []string{"name"}, fields((&domain.List{Name: "a\nb"}).Validate()))
}

func TestMessageValidate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		message domain.Message
		want    []string
	}{
		"empty":             {domain.Message{}, []string{"subject", "html"}},
		"html":              {domain.Message{Subject: "Новости", HTML: "<p>Привет</p>\r\n"}, nil},
		"text":              {domain.Message{Subject: "News", Text: "Hello"}, nil},
		"subject breaks":    {domain.Message{Subject: "News\nBcc: x", Text: "Hello"}, []string{"subject"}},
		"subject too long":  {domain.Message{Subject: strings.Repeat("ё", domain.MaxSubject+1), Text: "Hello"}, []string{"subject"}},
		"body with a NUL":   {domain.Message{Subject: "News", HTML: "\x00", Text: "\x00"}, []string{"html", "text"}},
		"body at the limit": {domain.Message{Subject: "News", Text: strings.Repeat("a", domain.MaxBody)}, nil},
		"body too long":     {domain.Message{Subject: "News", Text: strings.Repeat("a", domain.MaxBody+1)}, []string{"text"}},
	} {
		assert.Equal(t, test.want, fields(test.message.Validate()), name)
	}
}

func TestMailingValidate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	good := domain.Mailing{
		Name: "Новости", MessageID: domain.NewID(now), ListIDs: []domain.ID{domain.NewID(now)}, OnUnknown: domain.HoldUnknown,
		Status:   domain.MailingScheduled,
		Schedule: domain.Schedule{Start: now.AddDate(0, 0, -1), Zone: "Europe/Moscow", Periodicity: domain.Daily},
	}
	for name, test := range map[string]struct {
		change func(*domain.Mailing)
		want   []string
	}{
		"good":                 {func(*domain.Mailing) {}, nil},
		"end ahead":            {func(m *domain.Mailing) { m.Schedule.End = now.Add(1) }, nil},
		"end now":              {func(m *domain.Mailing) { m.Schedule.End = now }, []string{"end_at"}},
		"end passed, a draft":  {func(m *domain.Mailing) { m.Schedule.End, m.Status = now, domain.MailingDraft }, nil},
		"nobody to send to":    {func(m *domain.Mailing) { m.ListIDs = nil }, []string{"list_ids"}},
		"nobody yet, a draft":  {func(m *domain.Mailing) { m.ListIDs, m.Status = nil, domain.MailingDraft }, nil},
		"clients, no list":     {func(m *domain.Mailing) { m.ClientIDs, m.ListIDs = m.ListIDs, nil }, nil},
		"no name, no message":  {func(m *domain.Mailing) { m.Name, m.MessageID = "", domain.ID{} }, []string{"name", "message_id"}},
		"other policy":         {func(m *domain.Mailing) { m.OnUnknown = "drop" }, []string{"on_unknown"}},
		"the schedule's fault": {func(m *domain.Mailing) { m.Schedule.Zone = "Local" }, []string{"time_zone"}},
	} {
		m := good
		test.change(&m)
		assert.Equal(t, test.want, fields(m.Validate(now)), name)
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	err := domain.NewInvalid(domain.Required("is bad").At("a"), domain.Required("is worse").At("b"))
	err.Err = cause
	require.EqualError(t, err, "the request breaks a rule: a: is bad; b: is worse: cause")
	require.ErrorIs(t, err, cause)
	assert.Equal(t, domain.Invalid, domain.KindOf(fmt.Errorf("wrapped: %w", err)))
	assert.Equal(t, domain.Internal, domain.KindOf(cause))
	assert.Equal(t, domain.Internal, domain.KindOf(nil))
	assert.Equal(t, domain.NotFound, domain.NewNotFound("list").Kind)
	assert.Equal(t, "list_not_found", domain.NewNotFound("list").Code)
	assert.Equal(t, domain.Conflict, domain.NewConflict("running", "it runs").Kind)
	assert.Equal(t, "p: away", (&domain.Unreachable{Provider: "p", Reason: "away"}).Error())
}
