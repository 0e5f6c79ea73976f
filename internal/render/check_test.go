package render_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/render"
)

// checkHTML returns the messages of the errors for the HTML template src, empty for none.
func checkHTML(t *testing.T, src string) string {
	t.Helper()
	bad := render.Check(domain.Message{Subject: "s", HTML: src})
	messages := make([]string, len(bad))
	for i, b := range bad {
		assert.Equal(t, "html", b.Field())
		assert.NotEqual(t, domain.FaultInvalid, b.Code(), b.Message())
		assert.Contains(t, b.Message(), fmt.Sprintf("line %d: ", b.Params()["line"]))
		messages[i] = b.Message()
	}
	return strings.Join(messages, "; ")
}

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"", "plain", "{ { % }", "a {b} {c", "{",
		"{{ client.full_name }}{{client.email}}{{ mailing.name }}",
		"{{ client.attributes.город | default: \"Москва\" }}",
		`{{ client.attributes["город"] }}{{ client.attributes['and'] }}{{ client.attributes.and }}`,
		"{{- client.email -}}\n{%- if client.email -%}x{%- endif -%}",
		"{{ client.full_name | strip | capitalize | truncate: 20, '…' | append: '!' | url_encode }}",
		"{{ client.full_name | replace: 'a', 'b' | remove: 'c' | truncatewords: 3 | size }}",
		"{% if client.attributes.age >= 18 and mailing.name contains 'x' %}a{% elsif true %}b{% else %}c{% endif %}",
		"{% unless client.full_name == blank %}a{% else %}b{% endunless %}",
		"{% case client.attributes.g %}\n{% when 'м', 'm' or 'M' %}a{% when 2 %}b{% else %}c{% endcase %}",
		"{% comment %}{% if %}{{ {% for %}{% endcomment %}{% raw %}{{ anything }}{% for %}{% endraw %}",
		"{{\n client.email\n| upcase\n}}",
	} {
		assert.Empty(t, checkHTML(t, src), src)
	}
}

func TestCheckNamesTheFaultAndItsLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, want string }{
		{"a\nб\n{{ client.email | foo }}", `line 3: unknown filter "foo"`},
		{"Привет,\r\n{{\r\n client.comment }}", `line 3: unknown variable "client.comment"`},
		{"{{ client.id }}", `unknown variable "client.id"`},
		{"{{ client.full_name.size }}", `unknown variable "client.full_name.size"`},
		{"{{ client }}", `unknown variable "client"`},
		{"{{ client.attributes }}", `unknown variable "client.attributes"`},
		{"\n\n{% if client.nane %}{% endif %}", `line 3: unknown variable "client.nane"`},
		{"{% if client.email == foo %}{% endif %}", `unknown variable "foo"`},
		{"{% case client.email %}\n{% when foo %}{% endcase %}", `line 2: unknown variable "foo"`},
		{"{{ client.email | append: foo }}", `unknown variable "foo"`},
		{"\n{% for i in (1..3) %}{% endfor %}", `line 2: unknown tag "for"`},
		{"{% assign x = 1 %}", `unknown tag "assign"`},
		{"{% include 'x' %}", `unknown tag "include"`},
		{"{% %}", "the name of a tag is missing"},
		{"ж\n{{ client.email", "line 2: {{ is not closed"},
		{"ж\n{{ client.email\n{{ client.email }}", "line 2: {{ is not closed: }} is missing before the next {{"},
		{"{% if client.email", "line 1: {% is not closed"},
		{"\n{% if true %}\n", "line 2: if is not closed: endif is missing"},
		{"{% if true %}{% endunless %}", "endunless where endif is due"},
		{"{% endif %}", "endif without a block"},
		{"{% else %}", "else without a block"},
		{"{% if true %}{% else %}{% else %}{% endif %}", "else after else"},
		{"{% unless true %}{% elsif true %}{% when 1 %}{% endunless %}", "when inside unless"},
		{"{% case 1 %}{% elsif 1 %}{% endcase %}", "elsif inside case"},
		{"{% case 1 %}lost{% when 1 %}{% endcase %}", "never shown"},
		{"{% comment %}", "comment is not closed: endcomment is missing"},
		{"{% raw %}{{", "raw is not closed: endraw is missing"},
		{"{{ }}", "a value is missing"},
		{"{{ | upcase }}", `a value is missing before "|"`},
		{"{{ 'a }}", "the quote ' is not closed"},
		{"{{ client.email client.email }}", `unexpected "client"`},
		{"{{ client.email | }}", "the name of a filter is missing"},
		{"{{ client.email | upcase: 1 }}", "upcase takes 0 arguments, not 1"},
		{"{{ client.email | default }}", "default takes 1 arguments, not 0"},
		{"{{ client.email | truncate: client.email }}", "truncate takes a whole number"},
		{"{{ client.email | truncate: 99999 }}", "truncate takes a whole number"},
		{"{{ client.email | replace: 'a', client.email }}", "at most 64 KB"},
		{"{{ client.email" + strings.Repeat(" | url_encode", 20) + " }}", "url_encode could make the value"},
		{"{% if client.email = 'a' %}{% endif %}", `write "=="`},
		{"{% if client.email | size > 3 %}{% endif %}", "filters cannot be used in a condition"},
		{"{% if (true) %}{% endif %}", "a value is missing before \"(\""},
		{"{% if true and false or true %}{% endif %}", "cannot be mixed"},
		{"{% if true %}{% else if false %}{% endif %}", "else takes nothing after its name"},
		{"{{ client.attributes.first-name }}", `unexpected "-"`},
		{"{{ client.attributes[1] }}", "a name in quotes is missing"},
		{strings.Repeat("{% if true %}", 40) + strings.Repeat("{% endif %}", 40), "nested more than 32 deep"},
		{"{{ '" + strings.Repeat("a", 5000) + "' }}", "longer than 4096 bytes"},
	} {
		assert.Contains(t, checkHTML(t, c.src), c.want, "%.80s", c.src)
	}
}

