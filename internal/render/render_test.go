package render_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/jhillyerd/enmime/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/render"
)

// sentAt is when the messages of these tests are sent.
func sentAt() time.Time { return time.Date(2026, 3, 29, 2, 30, 0, 0, time.FixedZone("MSK", 3*3600)) }

func attemptID() domain.ID { return domain.ID{0x01, 0x9a, 15: 1} }
func mailingID() domain.ID { return domain.ID{0x01, 0x9a, 15: 2} }
func clientID() domain.ID  { return domain.ID{0x01, 0x9a, 15: 3} }

func content(subject, html, text string) render.Content {
	return render.Content{
		AttemptID: attemptID(), MailingID: mailingID(), MailingName: "Весенняя распродажа",
		Subject: subject, HTML: html, Text: text,
		From: render.Mailbox{Name: "Вестник", Address: "news@почта.рф"},
	}
}

func ivan() render.Recipient {
	return render.Recipient{
		ID: clientID(), Email: "ivan@пример.рф", FullName: "Иван Петров",
		Attributes: map[string]string{"город": "Санкт-Петербург", "age": "42", "html": `<b>"Tom & 'Jerry'"</b>`},
	}
}

func preview(t *testing.T, c render.Content, r render.Recipient) (subject, html, text string) {
	t.Helper()
	tmpl, err := render.Compile(c)
	require.NoError(t, err)
	subject, html, text, err = tmpl.Preview(r)
	require.NoError(t, err)
	return subject, html, text
}

func write(t *testing.T, c render.Content, r render.Recipient) []byte {
	t.Helper()
	tmpl, err := render.Compile(c)
	require.NoError(t, err)
	raw, err := tmpl.Render(nil, r, sentAt())
	require.NoError(t, err)
	return raw
}

// parsed is what a parser read from a message; line ends are line feeds.
type parsed struct{ subject, fromName, from, toName, to, html, text string }

func lf(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

func parseGoMessage(t *testing.T, raw []byte) parsed {
	t.Helper()
	r, err := mail.CreateReader(bytes.NewReader(raw))
	require.NoError(t, err)
	var p parsed
	p.subject, err = r.Header.Subject()
	require.NoError(t, err)
	from, err := r.Header.AddressList("From")
	require.NoError(t, err)
	to, err := r.Header.AddressList("To")
	require.NoError(t, err)
	require.Len(t, from, 1)
	require.Len(t, to, 1)
	p.fromName, p.from, p.toName, p.to = from[0].Name, from[0].Address, to[0].Name, to[0].Address
	for {
		part, err := r.NextPart()
		if err == io.EOF { //nolint:errorlint // NextPart returns io.EOF itself
			return p
		}
		require.NoError(t, err)
		header, ok := part.Header.(*mail.InlineHeader)
		require.True(t, ok)
		kind, params, err := header.ContentType()
		require.NoError(t, err)
		assert.Equal(t, "utf-8", params["charset"])
		body, err := io.ReadAll(part.Body)
		require.NoError(t, err)
		if kind == "text/html" {
			p.html = lf(string(body))
		} else {
			p.text = lf(string(body))
		}
	}
}

func parseEnmime(t *testing.T, raw []byte) parsed {
	t.Helper()
	e, err := enmime.ReadEnvelope(bytes.NewReader(raw))
	require.NoError(t, err)
	assert.Empty(t, e.Errors)
	p := parsed{subject: e.GetHeader("Subject"), html: lf(e.HTML), text: lf(e.Text)}
	from, err := e.AddressList("From")
	require.NoError(t, err)
	to, err := e.AddressList("To")
	require.NoError(t, err)
	p.fromName, p.from, p.toName, p.to = from[0].Name, from[0].Address, to[0].Name, to[0].Address
	return p
}

// checkLines holds a message to RFC 5322 §2.1.1 and §2.3: lines of at most 998 bytes, CR and LF together only.
func checkLines(t *testing.T, raw []byte) {
	t.Helper()
	require.True(t, bytes.HasSuffix(raw, []byte("\r\n")))
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		require.LessOrEqual(t, len(line), 998)
		require.False(t, bytes.ContainsAny(line, "\r\n\x00"), "%q", line)
	}
}

