package render_test

import (
	"bytes"
	"mime"
	"net/mail"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/render"
)

// notInHeaders are the fields that domain.Parts has elsewhere, or that each try or form has of its own.
func notInHeaders() []string {
	return []string{"Message-Id", "From", "To", "Subject", "Date", "Mime-Version", "Content-Type", "Content-Transfer-Encoding"}
}

// TestPartsAreWhatParsersRead compares the parts with what is read from the MIME form.
func TestPartsAreWhatParsersRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ subject, html, text, from, mailing string }{
		"ascii":         {"Hello", "<p>Hello</p>", "Hello\n", "News", "Spring sale"},
		"cyrillic":      {"Здравствуйте, {{ client.full_name }}!", "<p>Добрый день, {{ client.full_name }}</p>", "", "Вестник", "Весенняя распродажа"},
		"text only":     {"тема", "", "Только текст {{ client.full_name }}", "Вестник Vestnik", "Текст"},
		"html only":     {"тема", "<h1>Привет</h1><p>{{ client.attributes.город }} <a href=\"https://example.org\">ссылка</a></p>", "", "", ""},
		"long":          {strings.Repeat("очень длинная тема ", 40), strings.Repeat("<p>абзац</p>", 500), "", strings.Repeat("Имя ", 30), strings.Repeat("имя рассылки ", 15)},
		"white space":   {"a  b   c", "a \n\t\n b  ", "a \n\t\n b  \n\n\n", "A  B", "x"},
		"quotes":        {`"a" \ c`, `<b>=3D</b>`, "=3D =\n", `"Ivan" \ (the) <first>, "x"`, `"x" <y@z>`},
		"encoded":       {"=?utf-8?B?0J8=?=", "x", "x", "=?utf-8?B?0J8=?=", "=?utf-8?B?0J8=?="},
		"injection":     {"a\r\nBcc: x@y.ru", "a", "a", "a\r\nBcc: x@y.ru", "a\r\nBcc: x@y.ru"},
		"empty subject": {"{{ client.attributes.none }}", "h", "{{ client.attributes.none }}", "Ivan", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := content(tt.subject, tt.html, tt.text)
			c.From.Name, c.MailingName = tt.from, tt.mailing
			tmpl, err := render.Compile(c)
			require.NoError(t, err)
			raw, err := tmpl.Render(nil, ivan(), sentAt())
			require.NoError(t, err)
			parts, err := tmpl.Parts(ivan())
			require.NoError(t, err)

			read := parseGoMessage(t, raw)
			assert.Equal(t, read.subject, parts.Subject)
			assert.Equal(t, read.html, parts.HTML)
			assert.Equal(t, read.text, parts.Text)
			from, err := mail.ParseAddress(parts.From)
			require.NoError(t, err, parts.From)
			assert.Equal(t, read.from, from.Address)
			assert.NotEmpty(t, parts.Text)
			if name != "encoded" { // net/mail decodes words even inside quotes
				assert.Equal(t, read.fromName, from.Name)
			}

			message, err := mail.ReadMessage(bytes.NewReader(raw))
			require.NoError(t, err)
			assert.Equal(t, message.Header.Get("Message-ID"), parts.MessageID)
			head := message.Header
			for _, field := range notInHeaders() {
				delete(head, field)
			}
			assert.Len(t, parts.Headers, len(head))
			decoder := new(mime.WordDecoder)
			for field := range head {
				want, err := decoder.DecodeHeader(head.Get(field))
				require.NoError(t, err)
				require.NotContains(t, parts.Headers[field], "\n")
				got, err := decoder.DecodeHeader(parts.Headers[field])
				require.NoError(t, err)
				assert.Equal(t, want, got, field)
			}
		})
	}
}

// TestPartsAreTheSameOnEveryTry: a service compares what comes twice under one key.
func TestPartsAreTheSameOnEveryTry(t *testing.T) {
	t.Parallel()
	c := content("Тема", "<p>{{ client.full_name }}</p>", "")
	first, err := render.Compile(c)
	require.NoError(t, err)
	again, err := render.Compile(c)
	require.NoError(t, err)
	want, err := first.Parts(ivan())
	require.NoError(t, err)
	for _, tmpl := range []*render.Template{first, again} {
		got, err := tmpl.Parts(ivan())
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	assert.Equal(t, "<019a0000-0000-0000-0000-000000000001.019a0000-0000-0000-0000-000000000003@xn--80a1acny.xn--p1ai>", want.MessageID)
	assert.Equal(t, "Вестник <news@xn--80a1acny.xn--p1ai>", want.From)
	assert.Equal(t, map[string]string{
		"List-Id":    "=?utf-8?B?0JLQtdGB0LXQvdC90Y/RjyDRgNCw0YHQv9GA0L7QtNCw0LbQsA==?= <019a0000-0000-0000-0000-000000000002.xn--80a1acny.xn--p1ai>",
		"Precedence": "bulk",
	}, want.Headers)
}

func TestPartsFailWhereRenderDoes(t *testing.T) {
	t.Parallel()
	tmpl, err := render.Compile(content("s", strings.Repeat("{{ client.attributes.a }}", 9000), ""))
	require.NoError(t, err)
	_, err = tmpl.Parts(render.Recipient{Email: "a@b.ru", Attributes: map[string]string{"a": strings.Repeat("ж", 1000)}})
	require.ErrorIs(t, err, render.ErrTooLarge)
	_, err = tmpl.Parts(render.Recipient{Email: "a@b.ru\r\nBcc: x@y.ru"})
	require.Error(t, err)
}