func TestCheckNamesSeveralFaultsInOrder(t *testing.T) {
	t.Parallel()
	message := checkHTML(t, "{{ a }}\n{{ b }}\n{% if c %}\n{% endfor %}")
	assert.Regexp(t, `^line 1: unknown variable "a".*; line 2: .*"b".*; line 3: if is not closed.*; line 3: .*"c".*; line 4: unknown tag "endfor"`, message)

	bad := render.Check(domain.Message{Subject: "{{ x }}", HTML: "{{ y }}", Text: "{{ z }}"})
	require.Len(t, bad, 3)
	assert.Equal(t, "subject", bad[0].Field())
	assert.Equal(t, "html", bad[1].Field())
	assert.Equal(t, "text", bad[2].Field())
}

// Each of these is about as long as a body may be. The limit is for a busy
// machine and the race detector; what grows with the square of the length would take minutes.
func TestHostileTemplatesTakeLittleTime(t *testing.T) {
	t.Parallel()
	const limit = 8 * time.Second
	fill := func(s string) string { return strings.Repeat(s, domain.MaxBody/len(s)) }
	fillHTML := func(s string) string { return strings.Repeat(s, domain.MaxBody/4/len(s)) }
	for _, src := range []string{
		fill("{{"), fill("{%"), fill("{{ "), fill("}}"), fill("{"), fill("{{}}"), fill("{%%}"), fill("{{-"), fill("{%-"),
		fill("{% comment %}"), fill("{% raw %}"), fill("{% raw %}{% endraw"), fill("{% if true %}"), fill("{% endif %}"),
		fill("{{ client.email }}"), fill("{{ 'a' | append: 'b' }}"), "{{ client.email" + fill("| upcase"),
		"{% if true" + fill(" and true"), "{{ client" + fill(".a"), fill("\r"), fill("\xff"), fillHTML("<"), fillHTML("<a "),
		fillHTML("<a href=x>"), fillHTML("&#1;"), fillHTML("<!--"), fillHTML("<script>"), fillHTML("<table><tr><td>"), fillHTML("<ul><li>"),
		"<a " + fillHTML("a=b "), fill("<a href=x>{% raw %}{% endraw %}"), "{% raw %}" + fill("{% x %}"),
		strings.Repeat("{% if true %}<a href='"+strings.Repeat("x", 2000)+"'>", 30) + strings.Repeat("{% if true %}</a>{% endif %}", 3000) + strings.Repeat("{% endif %}", 30),
	} {
		begin := time.Now()
		bad := render.Check(domain.Message{Subject: "s", HTML: src})
		if len(bad) == 0 {
			tmpl, err := render.Compile(render.Content{Subject: "s", HTML: src, From: render.Mailbox{Address: "a@example.org"}})
			require.NoError(t, err)
			_, err = tmpl.Render(nil, render.Recipient{Email: "b@example.org"}, begin)
			require.NoError(t, err, "%.40s", src)
		}
		assert.Less(t, time.Since(begin), limit, "%.40s", src)
	}
}
