package render_test

import (
	"strings"
	"testing"

	"github.com/osteele/liquid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What both know, this package and osteele/liquid render alike. The places where they differ are in the package's
// documentation, or are that library's own: it cuts "capitalize" and "truncate" at bytes, knows names in ASCII only
// and takes markup that is not closed, or runs over a line's end, for text.
func TestRendersLikeAnotherLiquid(t *testing.T) {
	t.Parallel()
	r := ivan()
	attributes := map[string]any{}
	for name, value := range r.Attributes {
		attributes[name] = value
	}
	bindings := liquid.Bindings{
		"client":  map[string]any{"email": r.Email, "full_name": r.FullName, "attributes": attributes},
		"mailing": map[string]any{"name": "Весенняя распродажа"},
	}
	for _, src := range []string{
		"Здравствуйте, {{ client.full_name }}! Ваш адрес {{client.email}}, рассылка «{{ mailing.name }}».",
		`{{ client.attributes.age }}{{ client.attributes["город"] }}{{ client.attributes.none }}`,
		`{{ client.attributes.none | default: "друг" }}{{ "" | default: 'x' }}{{ client.email | default: "y" }}`,
		`{{ client.full_name | upcase }}{{ client.full_name | downcase }}{{ "ann" | capitalize }}`,
		`[{{ "  a b " | strip }}][{{ "  a b " | lstrip }}][{{ "  a b " | rstrip }}]`,
		`{{ client.full_name | append: ", " | prepend: "«" | append: mailing.name }}`,
		`{{ client.full_name | replace: "Иван", "Пётр" | remove: " " }}{{ "aaba" | replace_first: "a", "c" | remove_first: "a" }}`,
		`{{ client.email | url_encode }}{{ "a b&c=д" | url_encode }}`,
		`{{ "hello world" | truncate: 8 }}{{ "hello" | truncate: 5 }}{{ "hello world" | truncate: 7, "" }}`,
		`{{ "one two three" | truncatewords: 2 }}`,
		`{% if client.full_name == "Иван Петров" %}a{% else %}b{% endif %}`,
		`{% if client.full_name != "x" and client.email contains "@" %}a{% endif %}`,
		`{% if client.email == "x" or mailing.name contains "распродажа" %}a{% elsif true %}b{% endif %}`,
		`{% if client.attributes.none %}a{% elsif client.attributes.age %}b{% else %}c{% endif %}`,
		`{% unless client.attributes.none %}a{% else %}b{% endunless %}`,
		`{% if client.attributes.none == nil %}a{% endif %}{% if nil %}b{% endif %}{% if false %}c{% endif %}`,
		`{% case client.attributes.age %}{% when "41" %}a{% when "40", "42" %}b{% else %}c{% endcase %}`,
		`{% if "a" < "b" %}1{% endif %}{% if 2 >= 10 %}2{% endif %}{% if 2 <= 10 %}3{% endif %}{% if 1.5 > 1 %}4{% endif %}`,
		"a {{- 'b' -}} c\n{%- if true -%}\n d \n{%- endif -%}\n e",
		`{% comment %}{{ x }}{% endcomment %}x{% raw %}{{ client.email }}{% endraw %}`,
		`{% if true %}{% if false %}a{% else %}{% case 1 %}{% when 1 %}b{% endcase %}{% endif %}{% endif %}`,
	} {
		want, err := liquid.NewEngine().ParseAndRenderString(src, bindings)
		require.NoError(t, err, src)
		_, _, text := preview(t, content("s", "", src), r)
		assert.Equal(t, want, strings.TrimSuffix(text, "\n"), src)
	}
}
