package notices_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/events"
	"github.com/vestnik-mail/vestnik/internal/notices"
	"github.com/vestnik-mail/vestnik/internal/render"
)

const (
	token = "shown-to-nobody-shown-to-nobody-shown-to-n"
	code  = "730164"
	home  = "https://mail.example.org/vestnik"
)

// world is store, service, observer and clock of a mailer, and notes what is asked of it.
type world struct {
	lease   domain.NoticeLease
	receipt domain.Receipt
	err     error // of Deliver
	now     time.Time

	sent     []domain.Envelope
	recorded domain.NoticeResult
	counted  string
	log      bytes.Buffer
}

func (w *world) LeaseNotice(context.Context, domain.ID, domain.ID, time.Duration) (domain.NoticeLease, error) {
	return w.lease, nil
}

func (w *world) RenewNotice(context.Context, domain.ID, domain.ID, time.Duration) error { return nil }

func (w *world) RecordNotice(_ context.Context, _, _ domain.ID, r domain.NoticeResult) error {
	w.recorded = r
	return nil
}

func (w *world) Deliver(_ context.Context, batch []domain.Envelope) ([]domain.Receipt, error) {
	w.sent = append(w.sent, batch...)
	return []domain.Receipt{w.receipt}, w.err
}
func (w *world) Noticed(_ domain.NoticeKind, result string) { w.counted = result }
func (w *world) NoticeSent(time.Duration)                   {}
func (w *world) Now() time.Time                             { return w.now }

// handle has a mailer take the notice, and returns its error.
func (w *world) handle(t *testing.T, n domain.QueuedNotice) error {
	t.Helper()
	if w.now.IsZero() {
		w.now = n.QueuedAt.Add(time.Second)
	}
	if w.lease.State == domain.Leased {
		w.lease.Notice = n
	}
	m, err := notices.New(notices.Config{Home: func() string { return home }, Workers: 1, Lease: time.Minute}, notices.Deps{
		Store: w, Service: w, Clock: w, Observer: w, Log: zerolog.New(&w.log),
		Envelope: func(m notices.Message, at time.Time) (domain.Envelope, error) {
			l, err := render.Fixed(render.Letter{
				ID: m.ID, From: render.Mailbox{Name: "Вестник", Address: "vestnik@example.org"}, Subject: m.Subject, Text: m.Text, HTML: m.HTML,
			})
			require.NoError(t, err)
			data, err := l.Render(nil, render.Recipient{ID: m.ID, Email: m.To}, at)
			return domain.Envelope{To: m.To, Data: data}, err
		},
	})
	require.NoError(t, err)
	return m.OnNoticeDue(t.Context(), events.NoticeDue{NoticeID: n.ID})
}

func notice(kind domain.NoticeKind, language domain.Language, data map[string]string) domain.QueuedNotice {
	at := time.Date(2026, 11, 27, 14, 5, 30, 0, time.UTC)
	return domain.QueuedNotice{
		ID: domain.NewID(at), QueuedAt: at,
		Notice: domain.Notice{Email: "anna@example.com", Kind: kind, Language: language, Data: data},
	}
}

