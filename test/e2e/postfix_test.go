package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/jhillyerd/enmime/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/provider/smtp"
	"github.com/vestnik-mail/vestnik/internal/render"
)

// A mail server and MIME parsers that no one here wrote take what is sent and read back exactly that: Postfix with
// STARTTLS and AUTH, enmime and go-message.
func TestPostfix(t *testing.T) {
	t.Parallel()
	installPostfix(t)
	t.Run("accepts what is sent, and parsers read back exactly that", testPostfixAccepts)
	t.Run("refuses a wrong password, and nobody is touched", testPostfixRefuses)
}

func testPostfixAccepts(t *testing.T) {
	t.Parallel()
	server := startPostfix(t)
	at := time.Now()
	var envelopes []domain.Envelope
	want := map[string]readBack{} // by Message-ID
	for _, c := range postfixContents(at) {
		template, err := render.Compile(c)
		require.NoError(t, err)
		for _, r := range postfixRecipients(at) {
			raw, err := template.Render(nil, r, at)
			require.NoError(t, err)
			envelopes = append(envelopes, domain.Envelope{From: c.From.Address, To: r.Email, Data: raw})
			subject, html, text, err := template.Preview(r)
			require.NoError(t, err)
			id := fmt.Sprintf("<%s.%s@%s>", c.AttemptID, r.ID, "xn--80a1acny.xn--p1ai")
			want[id] = readBack{subject, c.From.Name, r.FullName, html, text}
		}
	}
	require.Len(t, want, len(envelopes))
	require.GreaterOrEqual(t, len(envelopes), 20)

	provider := server.provider(t, postfixPassword, smtp.WithRootCAs(server.roots))
	receipts, err := provider.Deliver(t.Context(), envelopes)
	require.NoError(t, err)
	for i, receipt := range receipts {
		require.Equal(t, domain.Sent, receipt.Outcome, "%s: %+v", envelopes[i].To, receipt.Reply)
	}
	var delivered [][]byte
	require.Eventually(t, func() bool {
		delivered = server.mail(t)
		return len(delivered) >= len(envelopes)
	}, 20*time.Second, 50*time.Millisecond)
	require.Len(t, delivered, len(envelopes))
	for _, raw := range delivered {
		id, got := readEnmime(t, raw)
		expected, known := want[id]
		require.True(t, known, "%s arrived twice, or was never sent", id)
		delete(want, id)
		assert.Equal(t, expected, got, "enmime, %s", id)
		id2, got := readGoMessage(t, raw)
		assert.Equal(t, id, id2)
		assert.Equal(t, expected, got, "go-message, %s", id)
	}
	assert.Empty(t, want)
}

func testPostfixRefuses(t *testing.T) {
	t.Parallel()
	server := startPostfix(t)
	at := time.Now()
	template, err := render.Compile(postfixContents(at)[0])
	require.NoError(t, err)
	var envelopes []domain.Envelope
	for _, r := range postfixRecipients(at) {
		raw, err := template.Render(nil, r, at)
		require.NoError(t, err)
		envelopes = append(envelopes, domain.Envelope{From: "news@почта.рф", To: r.Email, Data: raw})
	}

	refused := server.provider(t, "another", smtp.WithRootCAs(server.roots))
	receipts, err := refused.Deliver(t.Context(), envelopes)
	var unreachable *domain.Unreachable
	require.ErrorAs(t, err, &unreachable)
	assert.True(t, unreachable.Stopped, "%s", unreachable) // the credentials: a person must mend them
	assert.Contains(t, unreachable.Reason, "535")
	assert.Equal(t, "stopped", refused.State().Breaker)
	assertUntouched(t, receipts, len(envelopes))

	// A certificate of an authority that is not trusted gets no password at all.
	distrusting := server.provider(t, postfixPassword)
	receipts, err = distrusting.Deliver(t.Context(), envelopes)
	require.ErrorAs(t, err, &unreachable)
	assertUntouched(t, receipts, len(envelopes))

	log := server.log("mail")
	assert.Contains(t, log, "authentication failed")
	assert.NotContains(t, log, "from=<")
	assert.Empty(t, server.mail(t))
}

func assertUntouched(t *testing.T, receipts []domain.Receipt, n int) {
	t.Helper()
	require.Len(t, receipts, n)
	for _, receipt := range receipts {
		assert.Equal(t, domain.Untouched, receipt.Outcome)
	}
}

