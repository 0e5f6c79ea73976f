package render_test

import (
	"bufio"
	"bytes"
	"net/textproto"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/render"
)

// FuzzHeaderInjection puts whatever it is given where values go: the header has the same fields, once each, whatever
// they hold, and the body no part more.
func FuzzHeaderInjection(f *testing.F) {
	f.Add("Иван", "тема", "значение", "рассылка")
	f.Add("a\r\nBcc: x@y.ru", "b\nBcc: x@y.ru", "c\r\n\r\nbody", "d\rBcc: x@y.ru")
	f.Add("\x00\u2028\u2029\u0085", "\r\n.\r\n", "--=_019a0000000000000000000000000001--", "<>@,;:\\\"[]()")
	f.Add("=?utf-8?Q?=0D=0ABcc:_x@y.ru?=", "\xff\xfe", strings.Repeat("ж\n", 500), strings.Repeat("n ", 500))
	f.Fuzz(func(t *testing.T, name, subject, attribute, mailing string) {
		const vars = "{{ client.full_name }}{{ client.attributes.a }}{{ mailing.name }}"
		c := content("{% raw %}"+strings.ReplaceAll(subject, "{", "")+"{% endraw %}"+vars, "<p>"+vars+"</p>", "")
		c.MailingName, c.From.Name = mailing, mailing
		r := render.Recipient{ID: clientID(), Email: "a@b.ru", FullName: name, Attributes: map[string]string{"a": attribute}}
		raw := write(t, c, r)
		checkLines(t, raw)

		header, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(raw))).ReadMIMEHeader()
		require.NoError(t, err)
		fields := []string{"From", "To", "Subject", "Date", "Message-Id", "List-Id", "Precedence", "Mime-Version", "Content-Type"}
		require.Len(t, header, len(fields))
		for _, field := range fields {
			require.Len(t, header[field], 1, field)
		}
		require.Equal(t, 3, strings.Count(string(raw), "\r\n--=_019a0000000000000000000000000001"))
		wantSubject, wantHTML, wantText := preview(t, c, r)
		got := parseGoMessage(t, raw)
		assert.Equal(t, "a@b.ru", got.to)
		assert.Equal(t, wantSubject, got.subject)
		assert.Equal(t, wantHTML, got.html)
		assert.Equal(t, wantText, got.text)
		assert.NotContains(t, got.toName, "\n")
	})
}

// FuzzTemplate compiles whatever Check lets pass, the text derived from it included, and reads it back.
func FuzzTemplate(f *testing.F) {
	f.Add("<p>{% if client.email %}<a href='{{ client.email }}'>x</a>{% else %}y{% endif %}</p>")
	f.Add("<a href=x>{% case 1 %}{% when 1 %}</a><ul><li>{% else %}<ol>{% endcase %}<pre> x\n</pre>&#1;0&#2;")
	f.Add("{{- 'a' | append: \"b\" | truncate: 1 -}}\r\n.\r{% raw %}{{{% endraw %}\tFrom ")
	f.Add("<td {% unless a %}x>{% endunless %}</td><style>{% comment %}</style>{% endcomment %}")
	f.Fuzz(func(t *testing.T, src string) {
		if len(render.Check(domain.Message{Subject: "s", HTML: src, Text: ""})) > 0 {
			return
		}
		c := content("s", src+" ", "")
		raw := write(t, c, ivan())
		checkLines(t, raw)
		_, html, text := preview(t, c, ivan())
		got := parseGoMessage(t, raw)
		assert.Equal(t, html, got.html)
		assert.Equal(t, text, got.text)
	})
}