// everything is what each kind says beside its subject, in English and in Russian.
func everything() map[domain.NoticeKind]struct {
	data   map[string]string
	en, ru []string
} {
	type says = struct {
		data   map[string]string
		en, ru []string
	}
	return map[domain.NoticeKind]says{
		domain.NoticeVerify: {
			map[string]string{"token": token, "code": code},
			[]string{home + "/verify#token=" + token, code, "24 hours", "28 November 2026, 14:05 UTC", "not you"},
			[]string{home + "/verify#token=" + token, code, "24 часа", "28 ноября 2026 г., 14:05 UTC", "не вы"},
		},
		domain.NoticeChangeEmail: {
			map[string]string{"token": token, "code": code},
			[]string{home + "/verify#token=" + token, code, "24 hours", "not you"},
			[]string{home + "/verify#token=" + token, code, "24 часа", "не вы"},
		},
		domain.NoticeReset: {
			map[string]string{"token": token},
			[]string{home + "/reset#token=" + token, "1 hour", "27 November 2026, 15:05 UTC", "not you"},
			[]string{home + "/reset#token=" + token, "1 час", "27 ноября 2026 г., 15:05 UTC", "не вы"},
		},
		domain.NoticeExists:      {nil, []string{"27 November 2026, 14:05 UTC", "nothing has been changed"}, []string{"27 ноября", "ничего не изменилось"}},
		domain.NoticePasswordSet: {nil, []string{"27 November 2026, 14:05 UTC", "not you"}, []string{"27 ноября", "Если не вы"}},
		domain.NoticeEmailTaken:  {nil, []string{"not you"}, []string{"не вы"}},
		domain.NoticeEmailChanging: {
			map[string]string{"new_email": "новый@пример.рф"}, []string{"новый@пример.рф", "not you"}, []string{"новый@пример.рф", "Если не вы"},
		},
		domain.NoticeEmailChanged: {
			map[string]string{"new_email": "new@example.net"}, []string{"new@example.net", "not you"}, []string{"new@example.net", "не вы"},
		},
		domain.NoticeIdentityLinked: {nil, []string{"identity provider", "not you"}, []string{"провайдера входа", "не вы"}},
		domain.NoticeFactorOn:       {nil, []string{"recovery codes", "not you"}, []string{"коды восстановления", "не вы"}},
		domain.NoticeFactorOff:      {nil, []string{"password alone", "not you"}, []string{"достаточно пароля", "не вы"}},
		domain.NoticeDeleting: {
			map[string]string{"delete_at": "2026-12-27T17:05:00+03:00"},
			[]string{"27 December 2026, 14:05 UTC", "not you"},
			[]string{"27 декабря 2026 г., 14:05 UTC", "не вы"},
		},
		domain.NoticeBlocked:   {map[string]string{"reason": "Жалобы на спам"}, []string{"The reason: Жалобы на спам"}, []string{"Причина: Жалобы на спам"}},
		domain.NoticeUnblocked: {nil, []string{"unblocked"}, []string{"разблокирована"}},
		domain.NoticeTestMail:  {nil, []string{"27 November 2026, 14:05 UTC", "SPF"}, []string{"27 ноября", "SPF"}},
		domain.NoticeMailingStopped: {
			map[string]string{"mailing": "Новости «Ромашки»", "reason": "complaints"},
			[]string{`"Новости «Ромашки»"`, "The reason: complaints"},
			[]string{"«Новости «Ромашки»»", "Причина: complaints"},
		},
	}
}

// Another parser than the one that wrote it reads every message in both languages, and finds what it must say in both parts.
func TestEveryMessageInBothLanguages(t *testing.T) {
	t.Parallel()
	for kind, says := range everything() {
		for language, want := range map[domain.Language][]string{domain.English: says.en, domain.Russian: says.ru, "fr": says.en} {
			t.Run(fmt.Sprintf("%s in %s", kind, language), func(t *testing.T) {
				t.Parallel()
				w := &world{receipt: domain.Receipt{Outcome: domain.Sent}}
				n := notice(kind, language, says.data)
				require.NoError(t, w.handle(t, n))
				require.Equal(t, domain.NoticeSent, w.recorded.Status)
				e, err := enmime.ReadEnvelope(bytes.NewReader(w.sent[0].Data))
				require.NoError(t, err)
				require.Empty(t, e.Errors)
				for name, value := range map[string]string{
					"From": "Вестник <vestnik@example.org>", "To": "<anna@example.com>", "Auto-Submitted": "auto-generated",
					"X-Auto-Response-Suppress": "All", "Message-Id": "<notice." + n.ID.String() + "@example.org>",
					"List-Unsubscribe": "", "List-Id": "", "Precedence": "",
				} {
					require.Equal(t, value, e.GetHeader(name), name)
				}
				date, err := e.Date()
				require.NoError(t, err)
				require.WithinDuration(t, w.now, date, time.Second)
				require.NotEmpty(t, e.GetHeader("Subject"))
				require.NotContains(t, e.GetHeader("Subject"), code, "subjects are logged by mail servers")
				subject, _, _ := strings.Cut(e.GetHeader("Subject"), ":") // what follows is what people wrote
				require.Equal(t, language == domain.Russian, isCyrillic(subject))
				page := strings.ReplaceAll(e.HTML, "&#34;", `"`)
				require.NotEmpty(t, e.HTML)
				for _, part := range []string{strings.ReplaceAll(e.Text, "\r\n", " "), page} {
					for _, fragment := range want {
						require.Contains(t, part, fragment)
					}
					require.Contains(t, part, home)
					require.NotRegexp(t, `<no value>|\{\{|\}\}|%!|ZgotmplZ|0001`, part)
				}
				require.NotContains(t, e.Text, "\r\n\r\n\r\n")
				require.Contains(t, e.Text, "\r\n-- \r\n")
				require.Contains(t, e.HTML, `href="`+home)
				if says.data["code"] != "" {
					require.Regexp(t, `(?m)^`+code+`\r?$`, e.Text, "the code stands alone")
					require.Regexp(t, `<p style="[^"]*32px[^"]*">`+code+`</p>`, e.HTML)
				}
				require.NotContains(t, w.log.String(), token)
				require.NotContains(t, w.log.String(), code)
			})
		}
	}
}