func TestTwoParsersReadBackWhatWasWritten(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Очень длинная строка без конца. ", 200)
	for name, c := range map[string]struct{ subject, html, text, fullName string }{
		"ascii":         {"Hello", "<p>Hello</p>", "Hello\n", "Ivan Petrov"},
		"cyrillic":      {"Здравствуйте, {{ client.full_name }}!", "<p>Добрый день, {{ client.full_name }}</p>", "Добрый день", "Иван Петров"},
		"emoji":         {"🎉 Ура 🎉" + strings.Repeat("👩‍👩‍👧‍👦", 30), "<b>🎉</b> {{ client.full_name }}", "🎉👩‍👩‍👧‍👦\n", "Иван 🐻 Петров"},
		"long lines":    {strings.Repeat("длинная тема ", 60), "<p>" + long + "</p>", long, strings.Repeat("Имя ", 49)},
		"long ascii":    {strings.Repeat("long subject ", 70), "<p>" + strings.Repeat("x", 5000) + "</p>", strings.Repeat("word ", 3000), strings.Repeat("n", 200)},
		"no spaces":     {strings.Repeat("s", 900), strings.Repeat("=", 300), strings.Repeat("x", 2000), strings.Repeat("n ", 99) + "n"},
		"dots":          {".", ".\n..\n.\n", ".\n.a\n..\n.{{ client.email }}\n.", "a.b"},
		"from":          {"From me", "From a\nFrom {{ mailing.name }}", "From here\n>From there\nFrom there", "From Me"},
		"white space":   {"a  b   c" + strings.Repeat("  d", 40), "a \n\t\n b  ", "a \n\t\n b  \n\n\n", "A  B"},
		"quotes":        {`"a" =?utf-8?Q?b?= \ c`, `<a href="x">=3D</a>`, "=3D =\n", `"Ivan" \ (the) <first>, "x"`},
		"encoded":       {"=?utf-8?B?0J8=?=", "=?utf-8?B?0J8=?=", "x", "=?utf-8?B?0J8=?="},
		"no name":       {"s", "h", "t", ""},
		"text only":     {"тема", "", "Только текст {{ client.full_name }}", "Иван"},
		"static text":   {"s", "", "Only\n\ntext", "Ivan"},
		"mixed":         {"Order №5: готов", strings.Repeat("ascii only ", 300) + "ё", strings.Repeat("<li>пункт</li>", 300), "Ёж Ivan"},
		"empty subject": {"{{ client.attributes.none }}", "h", "t", "Ivan"},
		"boundary":      {"s", "--=_019a0000000000000000000000000001--", "--=_019a0000000000000000000000000001", "=_"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := ivan()
			r.FullName = c.fullName
			raw := write(t, content(c.subject, c.html, c.text), r)
			checkLines(t, raw)
			subject, html, text := preview(t, content(c.subject, c.html, c.text), r)
			want := parsed{subject, "Вестник", "news@xn--80a1acny.xn--p1ai", strings.TrimSpace(c.fullName), "ivan@xn--e1afmkfd.xn--p1ai", html, text}
			assert.Equal(t, want, parseGoMessage(t, raw), "%s", raw)
			got := parseEnmime(t, raw)
			if name == "encoded" { // enmime decodes names twice
				got.toName = want.toName
			}
			assert.Equal(t, want, got)
		})
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	raw := string(write(t, content("Тема", "<p>{{ client.full_name }}</p>", ""), ivan()))
	head, _, _ := strings.Cut(raw, "\r\n\r\n")
	assert.Equal(t, strings.Join([]string{
		"From: =?utf-8?B?0JLQtdGB0YLQvdC40Lo=?= <news@xn--80a1acny.xn--p1ai>",
		"To: =?utf-8?B?0JjQstCw0L0g0J/QtdGC0YDQvtCy?= <ivan@xn--e1afmkfd.xn--p1ai>",
		"Subject: =?utf-8?B?0KLQtdC80LA=?=",
		"Date: Sun, 29 Mar 2026 02:30:00 +0300",
		"Message-ID: <019a0000-0000-0000-0000-000000000001.019a0000-0000-0000-0000-000000000003@xn--80a1acny.xn--p1ai>",
		"List-Id: =?utf-8?B?0JLQtdGB0LXQvdC90Y/RjyDRgNCw0YHQv9GA0L7QtNCw0LbQsA==?=",
		" <019a0000-0000-0000-0000-000000000002.xn--80a1acny.xn--p1ai>",
		"Precedence: bulk",
		"MIME-Version: 1.0",
		`Content-Type: multipart/alternative; boundary="=_019a0000000000000000000000000001"`,
	}, "\r\n"), head)
}

