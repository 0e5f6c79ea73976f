package render_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/render"
)

func TestTextIsDerivedFromHTML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ html, want string }{
		{"<p>Один</p>\n\n<p>Два</p>", "Один\n\nДва"},
		{"<h1>Заголовок</h1>текст   с\n пробелами", "Заголовок\n\nтекст с пробелами"},
		{"a<br>b<br/>\n<br>c<br><br><br>d", "a\nb\n\nc\n\nd"},
		{"<div>a</div><div><div>b</div></div>c", "a\nb\nc"},
		{"<ul><li>раз</li><li><p>два</p></li></ul>конец", "- раз\n- два\n\nконец"},
		{"x<ol><li>раз<ul><li>a<li>b</ul><li>два</ol>", "x\n\n1. раз\n  - a\n  - b\n2. два"},
		{"<table><tr><td>a</td><td>b</td></tr><tr><td><p>c</p></td></tr></table>", "a | b\n\nc"},
		{"<table><tr><td></td><td><b>b</b></td><td></td><td> d </td></tr></table>", "b | d"},
		{"a &lt;b&gt; &amp; &quot;c&quot;&nbsp;&mdash; &#128512;", `a <b> & "c" — 😀`},
		{"<head><title>t</title><style>p{}</style></head><body>b<script>if (a<b) {}</script><style>x</style></body>", "b"},
		{"<head><meta x><body>b", "b"},
		{"<!-- c --><!DOCTYPE html>a<!--[if mso]>x<![endif]-->b", "ab"},
		{`<a href="https://example.org/?a=1&amp;b=2">сюда</a>!`, "сюда (https://example.org/?a=1&b=2)!"},
		{`<a href="https://example.org">https://example.org</a>`, "https://example.org"},
		{`<a href="mailto:a@b.ru">a@b.ru</a> <a href="tel:+7495">+7495</a>`, "a@b.ru +7495"},
		{`<a href="#top">вверх</a><a>b</a><a href="javascript:x()">c</a>`, "вверхbc"},
		{`<a href="https://e.org/"><img src="x" alt="Логотип"></a>`, "Логотип (https://e.org/)"},
		{`a <a href="https://e.org/"><img src="x"></a> b`, "a https://e.org/ b"},
		{"<pre>  a\n    b</pre>c", "  a\n    b\n\nc"},
		{"<hr>a<hr>", "---\na\n---"},
		{"{% raw %}{{ x }}{% endraw %} &#123;{ y }}", "{{ x }} {{ y }}"},
		{"&#1;0&#2;a", "&#1;0&#2;a"},
		{"&#{% comment %}{% endcomment %}1;0&#2;{{ client.email }}", "&#1;0&#2;ivan@пример.рф"},

		// Liquid survives, in text and in attributes.
		{`<p>Привет, {{ client.full_name | default: "друг" }}!</p>`, "Привет, Иван Петров!"},
		{`<p>a</p>{% if client.full_name %}<p>b</p>{% endif %}<p>c</p>`, "a\n\nb\n\nc"},
		{`<p>a</p>{% unless client.full_name %}<p>b</p>{% endunless %}<p>c</p>`, "a\n\nc"},
		{`a {% unless client.full_name %} b {% endunless %} c`, "a c"},
		{`<ol>{% if client.full_name %}<li>a</li>{% else %}<li>b</li>{% endif %}<li>c</li></ol>`, "1. a\n2. c"},
		{`<a href="https://e.org/?e={{ client.email | url_encode }}&amp;x=1">ссылка</a>`, "ссылка (https://e.org/?e=ivan%40%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.%D1%80%D1%84&x=1)"},
		{`<a href="{% if client.attributes.age > 18 %}/a{% else %}/b{% endif %}">c</a>`, "c (/a)"},
		{`<a href="mailto:{{ client.email }}">{{ client.email }}</a>`, "ivan@пример.рф"},
		{`{% if false %}<a href="/x">{% else %}<a href="/y">{% endif %}text</a>`, "/y text"},
		{`<a href="/x">{% if false %}a</a>{% else %}b</a>{% endif %} c`, "b (/x) c"},
		{`<p {% if true %}class="x"{% endif %}>a</p>`, "a"},
		{`<p {% if true %}>a{% endif %}</p>b`, "a\n\nb"},
		{`<style>{% if true %}x{% endif %}</style>{% if true %}<style>y</style>{% endif %}b`, "b"},
		{`<!-- {% if true %} -->a{% endif %}`, "a"},
		{`<head>{% if true %}</head><body>a{% endif %}b`, "a"},
		{"{% case client.attributes.age %}\n{% when 42 %}a{% endcase %}b", "ab"},
		{`<img alt="{{ client.full_name }}">{% if client.attributes.html contains '">' %}x{% endif %}`, "Иван Петров"},
		{`{{ client.attributes.html }}`, `<b>"Tom & 'Jerry'"</b>`},
	} {
		tmpl, err := render.Compile(content("s", c.html, ""))
		require.NoError(t, err, c.html)
		_, _, text, err := tmpl.Preview(ivan())
		require.NoError(t, err)
		assert.Equal(t, c.want+"\n", text, c.html)
	}
}