func isCyrillic(s string) bool {
	return strings.ContainsAny(s, "абвгдеёжзийклмнопрстуфхцчшщыьэюя")
}

// What people have written stays a value: it adds no header, no paragraph, no markup and no button.
func TestWhatPeopleWroteStaysAValue(t *testing.T) {
	t.Parallel()
	evil := "x\r\nBcc: victim@example.net\r\n\r\n<script>alert(1)</script>\u2028\u202e" + home + "/\x00{{.Link}} {{ client.email }}"
	w := &world{receipt: domain.Receipt{Outcome: domain.Sent}}
	n := notice(domain.NoticeMailingStopped, domain.English, map[string]string{"mailing": evil, "reason": evil})
	require.NoError(t, w.handle(t, n))
	e, err := enmime.ReadEnvelope(bytes.NewReader(w.sent[0].Data))
	require.NoError(t, err)
	require.Empty(t, e.GetHeader("Bcc"))
	require.Len(t, e.GetHeaderKeys(), 9, "the fields are those of any such message: %s", e.GetHeaderKeys())
	require.NotContains(t, e.HTML, "<script")
	require.Equal(t, 3, strings.Count(e.HTML, "<a href="), "the button, its address and the signature")
	require.Contains(t, strings.ReplaceAll(e.Text, "\r\n", "\n"), "\n\nThe reason: x Bcc: victim@example.net <script>alert(1)</script> "+home+"/ {{.Link}} {{ client.email }}\n\n")
	for _, r := range "\u2028\u202e\x00" {
		require.NotContains(t, e.Text+e.HTML+e.GetHeader("Subject"), string(r))
	}
}

// What somebody sends to himself goes out as it would to others: no words of ours, and nothing is filled in again.
func TestATestSaysWhatItsWriterWrote(t *testing.T) {
	t.Parallel()
	w := &world{receipt: domain.Receipt{Outcome: domain.Sent}}
	n := notice(domain.NoticeTestMessage, domain.English, map[string]string{
		"subject": "[Test] Hello\r\nBcc: victim@example.net", "text": "Text {{ client.email }}\n", "html": "<p>HTML</p>",
	})
	require.NoError(t, w.handle(t, n))
	require.Equal(t, domain.NoticeSent, w.recorded.Status)
	e, err := enmime.ReadEnvelope(bytes.NewReader(w.sent[0].Data))
	require.NoError(t, err)
	require.Equal(t, "[Test] Hello  Bcc: victim@example.net", e.GetHeader("Subject"))
	require.Empty(t, e.GetHeader("Bcc"))
	require.Equal(t, "<p>HTML</p>", e.HTML)
	require.Equal(t, "Text {{ client.email }}", strings.TrimSpace(e.Text))

	w = &world{receipt: domain.Receipt{Outcome: domain.Sent}}
	require.NoError(t, w.handle(t, notice(domain.NoticeTestMessage, domain.English, map[string]string{"subject": "s", "text": "only text"})))
	e, err = enmime.ReadEnvelope(bytes.NewReader(w.sent[0].Data))
	require.NoError(t, err)
	require.Equal(t, "only text", strings.TrimSpace(e.Text))
	require.NotContains(t, string(w.sent[0].Data), "text/html")
}