func TestEncodingFollowsTheContent(t *testing.T) {
	t.Parallel()
	encodings := func(html, text string) []string {
		var found []string
		for line := range strings.SplitSeq(string(write(t, content("s", html, text), ivan())), "\r\n") {
			if value, ok := strings.CutPrefix(line, "Content-Transfer-Encoding: "); ok {
				found = append(found, value)
			}
		}
		return found
	}
	assert.Equal(t, []string{"7bit", "7bit"}, encodings("<p>Hello</p>", "Hello"))
	assert.Equal(t, []string{"quoted-printable", "quoted-printable"}, encodings("<p>Hello {{ client.email }}</p>", "Hello {{ client.email }}"))
	assert.Equal(t, []string{"base64", "base64"}, encodings("<p>Здравствуйте!</p>", "Привет"))
	assert.Equal(t, []string{"quoted-printable"}, encodings("", "From here"))
}

func TestValuesAreEscapedLast(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`{{ client.attributes.html }}`:                                   `&lt;b&gt;&#34;Tom &amp; &#39;Jerry&#39;&#34;&lt;/b&gt;`,
		`{{ client.attributes.html | upcase }}`:                          `&lt;B&gt;&#34;TOM &amp; &#39;JERRY&#39;&#34;&lt;/B&gt;`,
		`{{ client.attributes.html | escape }}`:                          `&lt;b&gt;&#34;Tom &amp; &#39;Jerry&#39;&#34;&lt;/b&gt;`,
		`{{ client.attributes.html | escape | upcase | truncate: 4 }}`:   `&lt;...`,
		`{{ "&amp; & <" | escape_once }}`:                                `&amp; &amp; &lt;`,
		`{{ client.attributes.html | remove: "b" | prepend: "<i>" }}`:    `&lt;i&gt;&lt;&gt;&#34;Tom &amp; &#39;Jerry&#39;&#34;&lt;/&gt;`,
		`<a href="/?e={{ client.email | url_encode }}">&amp;</a>`:        `<a href="/?e=ivan%40%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.%D1%80%D1%84">&amp;</a>`,
		`{{ client.attributes.none | default: client.attributes.html }}`: `&lt;b&gt;&#34;Tom &amp; &#39;Jerry&#39;&#34;&lt;/b&gt;`,
	} {
		_, html, _ := preview(t, content("s", src, "t"), ivan())
		assert.Equal(t, want, html, src)
	}
	subject, _, text := preview(t, content("{{ client.attributes.html }}", "", "{{ client.attributes.html | escape }}"), ivan())
	assert.Equal(t, `<b>"Tom & 'Jerry'"</b>`, subject)
	assert.Equal(t, `<b>"Tom & 'Jerry'"</b>`+"\n", text)
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	r := ivan()
	r.Attributes["empty"] = ""
	r.Attributes["blank"] = "  "
	for src, want := range map[string]string{
		`{{ client.attributes.город }}/{{ client.attributes["город"] }}`:                                                                    "Санкт-Петербург/Санкт-Петербург",
		`{{ client.attributes.none }}{{ client.attributes.empty | default: "—" }}`:                                                          "—",
		`{% if client.attributes.empty %}a{% else %}b{% endif %}`:                                                                           "b",
		`{% if client.attributes.empty == "" and client.attributes.none == nil %}a{% endif %}`:                                              "a",
		`{% if client.attributes.blank == blank %}a{% endif %}`:                                                                             "a",
		`{% if client.attributes.age > 9 %}a{% endif %}{% if client.attributes.age == 42.0 %}b{% endif %}`:                                  "ab",
		`{% if client.attributes.none < 5 or client.attributes.none >= 5 %}a{% endif %}`:                                                    "",
		`{% if client.attributes.город contains "Петер" %}a{% endif %}`:                                                                     "a",
		`{% unless client.attributes.age <= 41 %}a{% endunless %}`:                                                                          "a",
		`{% case client.attributes.age %} {% when 1, 42 %}a{% else %}b{% endcase %}`:                                                        "a",
		`{% case client.full_name %}{% when "x" %}a{% else %}b{% endcase %}`:                                                                "b",
		`{% if false %}a{% elsif true %}b{% else %}c{% endif %}`:                                                                            "b",
		"a {{- ' b ' -}} c {%- if true -%} d {%- endif -%} e":                                                                               "a b cde",
		"{% comment %}x{% endcomment %}{% raw %}{{ x }}{% endraw %}":                                                                        "{{ x }}",
		`{{ "ИВАН пеТРОВ" | capitalize }}{{ "иван" | upcase }}{{ "Ё" | downcase }}`:                                                         "Иван петровИВАНё",
		`{{ "Привет, мир" | truncate: 9 }}|{{ "Привет" | truncate: 6 }}|{{ "abc" | truncate: 1, "" }}`:                                      "Привет...|Привет|a",
		`{{ "раз два три" | truncatewords: 2, "…" }}|{{ " раз  два " | truncatewords: 2 }}`:                                                 "раз два…| раз  два ",
		`{{ "aaa" | replace: "a", "bb" }}{{ "aaa" | replace_first: "a", "b" }}{{ "abab" | remove_first: "a" }}{{ "a" | replace: "", "b" }}`: "bbbbbbbaababa",
		`[{{ " x " | strip }}{{ " x " | lstrip }}{{ " x " | rstrip }}]{{ "Ёж" | size }}`:                                                    "[xx  x]2",
		`{{ 5 }}{{ -1.50 }}{{ true }}{{ nil }}`:                                                                                             "5-1.50true",
	} {
		_, _, text := preview(t, content("s", "", src), r)
		assert.Equal(t, want+"\n", text, src)
	}
}

func TestRenderRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	tmpl, err := render.Compile(content("s", "h", "t"))
	require.NoError(t, err)
	for _, email := range []string{
		"", "a", "@b.ru", "a@", "a b@c.ru", "a@b.ru\r\nBcc: x@y.ru", "a\r\n@b.ru", "a@b.ru>", "<a@b.ru", "a,b@c.ru",
		"a@b..ru", "a@b ru", ".a@b.ru", "a.@b.ru", "a..b@c.ru", `"a"b"@c.ru`, `"a\"@c.ru`, "a\u2028b@c.ru", "a\xff@b.ru",
		"\"a\r\nb\"@c.ru", "a@" + strings.Repeat("x", 300) + ".ru",
	} {
		_, err := tmpl.Render(nil, render.Recipient{Email: email}, sentAt())
		require.Error(t, err, "%q", email)
	}
	for _, email := range []string{"a@b", "вася@почта.рф", `"a b"@c.ru`, `"a\"b"@c.ru`, "a+b/c=d@E.Ru", "a.b@1-2.ru"} {
		_, err := tmpl.Render(nil, render.Recipient{Email: email}, sentAt())
		require.NoError(t, err, "%q", email)
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	_, err := render.Compile(content("{{ x }}", "", "t"))
	assert.Equal(t, domain.Invalid, domain.KindOf(err))
	c := content("s", "", "t")
	c.From.Address = "a@b.ru\r\nBcc: x@y.ru"
	_, err = render.Compile(c)
	assert.Equal(t, domain.Invalid, domain.KindOf(err))
	c = content("s", "", "t")
	c.ListHost = "a>\r\n b"
	_, err = render.Compile(c)
	assert.Equal(t, domain.Invalid, domain.KindOf(err))
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	tmpl, err := render.Compile(content("s", strings.Repeat("{{ client.attributes.a }}", 9000), ""))
	require.NoError(t, err)
	_, err = tmpl.Render(nil, render.Recipient{Email: "a@b.ru", Attributes: map[string]string{"a": strings.Repeat("ж", 1000)}}, sentAt())
	assert.ErrorIs(t, err, render.ErrTooLarge)
}

// A template serves all connections of a sender at once, and a buffer that is used again keeps nothing of before.
func TestRenderIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	tmpl, err := render.Compile(content("{{ client.full_name }}", "<p>{{ client.full_name }} {{ client.attributes.n }}</p>", ""))
	require.NoError(t, err)
	type result struct {
		r   render.Recipient
		raw []byte
		err error
	}
	results := make(chan result)
	const workers, each = 8, 50
	for range workers {
		go func() {
			var buf []byte
			for i := range each {
				r := ivan()
				r.Attributes = map[string]string{"n": strings.Repeat("n", i)}
				var err error
				buf, err = tmpl.Render(buf[:0], r, sentAt())
				results <- result{r, bytes.Clone(buf), err}
			}
		}()
	}
	for range workers * each {
		got := <-results
		require.NoError(t, got.err)
		want, err := tmpl.Render(nil, got.r, sentAt())
		require.NoError(t, err)
		require.Equal(t, string(want), string(got.raw))
	}
}