func (s *postfixServer) provider(t *testing.T, password string, options ...smtp.Option) *smtp.Provider {
	t.Helper()
	u := url.URL{Scheme: "smtp", User: url.UserPassword(postfixUser, password), Host: s.addr, RawQuery: "tls=starttls&connections=3"}
	config, err := smtp.ParseURL(u.String())
	require.NoError(t, err)
	provider, err := smtp.New(config, options...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, provider.Close(context.WithoutCancel(t.Context()))) })
	return provider
}

// postfixContents are messages of every encoding, with what mail is known to break.
func postfixContents(at time.Time) []render.Content {
	var all []render.Content
	for _, c := range []render.Content{
		{
			Subject: "Здравствуйте, {{ client.full_name | default: \"друг\" }}! 🎉",
			HTML: "<html><body><h1>{{ mailing.name }}</h1>\n<p>Привет из города {{ client.attributes.город }}, " +
				"<a href=\"https://example.org/?e={{ client.email | url_encode }}\">ссылка</a></p></body></html>\n",
		},
		{
			Subject: strings.Repeat("Очень длинная тема письма ", 20),
			HTML:    "<p>" + strings.Repeat("Строка без единого перевода, длиннее любого предела. ", 100) + "{{ client.full_name }}</p>",
			Text:    strings.Repeat("длинная строка ", 300) + "{{ client.email }}",
		},
		{
			Subject: "Plain ASCII for {{ client.email }}",
			HTML:    "<p>" + strings.Repeat("=", 1500) + "</p>\n.\n..\nFrom {{ client.full_name }}\n" + strings.Repeat("x", 3000),
			Text:    ".\n..\n.hidden\nFrom here\n.\n{{ client.full_name }}\n\ttab \n\n.",
		},
		{Subject: "Static", HTML: "<p>Static</p>\n.\n", Text: ".\n.\nstatic\n"},
		{Subject: "Только текст 👩‍👩‍👧‍👦", Text: "Только текст, {{ client.full_name }} 👩‍👩‍👧‍👦\n.\n"},
	} {
		c.AttemptID, c.MailingID = domain.NewID(at), domain.NewID(at)
		c.MailingName = "Весенняя «распродажа» & Co"
		c.From = render.Mailbox{Name: "Вестник: новости, \"и всё\"", Address: "news@почта.рф"}
		all = append(all, c)
	}
	return all
}

func postfixRecipients(at time.Time) []render.Recipient {
	all := []render.Recipient{
		{Email: "ivan@example.org", FullName: "Иван Петров", Attributes: map[string]string{"город": "Москва <&> \"центр\""}},
		{Email: "anna@пример.рф", FullName: strings.Repeat("Анна-Мария ", 15) + "О'Нил", Attributes: map[string]string{"город": "🏙"}},
		{Email: "bob.o'neil+tag@example.org", FullName: `Bob "The (Great)" O'Neil, Jr. <x@y.z>`},
		{Email: "вася@пример.рф", FullName: ""},
	}
	for i := range all {
		all[i].ID = domain.NewID(at)
	}
	return all
}

// readBack is what a parser finds in a message; line ends are line feeds.
type readBack struct{ subject, from, to, html, text string }

func lf(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

func readEnmime(t *testing.T, raw []byte) (string, readBack) {
	t.Helper()
	e, err := enmime.ReadEnvelope(bytes.NewReader(raw))
	require.NoError(t, err)
	require.Empty(t, e.Errors)
	from, err := e.AddressList("From")
	require.NoError(t, err)
	to, err := e.AddressList("To")
	require.NoError(t, err)
	return e.GetHeader("Message-ID"), readBack{e.GetHeader("Subject"), from[0].Name, to[0].Name, lf(e.HTML), lf(e.Text)}
}

func readGoMessage(t *testing.T, raw []byte) (string, readBack) {
	t.Helper()
	r, err := mail.CreateReader(bytes.NewReader(raw))
	require.NoError(t, err)
	var got readBack
	got.subject, err = r.Header.Subject()
	require.NoError(t, err)
	from, err := r.Header.AddressList("From")
	require.NoError(t, err)
	to, err := r.Header.AddressList("To")
	require.NoError(t, err)
	got.from, got.to = from[0].Name, to[0].Name
	for {
		part, err := r.NextPart()
		if err == io.EOF { //nolint:errorlint // NextPart returns io.EOF itself
			return r.Header.Get("Message-ID"), got
		}
		require.NoError(t, err)
		body, err := io.ReadAll(part.Body)
		require.NoError(t, err)
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			got.html = lf(string(body))
		} else {
			got.text = lf(string(body))
		}
	}
}