func TestWhatComesOfATry(t *testing.T) {
	t.Parallel()
	refused := domain.Reply{Code: 550, Enhanced: "5.1.1", Text: "no " + code + " such user of " + token}
	type want struct {
		status  domain.NoticeStatus
		counted string
		tried   bool
		least   time.Duration // until the next try
		most    time.Duration
	}
	for name, c := range map[string]struct {
		receipt domain.Receipt
		err     error
		tries   int
		age     time.Duration
		kind    domain.NoticeKind
		want    want
	}{
		"sent":                     {receipt: domain.Receipt{Outcome: domain.Sent}, want: want{status: domain.NoticeSent, counted: "sent", tried: true}},
		"refused":                  {receipt: domain.Receipt{Outcome: domain.Failed, Reply: refused}, want: want{status: domain.NoticeFailed, counted: "failed", tried: true}},
		"deferred":                 {receipt: domain.Receipt{Outcome: domain.Deferred, Reply: refused}, want: want{domain.NoticeWaiting, "deferred", true, 4 * time.Second, 6 * time.Second}},
		"deferred again":           {receipt: domain.Receipt{Outcome: domain.Deferred}, tries: 2, want: want{domain.NoticeWaiting, "deferred", true, 96 * time.Second, 144 * time.Second}},
		"deferred many times":      {receipt: domain.Receipt{Outcome: domain.Deferred}, tries: 20, want: want{domain.NoticeWaiting, "deferred", true, 48 * time.Minute, 72 * time.Minute}},
		"unknown":                  {receipt: domain.Receipt{Outcome: domain.Unknown}, want: want{domain.NoticeWaiting, "deferred", true, 4 * time.Second, 6 * time.Second}},
		"the service is away":      {err: &domain.Unreachable{RetryAfter: time.Minute, Reason: "refused " + token}, tries: 9, want: want{domain.NoticeWaiting, "deferred", false, 24 * time.Second, 30 * time.Second}},
		"the sender stops":         {err: context.Canceled, want: want{domain.NoticeWaiting, "deferred", false, 800 * time.Millisecond, time.Second}},
		"deferred until too late":  {receipt: domain.Receipt{Outcome: domain.Deferred, Reply: refused}, tries: 9, age: 23*time.Hour + 30*time.Minute, want: want{status: domain.NoticeFailed, counted: "expired", tried: true}},
		"too late":                 {age: 24 * time.Hour, want: want{status: domain.NoticeFailed, counted: "expired"}},
		"a test too late":          {kind: domain.NoticeTestMail, age: 10 * time.Minute, want: want{status: domain.NoticeFailed, counted: "expired"}},
		"a reset too late":         {kind: domain.NoticeReset, age: time.Hour, want: want{status: domain.NoticeFailed, counted: "expired"}},
		"what cannot be written":   {kind: "of_the_future", want: want{domain.NoticeWaiting, "deferred", true, 4 * time.Second, 6 * time.Second}},
		"what lacks what it names": {kind: domain.NoticeEmailChanged, want: want{domain.NoticeWaiting, "deferred", true, 4 * time.Second, 6 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{receipt: c.receipt, err: c.err}
			if c.kind == "" {
				c.kind = domain.NoticeVerify
			}
			n := notice(c.kind, domain.English, map[string]string{"token": token, "code": code})
			n.Tries, w.now = c.tries, n.QueuedAt.Add(c.age)
			require.NoError(t, w.handle(t, n))
			require.Equal(t, c.want.status, w.recorded.Status)
			require.Equal(t, c.want.counted, w.counted)
			require.Equal(t, c.want.tried, w.recorded.Tried)
			if c.want.status == domain.NoticeWaiting {
				wait := w.recorded.DueAt.Sub(w.now)
				require.GreaterOrEqual(t, wait, c.want.least)
				require.LessOrEqual(t, wait, c.want.most)
			}
			for _, shown := range []string{w.recorded.Response, w.log.String()} {
				require.NotContains(t, shown, token)
				require.NotContains(t, shown, code)
			}
		})
	}
}

func TestWhoMayNotHaveItComesAgainOrLeavesItAlone(t *testing.T) {
	t.Parallel()
	for state, again := range map[domain.LeaseState]bool{domain.Busy: true, domain.NotDue: true, domain.NoLease: false} {
		w := &world{lease: domain.NoticeLease{State: state, Wait: 7 * time.Second}}
		err := w.handle(t, notice(domain.NoticeExists, domain.English, nil))
		require.Empty(t, w.sent)
		later, ok := errors.AsType[*events.Later](err)
		require.Equal(t, again, ok)
		if again {
			require.Equal(t, 7*time.Second, later.After)
		}
	}
}
